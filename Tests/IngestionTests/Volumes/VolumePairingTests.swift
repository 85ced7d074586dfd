import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

/// Which volume is whose mask, what its labels are called, and what becomes of one on another grid.
@Suite("volumes and their masks")
struct VolumePairingTests {
    private let folder: TemporaryFolder
    private let size = SIMD3(8, 7, 6)

    init() throws { folder = try TemporaryFolder() }

    /// Values that no mask has.
    private func image(_ name: String, origin: SIMD3<Float> = .zero) throws {
        let values = (0..<size.x * size.y * size.z).map { Int16($0) - 100 }
        try write(name, VolumeBytes.gzip(VolumeBytes.nifti(values, size: size, origin: origin)))
    }

    /// Labels 1 and 2, each a block.
    private func labels(
        _ name: String, _ values: [Int16] = [1, 2], origin: SIMD3<Float> = .zero, names: [Int: String] = [:]
    ) throws {
        let stored = (0..<size.x * size.y * size.z).map { voxel -> Int16 in
            let (x, y) = (voxel % size.x, voxel / size.x % size.y)
            return (2...4).contains(y) ? (x == 2 ? values[0] : x == 5 && values.count > 1 ? values[1] : 0) : 0
        }
        try write(name, VolumeBytes.nifti(stored, size: size, origin: origin, names: names))
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: folder[name])
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    private func relative(_ path: String) -> String { String(path.dropFirst(folder.path.count + 1)) }

    /// The regions of each image, by its path: `mask: name (label)`.
    private func regions() throws -> [String: [String]] {
        let archive = try Archive.scan([folder.path], jobs: 1)
        #expect(archive.skipped.isEmpty, "\(archive.skipped)")
        let index = MaskIndex(archive.masks, of: archive.images)
        return Dictionary(
            uniqueKeysWithValues: archive.images.map { image in
                let found = index.masks(for: image).flatMap { mask in
                    mask.entries.map { "\(relative(mask.path)): \($0.name) (\($0.label))" }
                }
                return (relative(image.path), found.sorted())
            })
    }

    @Test("what FreeSurfer calls its segmentations belongs to the volumes on its grid in the folder")
    func freeSurfer() throws {
        try image("sub/mri/T1.nii.gz")
        try labels("sub/mri/aparc+aseg.nii", [1002, 2035])
        try labels("sub/mri/aseg.nii", [17])
        // The name of a picture stays one.
        try image("sub/mri/norm.nii.gz", origin: [50, 0, 0])
        let found = try regions()
        #expect(
            found["sub/mri/T1.nii.gz"] == [
                "sub/mri/aparc+aseg.nii: aparc+aseg (1002)", "sub/mri/aparc+aseg.nii: aparc+aseg (2035)",
                "sub/mri/aseg.nii: aseg (17)",
            ], "\(found)")
        #expect(found["sub/mri/norm.nii.gz"] == [], "\(found)")
    }

    @Test("beside the image by its name, with the words that people use")
    func besideByName() throws {
        try image("a.nii.gz")
        try labels("a_mask.nii")
        try image("b_image.nii.gz", origin: [50, 0, 0])
        try labels("b_label.nii.gz", [7], origin: [50, 0, 0])
        try image("c.nii.gz", origin: [100, 0, 0])
        try labels("c_seg.nii.gz", origin: [100, 0, 0])
        #expect(
            try regions() == [
                "a.nii.gz": ["a_mask.nii:  (1)", "a_mask.nii:  (2)"], "b_image.nii.gz": ["b_label.nii.gz:  (7)"],
                "c.nii.gz": ["c_seg.nii.gz:  (1)", "c_seg.nii.gz:  (2)"],
            ])
    }

    @Test("nnU-Net: a mask of labelsTr belongs to every channel of its case in imagesTr")
    func nnUNet() throws {
        for name in ["case_0000", "case_0001", "other_0000"] { try image("imagesTr/\(name).nii.gz") }
        try labels("labelsTr/case.nii.gz", [1])
        try labels("labelsTr/other.nii.gz", [2])
        #expect(
            try regions() == [
                "imagesTr/case_0000.nii.gz": ["labelsTr/case.nii.gz:  (1)"],
                "imagesTr/case_0001.nii.gz": ["labelsTr/case.nii.gz:  (1)"],
                "imagesTr/other_0000.nii.gz": ["labelsTr/other.nii.gz:  (2)"],
            ])
    }

    @Test("TotalSegmentator: a folder of one file an organ gives a region of each, of its own subject alone")
    func oneFileAnOrgan() throws {
        for subject in ["s1", "s2"] {
            try image("\(subject)/ct.nii.gz")
            for organ in ["liver", "spleen"] { try labels("\(subject)/segmentations/\(organ).nii.gz", [1]) }
        }
        #expect(
            try regions() == [
                "s1/ct.nii.gz": [
                    "s1/segmentations/liver.nii.gz: liver (1)", "s1/segmentations/spleen.nii.gz: spleen (1)",
                ],
                "s2/ct.nii.gz": [
                    "s2/segmentations/liver.nii.gz: liver (1)", "s2/segmentations/spleen.nii.gz: spleen (1)",
                ],
            ])
    }

    @Test("BIDS: names of the table beside a _dseg, for the subject of its name")
    func bids() throws {
        for subject in ["01", "02"] {
            try image("sub-\(subject)/anat/sub-\(subject)_T1w.nii.gz")
            try labels("derivatives/seg/sub-\(subject)/anat/sub-\(subject)_space-orig_dseg.nii.gz")
            try write(
                "derivatives/seg/sub-\(subject)/anat/sub-\(subject)_space-orig_dseg.tsv",
                Array("\u{FEFF}name\tcolor\tindex\r\ngrey matter\t#fff\t1\r\nn/a\t#000\t2\r\n".utf8))
        }
        let found = try regions()
        #expect(found.count == 2)
        for subject in ["01", "02"] {
            let own = try #require(found["sub-\(subject)/anat/sub-\(subject)_T1w.nii.gz"])
            #expect(own.count == 2 && own.allSatisfy { $0.contains("sub-\(subject)_space-orig") }, "\(own)")
            #expect(own.contains { $0.hasSuffix(": grey matter (1)") })
        }
    }

    @Test("names of a label table in the header, and of a table that is given")
    func names() throws {
        try labels("m.nii", names: [1: "a &lt;b&gt;", 2: "<![CDATA[c & d]]>"])
        let mask = try MaskSource(labelVolume: folder["m.nii"])
        #expect(mask.entries.map(\.name) == ["a <b>", "c & d"])
        try write("names.csv", Array("Label,Name,more\n2,lung,x\n9,none,y\n".utf8))
        let table = try LabelNames(path: folder["names.csv"])
        #expect(mask.named(by: table).entries.map(\.name) == ["a <b>", "lung"])
        try write("wrong.csv", Array("number,title\n2,lung\n".utf8))
        #expect(throws: IngestionError.self) { try LabelNames(path: folder["wrong.csv"]) }
    }

    @Test("a mask that lies on another image's grid alone belongs to that one; one on no grid to none")
    func byGrid() throws {
        try image("one/t1.nii.gz")
        try image("two/t1.nii.gz", origin: [0.6, 0, 0])
        try labels("seg.nii.gz", origin: [0.6, 0, 0])
        try labels("lost_mask.nii.gz", origin: [400, 0, 0])
        let found = try regions()
        #expect(found["one/t1.nii.gz"] == [])
        #expect(found["two/t1.nii.gz"] == ["seg.nii.gz:  (1)", "seg.nii.gz:  (2)"])
    }

    @Test("a mask on another grid is refused with what differs, or brought onto the image's when that is asked for")
    func otherGrid() throws {
        try image("a.nii.gz")
        // Half a voxel to the left: the nearest voxel is the one with the higher index, and each voxel lies half in two.
        try labels("a_mask.nii", [3], origin: [-0.5, 0, 0])
        let archive = try Archive.scan([folder.path], jobs: 1)
        let (image, mask) = (try #require(archive.images.first), try #require(archive.masks.first))
        guard case .failed(_, let reason)? = try mask.regions(on: image).first else {
            Issue.record("was not refused")
            return
        }
        #expect(
            reason.contains("origin along x (columns): 0.5 mm (0.5 voxels) before")
                && reason.contains("--mask-grid image"))
        for (grid, columns) in [(MaskGrid.image, 1...1), (.imageLinear, 1...2)] {
            let outcome = try mask.regions(on: image, matching: RegionSelection(maskGrid: grid)).first
            guard case .region(let region, let findings)? = outcome else {
                Issue.record("\(grid): \(String(describing: outcome))")
                continue
            }
            // The mask's column 2 lies at x = 1.5, that is between columns 1 and 2.
            #expect(
                region.box.lower.x == columns.lowerBound && region.box.size.x == columns.count, "\(grid): \(region.box)"
            )
            #expect(region.box.lower.y == 2 && region.box.size.y == 3 && region.box.size.z == size.z)
            #expect(findings.contains { $0.text.contains("brought onto the image's") })
        }
    }

    @Test("header and voxels in two files are one image; files of voxels are no files of their own")
    func pairs() throws {
        let voxels = [UInt8](repeating: 3, count: 24)
        let header = """
            ObjectType = Image
            NDims = 3
            DimSize = 4 3 2
            ElementType = MET_UCHAR
            ElementSpacing = 1 1 1
            Offset = 0 0 0
            ElementDataFile = x.raw

            """
        try write("x.mhd", Array(header.utf8))
        try write("x.raw", voxels)
        let archive = try Archive.scan([folder.path], jobs: 1)
        #expect(archive.images.map { relative($0.path) } == ["x.mhd"] && archive.skipped.isEmpty, "\(archive.skipped)")
        #expect(try archive.images[0].load().values[23] == 3)
    }
}
