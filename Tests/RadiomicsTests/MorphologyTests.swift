import Foundation
import Imaging
import Radiomics
import SelfTest
import TestSupport
import Testing
import TextureCore

/// The consensus values of IBSI-1 for shape, local intensity and intensity-volume histogram.
@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct IBSIMorphologyTests {
    @Test func digitalPhantom() throws {
        var settings = ExtractionSettings()
        settings.families = [.morph, .loc, .ivh]
        settings.intensityVolume = .none
        let values = try Extractor(settings).values(of: DigitalPhantom.region, in: DigitalPhantom.volume)
        let rows = try ConsensusTable("digital_phantom.csv").rows(of: ["morph_", "loc_", "ivh_"])
        let failures = ConsensusTable.failures(rows) { values[$0] }
        print("digital phantom: \(rows.count - failures.count) of \(rows.count) hold")
        #expect(rows.count == 25 + 2 + 6)
        #expect(failures.isEmpty, "\(failures.count) do not hold:\n\(failures.joined(separator: "\n"))")
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
        if scan.region.box.lower.z != reference.roi.boundingBox[0][0] { scan.turnUpsideDown() }
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
