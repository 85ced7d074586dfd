import Foundation
import Testing

/// `weft compare` of any two images: window, direction, words, regions, partners.
@Suite("weft compare of two images")
struct CompareImageTests {
    private func noise(_ seed: Int, _ count: Int = 1024, from low: Int = 40, to high: Int = 199) -> [UInt8] {
        var state = UInt64(seed + 1) &* 0x9e37_79b9_7f4a_7c15
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(low + Int(state >> 33) % (high - low + 1))
        }
    }

    private func smoothed(_ pixels: [UInt8]) -> [UInt8] {
        pixels.indices.map { UInt8((Int(pixels[$0]) + Int(pixels[($0 + 1) % pixels.count])) / 2) }
    }

    private func table(_ scratch: Scratch, _ name: String) throws -> Table {
        Table(csv: String(decoding: try scratch.read(name), as: UTF8.self))
    }

    @Test("lungs that differ below -160 HU differ; a window that cuts them is printed and warned of")
    func window() throws {
        let scratch = try Scratch()
        let air = noise(1, from: 0, to: 199).map { Float($0) - 950 }
        for (name, values) in [("a", air), ("b", air.indices.map { (air[$0] + air[($0 + 1) % air.count]) / 2 })] {
            try FileManager.default.createDirectory(atPath: scratch.path(name), withIntermediateDirectories: true)
            try scratch.floatImage("\(name)/lung", width: 32, values)
        }
        let result = try scratch.weft(expecting: 0, ["compare", "a", "b", "-o", "t.csv"])
        #expect(result.text.contains("window -950 to -751"), "\(result.text)")
        #expect(!result.error.contains("cuts"))
        let contrast = try table(scratch, "t.csv").row(("feature", "cm_contrast"))
        #expect(try contrast.number("difference") == contrast.number("second") - contrast.number("first"))
        #expect(try contrast.number("difference") < 0)
        let cut = try scratch.weft(expecting: 0, ["compare", "a", "b", "--window", "-160,240", "-o", "c.csv"])
        #expect(cut.text.contains("window -160 to 240") && cut.text.contains("as given"))
        #expect(cut.error.contains("the window cuts 100 % of the voxels of a"), "\(cut.error)")
        let row = try table(scratch, "c.csv").row(("feature", "cm_contrast"))
        #expect(row["status"] == "warning" && row["difference"] == "0.0")
        let unit = try scratch.weft(expecting: 64, ["compare", "a", "b", "--window", "-160,240 HU"])
        #expect(
            unit.error.contains("--window is in HU, a (") && unit.error.contains("has grey values"), "\(unit.error)")
    }

    @Test("the words follow what was given: two pictures are no originals, no patients, and differ by sign")
    func words() throws {
        let scratch = try Scratch()
        let pixels = noise(2)
        try scratch.picture("A", width: 32, pixels)
        try scratch.picture("B", width: 32, smoothed(pixels))
        let result = try scratch.weft(
            expecting: 0, ["compare", "A.png", "B.png", "-o", "r.html", "-o", "r.json", "-o", "r.csv"])
        let page = String(decoding: try scratch.read("r.html"), as: UTF8.self)
        #expect(
            page.contains(
                "<h1>Texture of A.png and B.png</h1>\n<p><strong>The texture of B.png differs from that of A.png"))
        #expect(page.contains("B.png minus A.png") && page.contains("1 pair of pictures: fewer than 6"))
        for text in [page, result.text] {
            for word in ["original", "reconstruct", "patient", "Wilcoxon"] {
                #expect(!text.replacingOccurrences(of: "--as reconstructions", with: "").contains(word), "\(word)")
            }
        }
        let there = try table(scratch, "r.csv").row(("feature", "cm_contrast"))
        try scratch.weft(expecting: 0, ["compare", "B.png", "A.png", "-o", "back.csv", "-q"])
        let back = try table(scratch, "back.csv").row(("feature", "cm_contrast"))
        #expect(try there.number("difference") == -back.number("difference") && there.number("difference") != 0)
        let json = try #require(JSONSerialization.jsonObject(with: scratch.read("r.json")) as? [String: Any])
        #expect(json["direction"] as? String == "second minus first")
        let region = try #require((json["regions"] as? [[String: Any]])?.first)
        #expect(region["smallestP"] == nil && (region["summary"] as? [Any])?.count == 25)
        // The same bytes whatever the number of threads.
        try scratch.weft(expecting: 0, ["compare", "A.png", "B.png", "-o", "one.csv", "-q", "-j", "1"])
        #expect(try scratch.read("one.csv") == scratch.read("r.csv"))
    }

    @Test("folders pair by name; who has no partner is named on either side, and is a failed row")
    func folders() throws {
        let scratch = try Scratch()
        for folder in ["a", "b"] {
            try FileManager.default.createDirectory(atPath: scratch.path(folder), withIntermediateDirectories: true)
            for number in 0..<7 where number != (folder == "a" ? 6 : 5) {
                let pixels = noise(number)
                try scratch.picture("\(folder)/case\(number)", width: 32, folder == "a" ? pixels : smoothed(pixels))
            }
        }
        let result = try scratch.weft(expecting: 2, ["compare", "a", "b", "-o", "t.csv"])
        #expect(result.error.contains("case5: a alone has it") && result.error.contains("case6: b alone has it"))
        #expect(result.text.contains("5 pairs of pictures: fewer than 6, so no test is made and no p is given"))
        #expect(result.text.contains("smallest to largest") && !result.text.contains("(Holm)"))
        let failed = try table(scratch, "t.csv").rows.filter { $0["status"] == "failed" }
        #expect(failed.map { $0["case"] } == ["case5", "case6"])
        let apart = try scratch.weft(expecting: 66, ["compare", "a/case5.png", "b/none"])
        #expect(apart.error.contains("b/none: found nothing at this path"), "\(apart.error)")
    }

    @Test("regions: on one side or both, one mask for two images is said, an empty or missing one is named")
    func regions() throws {
        let scratch = try Scratch()
        let pixels = noise(4)
        try scratch.picture("A", width: 32, pixels)
        try scratch.picture("B", width: 32, smoothed(pixels))
        // Labels 1 in the upper half, 2 in the lower; the second mask has the first alone.
        try scratch.picture("m", width: 32, (0..<1024).map { $0 < 512 ? 1 : 2 })
        try scratch.picture("n", width: 32, (0..<1024).map { $0 < 300 ? 1 : 0 })
        let shared = try scratch.weft(
            expecting: 0, ["compare", "A.png", "B.png", "--mask", "m.png", "-o", "t.csv"])
        #expect(shared.error.contains("the mask m.png is used on A.png and on B.png, of equal size"), "\(shared.error)")
        #expect(shared.text.contains("label 1: The texture of B.png") && shared.text.contains("label 2: "))
        let upper = try table(scratch, "t.csv").row(("roi", "label 1"), ("feature", "voxels"))
        #expect(try upper.number("first") == 512)
        // Not more than the region counts: the same figures from pictures of the region alone.
        try scratch.picture("A1", width: 32, Array(pixels.prefix(512)))
        try scratch.picture("B1", width: 32, Array(smoothed(pixels).prefix(512)))
        try scratch.weft(
            expecting: 0, ["compare", "A1.png", "B1.png", "--window", "40,199", "-o", "half.csv", "-q"])
        try scratch.weft(
            expecting: 0,
            [
                "compare", "A.png", "B.png", "--mask", "m.png", "--label", "1", "--window", "40,199", "-o", "one.csv",
                "-q",
            ])
        for feature in ["cm_contrast", "cm_corr", "cm_energy", "mean"] {
            let (half, one) = (try table(scratch, "half.csv"), try table(scratch, "one.csv"))
            #expect(
                try half.row(("feature", feature))["difference"] == one.row(("feature", feature))["difference"],
                "\(feature)")
        }
        let both = try scratch.weft(
            expecting: 2, ["compare", "A.png", "B.png", "--mask", "m.png", "--mask", "n.png", "-o", "u.csv"])
        #expect(both.error.contains("masks in the order given: the mask m.png on A.png, the mask n.png on B.png"))
        #expect(both.error.contains("label 2: B.png has no region of this name; there is label 1"), "\(both.error)")
        let absent = try scratch.weft(expecting: 65, ["compare", "A.png", "B.png", "--roi", "GTV"])
        #expect(absent.error.contains("no mask for A.png"))
        let contours = try Scratch(sample: "samples/ct-lesion")
        let lesion = try contours.weft(
            expecting: 0,
            ["compare", "ct-lesion/ct", "ct-lesion/ct", "--mask", "ct-lesion/rtstruct.dcm", "--roi", "Lesion"])
        #expect(lesion.text.contains("hold the same values, voxel by voxel") && lesion.text.contains(" HU "))
    }

    @Test("colours, depths, sizes, constant pictures and voxels that are no numbers are said")
    func kinds() throws {
        let scratch = try Scratch()
        let pixels = noise(5)
        try scratch.picture("A", width: 32, pixels)
        try scratch.picture("deep", width: 32, words: pixels.map { UInt16($0) * 257 })
        let depths = try scratch.weft(expecting: 0, ["compare", "A.png", "deep.png", "-o", "d.csv"])
        #expect(depths.error.contains("PNGs of 8 and 16 bits") && depths.text.contains("shares of white"))
        #expect(depths.text.contains("hold the same values, voxel by voxel"), "\(depths.text)")
        try scratch.picture("narrow", width: 16, noise(6, 512))
        let sizes = try scratch.weft(expecting: 0, ["compare", "A.png", "narrow.png"])
        #expect(
            sizes.error.contains("size along x (columns) 32 and 16 voxels") && !sizes.error.contains("rows"),
            "\(sizes.error)")
        try scratch.picture("flat", width: 32, [UInt8](repeating: 9, count: 1024))
        let flat = try scratch.weft(expecting: 0, ["compare", "A.png", "flat.png"])
        #expect(flat.error.contains("flat.png fills one of 32 grey levels"))
        try scratch.weft(expecting: 0, ["compare", "flat.png", "flat.png"])
        var holes = pixels.map { Float($0) }
        (holes[7], holes[8]) = (.nan, .infinity)
        for (name, values) in [("f", holes), ("g", [Float](repeating: .nan, count: 1024))] {
            try FileManager.default.createDirectory(atPath: scratch.path(name), withIntermediateDirectories: true)
            try scratch.floatImage("\(name)/x", width: 32, values)
        }
        let nan = try scratch.weft(expecting: 0, ["compare", "f", "A.png"])
        #expect(nan.error.contains("2 of 1024 voxels of f are not numbers: left out"), "\(nan.error)")
        #expect(nan.error.contains("a PNG has no pixel spacing"))
        let none = try scratch.weft(expecting: 65, ["compare", "A.png", "g"])
        #expect(none.error.contains("no voxel of g has a number there"), "\(none.error)")
    }

    @Test("wrong usage says what to do")
    func usage() throws {
        let scratch = try Scratch()
        for name in ["a", "b", "c"] { try scratch.picture(name, width: 32, noise(name.utf8.count)) }
        let three = try scratch.weft(expecting: 64, ["compare", "a.png", "b.png", "c.png"])
        #expect(
            three.error.contains("found 3 inputs, expected two images") && three.error.contains("--as reconstructions"))
        try scratch.weft(expecting: 0, ["compare", "a.png", "b.png", "c.png", "--as", "reconstructions", "-q"])
        try scratch.weft(expecting: 64, ["compare", "a.png", "b.png", "--window", "200,100"])
        try scratch.weft(expecting: 64, ["compare", "a.png", "b.png", "--names", "x"])
        try scratch.weft(expecting: 64, ["compare", "a.png", "b.png", "--as", "reconstructions", "--roi", "x"])
        try scratch.weft(expecting: 66, ["compare", "a.png", "nothing.png"])
    }
}
