import Imaging
import TextureCore

/// Runs the steps of ``ExtractionSettings`` in their order on one region.
public struct Extractor: Sendable {
    public let settings: ExtractionSettings
    /// Those of the settings: every region has a value for each.
    public let columns: [FeatureColumn]

    public init(_ settings: ExtractionSettings) { (self.settings, columns) = (settings, settings.columns) }

    /// - Parameter observe: is handed every co-occurrence matrix that a value was computed from.
    public func features(
        of region: Region, in volume: Volume, modality: String,
        observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)? = nil
    ) throws(ExtractionError) -> Extraction {
        let volume = try normalised(volume)
        let prepared = try PreparedRegion(region, in: volume, settings, looksAcross: settings.looksAcrossSlices)

        let resolved = settings.discretise.resolved(
            modality: modality, resegmentation: settings.resegment, convention: settings.convention)
        let families = settings.activeFamilies
        let needsLevels = families.contains(where: \.usesGreyLevels) || settings.convention == .pyradiomics
        var levels: LevelGrid?
        var warnings = prepared.warnings
        if needsLevels {
            // The co-occurrence matrix of a float32 image is binned in float32 by PyRadiomics.
            let precision: ArithmeticPrecision = volume.values.precision == .float32 ? .single : .double
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
        var features = RegionFeatures(
            prepared, of: volume, modality: modality, settings, levels: levels,
            exactLevels: { () throws(ExtractionError) in try exactLevels(prepared, resolved.discretisation) },
            observe: observe)
        let values = try FeatureValues(columns) { column throws(ExtractionError) in
            try features.measure(column).finite
        }
        let use = readsLevels(families) ? levels?.use : nil
        let doubts = use.map { use in use.doubts.map { ($0, use.words($0)) } } ?? []
        warnings += doubts.filter { $0.0 == .oneLevel }.map(\.1)
        warnings += values.distancesWithoutPairs.map { withoutPairs($0, size) }
        return Extraction(
            values: values,
            diagnostics: RegionDiagnostics(
                stages: prepared.stages, greyLevelCount: levels?.greyLevelCount ?? 0,
                discretisation: levels == nil ? nil : resolved.discretisation),
            notes: prepared.notes + (levels == nil ? [] : resolved.notes)
                + doubts.filter { $0.0 != .oneLevel }.map(\.1),
            warnings: warnings, levelUse: use)
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
        _ prepared: PreparedRegion, _ discretisation: Discretisation
    ) throws(ExtractionError) -> LevelGrid {
        do throws(DiscretisationError) {
            return try prepared.greyLevels(discretisation, settings.convention, .double)
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

extension Measure {
    /// A number that a table can hold: squares and products of huge intensities are beyond a double.
    fileprivate var finite: Measure {
        if case .value(let value) = self, !value.isFinite { .undefined(.overflow) } else { self }
    }
}
