import NeuralNetwork

/// The layers of a vision transformer in forward order, by the names of the MAE repository's model for fine-tuning.
public struct VisionTransformerLayers: Sendable {
    /// [1, 1, D]
    public let classToken: ParameterLayout.Entry
    /// [1, 1 + L, D]
    public let positions: ParameterLayout.Entry
    public let embedding: PatchEmbedding
    public let blocks: TransformerStack
    /// `norm` or `fc_norm`, see ``TransformerEnd``.
    public let norm: LayerNorm
    /// `sd_norm`, of a head that reads moments.
    public let spreadNorm: LayerNorm?
    public let head: Linear?

    public init(_ configuration: MaskedAutoencoderConfiguration, end: TransformerEnd, in layout: inout ParameterLayout)
    {
        let encoder = configuration.encoder
        classToken = layout.add("cls_token", 1, 1, encoder.width)
        positions = layout.add("pos_embed", 1, 1 + configuration.patchCount, encoder.width)
        embedding = PatchEmbedding(
            "patch_embed.proj", patchSide: configuration.patchSide, channels: configuration.channels,
            width: encoder.width, in: &layout)
        blocks = TransformerStack(
            "blocks", depth: encoder.depth, width: encoder.width, heads: encoder.heads, hiddenWidth: 4 * encoder.width,
            scaling: encoder.scaling, in: &layout)
        let isOfTokens = end == .tokens || end.pool == .classToken
        norm = LayerNorm(isOfTokens ? "norm" : "fc_norm", width: encoder.width, in: &layout)
        guard case .classes(let count, let pool) = end else {
            (spreadNorm, head) = (nil, nil)
            return
        }
        let parts = pool == .moments ? 2 : 1
        spreadNorm = parts == 2 ? LayerNorm("sd_norm", width: encoder.width, in: &layout) : nil
        head = Linear("head", inputs: parts * encoder.width, outputs: count, in: &layout)
    }
}
