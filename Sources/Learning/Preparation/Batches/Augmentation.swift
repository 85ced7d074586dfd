import Foundation
import Imaging
import Parallel
import SeededRandom

/// How a prepared slice becomes what the network sees.
public struct Augmentation: Hashable, Sendable {
    public enum Crop: Hashable, Sendable {
        /// The middle; what the published pre-training does.
        case centre
        /// A rectangle that covers this share of the slice's area and has an aspect ratio of 3:4 to 4:3, resized
        /// (torchvision's RandomResizedCrop, bilinear).
        case random(area: ClosedRange<Double>)
        /// As large as the network's view, at a random place: the scale stays. A place without anything to see is drawn again.
        case place
        /// One of two images as with `place`, the others whole, made as large as the network's view.
        case placeOrWhole
    }

    /// The same without its numbers, as settings name it.
    public enum CropKind: String, Hashable, Sendable, CaseIterable {
        case centre, random, place

        /// - Parameter area: of a random crop.
        public func crop(area: ClosedRange<Double>) -> Crop {
            switch self {
            case .centre: .centre
            case .random: .random(area: area)
            case .place: .place
            }
        }
    }

    public enum Flip: String, Hashable, Sendable, CaseIterable {
        case none
        /// Left and right change places in one of two images.
        case horizontal
    }

    public var crop: Crop
    public var flip: Flip
    public var operations: RandomOperations
    /// How often a rectangle is replaced by noise (timm's RandomErasing, mode pixel): 2 % to a third of the view, an aspect
    /// ratio of 3:10 to 10:3, normal noise of deviation 1 after normalisation.
    public var erasing: Double

    public init(
        crop: Crop = .centre, flip: Flip = .none, operations: RandomOperations = .none, erasing: Double = 0
    ) {
        (self.crop, self.flip, self.operations, self.erasing) = (crop, flip, operations, erasing)
    }

    /// Values 0...1 of what the network sees of a slice, `size * size`, rows from the top, and the region in it where there is one:
    /// of a slice with a region, a tile that holds some of it.
    ///
    /// - Parameters:
    ///   - fill: the mean of the images, 0...1, where an operation moves a border inwards.
    ///   - generator: is drawn from as often as the settings need.
    package func view(
        of slice: PreparedSlice, size: Int, fill: Float = 0, _ generator: inout SeededGenerator
    ) -> (grey: [Float], region: [UInt8]?) {
        var view: [Float]
        var region: [UInt8]?
        switch crop {
        case .place where slice.region != nil:
            let origin = Self.place(onRegionOf: slice, size: size, &generator)
            view = slice.tile(at: origin, side: size).map { Float($0) / 65535 }
            region = slice.regionOfTile(at: origin, side: size)
        case .centre: view = Self.centre(slice, size: size)
        case .random(let area): view = Self.random(slice, size: size, area: area, &generator)
        case .place: view = Self.place(slice, size: size, &generator)
        case .placeOrWhole:
            view =
                generator.uniform() < 0.5 ? slice.whole(side: size) : Self.place(slice, size: size, &generator)
        }
        if flip == .horizontal, generator.uniform() < 0.5 {
            for row in 0..<size {
                view[row * size..<(row + 1) * size].reverse()
                region?[row * size..<(row + 1) * size].reverse()
            }
        }
        return (operations.applied(to: view, size: size, fill: fill, &generator), region)
    }

    /// Erases from normalised `values` `[channels, size, size]` that start at `start`. Draws nothing when nothing is ever
    /// erased.
    func erase(
        _ values: inout [Float], from start: Int, channels: Int, size: Int, _ generator: inout SeededGenerator
    ) {
        guard erasing > 0, generator.uniform() < erasing else { return }
        // Ten tries as timm; then none.
        for _ in 0..<10 {
            let target = Double(size * size) * (0.02 + generator.uniform() * (1.0 / 3 - 0.02))
            let ratio = exp((2 * generator.uniform() - 1) * log(10.0 / 3))
            let (h, w) = (Int((target * ratio).squareRoot().rounded()), Int((target / ratio).squareRoot().rounded()))
            guard w >= 1, h >= 1, w < size, h < size else { continue }
            let (left, top) = (generator.integer(below: size - w + 1), generator.integer(below: size - h + 1))
            for channel in 0..<channels {
                for y in top..<top + h {
                    let row = start + (channel * size + y) * size
                    for x in left..<left + w { values[row + x] = Float(generator.normal()) }
                }
            }
            return
        }
    }

    static func centre(_ slice: PreparedSlice, size: Int) -> [Float] {
        guard min(slice.width, slice.height) >= size else {
            let origin = SIMD2((slice.width - size) / 2, (slice.height - size) / 2)
            return slice.tile(at: origin, side: size).map { Float($0) / 65535 }
        }
        return centreCrop(slice.pixels.map { Float($0) / 65535 }, width: slice.width, height: slice.height, to: size)
    }

    private static func place(_ slice: PreparedSlice, size: Int, _ generator: inout SeededGenerator) -> [Float] {
        func start(_ extent: Int) -> Int {
            extent > size ? generator.integer(below: extent - size + 1) : (extent - size) / 2
        }
        var tile: [UInt16] = []
        // Air around a body teaches nothing; ten tries, then what comes.
        for _ in 0..<10 {
            let x = start(slice.width)
            tile = slice.tile(at: SIMD2(x, start(slice.height)), side: size)
            if tile.contains(where: { $0 != tile[0] }) { break }
        }
        return tile.map { Float($0) / 65535 }
    }

    /// The first column and row of a tile with a pixel of the region, drawn first, in its middle half: the inside of a region is
    /// seen more often than its border.
    private static func place(
        onRegionOf slice: PreparedSlice, size: Int, _ generator: inout SeededGenerator
    ) -> SIMD2<Int> {
        let inside = slice.region?.indices.filter { slice.region?[$0] == 1 } ?? []
        let pixel = inside.isEmpty ? 0 : inside[generator.integer(below: inside.count)]
        func start(_ place: Int, _ extent: Int) -> Int {
            guard extent > size else { return (extent - size) / 2 }
            let drawn = place - size / 4 - generator.integer(below: size - 2 * (size / 4))
            return min(max(0, drawn), extent - size)
        }
        let x = start(pixel % slice.width, slice.width)
        return SIMD2(x, start(pixel / slice.width, slice.height))
    }

    private static func random(
        _ slice: PreparedSlice, size: Int, area: ClosedRange<Double>, _ generator: inout SeededGenerator
    ) -> [Float] {
        let (fullWidth, fullHeight) = (slice.width, slice.height)
        var (width, height, left, top) = (fullWidth, fullHeight, 0, 0)
        // Ten tries as torchvision; then the whole slice.
        for _ in 0..<10 {
            let target =
                Double(fullWidth * fullHeight)
                * (area.lowerBound + generator.uniform() * (area.upperBound - area.lowerBound))
            // Uniform in the logarithm of the aspect ratio.
            let ratio = exp((2 * generator.uniform() - 1) * log(4.0 / 3))
            let (w, h) = (Int((target * ratio).squareRoot().rounded()), Int((target / ratio).squareRoot().rounded()))
            guard w >= 1, h >= 1, w <= fullWidth, h <= fullHeight else { continue }
            (width, height) = (w, h)
            (left, top) = (generator.integer(below: fullWidth - w + 1), generator.integer(below: fullHeight - h + 1))
            break
        }
        var values: [Float] = []
        values.reserveCapacity(width * height)
        for y in top..<top + height {
            for x in left..<left + width { values.append(Float(slice.pixels[y * slice.width + x]) / 65535) }
        }
        return resized(values: values, width: width, height: height, to: (size, size), kernel: .bilinear)
    }
}

/// What is subtracted from each channel of an image, and what the difference is divided by.
public struct ChannelNormalisation: Hashable, Sendable {
    public var mean: [Double]
    public var deviation: [Double]

    public init(mean: [Double], deviation: [Double]) {
        precondition(mean.count == deviation.count && deviation.allSatisfy { $0 > 0 }, "\(mean) and \(deviation)")
        (self.mean, self.deviation) = (mean, deviation)
    }

    /// What public checkpoints were trained with; the grey value is repeated in three channels.
    public static let imageNet = ChannelNormalisation(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

    /// Mean and standard deviation of these slices, exact whatever the number of threads: sums of whole numbers.
    /// - Throws: ``CacheError`` when the slices cannot be read any more.
    public static func measured(
        _ store: SliceStore, slices: [Int], jobs: Int
    ) throws(CacheError) -> ChannelNormalisation {
        let block = 64
        let blocks = Workers(jobs).map((slices.count + block - 1) / block) {
            number -> Result<(UInt64, Double), CacheError> in
            var (sum, squares) = (UInt64(0), 0.0)
            for index in slices[number * block..<min(slices.count, (number + 1) * block)] {
                do throws(CacheError) {
                    var (own, ownSquares) = (UInt64(0), UInt64(0))
                    for pixel in try store.slice(index).pixels {
                        own += UInt64(pixel)
                        ownSquares += UInt64(pixel) * UInt64(pixel)
                    }
                    sum += own
                    squares += Double(ownSquares)
                } catch { return .failure(error) }
            }
            return .success((sum, squares))
        }
        var sums: [(UInt64, Double)] = []
        for block in blocks { sums.append(try block.get()) }
        let count = slices.reduce(0.0) { $0 + Double(store.size(of: $1).x * store.size(of: $1).y) }
        let mean = Double(sums.reduce(0) { $0 + $1.0 }) / count
        let variance = sums.reduce(0) { $0 + $1.1 } / count - mean * mean
        // Slices have more than one grey level, so the variance is above 0; a floor keeps rounding away from it.
        return ChannelNormalisation(mean: [mean / 65535], deviation: [max(variance, 1).squareRoot() / 65535])
    }

    public var channels: Int { mean.count }

    /// The values that black and white become, over all channels.
    public var range: ClosedRange<Double> {
        let ends = zip(mean, deviation).map { (-$0 / $1, (1 - $0) / $1) }
        return (ends.map(\.0).min() ?? 0)...(ends.map(\.1).max() ?? 1)
    }

    /// The value 0...1 that a normalised one stands for, in channel 0.
    public func grey(_ value: Float) -> Float { value * Float(deviation[0]) + Float(mean[0]) }
}
