// The steps before any feature: the scan and the region on their grid, and which voxels keep their intensity.

import Encoding
import Imaging
import TextureCore

/// What is known about a region after one of the steps, as in the diagnostic rows of the IBSI-1 tables.
public struct RegionStage: Hashable, Sendable {
    /// Of the grid the region lies on.
    public var gridSize: SIMD3<Int>
    /// mm
    public var gridSpacing: SIMD3<Double>
    /// Smallest box around the morphological mask, and around the intensity mask.
    public var box: VoxelBox
    public var intensityBox: VoxelBox
    public var voxelCount: Int
    public var intensityVoxelCount: Int
    /// Of the intensity mask.
    public var meanIntensity: Double
    public var intensityRange: ClosedRange<Double>
}

/// A region on the grid of its features.
struct PreparedRegion {
    /// The grid, and the values of a box around the region that also holds its neighbourhood.
    private(set) var block: VolumeBlock
    /// Morphological mask, cropped.
    let region: Region
    /// Intensity mask in the region's box: not 0 for the voxels whose intensity counts; at least one does.
    private(set) var kept: [UInt8]
    /// Whether all intensities are whole numbers.
    private var isWhole: Bool
    /// In which type the image holds its values.
    private(set) var precision: VoxelValues.Precision
    /// Whether the image was one of whole numbers, however they are stored.
    private(set) var isOfWholeNumbers: Bool
    /// What of the grid filters see.
    let filtered: VoxelBox
    private let shapeMask: PyRadiomicsSteps.ShapeMask
    private(set) var stages: [RegionStage] = []
    private(set) var notes: [String] = []
    private(set) var warnings: [String] = []

    var spacing: SIMD3<Double> { block.grid.spacing }
    var edges: VoxelEdges { VoxelEdges(block.grid) }

    /// - Parameters:
    ///   - margin: voxels around the region that `block` holds as well, as far as the image goes.
    ///   - filterMargin: voxels around the region in which responses of filters are asked for.
    ///   - looksAcross: whether anything is made of voxels of different slices.
    init(
        _ region: Region, in volume: Volume, _ settings: ExtractionSettings, margin: SIMD3<Int> = .zero,
        filtered filterMargin: SIMD3<Int> = .zero, looksAcross: Bool
    ) throws(ExtractionError) {
        let original = region.cropped()
        guard !original.voxels.isEmpty else { throw .emptyRegion }
        let needsNeighbourhood = settings.activeFamilies.contains(.loc)
        (precision, isOfWholeNumbers) = (volume.values.precision, volume.isOfWholeNumbers)
        if let resample = settings.resample,
            let sampling = try resample.resampler(
                original, volume, settings.convention, padding: settings.pyradiomics.padDistance)
        {
            stages.append(RegionStage(original, VolumeBlock(volume, box: original.box), original.voxels))
            let moved =
                settings.convention == .pyradiomics
                ? sampling.regionAsITK(original) : sampling.region(original, by: .linear)
            guard !moved.voxels.isEmpty else {
                throw .emptyAfterResampling(voxels: original.voxelCount, spacing: sampling.target.spacing)
            }
            let margin = needsNeighbourhood ? LocalIntensityPeak.margin(in: sampling.target) : margin
            filtered = VoxelBox(lower: .zero, size: sampling.target.size)
            let box = settings.sources(
                of: moved.box.grown(by: filterMargin, within: sampling.target.size),
                grown: moved.box.grown(by: margin, within: sampling.target.size), in: sampling.target,
                filtered)
            guard Double(box.voxelCount) <= Resampling.mostVoxels else {
                throw .tooLargeAfterResampling(voxels: Double(box.voxelCount), most: Resampling.mostVoxels)
            }
            var values = sampling.values(of: volume, in: box, by: resample.interpolation)
            // PyRadiomics goes by the type that is stored.
            if settings.convention == .ibsi ? volume.isOfWholeNumbers : volume.values.precision == .integer {
                // IBSI 2.4 rounds to whole intensities; PyRadiomics casts, which cuts the fraction off (so
                // that a whole number that comes out a rounding too small in one of the programs differs by 1).
                let rule = settings.convention == .ibsi ? FloatingPointRoundingRule.toNearestOrEven : .towardZero
                for k in values.indices { values[k].round(rule) }
            }
            self.region = moved
            block = VolumeBlock(grid: sampling.target, box: box, values: values)
            notes.append(
                "resampled from \(Self.millimetres(volume.geometry.spacing)) to \(Self.millimetres(sampling.target.spacing))"
                    + (sampling.straightens ? " and straightened: the stack leans" : "")
            )
        } else {
            let margin = needsNeighbourhood ? LocalIntensityPeak.margin(in: volume.geometry) : margin
            self.region = original
            filtered =
                settings.pyradiomics.crop == .toRegion
                ? original.box.grown(
                    by: SIMD3(repeating: settings.pyradiomics.padDistance), within: volume.geometry.size)
                : VoxelBox(lower: .zero, size: volume.geometry.size)
            block = VolumeBlock(
                volume,
                box: settings.sources(
                    of: original.box.grown(by: filterMargin, within: volume.geometry.size),
                    grown: original.box.grown(by: margin, within: volume.geometry.size),
                    in: volume.geometry, filtered))
        }
        let tilt = VoxelEdges(block.grid).tilt
        if tilt >= Self.reportedTilt, looksAcross {
            warnings.append(
                "gantry tilt of \((tilt * 10).rounded() / 10)°: shapes are those of the leaning voxels, textures across slices"
                    + " lie along the leaning stack; --resample straightens it")
        }
        isWhole = volume.values.precision == .integer
        stages.append(RegionStage(self.region, block, self.region.voxels))
        shapeMask = settings.pyradiomics.shapeMask
        try settings.pyradiomics.check(self.region)

        let resegmentation = try settings.resegmentation(of: self.region, block)
        let resegmented = try Resegmented(self.region, block, resegmentation)
        kept = resegmented.kept
        try settings.pyradiomics.check(
            Region(name: "", label: 0, box: self.region.box, voxels: resegmented.kept).cropped())
        if resegmented.notNumbers > 0 {
            warnings.append("\(resegmented.notNumbers) voxels of the region hold no finite number and were left out")
        }
        stages.append(RegionStage(self.region, block, resegmented.kept))
    }

    /// The same region with other intensities.
    func replaced(_ block: VolumeBlock, kept: [UInt8], precision: VoxelValues.Precision) -> PreparedRegion {
        var region = self
        (region.block, region.kept, region.precision) = (block, kept, precision)
        region.isWhole = precision == .integer
        region.isOfWholeNumbers = precision == .integer
        region.stages = [RegionStage(self.region, block, kept)]
        (region.notes, region.warnings) = ([], [])
        return region
    }

    /// Of the region's box, as doubles.
    var intensities: [Double] { block.values(in: region.box) }

    /// Smallest and largest intensity of the intensity mask.
    var range: ClosedRange<Double> { stages[stages.count - 1].intensityRange }

    /// Of the intensity mask.
    var voxelCount: Int { stages[stages.count - 1].intensityVoxelCount }

    /// Intensities of the intensity mask in ascending order.
    var sample: SortedSample? {
        let range = range
        // More values than voxels would make the table larger than a list.
        guard isWhole, range.upperBound - range.lowerBound < Double(max(4096, kept.count)) else {
            return SortedSample(block.values(of: kept, in: region.box))
        }
        var counts = [Int](repeating: 0, count: Int(range.upperBound - range.lowerBound) + 1)
        forEachKept { value in counts[Int(value - range.lowerBound)] += 1 }
        let found = counts.indices.filter { counts[$0] > 0 }
        return SortedSample(
            ValueFrequencies(found.map { Double($0) + range.lowerBound }, counts: found.map { counts[$0] }))
    }

    /// How many intensities of the intensity mask are below a limit.
    func count(below limit: Double) -> Int {
        var count = 0
        forEachKept { value in count += value < limit ? 1 : 0 }
        return count
    }

    /// Grey levels of the intensity mask on the grid of the region's box.
    func greyLevels(
        _ discretisation: Discretisation, _ convention: Convention, _ precision: ArithmeticPrecision
    ) throws(DiscretisationError) -> LevelGrid {
        let rule = try GreyLevelRule(range: range, by: discretisation, convention: convention, precision: precision)
        var levels = [UInt16](repeating: 0, count: kept.count)
        try block.forEachRow(of: region.box) {
            (row: UnsafeBufferPointer<Double>, first: Int) throws(DiscretisationError) in
            for x in row.indices where kept[first + x] != 0 { levels[first + x] = try rule.level(of: row[x]) }
        }
        return LevelGrid(size: region.box.size, levels: levels, greyLevelCount: rule.count)
    }

    private func forEachKept(_ body: (Double) -> Void) {
        block.forEachRow(of: region.box) { (row: UnsafeBufferPointer<Double>, first: Int) in
            for x in row.indices where kept[first + x] != 0 { body(row[x]) }
        }
    }

    /// The region that PyRadiomics takes the shape of: what lies in the smallest box around the voxels left by
    /// re-segmentation, which it crops the mask to (featureextractor.py: computeShape).
    var pyradiomicsShapeRegion: Region {
        let left = Region(name: region.name, label: region.label, box: region.box, voxels: kept).cropped()
        guard shapeMask == .whole else { return left }
        let box = left.box
        guard box != region.box else { return region }
        let mask = VolumeBlock(grid: block.grid, box: region.box, values: region.voxels.map(Double.init))
        return Region(
            name: region.name, label: region.label, box: box, voxels: mask.values(in: box).map { UInt8($0) }
        ).cropped()
    }

    /// Less than this moves the last of a hundred slices by less than a fifth of their distance, degrees.
    private static let reportedTilt = 0.1

    private static func millimetres(_ spacing: SIMD3<Double>) -> String {
        "\(spacing.x.sentenceText) × \(spacing.y.sentenceText) × \(spacing.z.sentenceText) mm"
    }
}

extension Resampling {
    /// A spacing in µm would ask for more memory than there is.
    static let mostVoxels = 5e8

    /// Nil when the grid stays as it is.
    fileprivate func resampler(
        _ region: Region, _ volume: Volume, _ convention: Convention, padding: Int
    ) throws(ExtractionError) -> Resampler? {
        let leaning = LeaningStack(volume.geometry)
        let old = leaning?.straight.spacing ?? volume.geometry.spacing
        let size = leaning?.box(around: region.box).size ?? region.box.size
        var voxels = 1.0
        for axis in 0..<3 {
            let ratio = spacing[axis] > 0 ? old[axis] / spacing[axis] : 1
            voxels *= max(1, Double(size[axis]) * ratio)
        }
        guard voxels <= Self.mostVoxels else {
            throw .tooLargeAfterResampling(voxels: voxels.rounded(), most: Self.mostVoxels)
        }
        let resampler =
            switch convention {
            case .ibsi: Resampler(centredOn: volume.geometry, spacing: spacing)
            case .pyradiomics:
                Resampler(pyradiomics: volume.geometry, spacing: spacing, region: region.box, padding: padding)
            }
        return resampler.isIdentity ? nil : resampler
    }
}

extension ExtractionSettings {
    /// With thresholds that depend on the region's intensities worked out.
    fileprivate func resegmentation(
        of region: Region, _ block: VolumeBlock
    ) throws(ExtractionError) -> Resegmentation {
        guard let thresholds = pyradiomics.thresholds else { return resegment }
        guard let range = thresholds.absolute(of: block.values(of: region.voxels, in: region.box))
        else { throw .emptyAfterResegmentation(voxels: region.voxelCount, range: nil, found: nil) }
        return Resegmentation(range: range, outlierSigma: resegment.outlierSigma)
    }
}

/// Which voxels keep their intensity (IBSI 2.6).
private struct Resegmented {
    private(set) var kept: [UInt8]
    private(set) var notNumbers = 0

    /// Range and outliers are both taken of the whole region, and what both leave stays.
    init(_ region: Region, _ block: VolumeBlock, _ settings: Resegmentation) throws(ExtractionError) {
        kept = region.voxels
        var range = settings.range ?? -Double.infinity...Double.infinity
        if let sigma = settings.outlierSigma {
            let all = block.values(of: kept, in: region.box).filter(\.isFinite)
            if let sample = SortedSample(all) {
                let reach = sigma * sample.variance.squareRoot()
                let (low, high) = (
                    max(range.lowerBound, sample.mean - reach), min(range.upperBound, sample.mean + reach)
                )
                guard low <= high else {
                    throw .emptyAfterResegmentation(
                        voxels: region.voxelCount, range: settings.range, found: sample.minimum...sample.maximum)
                }
                range = low...high
            }
        }
        var left = 0
        var (least, most) = (Double.infinity, -Double.infinity)
        block.forEachRow(of: region.box) { (row: UnsafeBufferPointer<Double>, first: Int) in
            for x in row.indices where kept[first + x] != 0 {
                let value = row[x]
                guard value.isFinite else {
                    kept[first + x] = 0
                    notNumbers += 1
                    continue
                }
                (least, most) = (min(least, value), max(most, value))
                if range.contains(value) { left += 1 } else { kept[first + x] = 0 }
            }
        }
        guard left > 0 else {
            throw .emptyAfterResegmentation(
                voxels: region.voxelCount, range: settings.range, found: least <= most ? least...most : nil)
        }
    }
}

extension VolumeBlock {
    /// The values of the voxels of a mask that are not 0, in memory order.
    fileprivate func values(of mask: [UInt8], in box: VoxelBox) -> [Double] {
        var values: [Double] = []
        values.reserveCapacity(mask.count { $0 != 0 })
        forEachRow(of: box) { (row: UnsafeBufferPointer<Double>, first: Int) in
            for x in row.indices where mask[first + x] != 0 { values.append(row[x]) }
        }
        return values
    }
}

extension RegionStage {
    fileprivate init(_ region: Region, _ block: VolumeBlock, _ inside: [UInt8]) {
        (gridSize, gridSpacing) = (block.grid.size, block.grid.spacing)
        box = region.box
        intensityBox = Region.tightBox(of: inside, in: region.box)
        voxelCount = region.voxelCount
        var (count, sum, low, high) = (0, 0.0, Double.infinity, -Double.infinity)
        block.forEachRow(of: region.box) { (row: UnsafeBufferPointer<Double>, first: Int) in
            for x in row.indices where inside[first + x] != 0 && row[x].isFinite {
                count += 1
                sum += row[x]
                (low, high) = (min(low, row[x]), max(high, row[x]))
            }
        }
        intensityVoxelCount = count
        meanIntensity = count == 0 ? 0 : low == high ? low : sum / Double(count)
        intensityRange = count > 0 ? low...high : 0...0
    }
}
