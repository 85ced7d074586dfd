import Imaging
import Radiomics
import SelfTest
import TestSupport
import Testing

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct DigitalPhantomTests {
    /// What the other suites compute from is what the NIfTI files hold, so that their 482 values are those of the files.
    @Test func isInNIfTIVoxelForVoxel() throws {
        let scan = try LoadedCase(["data/nifti/ibsi1_digital_image.nii.gz", "data/nifti/ibsi1_digital_mask.nii.gz"])
        let whole = VoxelBox(lower: .zero, size: DigitalPhantom.geometry.size)
        #expect(
            scan.volume.geometry.size == whole.size && scan.volume.geometry.spacing == DigitalPhantom.geometry.spacing)
        #expect(scan.volume.values(in: whole) == DigitalPhantom.volume.values(in: whole))
        #expect(scan.region.box == whole && scan.region.voxels == DigitalPhantom.mask)
        var settings = ExtractionSettings()
        settings.discretise = GreyLevelSetting(.none)
        settings.intensityVolume = .none
        settings.texture.aggregations = Aggregation.allCases
        let values = try Extractor(settings).values(of: scan.region, in: scan.volume)
        let rows = try ConsensusTable("digital_phantom.csv").rows
        let failures = ConsensusTable.failures(rows) { values[$0] }
        print("digital phantom from NIfTI: \(rows.count - failures.count) of \(rows.count) hold")
        #expect(rows.count == 482)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    @Test func allConsensusValuesHold() throws {
        var settings = ExtractionSettings()
        settings.discretise = GreyLevelSetting(.none)
        settings.texture.aggregations = Aggregation.allCases
        let values = try Extractor(settings).values(of: DigitalPhantom.region, in: DigitalPhantom.volume)
        let rows = try ConsensusTable("digital_phantom.csv").rows(of: ["stat_", "ih_", "cm_"])
        let failures = ConsensusTable.failures(rows) { values[$0] }
        #expect(rows.count == 18 + 23 + 25 * 6)
        #expect(
            failures.isEmpty, "\(failures.count) of \(rows.count) do not hold:\n\(failures.joined(separator: "\n"))")
    }
}
