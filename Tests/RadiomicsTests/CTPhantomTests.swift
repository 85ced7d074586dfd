import Imaging
import Ingestion
import Radiomics
import SelfTest
import TestSupport
import Testing

/// Every row of the five tables of the CT phantom of IBSI-1, from the DICOM files and from NIfTI: statistics, histograms, shape, texture,
/// and what image and mask are after each step.
@Suite(.serialized, .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct CTPhantomTests {
    /// The same 125,256 voxels, as contours, as segments, and as labels beside the image in NIfTI.
    enum Route: String, CaseIterable { case rtstruct, seg, nifti }

    private static let phantoms = Result {
        let contours = try LoadedCase(["data/ibsi1/ct_phantom/dicom"])
        let segments = try LoadedCase(["data/pyradiomics/ibsict"])
        let labels = try LoadedCase(["data/nifti/ibsi1_ct_image.nii.gz", "data/nifti/ibsi1_ct_mask.nii.gz"])
        return [Route.rtstruct: contours, .seg: segments, .nifti: labels]
    }

    /// Configurations A to E as the IBSI reference manual has them (chapter 5, table of configurations).
    static func settings(_ configuration: String) -> ExtractionSettings {
        var settings = ExtractionSettings()
        settings.texture.aggregations = [.averaged3D, .merged3D, .volume]
        switch configuration {
        case "a", "b":
            settings.texture.aggregations = [
                .averaged2D, .merged2D, .averaged25D, .merged25D, .slices, .mergedSlices,
            ]
            settings.resegment.range = -500...400
            if configuration == "a" {
                settings.discretise = GreyLevelSetting(.width(25))
            } else {
                settings.resample = Resampling(spacing: [2, 2, 0])
                settings.discretise = GreyLevelSetting(.count(32))
            }
        case "c":
            settings.resample = Resampling(spacing: [2, 2, 2])
            settings.resegment.range = -1000...400
            settings.discretise = GreyLevelSetting(.width(25))
            settings.intensityVolume = .width(2.5)
        case "d":
            settings.resample = Resampling(spacing: [2, 2, 2])
            settings.resegment.outlierSigma = 3
            settings.discretise = GreyLevelSetting(.count(32))
        default:
            settings.resample = Resampling(spacing: [2, 2, 2], interpolation: .cubic)
            settings.resegment = Resegmentation(range: -1000...400, outlierSigma: 3)
            settings.discretise = GreyLevelSetting(.count(32))
            settings.intensityVolume = .count(1000)
        }
        return settings
    }

    @Test(arguments: ["a", "b", "c", "d", "e"], Route.allCases)
    func allRowsHold(configuration: String, route: Route) throws {
        let phantom = try #require(try Self.phantoms.get()[route])
        let settings = Self.settings(configuration)
        let extraction = try Extractor(settings).features(of: phantom.region, in: phantom.volume, modality: "CT")
        var values = Self.diagnostics(extraction.diagnostics)
        values.merge(Self.wholeImage(phantom.volume, settings)) { _, new in new }
        for value in extraction.values { values[value.column.name] = value.measure.value }
        let rows = try ConsensusTable("ct_phantom_config_\(configuration).csv").rows
        let failures = ConsensusTable.failures(rows) { values[$0] }
        print(
            "CT phantom, configuration \(configuration), \(route): \(rows.count - failures.count) of \(rows.count) hold"
        )
        #expect(rows.count > 200)
        #expect(failures.isEmpty, "\(failures.count) do not hold:\n\(failures.joined(separator: "\n"))")
    }

    /// The rows about the whole image before and after interpolation.
    private static func wholeImage(_ volume: Volume, _ settings: ExtractionSettings) -> [String: Double] {
        var values: [String: Double] = [:]
        func add(_ suffix: String, _ spacing: SIMD3<Double>, _ intensities: [Double]) {
            for (k, axis) in ["x", "y", "z"].enumerated() { values["vox_dim_\(axis)_\(suffix)_img"] = spacing[k] }
            values["mean_int_\(suffix)_img"] = intensities.reduce(0, +) / Double(intensities.count)
            values["min_int_\(suffix)_img"] = intensities.min()
            values["max_int_\(suffix)_img"] = intensities.max()
        }
        let whole = VoxelBox(lower: .zero, size: volume.geometry.size)
        add("init", volume.geometry.spacing, volume.values(in: whole))
        let resampler = Resampler(
            centredOn: volume.geometry, spacing: settings.resample?.spacing ?? .zero)
        let target = VoxelBox(lower: .zero, size: resampler.target.size)
        let interpolation = settings.resample?.interpolation ?? .nearest
        let resampled = resampler.values(of: volume, in: target, by: interpolation)
        add("interp", resampler.target.spacing, resampled.map { $0.rounded(.toNearestOrEven) })
        return values
    }

    /// The diagnostic rows of the tables, by tag.
    private static func diagnostics(_ found: RegionDiagnostics) -> [String: Double] {
        let (first, last) = (found.stages[0], found.stages[found.stages.count - 1])
        let interpolated = found.stages[found.stages.count - 2]
        var values: [String: Double] = [:]
        for (suffix, stage) in [("init", first), ("interp", interpolated), ("reseg", last)] {
            for (k, axis) in ["x", "y", "z"].enumerated() {
                if suffix != "reseg" { values["img_dim_\(axis)_\(suffix)_img"] = Double(stage.gridSize[k]) }
                values["int_mask_dim_\(axis)_\(suffix)_roi"] = Double(stage.gridSize[k])
                values["int_mask_bb_dim_\(axis)_\(suffix)_roi"] = Double(stage.intensityBox.size[k])
                values["morph_mask_bb_dim_\(axis)_\(suffix)_roi"] = Double(stage.box.size[k])
            }
            values["int_mask_vox_count_\(suffix)_roi"] = Double(stage.intensityVoxelCount)
            values["morph_mask_vox_count_\(suffix)_roi"] = Double(stage.voxelCount)
            values["int_mask_mean_int_\(suffix)_roi"] = stage.meanIntensity
            values["int_mask_min_int_\(suffix)_roi"] = stage.intensityRange.lowerBound
            values["int_mask_max_int_\(suffix)_roi"] = stage.intensityRange.upperBound
        }
        return values
    }
}
