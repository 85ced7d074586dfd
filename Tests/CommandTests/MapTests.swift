import DICOM
import Foundation
import Ingestion
import Testing

@Suite("weft map")
struct MapTests {
    /// A file of `dir` whose name ends so.
    private func file(_ suffix: String, in dir: String, _ scratch: Scratch) throws -> Data {
        let names = try scratch.names(in: dir).filter { $0.hasSuffix(suffix) }
        try #require(names.count == 1, "\(suffix) in \(dir): \(names)")
        return try scratch.read("\(dir)/\(names[0])")
    }

    private func record(_ dir: String, _ scratch: Scratch) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: file(".json", in: dir, scratch))
        return try #require(object as? [String: Any])
    }

    /// Header lines and floats.
    private func nrrd(_ data: Data) throws -> (header: [String: String], values: [Float]) {
        let end = try #require(data.range(of: Data("\n\n".utf8)))
        var header: [String: String] = [:]
        for line in String(decoding: data[..<end.lowerBound], as: UTF8.self).split(separator: "\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            header[String(parts[0])] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let bytes = [UInt8](data[end.upperBound...])
        let values = stride(from: 0, to: bytes.count, by: 4).map { k in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[k + $1]) << UInt32(8 * $1) })
        }
        return (header, values)
    }

    @Test("a lesion: data, picture and JSON, the same bytes with one thread and with three")
    func lesion() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let options = [
            "map", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--feature", "cm_contrast,stat_mean",
            "-q",
        ]
        try scratch.weft(expecting: 0, options + ["-o", "one", "-j1"])
        try scratch.weft(expecting: 0, options + ["-o", "three", "-j3"])
        let names = try scratch.names(in: "one")
        let others = try scratch.names(in: "three")
        #expect(names.count == 5 && names == others, "\(names)")
        for name in names {
            let (one, three) = (try scratch.read("one/\(name)"), try scratch.read("three/\(name)"))
            #expect(one == three, "\(name)")
        }

        let record = try record("one", scratch)
        let maps = try #require(record["maps"] as? [[String: Any]])
        #expect(maps.map { $0["feature"] as? String } == ["cm_contrast_3D_comb", "stat_mean"])
        #expect(maps.map { $0["unit"] as? String } == ["grey level²", "HU"])
        let mean = try nrrd(file("stat_mean.nrrd", in: "one", scratch))
        let finite = mean.values.filter(\.isFinite)
        #expect(finite.count == record["voxels"] as? Int)
        let size = try #require((record["box"] as? [String: Any])?["size"] as? [Int])
        #expect(mean.header["sizes"] == size.map(String.init).joined(separator: " "))
        #expect(mean.values.count == size.reduce(1, *))
        // A kernel's mean lies within the lesion's own intensities, around 34 HU.
        let average = finite.reduce(0, +) / Float(finite.count)
        #expect(abs(average - 34) < 4, "\(average)")
    }

    @Test("one slice has squares and 2D_comb by default, and what options or settings list when they do")
    func oneSlice() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        try scratch.write("s.yaml", "texture: {aggregations: [3D_avg]}\n")
        let cases: [(options: [String], name: String, isFlat: Bool)] = [
            ([], "2D_comb", true), (["--2d"], "2D_comb", true),
            (["--aggregations", "3D_comb"], "3D_comb", false), (["--settings", "s.yaml"], "3D_avg", false),
            (["--settings", "s.yaml", "--2d"], "2D_avg", true),
        ]
        var values: Set<Data> = []
        for (number, (options, name, isFlat)) in cases.enumerated() {
            try scratch.weft(
                expecting: 0,
                [
                    "map", "us-speckle/speckle.png", "--whole-image", "--bin-count", "32", "--feature", "cm_contrast",
                    "-q",
                ]
                    + ["-o", "m\(number)"] + options)
            let record = try record("m\(number)", scratch)
            let maps = try #require(record["maps"] as? [[String: Any]])
            #expect(maps.map { $0["feature"] as? String } == ["cm_contrast_\(name)"])
            let axis = (record["kernel"] as? [String: Any])?["flatAxis"] as? String
            #expect(axis == (isFlat ? "z" : nil), "\(options)")
            if name == "2D_comb" || name == "3D_comb" {
                values.insert(try file("cm_contrast_\(name).png", in: "m\(number)", scratch))
            }
        }
        #expect(values.count == 1, "one slice has the same pairs either way")
    }

    @Test("the whole grid holds the box's values where the box lies, and the value for outside elsewhere")
    func fullGrid() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let options = [
            "map", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--feature", "firstorder_Maximum",
            "--convention", "pyradiomics", "-q",
        ]
        try scratch.weft(expecting: 0, options + ["-o", "box"])
        try scratch.weft(expecting: 0, options + ["-o", "grid", "--full-grid", "--init-value", "-7"])
        let (small, large) = (
            try nrrd(file(".nrrd", in: "box", scratch)), try nrrd(file(".nrrd", in: "grid", scratch))
        )
        let record = try record("grid", scratch)
        let box = try #require(record["box"] as? [String: [Int]])
        let grid = try #require((record["grid"] as? [String: Any])?["size"] as? [Int])
        let (first, size) = (try #require(box["first"]), try #require(box["size"]))
        #expect(large.values.count == grid.reduce(1, *))
        let voxels = try #require(record["voxels"] as? Int)
        #expect(large.values.count { $0 == -7 } == large.values.count - voxels)
        for z in 0..<size[2] {
            for y in 0..<size[1] {
                for x in 0..<size[0] {
                    let inBox = small.values[(z * size[1] + y) * size[0] + x]
                    let inGrid = large.values[((z + first[2]) * grid[1] + y + first[1]) * grid[0] + x + first[0]]
                    #expect(inBox == inGrid || (inBox == 0 && inGrid == -7))
                }
            }
        }
    }

    @Test("a PNG's map is a PNG of 16 bits with its scale")
    func picture() throws {
        let scratch = try Scratch()
        // Stripes of two levels on the left, flat on the right.
        try scratch.picture("a", width: 16, (0..<256).map { $0 % 16 < 8 && $0 % 2 == 0 ? 200 : 100 })
        try scratch.weft(
            expecting: 0,
            ["map", "a.png", "--whole-image", "--2d", "--bin-count", "2", "--feature", "cm_diff_avg", "-o", "m", "-q"])
        let record = try record("m", scratch)
        let map = try #require((record["maps"] as? [[String: Any]])?.first)
        let (offset, scale) = (
            try #require(map["pngOffset"] as? Double), try #require(map["pngScale"] as? Double)
        )
        #expect(map["minimum"] as? Double == 0 && map["undefined"] as? Int == 0)
        let stored = try ImageSource(png: scratch.path("m/a_whole-image_cm_diff_avg_2D_comb.png")).load()
        // In the flat part there is no difference; in the stripes all pairs but the upright ones differ: 14 of 20.
        #expect(abs(offset + scale * stored.values[5 * 16 + 13]) < 1e-4)
        #expect(abs(offset + scale * stored.values[5 * 16 + 4] - 0.7) < 1e-4)
    }

    @Test(
        "what cannot be carried out is refused before the work starts",
        arguments: [
            ["--feature", "cm_contrst"], ["--feature", "rlm_sre"],
            ["--feature", "cm_contrast", "--kernel-radius", "0"],
            ["--feature", "cm_contrast", "--kernel-radius", "33"], ["--feature", "cm_contrast", "--distances", "3"],
            ["--feature", "cm_contrast", "--aggregations", "2_5D_avg"],
            ["--feature", "cm_contrast", "--aggregations", "2D_avg,3D_avg"], [],
            ["--feature", "cm_contrast", "--slice", "some"], ["--feature", "cm_contrast", "--window", "3,1"],
            ["--feature", "cm_contrast", "--window", "1"], ["--feature", "cm_contrast", "--window", "0,inf"],
        ])
    func usage(options: [String]) throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let result = try scratch.weft(expecting: 64, ["map", "us-speckle", "-o", "m", "-q"] + options)
        #expect(!result.error.isEmpty && !scratch.exists("m"))
    }

    @Test("a region that does not exist is status 2; a folder in use and a file are 73")
    func failures() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let options = ["map", "us-speckle", "--feature", "cm_contrast", "-q"]
        #expect(try scratch.weft(expecting: 2, options + ["--label", "9", "-o", "m"]).error.contains("9"))
        try scratch.weft(expecting: 0, options + ["--label", "1", "-o", "m"])
        #expect(try scratch.weft(expecting: 73, options + ["-o", "m"]).error.contains("--force"))
        try scratch.weft(expecting: 0, options + ["--label", "1", "-o", "m", "--force"])
        try scratch.write("file", "")
        try scratch.weft(expecting: 73, options + ["-o", "file"])
    }

    @Test("a DICOM parametric map holds the floats of the NRRD, where the NRRD has them")
    func parametricMap() throws {
        for extra in [[], ["--full-grid"], ["--resample", "2,2,2"], ["--init-value", "-5"]] {
            let scratch = try Scratch(sample: "samples/ct-lesion")
            let options =
                [
                    "map", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--feature", "cm_contrast",
                    "--distances", "1", "-q",
                ] + extra
            try scratch.weft(expecting: 0, options + ["-o", "nrrd"])
            try scratch.weft(expecting: 0, options + ["-o", "dicom", "--format", "dicom", "-j1"])
            try scratch.weft(expecting: 0, options + ["-o", "again", "--format", "dicom", "-j3"])
            let expected = try nrrd(file(".nrrd", in: "nrrd", scratch))
            let dicom = try file(".dcm", in: "dicom", scratch)
            #expect(try dicom == file(".dcm", in: "again", scratch), "\(extra)")
            let name = try #require(scratch.names(in: "dicom").first { $0.hasSuffix(".dcm") })
            let path = scratch.path("dicom/\(name)")

            let map = try DICOMFile(path: path)
            let archive = try Archive.scan([path], jobs: 1)
            try #require(archive.images.count == 1, "\(archive.skipped)")
            let image = archive.images[0]
            let volume = try image.load()
            let geometry = volume.geometry
            #expect("\(geometry.size.x) \(geometry.size.y) \(geometry.size.z)" == expected.header["sizes"], "\(extra)")
            let origin = try #require(expected.header["space origin"]).dropFirst().dropLast().split(separator: ",")
            let positions = [geometry.origin.x, geometry.origin.y, geometry.origin.z]
            // A position of DICOM has 16 characters.
            #expect(zip(origin, positions).allSatisfy { abs((Double($0) ?? .nan) - $1) < 1e-9 }, "\(extra): \(origin)")
            let first = expected.values.indices.first { k in
                let (found, wanted) = (volume.values[k], Double(expected.values[k]))
                return found != wanted && !(found.isNaN && wanted.isNaN)
            }
            #expect(first == nil, "\(extra): voxel \(first ?? 0) differs")

            let meaning = try #require(
                map.root.item(.sharedFunctionalGroupsSequence)?.item(.realWorldValueMappingSequence))
            #expect(meaning.item(.measurementUnitsCodeSequence)?.string(.codeValue) == "{greyLevel2}")
            let quantity = meaning.item(.quantityDefinitionSequence)?.item(.conceptCodeSequence)
            #expect(quantity?.string(.codeValue) == "ACUI" && quantity?.string(.codingSchemeDesignator) == "IBSI")
            let source = try DICOMFile(path: scratch.path("ct-lesion/ct/IM001.dcm"))
            for tag in [DICOMTag.patientID, .studyInstanceUID, .frameOfReferenceUID] {
                #expect(map.string(tag) == source.string(tag))
            }
            if FileManager.default.isExecutableFile(atPath: "/usr/bin/dciodvfy") {
                let validation = try scratch.shell("dciodvfy -new '\(path)' 2>&1")
                let errors = validation.text.split(separator: "\n").filter { $0.hasPrefix("Error") }
                #expect(errors.isEmpty && validation.status == 0, "\(extra): \(validation.text)")
            }
        }
    }

    /// The pictures of the one map of a record.
    private func pictures(_ dir: String, _ scratch: Scratch) throws -> [(file: String, slice: Int, number: Int)] {
        let map = try #require((record(dir, scratch)["maps"] as? [[String: Any]])?.first)
        return try #require(map["pictures"] as? [[String: Any]]).map {
            (try #require($0["file"] as? String), try #require($0["slice"] as? Int), try #require($0["number"] as? Int))
        }
    }

    @Test("--slice: the largest, one by its number, all; where the region is not on it, its largest and a note")
    func slices() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let options = [
            "map", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--feature", "stat_mean",
        ]
        // The lesion lies on slices 5 to 18 of 24.
        for (asked, number) in [
            ([], 11), (["--slice", "largest"], 11), (["--slice", "7"], 7), (["--slice", "2"], 11),
        ] {
            let out = "m\(asked.joined())"
            let result = try scratch.weft(expecting: 0, options + asked + ["-o", out])
            let pictures = try pictures(out, scratch)
            #expect(
                pictures.map(\.number) == [number] && pictures.map(\.slice) == [number - 1], "\(asked): \(pictures)")
            #expect(pictures[0].file.hasSuffix("_picture.png") && scratch.exists("\(out)/\(pictures[0].file)"))
            let isElsewhere = result.error.contains(
                "no voxel of the region on slice 2, which --slice asks for; it lies on slices 5 to 18")
            #expect(isElsewhere == (asked.last == "2"), "\(result.error)")
        }
        try scratch.weft(expecting: 0, options + ["--slice", "all", "--montage", "-o", "all"])
        let all = try pictures("all", scratch)
        #expect(all.map(\.number) == Array(5...18))
        #expect(all.first?.file.hasSuffix("_picture_slice-05.png") == true, "\(all)")
        #expect(all.allSatisfy { scratch.exists("all/\($0.file)") })
        #expect(try scratch.names(in: "all").count { $0.hasSuffix("_montage.png") } == 1)
        // The pictures of two slices differ.
        #expect(try scratch.read("all/\(all[0].file)") != scratch.read("all/\(all[1].file)"))
    }

    @Test("after resampling a slice is asked for as the series counts, and its number is that of the nearest")
    func resampledSlices() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let options = [
            "map", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--feature", "stat_mean",
            "--resample",
            "0,0,1.5", "-q",
        ]
        try scratch.weft(expecting: 0, options + ["--slice", "7", "-o", "one"])
        let one = try pictures("one", scratch)
        // Slices of 3 mm are cut in two: slice 7, whose index is 6, lies around 12 and 13.
        #expect(
            one.count == 1 && (one[0].number == 7 || one[0].number == 6) && (12...13).contains(one[0].slice), "\(one)")
        try scratch.weft(expecting: 0, options + ["--slice", "all", "-o", "all"])
        let all = try pictures("all", scratch)
        #expect(Set(all.map(\.file)).count == all.count && all.count > 20, "\(all)")
    }

    @Test("the window is the file's, or as asked; data do not depend on it")
    func window() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let options = [
            "map", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--feature", "stat_mean", "-q",
        ]
        try scratch.weft(expecting: 0, options + ["-o", "own"])
        try scratch.weft(expecting: 0, options + ["--window", "-100,150", "-o", "asked"])
        func window(_ dir: String) throws -> [String: Any] {
            try #require(record(dir, scratch)["window"] as? [String: Any])
        }
        let (own, asked) = (try window("own"), try window("asked"))
        #expect(
            own["low"] as? Double == -160 && own["high"] as? Double == 240 && own["reason"] as? String == "of the file")
        #expect(asked["low"] as? Double == -100 && asked["high"] as? Double == 150 && asked["unit"] as? String == "HU")
        #expect(try file(".nrrd", in: "own", scratch) == file(".nrrd", in: "asked", scratch))
        #expect(try file("_picture.png", in: "own", scratch) != file("_picture.png", in: "asked", scratch))
    }

    @Test("the patient is on a picture only where that is asked for")
    func identity() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let options = [
            "map", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--feature", "stat_mean", "-q",
        ]
        try scratch.write("key", "0123456789abcdef0123456789abcdef")
        try scratch.weft(expecting: 0, options + ["-o", "pseudonym"])
        try scratch.weft(expecting: 0, options + ["--pseudonym-key", "key", "-o", "keyed"])
        try scratch.weft(expecting: 0, options + ["--identity", "full", "-o", "full"])
        let picture = try file("_picture.png", in: "pseudonym", scratch)
        #expect(try picture == file("_picture.png", in: "keyed", scratch))
        #expect(try picture != file("_picture.png", in: "full", scratch))
    }

    @Test("a region of one voxel in the corner of a picture, and one grey value, have pictures")
    func smallest() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: 40, (0..<800).map { UInt8($0 % 251) })
        try scratch.picture("a_mask", width: 40, (0..<800).map { $0 == 799 ? 255 : 0 })
        try scratch.weft(
            expecting: 0, ["map", "a.png", "--2d", "--feature", "stat_mean,cm_contrast", "--montage", "-o", "m", "-q"])
        #expect(try scratch.names(in: "m").count { $0.hasSuffix("_picture.png") || $0.hasSuffix("_montage.png") } == 4)
        try scratch.picture("flat", width: 40, [UInt8](repeating: 9, count: 800))
        try scratch.weft(
            expecting: 0, ["map", "flat.png", "--whole-image", "--2d", "--feature", "cm_contrast", "-o", "f", "-q"])
    }

    @Test("a parametric map of a PNG is refused")
    func parametricMapOfPNG() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let result = try scratch.weft(
            expecting: 2,
            [
                "map", "us-speckle/speckle.png", "--whole-image", "--2d", "--feature", "stat_mean", "--format", "dicom",
                "-o",
                "maps", "-q",
            ])
        #expect(result.error.contains("leave out --format dicom"), "\(result.error)")
    }
}
