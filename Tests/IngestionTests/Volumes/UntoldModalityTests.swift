import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

/// Of which modality volumes are: what BIDS' and nnU-Net's names say, and what somebody says who asks.
@Suite("modalities of files that do not say them")
struct UntoldModalityTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ name: String, _ bytes: [UInt8]? = nil) throws {
        let url = URL(fileURLWithPath: folder[name])
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        let values = (0..<24).map { (k: Int) -> Int16 in Int16(k) * 31 - 300 }
        try Data(bytes ?? VolumeBytes.nifti(values, size: [4, 3, 2])).write(to: url)
    }

    /// By the path within the folder.
    private func modalities(_ asked: [String] = []) throws -> [String: String] {
        var archive = try Archive.scan([folder.path], jobs: 1)
        archive.nameModality(asked)
        return Dictionary(
            uniqueKeysWithValues: archive.images.map {
                (String($0.path.dropFirst(folder.path.count + 1)), $0.identity.modality)
            })
    }

    @Test("BIDS' suffixes say it, other words do not, and a note says by what it is known")
    func bids() throws {
        for name in [
            "sub-01_T1w.nii", "sub-01_acq-x_FLAIR.nii", "sub-01_bold.nii", "sub-01_ct.nii", "sub-01_pet.nii", "T1w.nii",
            "scan_t1.nii", "CT_image.nii",
        ] { try write(name) }
        let found = try modalities()
        #expect(
            found == [
                "sub-01_T1w.nii": "MR", "sub-01_acq-x_FLAIR.nii": "MR", "sub-01_bold.nii": "MR", "sub-01_ct.nii": "CT",
                "sub-01_pet.nii": "PT", "T1w.nii": "NIfTI", "scan_t1.nii": "NIfTI", "CT_image.nii": "NIfTI",
            ], "\(found)")
        let image = try #require(Archive.scan([folder["sub-01_ct.nii"]], jobs: 1).images.first)
        #expect(image.isModalityKnown)
        #expect(
            image.findings.contains { $0.severity == .note && $0.text.contains("CT by its name (BIDS' _ct)") },
            "\(image.findings)")
    }

    @Test(
        "the channels of nnU-Net's dataset.json say it",
        arguments: [
            #"{"channel_names": {"0": "CT", "1": "PET", "2": "mask"}}"#, #"{"modality": {"0": "CT", "1": "PET"}}"#,
        ])
    func channels(json: String) throws {
        for name in ["case_0000.nii", "case_0001.nii", "case_0002.nii"] { try write("data/imagesTr/\(name)") }
        try write("data/other/case_0000.nii")
        try write("data/dataset.json", Array(json.utf8))
        let found = try modalities()
        #expect(
            found == [
                "data/imagesTr/case_0000.nii": "CT", "data/imagesTr/case_0001.nii": "PT",
                "data/imagesTr/case_0002.nii": "NIfTI", "data/other/case_0000.nii": "NIfTI",
            ], "\(found)")
        try write("data/dataset.json", Array("{broken".utf8))
        #expect(try modalities().values.allSatisfy { $0 == "NIfTI" })
    }

    @Test("one that is asked for names what is untold, where no other image says its own")
    func asked() throws {
        try write("a.nii")
        try write("b.nii")
        #expect(try modalities(["CT"]) == ["a.nii": "CT", "b.nii": "CT"])
        #expect(try modalities(["CT", "MR"]) == ["a.nii": "NIfTI", "b.nii": "NIfTI"])
        #expect(try modalities(["NIfTI"]) == ["a.nii": "NIfTI", "b.nii": "NIfTI"])
        try write("sub-01_T1w.nii")
        #expect(try modalities(["CT"]) == ["a.nii": "NIfTI", "b.nii": "NIfTI", "sub-01_T1w.nii": "MR"])
    }
}
