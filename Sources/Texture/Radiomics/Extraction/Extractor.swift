import Filters
import Imaging
import Parallel
import TextureCore

/// Runs the steps of ``ExtractionSettings`` in their order on one region.
public struct Extractor: Sendable {
    public let settings: ExtractionSettings
    /// Those of the settings: every region has a value for each.
    public let columns: [FeatureColumn]
    /// Threads, for the images, the families and the directions of a region; no value depends on it.
    public var jobs = 1
    private let images: [(image: FeatureImage, columns: [FeatureColumn])]

    public init(_ settings: ExtractionSettings) {
        self.settings = settings
        images = settings.featureImages.map { ($0, settings.columns(of: $0)) }
        columns = images.flatMap(\.columns)
    }

    /// - Parameter observe: is handed every co-occurrence matrix that a value was computed from.
    public func features(
        of region: Region, in volume: Volume, modality: String,
        observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)? = nil
    ) throws(ExtractionError) -> Extraction {
        let volume = try normalised(volume)
        let prepared = try PreparedRegion(region, in: volume, settings, looksAcross: settings.looksAcrossSlices)

        var (values, notes, warnings) = (FeatureValues([]), prepared.notes, prepared.warnings)
        var first: ImageFeatures?
        for (image, found) in zip(images.map(\.image), try measured(prepared, modality, observe)) {
            values.append(found.values)
            let place = image.isOriginal || images.count == 1 ? "" : "\(image.name): "
            notes += found.notes.map { place + $0 }
            warnings += found.warnings.map { place + $0 }
            first = first ?? found
        }
        return Extraction(
            values: values,
            diagnostics: RegionDiagnostics(
                stages: prepared.stages, greyLevelCount: first?.greyLevelCount ?? 0,
                discretisation: first?.discretisation),
            notes: notes, warnings: warnings, levelUse: first?.use)
    }

    /// What one of the images gives.
    private struct ImageFeatures {
        var values: FeatureValues
        var greyLevelCount = 0
        var discretisation: Discretisation?
        var notes: [String] = []
        var warnings: [String] = []
        var use: LevelUse?
    }

    /// What each image gives, several at a time. Matrices are observed one image after the other.
    private func measured(
        _ prepared: PreparedRegion, _ modality: String, _ observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)?
    ) throws(ExtractionError) -> [ImageFeatures] {
        var results = [Result<ImageFeatures, ExtractionError>?](repeating: nil, count: images.count)
        results.withUnsafeMutableBufferPointer { results in
            Workers(observe == nil ? jobs : 1).forEach(images.count) { k, _ in
                results[k] = Result { () throws(ExtractionError) in
                    try features(of: images[k].image, images[k].columns, prepared, modality, observe)
                }
            }
        }
        var found: [ImageFeatures] = []
        for result in results { if let result { found.append(try result.get()) } }
        return found
    }

    /// A filter that has no responses makes its columns empty, not the row a failure.
    private func features(
        of image: FeatureImage, _ columns: [FeatureColumn], _ prepared: PreparedRegion, _ modality: String,
        _ observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)?
    ) throws(ExtractionError) -> ImageFeatures {
        guard let filter = image.filter else {
            return try measured(image, columns, prepared, modality: modality, observe)
        }
        func empty(_ reason: UndefinedReason, _ warning: String) -> ImageFeatures {
            ImageFeatures(
                values: FeatureValues(columns.map { FeatureValue(column: $0, measure: .undefined(reason)) }),
                warnings: [warning])
        }
        try Memory.check(prepared.memory(of: filter))
        let (filtered, leftOut): (PreparedRegion, Int)
        do throws(FilteringError) {
            (filtered, leftOut) = try prepared.filtered(by: filter, Workers(jobs))
        } catch {
            switch error {
            case .tooSmall(let size):
                return empty(
                    .imageTooSmall,
                    "\(image.name) has no values: the image has \(size.shown) voxels, and PyRadiomics asks for 4 and for"
                        + " sigma / spacing + 1 along each axis")
            case .noNumbers:
                return empty(
                    .noResponse, "\(image.name) has no values: no response in the region is a finite number")
            }
        }
        var found: ImageFeatures
        do throws(ExtractionError) {
            found = try measured(image, columns, filtered, modality: "") { label, matrix in
                observe?(label.of(image), matrix)
            }
        } catch {
            guard case .discretisation(let reason) = error else { throw error }
            return empty(.undiscretisable, "\(image.name) has no values: grey levels: \(reason)")
        }
        if leftOut > 0 {
            found.warnings.append("\(leftOut) voxels whose response is no finite number were left out")
        }
        return found
    }

    private func measured(
        _ image: FeatureImage, _ columns: [FeatureColumn], _ prepared: PreparedRegion, modality: String,
        _ observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)?
    ) throws(ExtractionError) -> ImageFeatures {
        let settings = image.settings(of: settings)
        let resolved = settings.discretise.resolved(
            modality: modality, resegmentation: settings.resegment, convention: settings.convention)
        let families = settings.activeFamilies.filter(image.has)
        let needsLevels = families.contains(where: \.usesGreyLevels) || settings.convention == .pyradiomics
        var levels: LevelGrid?
        var warnings: [String] = []
        if needsLevels {
            // The co-occurrence matrix of a float32 image is binned in float32 by PyRadiomics.
            let precision: ArithmeticPrecision = prepared.precision == .float32 ? .single : .double
            do throws(DiscretisationError) {
                levels = try prepared.greyLevels(resolved.discretisation, settings.convention, precision)
                warnings += belowFirstBin(
                    resolved.discretisation, lowest: prepared.range.lowerBound, voxels: prepared.voxelCount,
                    countBelow: prepared.count(below:))
            } catch {
                // Families that need no grey levels have their values all the same.
                guard case .tooManyLevels = error, families.contains(where: { !$0.usesGreyLevels }) else {
                    throw ExtractionError.discretisation(error)
                }
                warnings.append("\(ExtractionError.discretisation(error))")
            }
        }

        let size = prepared.region.box.size
        let farthest = settings.texture.distances.max() ?? 1
        guard levels == nil || PaddedLevels.fits(size, reach: farthest) else {
            throw .tooFar(box: size, distance: farthest)
        }
        let features = RegionFeatures(
            prepared, modality: modality, settings, levels: levels,
            exactLevels: { () throws(ExtractionError) in
                try exactLevels(prepared, resolved.discretisation, settings.convention)
            },
            observe: observe, Workers(jobs))
        let values = FeatureValues(columns, try measures(of: columns, features))
        let use = readsLevels(families) ? levels?.use : nil
        let doubts = use.map { use in use.doubts.map { ($0, use.words($0)) } } ?? []
        warnings += doubts.filter { $0.0 == .oneLevel }.map(\.1)
        warnings += values.distancesWithoutPairs.map { withoutPairs($0, size) }
        return ImageFeatures(
            values: values, greyLevelCount: levels?.greyLevelCount ?? 0,
            discretisation: levels == nil ? nil : resolved.discretisation,
            notes: (levels == nil ? [] : resolved.notes) + doubts.filter { $0.0 != .oneLevel }.map(\.1),
            warnings: warnings, use: use)
    }

    /// The value of each column; those that share nothing are computed side by side.
    private func measures(
        of columns: [FeatureColumn], _ features: RegionFeatures
    ) throws(ExtractionError) -> [Measure] {
        var features = features
        features.share(among: columns)
        let parts = Dictionary(grouping: columns.indices) { columns[$0].part }
            .sorted { $0.key < $1.key }.map(\.value)
        var measures = [Measure](repeating: .undefined(.noVoxels), count: columns.count)
        var failures = [ExtractionError?](repeating: nil, count: parts.count)
        measures.withUnsafeMutableBufferPointer { measures in
            failures.withUnsafeMutableBufferPointer { failures in
                Workers(jobs).forEach(parts.count) { part, _ in
                    var own = features
                    do throws(ExtractionError) {
                        for k in parts[part] { measures[k] = try own.measure(columns[k]).finite }
                    } catch { failures[part] = error }
                }
            }
        }
        for case let failure? in failures { throw failure }
        return measures
    }

    /// Whether a value hangs on how many grey levels there are: PyRadiomics' first-order class has entropy and uniformity.
    private func readsLevels(_ families: [FeatureFamily]) -> Bool {
        families.contains { $0.usesGreyLevels || settings.convention == .pyradiomics && $0 == .stat }
    }

    private func withoutPairs(_ distance: Int, _ size: SIMD3<Int>) -> String {
        let apart =
            distance == 0 ? settings.texture.distances.map(String.init).joined(separator: " or ") : "\(distance)"
        return "no two voxels of the region are \(apart) apart in a direction that is asked for (its box has"
            + " \(size.x) × \(size.y) × \(size.z) voxels), so that what is counted in pairs has no value there"
    }

    /// IBSI puts what lies below the first bin into it (2.7), which somebody should know.
    func belowFirstBin(
        _ discretisation: Discretisation, lowest: Double, voxels: Int, countBelow: (Double) -> Int
    ) -> [String] {
        guard settings.convention == .ibsi, case .binWidth(_, let start?) = discretisation, lowest < start else {
            return []
        }
        return [
            "\(countBelow(start)) of \(voxels) voxels lie below \(start), where the bins start, and were put into the first"
                + " one; choose --lower-bound or take them out with --range"
        ]
    }

    private func exactLevels(
        _ prepared: PreparedRegion, _ discretisation: Discretisation, _ convention: Convention
    ) throws(ExtractionError) -> LevelGrid {
        do throws(DiscretisationError) {
            return try prepared.greyLevels(discretisation, convention, .double)
        } catch { throw .discretisation(error) }
    }

    func normalised(_ volume: Volume) throws(ExtractionError) -> Volume {
        guard settings.convention == .pyradiomics, let normalisation = settings.pyradiomics.normalisation else {
            return volume
        }
        guard let result = normalisation.applied(to: volume) else { throw .notNormalisable }
        return result
    }
}

extension FeatureColumn {
    /// Columns of one part read the same matrices, lists or bodies; parts that take longest come first.
    fileprivate var part: Int {
        if case .morphology(let feature) = quantity, feature.isOfPairs { return 0 }
        switch family {
        case .cm: return 1
        case .morph, .shape2D: return 2
        case .loc: return 3
        case .rlm: return 4
        case .szm, .dzm: return 5
        case .ngt, .ngl: return 6
        case .stat, .ih, .ivh: return 7
        }
    }
}

extension Measure {
    /// A number that a table can hold: squares and products of huge intensities are beyond a double.
    fileprivate var finite: Measure {
        if case .value(let value) = self, !value.isFinite { .undefined(.overflow) } else { self }
    }
}
