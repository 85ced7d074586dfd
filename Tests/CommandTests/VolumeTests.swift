import Foundation
import Ingestion
import TestSupport
import Testing

/// NIfTI and NRRD on the command line: what TotalSegmentator and 3D Slicer leave goes in, and what comes out opens there.
@Suite("volumes on the command line")
struct VolumeTests {
    private static let size = SIMD3(12, 11, 10)

    private static let levels = (0..<size.x * size.y * size.z).map { Int16($0 * 7 % 90) }

    /// Label k in the columns 2k and 2k + 1.
    private static func labels(_ count: Int) -> [Int16] {
        levels.indices.map { voxel in
            let (x, y) = (voxel % size.x, voxel / size.x % size.y)
            return (1...8).contains(y) && (2..<2 * count + 2).contains(x) ? Int16(x / 2) : 0
        }
    }

    private func write(_ name: String, _ bytes: [UInt8], _ scratch: Scratch) throws {
        let url = URL(fileURLWithPath: scratch.path(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    private func study(_ scratch: Scratch) throws {
        try write("s/ct.nii.gz", VolumeBytes.gzip(VolumeBytes.nifti(Self.levels, size: Self.size)), scratch)
        let names = [1: "spleen", 2: "liver", 3: "aorta"]
        try write("s/ct_seg.nii.gz", VolumeBytes.nifti(Self.labels(4), size: Self.size, names: names), scratch)
    }

    @Test("a row for each label with its name, the same for any number of threads")
    func namedRows() throws {
        let scratch = try Scratch()
        try study(scratch)
        let table = try scratch.table("s", "--families", "stat,cm", "-j", "1")
        #expect(table.rows.count == 4)
        let spleen = try #require(try table.row(("roi", "spleen")))
        #expect(spleen["label"] == "1" && spleen["status"] == "ok" && spleen["case"] == "ct", "\(spleen)")
        #expect(spleen["diagnostics_mask_format"] == "NIfTI" && spleen["diagnostics_roi_voxels"] == "160")
        #expect(spleen["diagnostics_notes"]?.contains("sform") == true)
        #expect(try table.row(("label", "4"))["roi"] == "")
        for jobs in ["1", "2", "3"] {
            try scratch.weft(expecting: 0, ["extract", "s", "--families", "stat,cm", "-j", jobs, "-o", "t\(jobs).csv"])
        }
        #expect(
            try scratch.read("t1.csv") == scratch.read("t2.csv") && scratch.read("t1.csv") == scratch.read("t3.csv"))
    }

    @Test("--roi chooses by the names, --labels gives others, and a table without names is refused")
    func names() throws {
        let scratch = try Scratch()
        try study(scratch)
        try scratch.write("names.csv", "index,name\n4,kidney\n2,hepar\n")
        let chosen = try scratch.table(
            "s", "--families", "stat", "--labels", "names.csv", "--roi", "kidney", "--roi", "hepar")
        #expect(Set(chosen.rows.map { $0["roi"] ?? "" }) == ["kidney", "hepar"])
        try scratch.write("wrong.csv", "a,b\n1,2\n")
        let refused = try scratch.weft("extract", "s", "--labels", "wrong.csv", "-o", "x.csv")
        #expect(refused.status == 65 && refused.error.contains("columns index (or label) and name"), "\(refused.error)")
    }

    @Test("a mask on another grid fails with what differs; --mask-grid image takes it and says so")
    func otherGrid() throws {
        let scratch = try Scratch()
        try study(scratch)
        try write("m.nii", VolumeBytes.nifti(Self.labels(1), size: Self.size, origin: [0.3, 0, 0]), scratch)
        let options = ["extract", "s/ct.nii.gz", "--mask", "m.nii", "--families", "stat"]
        let refused = try scratch.start(options + ["-o", "a.csv"]).wait()
        #expect(refused.status == 2)
        let reason = try Table(csv: String(decoding: scratch.read("a.csv"), as: UTF8.self)).rows[0]["reason"] ?? ""
        #expect(reason.contains("0.3 mm (0.3 voxels) after") && reason.contains("--mask-grid image"), "\(reason)")
        try scratch.weft(expecting: 0, options + ["--mask-grid", "image", "-o", "b.csv"])
        let row = try Table(csv: String(decoding: scratch.read("b.csv"), as: UTF8.self)).rows[0]
        #expect(row["status"] == "ok" && row["diagnostics_notes"]?.contains("another grid") == true, "\(row)")
    }

    @Test("maps of a NIfTI are NIfTI, on its grid; NRRD when asked for")
    func maps() throws {
        let scratch = try Scratch()
        try study(scratch)
        let options = ["map", "s", "--roi", "liver", "--feature", "stat_mean", "--full-grid", "-q"]
        try scratch.weft(expecting: 0, options + ["-o", "own"])
        let name = try #require(try scratch.names(in: "own").first { $0.hasSuffix(".nii.gz") })
        let map = try #require(try Archive.scan([scratch.path("own/\(name)")], jobs: 1).images.first)
        let image = try #require(try Archive.scan([scratch.path("s/ct.nii.gz")], jobs: 1).images.first)
        #expect(map.geometry == image.geometry)
        try scratch.weft(expecting: 0, options + ["--format", "nrrd", "-o", "asked"])
        let other = try #require(try scratch.names(in: "asked").first { $0.hasSuffix(".nrrd") })
        let nrrd = try #require(try Archive.scan([scratch.path("asked/\(other)")], jobs: 1).images.first)
        #expect(nrrd.geometry == image.geometry)
        let values = try [map, nrrd].map { image -> [UInt32] in
            guard case .float32(let values) = try image.load().values else { return [] }
            return values.map(\.bitPattern)
        }
        #expect(values[0] == values[1] && values[0].count == Self.levels.count)
    }

    @Test("inspect shows which mask is whose; whole images need none")
    func inspect() throws {
        let scratch = try Scratch()
        try study(scratch)
        let shown = try scratch.weft("inspect", "s")
        #expect(shown.status == 0 && shown.text.contains("'spleen' (label 1), 'liver' (label 2), 'aorta' (label 3)"))
        let table = try scratch.table("s/ct.nii.gz", "--whole-image", "--families", "stat")
        #expect(table.rows.count == 1 && table.rows[0]["modality"] == "NIfTI" && table.rows[0]["status"] == "ok")
    }
}
