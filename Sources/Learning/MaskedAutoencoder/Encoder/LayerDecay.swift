import NeuralNetwork

/// Layer-wise learning rates of fine-tuning (Bao et al.: BEiT, 2022): what lies nearer to the image learns more slowly, by
/// decay^(depth + 1 - layer), where layer 0 is tokens, positions and patch embedding, layer i + 1 is block i, and layer
/// depth + 1 what comes after the blocks. One-dimensional parameters, class token and positions do not decay.
public struct LayerDecay: Hashable, Sendable {
    public var decay: Double
    public var depth: Int

    public init(decay: Double, depth: Int) { (self.decay, self.depth) = (decay, depth) }

    public func layer(of name: String) -> Int {
        if name == "cls_token" || name == "pos_embed" || name.hasPrefix("patch_embed.") { return 0 }
        let parts = name.split(separator: ".")
        if parts.count > 1, parts[0] == "blocks", let block = Int(parts[1]) { return block + 1 }
        return depth + 1
    }

    public func group(of entry: ParameterLayout.Entry) -> AdamWGroup {
        var factor = 1.0
        for _ in layer(of: entry.name)..<depth + 1 { factor *= decay }
        let isToken = entry.name == "cls_token" || entry.name == "pos_embed"
        return AdamWGroup(rateFactor: factor, decays: entry.shape.count > 1 && !isToken)
    }
}
