import Foundation
import Imaging
import Radiomics
import TestSupport
import Testing
import TextureCore

/// The consensus values of IBSI-1 for shape, local intensity and intensity-volume histogram.
@Suite(.serialized, .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct IBSIMorphologyTests {
    /// 125,256 voxels; read once.
    private static let phantom = Result { try LoadedCase(["data/ibsi1/ct_phantom/dicom"]) }

    static let prefixes = ["morph_", "loc_", "ivh_", "stat_", "img_", "int_mask_"]

    @Test func digitalPhantom() throws {
        var settings = ExtractionSettings()
        settings.families = [.morph, .loc, .ivh]
        settings.intensityVolume = .none
        let values = try Extractor(settings).values(of: DigitalPhantom.region, in: DigitalPhantom.volume)
        let rows = try ReferenceTable("digital_phantom.csv").rows(of: ["morph_", "loc_", "ivh_"])
        let failures = ReferenceTable.failures(rows) { values[$0] }
        print("digital phantom: \(rows.count - failures.count) of \(rows.count) hold")
        #expect(rows.count == 25 + 2 + 6)
        #expect(failures.isEmpty, "\(failures.count) do not hold:\n\(failures.joined(separator: "\n"))")
    }

    /// The image processing of configurations A to E (IBSI-1, table of the CT phantom).
    static func settings(_ configuration: String) -> ExtractionSettings {
        var settings = ExtractionSettings()
        settings.families = [.morph, .loc, .stat, .ivh]
        switch configuration {
        case "a": settings.resegment.range = -500...400
        case "b":
            settings.resample = Resampling(spacing: [2, 2, 0])
            settings.resegment.range = -500...400
        case "c":
            settings.resample = Resampling(spacing: [2, 2, 2])
            settings.resegment.range = -1000...400
            settings.intensityVolume = .width(2.5)
        case "d":
            settings.resample = Resampling(spacing: [2, 2, 2])
            settings.resegment.outlierSigma = 3
        default:
            settings.resample = Resampling(spacing: [2, 2, 2], interpolation: .cubic)
            settings.resegment = Resegmentation(range: -1000...400, outlierSigma: 3)
            settings.intensityVolume = .count(1000)
        }
        return settings
    }

    @Test(arguments: ["a", "b", "c", "d", "e"])
    func ctPhantom(configuration: String) throws {
        let phantom = try Self.phantom.get()
        let settings = Self.settings(configuration)
        let extractor = Extractor(settings)
        let extraction = try extractor.features(of: phantom.region, in: phantom.volume, modality: "CT")
        var values = Self.diagnostics(extraction.diagnostics, of: phantom.volume)
        for (column, measure) in zip(settings.columns, extraction.measures) { values[column.name] = measure.value }
        let rows = try ReferenceTable("ct_phantom_config_\(configuration).csv").rows(of: Self.prefixes)
        let failures = ReferenceTable.failures(rows) { values[$0] }
        print("CT phantom, configuration \(configuration): \(rows.count - failures.count) of \(rows.count) hold")
        #expect(rows.count > 90)
        #expect(failures.isEmpty, "\(failures.count) do not hold:\n\(failures.joined(separator: "\n"))")
    }

    /// The diagnostic rows of the tables, by tag.
    private static func diagnostics(_ found: RegionDiagnostics, of volume: Volume) -> [String: Double] {
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

    /// The sums over 7.8e9 pairs of voxels (Moran, Geary) are what could take long: directly they would take minutes. The
    /// bound is ten times what one core of a small machine needs.
    @Test func hundredThousandVoxelsTakeMilliseconds() throws {
        let phantom = try Self.phantom.get()
        var settings = ExtractionSettings()
        settings.families = [.morph, .loc, .ivh]
        let extractor = Extractor(settings)
        let times = try (0..<3).map { _ in
            try ContinuousClock().measure {
                _ = try extractor.features(of: phantom.region, in: phantom.volume, modality: "CT")
            }
        }
        let best = try #require(times.min())
        print("CT phantom, morph, loc and ivh: \(best)")
        #expect(best < .seconds(1))
    }
}

/// PyRadiomics' own output for its class shape.
@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct PyRadiomicsShapeTests {
    @Test(arguments: ["brain1", "ibsict", "sts1ct"])
    func shape(name: String) throws {
        let reference = try PyRadiomicsReference(name)
        var scan = try LoadedCase(["data/pyradiomics/\(name)"])
        // The surface depends a little on the direction in which slices are counted.
        if scan.region.box.lower.z != reference.roi.roi_bbox_zyx[0][0] { scan.turnUpsideDown() }
        var settings = ExtractionSettings()
        settings.convention = .pyradiomics
        settings.families = [.morph]
        let values = try Extractor(settings).values(of: scan.region, in: scan.volume)
        let (compared, failures) = PyRadiomicsReference.differences(
            try #require(reference.variants["default"]).features, prefixes: ["original_shape_"],
            relativeTolerance: 1e-9
        ) { values[$0] }
        #expect(compared == 14)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    /// The whole way of a resampled CT: what PyRadiomics 3.0.1's `resampleImage` and SimpleITK 2.5.7 leave of the IBSI
    /// phantom's region at 2 × 2 × 2 mm, voxel for voxel (the sum of squares is a whole number).
    @Test func resampledPhantomEqualsSimpleITK() throws {
        let scan = try LoadedCase(["data/ibsi1/ct_phantom/dicom"])
        var settings = ExtractionSettings()
        settings.convention = .pyradiomics
        settings.resample = Resampling(spacing: [2, 2, 2], interpolation: .cubic)
        settings.families = [.stat]
        let extractor = Extractor(settings)
        let found = try extractor.features(of: scan.region, in: scan.volume, modality: "CT").diagnostics
        #expect(found.voxelCount == 45_107)
        #expect(found.box == VoxelBox(lower: [6, 6, 6], size: [49, 48, 39]))
        #expect(found.intensityRange == -990...752)
        let values = try extractor.values(of: scan.region, in: scan.volume, modality: "CT")
        #expect(values["original_firstorder_Energy"] == 2_371_977_130)
        #expect(abs(try #require(values["original_firstorder_Mean"]) + 42.60731150375773) < 1e-12)
    }
}
