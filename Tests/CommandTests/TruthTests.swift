import Foundation
import Testing

/// `truth.json` of a sample: what a region holds, counted when the sample was made.
private struct Truth: Decodable {
    struct Region: Decodable {
        struct Cooccurrence: Decodable {
            var directions: String
            var contrast: Double
            var correlation: Double
        }

        var name: String
        var image: String
        var masks: [String: Int]
        var voxels: Int
        var mean, variance, minimum, maximum: Double
        var cooccurrence: [Cooccurrence]
    }

    var regions: [Region]
}

@Suite("the samples' known statistics")
struct TruthTests {
    @Test(
        "extract finds what truth.json says",
        arguments: [
            ("ct-lesion", ["--bin-width", "1"], 4), ("us-speckle", ["--bin-width", "1"], 2),
            ("texture-pair", ["--bin-count", "2"], 2),
        ])
    func truth(sample: String, discretisation: [String], regions: Int) throws {
        let scratch = try Scratch(sample: "samples/\(sample)")
        let truth = try JSONDecoder().decode(Truth.self, from: scratch.read("\(sample)/truth.json"))
        try #require(truth.regions.count == regions)
        let result = try scratch.weft(
            expecting: 0,
            ["extract", sample, "-o", "-", "--per-direction", "--aggregations", "2D_comb,3D_comb", "-q"]
                + discretisation)
        let table = Table(csv: result.text)
        let columns = ["x": "3D_dir_1_0_0", "y": "3D_dir_0_1_0", "z": "3D_dir_0_0_1", "2D": "2D_comb", "3D": "3D_comb"]
        var worst = (error: 0.0, place: "")
        func compare(_ value: Double, _ expected: Double, _ place: String) {
            let error = abs(value - expected) / max(1, abs(expected))
            if error > worst.error { worst = (error, "\(place): \(value) instead of \(expected)") }
        }
        for region in truth.regions {
            try #require(!region.masks.isEmpty)
            for (mask, label) in region.masks {
                let row = try table.row(("diagnostics_mask_file", mask), ("label", "\(label)"))
                let place = "\(region.name) of \(mask)"
                #expect(try row.number("diagnostics_roi_voxels") == Double(region.voxels), "\(place)")
                #expect(try row.number("stat_min") == region.minimum && row.number("stat_max") == region.maximum)
                compare(try row.number("stat_mean"), region.mean, "mean, \(place)")
                compare(try row.number("stat_var"), region.variance, "variance, \(place)")
                for known in region.cooccurrence {
                    let column = try #require(columns[known.directions])
                    compare(try row.number("cm_contrast_\(column)"), known.contrast, "contrast \(column), \(place)")
                    compare(try row.number("cm_corr_\(column)"), known.correlation, "correlation \(column), \(place)")
                }
            }
        }
        #expect(worst.error < 1e-10, "\(worst.place)")
    }

    @Test(
        "a PET/CT: both images have the truth of the contour drawn on the CT, the PET in Bq/ml and a thousandth of it as SUV"
    )
    func petCT() throws {
        let scratch = try Scratch()
        try scratch.weft(expecting: 0, ["phantom", "pet-ct", "--size", "64", "--slices", "12", "-o", "scan"])
        let truth = try JSONDecoder().decode(Truth.self, from: scratch.read("scan/truth.json"))
        let modalities = ["ct": "CT", "pet": "PT"]
        let lesions = truth.regions.filter { $0.name == "Lesion" }
        try #require(Set(lesions.map(\.image)) == ["ct", "pet"])
        let plain = try scratch.table("scan", "--families", "stat")
        let uptake = try scratch.table("scan", "--families", "stat", "--suv", "bw", "--modality", "PT")
        for lesion in lesions {
            let modality = try #require(modalities[lesion.image])
            let row = try plain.row(("modality", modality), ("roi", "Lesion"))
            #expect(try row.number("diagnostics_roi_voxels") == Double(lesion.voxels), "\(modality)")
            #expect(abs(try row.number("stat_mean") - lesion.mean) <= 1e-9 * abs(lesion.mean), "\(modality)")
            #expect(abs(try row.number("stat_var") - lesion.variance) <= 1e-9 * lesion.variance, "\(modality)")
            guard modality == "PT" else { continue }
            // The dose in the header is a whole number of Bq: 1e-8 of it.
            let suv = try uptake.row(("roi", "Lesion"))
            #expect(abs(try suv.number("stat_mean") - lesion.mean / 1000) <= 1e-7 * lesion.mean / 1000)
            #expect(suv["diagnostics_intensity_unit"] == "SUVbw g/ml")
            #expect(suv["diagnostics_notes"]?.contains("drawn on") == true, "\(suv["diagnostics_notes"] ?? "")")
        }
    }

    @Test("weft phantom makes the samples, byte for byte", arguments: ["ct-lesion", "us-speckle", "texture-pair"])
    func phantom(kind: String) throws {
        let scratch = try Scratch(sample: "samples/\(kind)")
        try scratch.weft(expecting: 0, ["phantom", kind, "-o", "made"])
        let made = try FileManager.default.subpathsOfDirectory(atPath: scratch.path("made")).sorted()
        #expect(try made == FileManager.default.subpathsOfDirectory(atPath: scratch.path(kind)).sorted())
        for name in made where name.contains(".") {
            #expect(try scratch.read("made/\(name)") == scratch.read("\(kind)/\(name)"), "\(name)")
        }
    }

    @Test("--matrices writes the counts of every direction and of all together")
    func matrices() throws {
        let scratch = try Scratch()
        let (width, height) = (9, 7)
        var (pixels, mask): ([UInt8], [UInt8]) = ([], [])
        for k in 0..<width * height {
            pixels.append(UInt8((k * 37 + k * k / 5) % 6 + 1))
            mask.append(k % 11 == 3 ? 0 : 4)
        }
        try scratch.picture("a", width: width, pixels)
        try scratch.picture("a_mask", width: width, mask)
        try scratch.weft(
            expecting: 0,
            [
                "extract", "a.png", "-o", "t.csv", "--no-discretisation", "--aggregations", "2D_avg,2D_comb",
                "--matrices", "m",
            ])

        var all: [[Int]: Int] = [:]
        for (dx, dy) in [(1, 0), (1, -1), (0, 1), (1, 1)] {
            var counts: [[Int]: Int] = [:]
            for y in 0..<height {
                for x in 0..<width where (0..<width).contains(x + dx) && (0..<height).contains(y + dy) {
                    let (here, there) = (y * width + x, (y + dy) * width + x + dx)
                    guard mask[here] != 0, mask[there] != 0 else { continue }
                    let pair = [Int(pixels[here]), Int(pixels[there])]
                    counts[pair, default: 0] += 1
                    counts[pair.reversed(), default: 0] += 1
                }
            }
            all.merge(counts, uniquingKeysWith: +)
            #expect(try matrix(scratch, "2D_z000_d1_dir_\(dx)_\(dy)_0.csv") == counts)
        }
        #expect(try matrix(scratch, "2D_z000_d1_comb.csv") == all)
        #expect(try scratch.names(in: "m").count == 5)
    }

    /// Of the one file `a_a-mask_4_HASH_ENDING`.
    private func matrix(_ scratch: Scratch, _ ending: String) throws -> [[Int]: Int] {
        let names = try scratch.names(in: "m").filter { $0.hasPrefix("a_a-mask_4_") && $0.hasSuffix("_" + ending) }
        let name = "m/" + (try #require(names.count == 1 ? names.first : nil, "\(names.count) files \(ending)"))
        let table = Table(csv: String(decoding: try scratch.read(name), as: UTF8.self))
        #expect(table.columns == ["i", "j", "count"])
        var counts: [[Int]: Int] = [:]
        for row in table.rows {
            counts[[Int(try row.number("i")), Int(try row.number("j"))]] = Int(try row.number("count"))
        }
        return counts
    }

    @Test("matrices of two masks with equal names do not overwrite each other")
    func matricesOfTwoMasks() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.weft(
            expecting: 0,
            ["extract", "ct-lesion", "--roi", "Lesion", "-o", "t.csv", "--aggregations", "3D_comb", "--matrices", "m"])
        let combined = try scratch.names(in: "m").filter { $0.hasSuffix("_comb.csv") }
        #expect(
            combined.count == 2 && combined.contains { $0.contains("_seg_") }
                && combined.contains { $0.contains("_rtstruct_") })
    }
}
