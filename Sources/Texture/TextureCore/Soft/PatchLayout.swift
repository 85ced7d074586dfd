/// Where the patches of a batch lie in one flat buffer of values, and which of them a loss looks at.
///
/// A batch is `itemCount` items (images) of `itemLength` values; patches do not overlap, so that each owns its part of the
/// gradient.
public struct PatchLayout: Sendable {
    public let width: Int
    public let height: Int
    public let channels: Int
    public let itemCount: Int
    public let itemLength: Int
    /// Position of the first value (channel 0) of each chosen patch.
    public let origins: [Int]
    let columnStride: Int
    let rowStride: Int
    let channelStride: Int

    public var patchCount: Int { origins.count }
    /// How many values a buffer of this layout has.
    public var valueCount: Int { itemCount * itemLength }
    var pixelCount: Int { width * height }

    /// Patch vectors as a masked autoencoder makes them, [items, patches, height · width · channels] with the channel
    /// fastest; `chosen` lists the patches (item · patches + patch) to look at, `nil` means all.
    public init(
        tokensOf items: Int, patchesPerItem: Int, width: Int, height: Int, channels: Int, chosen: [Int]? = nil
    ) throws(PatchLayoutError) {
        try Self.check([items, patchesPerItem, width, height, channels])
        let length = width * height * channels
        let total = items * patchesPerItem
        (self.width, self.height, self.channels) = (width, height, channels)
        (itemCount, itemLength) = (items, patchesPerItem * length)
        (columnStride, rowStride, channelStride) = (channels, width * channels, 1)
        origins = try Self.choose(chosen, from: total).map { $0 * length }
    }

    /// Images [items, channels, imageHeight, imageWidth] cut into patches from `origin` (columns and rows from the upper left
    /// corner), row by row; what is left at the margins belongs to no patch. `chosen` counts item · patches + patch.
    public init(
        images items: Int, imageWidth: Int, imageHeight: Int, channels: Int, width: Int, height: Int,
        origin: (x: Int, y: Int) = (0, 0), chosen: [Int]? = nil
    ) throws(PatchLayoutError) {
        try Self.check([items, imageWidth, imageHeight, channels, width, height, origin.x + 1, origin.y + 1])
        guard width <= imageWidth - origin.x, height <= imageHeight - origin.y else {
            throw .patchLargerThanImage(
                patch: [width, height], image: [imageWidth - origin.x, imageHeight - origin.y])
        }
        let (columns, rows) = ((imageWidth - origin.x) / width, (imageHeight - origin.y) / height)
        (self.width, self.height, self.channels) = (width, height, channels)
        (itemCount, itemLength) = (items, channels * imageHeight * imageWidth)
        (columnStride, rowStride, channelStride) = (1, imageWidth, imageHeight * imageWidth)
        let length = itemLength
        let first = origin.y * imageWidth + origin.x
        origins = try Self.choose(chosen, from: items * columns * rows).map { patch in
            let (item, place) = patch.quotientAndRemainder(dividingBy: columns * rows)
            let (row, column) = place.quotientAndRemainder(dividingBy: columns)
            return item * length + first + row * height * imageWidth + column * width
        }
    }

    private static func check(_ sizes: [Int]) throws(PatchLayoutError) {
        var product = 1
        for size in sizes {
            guard size > 0 else { throw .badSize(found: size) }
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow, next < 1 << 48 else { throw .badSize(found: size) }
            product = next
        }
    }

    private static func choose(_ chosen: [Int]?, from count: Int) throws(PatchLayoutError) -> [Int] {
        guard let chosen else { return Array(0..<count) }
        var seen = [Bool](repeating: false, count: count)
        for patch in chosen {
            guard (0..<count).contains(patch) else { throw .noSuchPatch(found: patch, count: count) }
            guard !seen[patch] else { throw .repeatedPatch(patch) }
            seen[patch] = true
        }
        return chosen
    }

    /// Copies one channel of a patch, row by row.
    @inline(__always)
    func gather<T>(
        _ values: UnsafePointer<T>, patch: Int, channel: Int, into target: UnsafeMutablePointer<T>,
        rowStride targetStride: Int
    ) {
        let first = values + origins[patch] + channel * channelStride
        for row in 0..<height {
            let source = first + row * rowStride
            let destination = target + row * targetStride
            for column in 0..<width { destination[column] = source[column * columnStride] }
        }
    }

    /// The inverse of ``gather``: adds `factor` times one channel of a patch to the values.
    @inline(__always)
    func scatter<T: FloatingPoint>(
        _ source: UnsafePointer<T>, rowStride sourceStride: Int, times factor: T, patch: Int, channel: Int,
        into values: UnsafeMutablePointer<T>
    ) {
        let first = values + origins[patch] + channel * channelStride
        for row in 0..<height {
            let destination = first + row * rowStride
            let line = source + row * sourceStride
            for column in 0..<width { destination[column * columnStride] += factor * line[column] }
        }
    }

    /// Which image a patch belongs to.
    func item(ofPatch patch: Int) -> Int { origins[patch] / itemLength }
}

/// What can be wrong with a list of patches.
public enum PatchLayoutError: Error, Equatable, CustomStringConvertible {
    case badSize(found: Int)
    case patchLargerThanImage(patch: [Int], image: [Int])
    case noSuchPatch(found: Int, count: Int)
    case repeatedPatch(Int)

    public var description: String {
        switch self {
        case .badSize(let found): "a number of images, patches, rows, columns or channels is \(found)"
        case .patchLargerThanImage(let patch, let image):
            "patches of \(patch[0]) × \(patch[1]) do not fit into images of \(image[0]) × \(image[1])"
        case .noSuchPatch(let found, let count): "patch \(found) of \(count) (counted from 0)"
        case .repeatedPatch(let patch): "patch \(patch) is listed twice"
        }
    }
}
