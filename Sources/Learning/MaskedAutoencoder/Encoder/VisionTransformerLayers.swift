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
        norm = LayerNorm(end == .tokens ? "norm" : "fc_norm", width: encoder.width, in: &layout)
        if case .classes(let count) = end {
            head = Linear("head", inputs: encoder.width, outputs: count, in: &layout)
        } else {
            head = nil
        }
    }
}
