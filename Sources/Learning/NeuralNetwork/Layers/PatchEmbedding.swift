// Legend: B images, C channels, p patch side, D width.

/// Square patches of images to tokens: the convolution with a stride of its kernel's size, weight [D, C, p, p], bias [D],
/// computed as a product with the patches that are asked for.
public struct PatchEmbedding: Sendable {
    public let patchSide: Int
    public let channels: Int
    public let linear: Linear

    /// Adds `name.weight` and `name.bias`.
    public init(_ name: String, patchSide: Int, channels: Int, width: Int, in layout: inout ParameterLayout) {
        (self.patchSide, self.channels) = (patchSide, channels)
        let weight = layout.add("\(name).weight", width, channels, patchSide, patchSide)
        let bias = layout.add("\(name).bias", width)
        linear = Linear(weight: weight, bias: bias, inputs: channels * patchSide * patchSide, outputs: width)
    }

    /// Images [B, C, height, width] to tokens [places, D] for patches (image, patch), the patches of an image counted row
    /// by row; kept for backward: `patches` [places, C · p · p].
    public func forward<T>(
        _ images: UnsafePointer<T>, height: Int, width: Int, places: [(image: Int, patch: Int)],
        into tokens: UnsafeMutablePointer<T>, patches: UnsafeMutablePointer<T>, _ context: LayerContext<T>
    ) {
        let (side, columns, length) = (patchSide, width / patchSide, linear.inputs)
        for (row, place) in places.enumerated() {
            let (patchRow, patchColumn) = place.patch.quotientAndRemainder(dividingBy: columns)
            var target = patches + row * length
            for channel in 0..<channels {
                let plane = images + (place.image * channels + channel) * height * width
                for line in 0..<side {
                    target.update(from: plane + (patchRow * side + line) * width + patchColumn * side, count: side)
                    target += side
                }
            }
        }
        linear.forward(patches, rows: places.count, into: tokens, context)
    }

    /// Writes the gradients of weight and bias from dtokens [places, D]. Images have none.
    public func backward<T>(
        _ dtokens: UnsafePointer<T>, patches: UnsafePointer<T>, count: Int, _ context: LayerContext<T>
    ) {
        linear.backwardParameters(dtokens, x: patches, rows: count, context)
    }
}
