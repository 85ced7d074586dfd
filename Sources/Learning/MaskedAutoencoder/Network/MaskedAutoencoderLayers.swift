import NeuralNetwork

/// The layers of a masked autoencoder in forward order.
public struct MaskedAutoencoderLayers: Sendable {
    /// [1, 1, D]
    public let classToken: ParameterLayout.Entry
    public let embedding: PatchEmbedding
    public let encoder: TransformerStack
    public let encoderNorm: LayerNorm
    public let decoderEmbedding: Linear
    /// [1, 1, D]
    public let maskToken: ParameterLayout.Entry
    public let decoder: TransformerStack
    public let decoderNorm: LayerNorm
    public let prediction: Linear

    public init(_ configuration: MaskedAutoencoderConfiguration, in layout: inout ParameterLayout) {
        let (outer, inner) = (configuration.encoder, configuration.decoder)
        classToken = layout.add("cls_token", 1, 1, outer.width)
        embedding = PatchEmbedding(
            "patch_embed.proj", patchSide: configuration.patchSide, channels: configuration.channels,
            width: outer.width,
            in: &layout)
        encoder = TransformerStack(
            "blocks", depth: outer.depth, width: outer.width, heads: outer.heads, hiddenWidth: 4 * outer.width,
            scaling: outer.scaling, in: &layout)
        encoderNorm = LayerNorm("norm", width: outer.width, in: &layout)
        decoderEmbedding = Linear("decoder_embed", inputs: outer.width, outputs: inner.width, in: &layout)
        maskToken = layout.add("mask_token", 1, 1, inner.width)
        decoder = TransformerStack(
            "decoder_blocks", depth: inner.depth, width: inner.width, heads: inner.heads, hiddenWidth: 4 * inner.width,
            scaling: inner.scaling, in: &layout)
        decoderNorm = LayerNorm("decoder_norm", width: inner.width, in: &layout)
        prediction = Linear("decoder_pred", inputs: inner.width, outputs: configuration.patchLength, in: &layout)
    }
}
