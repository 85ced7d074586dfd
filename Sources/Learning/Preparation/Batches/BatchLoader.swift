import SeededRandom

/// Images that the network sees together.
public struct ImageBatch: Sendable {
    /// `[images, channels, size, size]`, normalised.
    public var values: [Float]
    /// Numbers of the slices in the store.
    public var slices: [Int]
    /// The regions that are looked at `[size, size]`, one an image, 1 inside; empty: all of the images is.
    public var regions: [[UInt8]]

    public init(values: [Float], slices: [Int], regions: [[UInt8]] = []) {
        (self.values, self.slices, self.regions) = (values, slices, regions)
    }
}

/// Makes batches out of the store. What comes out depends on seed, epoch and slice alone.
public struct BatchLoader: Sendable {
    public let store: SliceStore
    /// The slices that take part.
    public let slices: [Int]
    public let augmentation: Augmentation
    public let normalisation: ChannelNormalisation
    /// Rows and columns that the network sees, pixels.
    public let size: Int
    public let seed: UInt64

    public init(
        store: SliceStore, slices: [Int], augmentation: Augmentation, normalisation: ChannelNormalisation, size: Int,
        seed: UInt64
    ) {
        (self.store, self.slices, self.augmentation) = (store, slices, augmentation)
        (self.normalisation, self.size, self.seed) = (normalisation, size, seed)
    }

    /// - Parameter places: numbers into `slices`.
    /// - Throws: ``CacheError`` when the slices cannot be read any more.
    public func batch(_ places: some Sequence<Int>, epoch: Int) throws(CacheError) -> ImageBatch {
        let chosen = places.map { slices[$0] }
        var regions: [[UInt8]] = []
        var values: [Float] = []
        values.reserveCapacity(chosen.count * normalisation.channels * size * size)
        for slice in chosen {
            var generator = SeededGenerator(seed: BatchOrder.seed(for: "view", seed, epoch, slice))
            let view = augmentation.view(
                of: try store.slice(slice), size: size, fill: Float(normalisation.mean[0]), &generator)
            let start = values.count
            normalisation.append(view.grey, to: &values)
            if let region = view.region { regions.append(region) }
            augmentation.erase(&values, from: start, channels: normalisation.channels, size: size, &generator)
        }
        return ImageBatch(values: values, slices: chosen, regions: regions)
    }
}
