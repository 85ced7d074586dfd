// The voxels of a region in, its texture out: Haralick's features of one matrix over all its slices, neighbours within slices.

import Imaging
import TextureCore

/// A region, or all, of an image with what was measured of it.
public struct MeasuredImage: Sendable {
    public let levels: EqualLevels
    /// In the order of ``TextureMeasurement/features``; nil where one is undefined. IBSI: merged over directions and slices
    /// (2.5D; of one slice 2D), distance 1.
    public let features: [Double?]
    /// Of the values, in the image's unit; nil without any.
    public let mean: Double?
    /// With n - 1; nil of fewer than two values.
    public let deviation: Double?
    /// With a value.
    public let voxels: Int
    /// NaN or infinite: of no level, in no pair.
    public let notNumbers: Int
    /// Beyond the levels' range.
    public let below: Int
    public let above: Int
    /// Levels that occur.
    public let usedLevels: Int
    /// Shares of voxel pairs, `levels.count` squared.
    public let shares: [[Double]]
    public let view: SliceView

    /// One slice, cut to the region, for the eye.
    public struct SliceView: Sendable {
        public var width: Int
        public var height: Int
        /// From 0.
        public var slice: Int
        /// Row by row; 0 and 255 are the ends of the levels' range.
        public var grey: [UInt8]
        public var inside: [Bool]
    }

    public var cutShare: Double { voxels > 0 ? Double(below + above) / Double(voxels) : 0 }

    /// - Parameter slice: what is shown; nil: the one with most of the region.
    public init(_ volume: Volume, _ region: Region, levels: EqualLevels, showing slice: Int? = nil) {
        let box = region.box
        var codes = [UInt16](repeating: 0, count: box.voxelCount)
        var (count, notNumbers, below, above) = (0, 0, 0, 0)
        // Welford's running mean and sum of squares.
        var (mean, squares) = (0.0, 0.0)
        var used = [Bool](repeating: false, count: levels.count + 1)
        for z in 0..<box.size.z {
            let values = volume.slice(z, of: box)
            let first = z * box.size.x * box.size.y
            for (place, value) in values.enumerated() where region.voxels[first + place] != 0 {
                guard value.isFinite else {
                    notNumbers += 1
                    continue
                }
                count += 1
                let step = value - mean
                mean += step / Double(count)
                squares += step * (value - mean)
                if value < levels.range.lowerBound { below += 1 }
                if value > levels.range.upperBound { above += 1 }
                let level = levels.level(value)
                used[Int(level)] = true
                codes[first + place] = level
            }
        }
        let grid = LevelGrid(size: box.size, levels: codes, greyLevelCount: levels.count)
        let matrix = VoxelPairs(grid, reach: 1).count(along: TextureMeasurement.offsets).merged(.symmetric)
        self.levels = levels
        features = TextureMeasurement.features(of: matrix)
        (voxels, self.notNumbers, self.below, self.above) = (count, notNumbers, below, above)
        self.mean = count > 0 ? mean : nil
        deviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : nil
        usedLevels = used.count { $0 }
        shares = matrix.shares(of: levels.count)
        view = SliceView(volume, region, levels, slice ?? region.fullestSlice)
    }

    /// The smallest and the largest value of a region; nil without a number in it.
    public static func range(of volume: Volume, _ region: Region) -> ClosedRange<Double>? {
        var (low, high) = (Double.infinity, -Double.infinity)
        for z in 0..<region.box.size.z {
            let first = z * region.box.size.x * region.box.size.y
            for (place, value) in volume.slice(z, of: region.box).enumerated()
            where region.voxels[first + place] != 0 && value.isFinite {
                (low, high) = (min(low, value), max(high, value))
            }
        }
        return low <= high ? low...high : nil
    }
}

/// How far two images lie apart voxel by voxel, where both have the same voxels.
public struct VoxelDifference: Hashable, Sendable {
    /// Root of the mean squared difference, in the images' unit.
    public var rootMeanSquare: Double
    /// Voxels with another value.
    public var changed: Int
    public var voxels: Int
    /// Structural similarity over the window, mean over slices; of whole images only.
    public var similarity: Double?

    /// Nil when the regions are not the same voxels of equal grids, or no voxel has a number in both.
    /// - Parameter range: what SSIM takes as the range of values.
    public init?(
        _ first: (volume: Volume, region: Region), _ second: (volume: Volume, region: Region),
        range: ClosedRange<Double>
    ) {
        let box = first.region.box
        guard first.volume.geometry.size == second.volume.geometry.size, box == second.region.box,
            first.region.voxels == second.region.voxels
        else { return nil }
        var (sum, changed, count) = (0.0, 0, 0)
        let isWhole = first.region.voxels.allSatisfy { $0 != 0 }
        var similarities: [Double]? = isWhole && range.lowerBound < range.upperBound ? [] : nil
        for z in 0..<box.size.z {
            let (a, b) = (first.volume.slice(z, of: box), second.volume.slice(z, of: box))
            let start = z * box.size.x * box.size.y
            var isComplete = true
            for place in a.indices where first.region.voxels[start + place] != 0 {
                guard a[place].isFinite, b[place].isFinite else {
                    isComplete = false
                    continue
                }
                count += 1
                if a[place] != b[place] { changed += 1 }
                sum += (b[place] - a[place]) * (b[place] - a[place])
            }
            guard isComplete, let value = Self.similarity(a, b, box.size.x, box.size.y, range) else {
                similarities = nil
                continue
            }
            similarities?.append(value)
        }
        guard count > 0 else { return nil }
        rootMeanSquare = (sum / Double(count)).squareRoot()
        (self.changed, voxels) = (changed, count)
        similarity = similarities.map { $0.reduce(0, +) / Double($0.count) }
    }

    private static func similarity(
        _ a: [Double], _ b: [Double], _ width: Int, _ height: Int, _ range: ClosedRange<Double>
    ) -> Double? {
        guard range.lowerBound < range.upperBound else { return nil }
        do {
            let layout = try PatchLayout(
                images: 1, imageWidth: width, imageHeight: height, channels: 1, width: width, height: height)
            let loss = TextureLoss(similarity: (1, try StructuralSimilarity(normalisation: .fixed(range))))
            return 1
                - loss.value(prediction: b.map { Float($0) }, target: a.map { Float($0) }, layout: layout).similarity
        } catch {
            // A picture too small for a window has no structure to compare.
            return nil
        }
    }
}

extension Volume {
    /// The values of slice `z` of a box, row by row.
    fileprivate func slice(_ z: Int, of box: VoxelBox) -> [Double] {
        values(
            in: VoxelBox(
                lower: SIMD3(box.lower.x, box.lower.y, box.lower.z + z), size: SIMD3(box.size.x, box.size.y, 1)))
    }
}

extension Region {
    /// The slice of the grid that holds most of the region, of equal ones the middle one.
    public var fullestSlice: Int {
        let area = box.size.x * box.size.y
        let counts = (0..<box.size.z).map { z in voxels[z * area..<(z + 1) * area].reduce(0) { $0 + Int($1) } }
        let most = counts.max() ?? 0
        let fullest = counts.indices.filter { counts[$0] == most }
        return box.lower.z + (fullest.isEmpty ? 0 : fullest[fullest.count / 2])
    }
}

extension CooccurrenceMatrix {
    /// Counts over their sum, rows and columns of all levels; zeros without a pair.
    public func shares(of levelCount: Int) -> [[Double]] {
        var full = [[Double]](repeating: [Double](repeating: 0, count: levelCount), count: levelCount)
        let sum = total
        guard sum > 0 else { return full }
        for (row, line) in zip(levels, dense) {
            for (column, count) in zip(levels, line) { full[row - 1][column - 1] = count / sum }
        }
        return full
    }
}

extension MeasuredImage.SliceView {
    fileprivate init(_ volume: Volume, _ region: Region, _ levels: EqualLevels, _ slice: Int) {
        let box = region.box
        (width, height, self.slice) = (box.size.x, box.size.y, slice)
        let z = min(max(slice - box.lower.z, 0), max(box.size.z - 1, 0))
        guard box.voxelCount > 0 else {
            (grey, inside) = ([], [])
            return
        }
        let span = levels.range.upperBound - levels.range.lowerBound
        grey = volume.slice(z, of: box).map { value in
            let share = span > 0 ? (value - levels.range.lowerBound) / span : 0.5
            return share > 0 ? UInt8(min(share, 1) * 255 + 0.5) : 0
        }
        let area = width * height
        inside = region.voxels[z * area..<(z + 1) * area].map { $0 != 0 }
    }
}
