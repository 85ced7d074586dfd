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

    @Test("a SEG is brought onto a coarser grid of the same place, and without being asked fails with the advice")
    func segmentationOnOtherGrid() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        // The series has 96 × 96 × 24 voxels of 1.5 × 1.5 × 3 mm from (-71.25, -71.25, -34.5); this has half as many.
        let size = SIMD3(48, 48, 12)
        let values = (0..<size.x * size.y * size.z).map { Int16($0 % 97) }
        try write(
            "ct.nii", VolumeBytes.nifti(values, size: size, spacing: [3, 3, 6], origin: [-70.5, -70.5, -33]), scratch)
        let options = ["extract", "ct.nii", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--families", "stat"]
        let refused = try scratch.start(options + ["-o", "a.csv"]).wait()
        let reason = try Table(csv: String(decoding: scratch.read("a.csv"), as: UTF8.self)).rows[0]["reason"] ?? ""
        #expect(refused.status == 2 && reason.contains("--mask-grid image"), "\(reason)")
        let own = try scratch.table("ct-lesion", "--mask-kind", "seg", "--roi", "Lesion", "--families", "stat").rows[0]
        let voxels = try #require(own["diagnostics_roi_voxels"].flatMap(Double.init))
        for grid in ["image", "image-linear"] {
            try scratch.weft(expecting: 0, options + ["--mask-grid", grid, "-o", "\(grid).csv"])
            let row = try Table(csv: String(decoding: scratch.read("\(grid).csv"), as: UTF8.self)).rows[0]
            let found = try #require(row["diagnostics_roi_voxels"].flatMap(Double.init))
            #expect(abs(found * 8 / voxels - 1) < 0.05, "\(grid): \(found) voxels of 54 mm³, \(voxels) of 6.75 mm³")
            #expect(row["diagnostics_notes"]?.contains("brought onto the image's by") == true, "\(row)")
        }
    }

    @Test("mask operations make rows that say what was done, in extract and map; an empty one is a failed row")
    func maskOperations() throws {
        let scratch = try Scratch()
        try study(scratch)
        let union = "{kind: union, regions: [spleen, liver], name: both}"
        let table = try scratch.table("s", "--families", "stat", "--mask-operations", "[\(union), {kind: fill}]")
        #expect(table.rows.count == 5)
        let both = try #require(try table.row(("roi", "both")))
        #expect(both["diagnostics_roi_voxels"] == "320" && both["status"] == "ok", "\(both)")
        #expect(
            both["diagnostics_notes"]?.contains("union of 'spleen' (160 voxels), 'liver' (160 voxels): 320 voxels")
                == true)
        try scratch.write("s.yaml", "maskOperations:\n  - \(union)\n  - {kind: erode, distance: 5, regions: both}\n")
        let empty = try scratch.start([
            "extract", "s", "--families", "stat", "--settings", "s.yaml", "--roi", "both", "-o", "e.csv",
        ]).wait()
        let row = try Table(csv: String(decoding: scratch.read("e.csv"), as: UTF8.self)).rows
        #expect(empty.status == 2 && row.count == 1 && row[0]["status"] == "failed", "\(row)")
        #expect(
            row[0]["reason"]?.contains("none of the 320 voxels of 'both' is left (eroded by 5 mm)") == true, "\(row)")
        try scratch.weft(
            expecting: 0,
            [
                "map", "s", "--feature", "stat_mean", "--roi", "both", "--mask-operations", union, "-o", "m", "-q",
            ])
        #expect(try scratch.names(in: "m").contains { $0.contains("both") && $0.hasSuffix(".nii.gz") })
        let whole = try scratch.table(
            "s/ct.nii.gz", "--whole-image", "--families", "stat", "--mask-operations",
            "[{kind: threshold, least: 80}, {kind: components, connectivity: 6, leastVolume: 3}]")
        #expect(whole.rows.allSatisfy { $0["roi"]?.hasPrefix("whole image_") == true }, "\(whole.rows.count)")
    }

    @Test("--save-steps writes image, masks and levels on one grid, at their place", arguments: ["nii.gz", "nrrd"])
    func saveSteps(format: String) throws {
        let scratch = try Scratch()
        try study(scratch)
        try scratch.weft(
            expecting: 0,
            [
                "extract", "s", "--roi", "liver", "--families", "stat,cm", "--resample", "1,1,1", "--range", "10,60",
                "-o",
                "t.csv", "--save-steps", "steps", "--steps-format", format,
            ])
        let row = try Table(csv: String(decoding: scratch.read("t.csv"), as: UTF8.self)).rows[0]
        let files = try scratch.names(in: "steps").sorted()
        #expect(files.count == 4 && files.allSatisfy { $0.hasSuffix(".\(format)") }, "\(files)")
        var values: [String: [Double]] = [:]
        for (number, file) in files.enumerated() {
            let step = try #require(file.split(separator: "_").last?.split(separator: ".").first.map(String.init))
            // By a name that no mask has.
            let path = scratch.path("n\(number).\(format)")
            try FileManager.default.copyItem(atPath: scratch.path("steps/\(file)"), toPath: path)
            let image = try #require(try Archive.scan([path], jobs: 1).images.first)
            let volume = try image.load()
            #expect(volume.geometry.spacing == SIMD3(1, 1, 1))
            values[step] = (0..<volume.geometry.voxelCount).map { volume.values[$0] }
        }
        let count = { (step: String) in values[step]?.count { $0 != 0 } }
        #expect(count("mask").map(String.init) == row["diagnostics_grid_roi_voxels"] ?? nil)
        #expect(count("resegmented").map(String.init) == row["diagnostics_roi_voxels_used"] ?? nil, "\(row)")
        #expect(count("levels") == count("resegmented"))
        #expect(values["levels"]?.max().map { "\(Int($0))" } == row["diagnostics_grey_levels"])
    }

    @Test("the organs of the phantom come out with their names, voxels, means and variances")
    func organs() throws {
        let scratch = try Scratch()
        try scratch.weft(
            expecting: 0, ["phantom", "organs", "--size", "48", "--slices", "40", "--labels", "7", "-o", "organs"])
        struct Truth: Decodable {
            struct Region: Decodable {
                var name: String
                var voxels: Int
                var mean: Double
                var variance: Double
            }
            var regions: [Region]
        }
        let truth = try JSONDecoder().decode(Truth.self, from: Data(scratch.read("organs/truth.json")))
        let table = try scratch.table("organs", "--families", "stat", "-j", "2")
        #expect(table.rows.count == 7 && truth.regions.count == 7)
        for region in truth.regions {
            let row = try #require(try table.row(("roi", region.name)))
            #expect(row["diagnostics_roi_voxels"] == "\(region.voxels)")
            let (mean, variance) = (row["stat_mean"].flatMap(Double.init), row["stat_var"].flatMap(Double.init))
            #expect(abs((mean ?? .nan) - region.mean) < 1e-9 * abs(region.mean) + 1e-12, "\(region.name)")
            #expect(abs((variance ?? .nan) - region.variance) < 1e-9 * region.variance, "\(region.name)")
        }
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
