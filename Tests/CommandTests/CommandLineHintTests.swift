// What a slip on the command line is answered with.
import Foundation
import Testing

@Suite("hints for slips on the command line")
struct CommandLineHintTests {
    @Test(
        "an unknown command is answered with the nearest one, or with all",
        arguments: [
            (["extrac", "samples"], "unknown command 'extrac'; did you mean 'weft extract'?"),
            (["textureloss"], "did you mean 'weft texture-loss'?"),
            (["bench", "glcmm"], "unknown command 'glcmm'; did you mean 'weft bench glcm'?"),
            (["segmentation"], "unknown command 'segmentation'; expected one of inspect, extract, filter, map,"),
        ])
    func commands(arguments: [String], message: String) throws {
        let result = try Scratch().weft(expecting: 64, arguments)
        #expect(result.error.contains(message), "\(result.error)")
    }

    @Test(
        "a missing value is answered with what stands in its place",
        arguments: [
            (["extract", "x", "-o"], "the command line ends after -o"),
            (["extract", "x", "--bin-width"], "the command line ends after --bin-width"),
            (
                ["extract", "x", "--bin-width", "--quiet"],
                "after --bin-width stands '--quiet', which looks like an option"
            ),
            (["extract", "x", "--roi", "-GTV"], "is written --roi=-GTV"),
        ])
    func values(arguments: [String], message: String) throws {
        let result = try Scratch().weft(expecting: 64, arguments)
        #expect(result.error.contains("Missing value for '") && result.error.contains(message), "\(result.error)")
    }

    @Test("a negative number after an option is its value, for every option")
    func negativeNumbers() throws {
        let scratch = try Scratch()
        func settings(_ options: String...) throws -> String {
            try scratch.weft(expecting: 0, ["extract", "--print-settings"] + options).text
        }
        #expect(try settings("--bin-width", "5", "--lower-bound", "-5").contains("lowerBound: -5.0"))
        #expect(try settings("--range", "-500,400").contains("range: [-500.0, 400.0]"))
        #expect(try settings("--bin-width", "5", "--lower-bound", "-.5").contains("lowerBound: -0.5"))
        for (arguments, message) in [
            (["--bin-width", "-5"], "--bin-width"), (["--outlier-sigma", "-3"], "outlierSigma: found -3.0"),
            (["--distances", "-1,2"], "distances: found [-1, 2]"),
            (["--resample", "-2,2,2"], "--resample: found [-2.0"),
        ] {
            let result = try scratch.weft(expecting: 64, ["extract", "--print-settings"] + arguments)
            #expect(
                !result.error.contains("Missing value") && (result.error.contains(message) || message == "--bin-width"),
                "\(arguments): \(result.error)")
        }
        #expect(try scratch.weft(expecting: 64, ["pretrain", "x", "-o", "r", "--rate", "-1"]).error.contains("rate"))
        // Behind -- stand no options.
        try scratch.weft(expecting: 66, ["inspect", "--", "-5"])
    }

    @Test("regions are listed with their numbers behind the names, which do not read as counts")
    func regions() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let listed = try scratch.weft(expecting: 0, ["inspect", "ct-lesion"]).text
        #expect(listed.contains("'Lesion' (label 1), 'Lesion rim' (label 2), 'Körper' (label 3)"))
        let table = try scratch.table(expecting: 2, "ct-lesion", "--roi", "Foo", "--families", "stat")
        let reason = try #require(table.rows.first?["reason"])
        #expect(reason.contains("there is 'Lesion' (label 1), 'Lesion rim' (label 2)"), "\(reason)")
    }

    @Test("sizes are in words in messages")
    func sizes() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: 8, [UInt8](repeating: 3, count: 64))
        try scratch.picture("b", width: 4, [UInt8](repeating: 7, count: 64))
        for arguments in [
            ["compare", "a.png", "b.png", "--as", "reconstructions", "-o", "r.html"],
            ["texture-loss", "a.png", "b.png"],
        ] {
            let result = try scratch.start(arguments).wait()
            #expect(result.status != 0 && !result.error.contains("SIMD"), "\(arguments): \(result.error)")
            #expect(result.error.contains("8 × 8 × 1") && result.error.contains("4 × 16 × 1"), "\(result.error)")
        }
    }

    @Test("matrix files count slices from 0 as the series does, not as the region's box")
    func matrixSlices() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.weft(
            expecting: 0,
            [
                "extract", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--families", "cm",
                "--aggregations", "2D_comb", "--matrices", "m", "-o", "t.csv",
            ])
        let row = try #require(Table(csv: String(decoding: scratch.read("t.csv"), as: UTF8.self)).rows.first)
        func numbers(_ column: String) throws -> [Int] {
            try #require(row[column]).split { !$0.isNumber }.compactMap { Int($0) }
        }
        let (first, size) = (try numbers("diagnostics_roi_box_first")[2], try numbers("diagnostics_roi_box_size")[2])
        #expect(first > 0)
        let slices = try scratch.names(in: "m").compactMap { name in
            name.firstRange(of: "_2D_z").flatMap { Int(name[$0.upperBound...].prefix(3)) }
        }
        #expect(slices == Array(first..<first + size))
        // The slices that weft inspect says the region crosses, counted by position.
        let labels = try scratch.weft(expecting: 0, ["inspect", "ct-lesion", "--slice-labels", "Lesion", "-q"]).text
        let crossed = labels.split(separator: "\n").dropFirst().enumerated().filter { !$1.contains("clear") }.map(
            \.offset)
        #expect(Set(slices).isSubset(of: Set(crossed)), "\(labels)")
    }
}
