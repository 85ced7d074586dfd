import Foundation
import Testing

/// A value of a JSON table.
private enum Cell: Decodable, Equatable {
    case empty
    case text(String)
    case number(Double)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .empty
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .number(try container.decode(Double.self))
        }
    }
}

@Suite("the feature table")
struct TableTests {
    static let identity = [
        "case", "patient", "study", "series", "modality", "image", "roi", "label", "status", "reason",
    ]

    @Test("identity columns first, then diagnostics, then features")
    func columns() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let table = try scratch.table("us-speckle")
        #expect(Array(table.columns.prefix(10)) == Self.identity)
        let kinds = table.columns.dropFirst(10).map { $0.hasPrefix("diagnostics_") }
        #expect(kinds.first == true && kinds.last == false)
        #expect(zip(kinds, kinds.dropFirst()).filter { $0 != $1 }.count == 1, "diagnostics stand together")
        #expect(Set(table.columns).count == table.columns.count, "no name twice")
        let long = try scratch.table("us-speckle", "--layout", "long")
        #expect(Array(long.columns.prefix(10)) == Self.identity)
        #expect(Array(long.columns.suffix(6)) == ["feature", "value", "undefined", "unit", "ibsi", "aggregation"])
    }

    @Test("names of distances, aggregations and directions")
    func names() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let table = try scratch.table(
            "us-speckle", "--families", "cm", "--distances", "1,2", "--aggregations", "2D_avg,3D_comb",
            "--per-direction")
        for name in [
            "cm_contrast_2D_avg", "cm_contrast_3D_comb", "cm_contrast_2D_dir_1_-1_0", "cm_contrast_3D_dir_0_0_1",
            "cm_contrast_d2_2D_avg", "cm_contrast_d2_3D_comb", "cm_contrast_d2_3D_dir_1_0_0",
        ] { #expect(table.columns.contains(name), "\(name)") }
        #expect(!table.columns.contains { $0.hasPrefix("stat_") })
        let other = try scratch.table("us-speckle", "--convention", "pyradiomics", "--families", "glcm")
        #expect(other.columns.contains("original_glcm_Contrast"))
    }

    @Test("the same bytes whatever --jobs is, and on standard output")
    func jobs() throws {
        let scratch = try Scratch(sample: "samples")
        for jobs in ["1", "2"] {
            try scratch.weft(expecting: 0, ["extract", "samples", "-o", "t\(jobs).csv", "--jobs", jobs, "-q"])
        }
        let first = try scratch.read("t1.csv")
        #expect(try scratch.read("t2.csv") == first)
        for jobs in ["1", "2"] {
            let streamed = try scratch.weft(expecting: 0, ["extract", "samples", "-o", "-", "--jobs", jobs, "-q"])
            #expect(streamed.output == first, "--jobs \(jobs)")
        }
        #expect(
            try scratch.weft(expecting: 0, ["extract", "samples", "-q"]).output == first, "no -o, no terminal: CSV")
        #expect(Table(csv: String(decoding: first, as: UTF8.self)).rows.count == 9)
    }

    @Test("the same bytes whatever the files are called and in whatever order they are given")
    func fileNames() throws {
        let scratch = try Scratch(sample: "samples")
        let original = try scratch.weft(expecting: 0, ["extract", "samples", "-o", "-", "-q"]).output
        let slices = try scratch.names(in: "samples/ct-lesion/ct")
        for (k, name) in slices.enumerated() {
            // Neither the old order nor the opposite one, and no suffix.
            try FileManager.default.moveItem(
                atPath: scratch.path("samples/ct-lesion/ct/\(name)"),
                toPath: scratch.path("samples/ct-lesion/ct/slice-\(k * 7 % slices.count)"))
        }
        #expect(try scratch.weft(expecting: 0, ["extract", "samples", "-o", "-", "-q"]).output == original)

        let (speckle, lesion) = ("samples/us-speckle", "samples/ct-lesion")
        let one = try scratch.weft(expecting: 0, ["extract", speckle, lesion, "-o", "-", "-q"]).output
        #expect(try scratch.weft(expecting: 0, ["extract", lesion, speckle, "-o", "-", "-q"]).output == one)
    }

    /// One region whose values are all defined, and one voxel whose are mostly not.
    private func mixedInput() throws -> Scratch {
        let scratch = try Scratch(sample: "samples/us-speckle")
        try scratch.picture("us-speckle/voxel", width: 4, [UInt8](repeating: 7, count: 16))
        try scratch.picture("us-speckle/voxel_mask", width: 4, (0..<16).map { $0 == 5 ? 1 : 0 })
        return scratch
    }

    @Test("CSV, JSON, JSON lines and both layouts hold the same values, which read back to the same double")
    func encodings() throws {
        let scratch = try mixedInput()
        for layout in ["wide", "long"] {
            for suffix in ["csv", "json", "jsonl"] {
                try scratch.weft(
                    expecting: 0, ["extract", "us-speckle", "-o", "\(layout).\(suffix)", "--layout", layout, "-q"])
            }
            let csv = Table(csv: String(decoding: try scratch.read("\(layout).csv"), as: UTF8.self))
            let lines = try scratch.read("\(layout).jsonl").split(separator: UInt8(ascii: "\n"))
            let objects = try lines.map { try JSONDecoder().decode([String: Cell].self, from: $0) }
            let array = try JSONDecoder().decode([[String: Cell]].self, from: scratch.read("\(layout).json"))
            try #require(objects.count == csv.rows.count && array == objects)
            for (row, object) in zip(csv.rows, objects) {
                #expect(Set(object.keys) == Set(csv.columns))
                for column in csv.columns {
                    let cell = row[column] ?? ""
                    let same =
                        switch object[column] {
                        case .text(let text): text == cell
                        case .number(let number): Double(cell) == number
                        case .empty: cell.isEmpty
                        case nil: false
                        }
                    #expect(same, "\(column): CSV '\(cell)', JSON \(String(describing: object[column]))")
                }
            }
        }
        try compareLayouts(scratch)
    }

    private func compareLayouts(_ scratch: Scratch) throws {
        let wide = Table(csv: String(decoding: try scratch.read("wide.csv"), as: UTF8.self))
        let long = Table(csv: String(decoding: try scratch.read("long.csv"), as: UTF8.self))
        let features = wide.columns.filter { !Self.identity.contains($0) && !$0.hasPrefix("diagnostics_") }
        #expect(long.rows.count == wide.rows.count * features.count)
        var undefined = 0
        for (k, row) in wide.rows.enumerated() {
            for (line, name) in zip(long.rows[(k * features.count)...], features) {
                let cell = row[name] ?? ""
                #expect(line["feature"] == name && line["case"] == row["case"] && line["label"] == row["label"])
                #expect(line["value"] == cell, "\(name)")
                #expect(
                    (line["undefined"] == "") == (cell != ""),
                    "\(name): a reason where and only where there is no value")
                if cell.isEmpty { undefined += 1 }
                guard let value = Double(cell) else { continue }
                #expect(value.isFinite)
                #expect(cell == "\(value)" || cell == "\(Int(value))", "\(cell) is not the shortest text of \(value)")
            }
        }
        #expect(undefined > 0, "one voxel has no co-occurrence")
    }

    @Test(
        "a resumed table has the bytes of an uninterrupted one",
        arguments: ["csv", "jsonl", "json"], ["wide", "long"])
    func resume(suffix: String, layout: String) throws {
        let scratch = try Scratch(sample: "samples")
        let options = ["samples", "--layout", layout, "--families", "stat", "-q"]
        try scratch.weft(expecting: 0, ["extract", "-o", "whole.\(suffix)"] + options)
        let whole = try scratch.read("whole.\(suffix)")
        // The journal has a line a record in each format; the JSON array separates them by commas.
        var lines = String(decoding: whole, as: UTF8.self).split(separator: "\n").map(String.init)
        if suffix == "json" {
            lines = lines.dropFirst().dropLast().map { $0.hasSuffix(",") ? String($0.dropLast()) : $0 }
        }
        // One region's lines are whole; the next one's are cut in the middle.
        let linesPerRegion = (suffix == "csv" ? lines.count - 1 : lines.count) / 9
        let kept = (suffix == "csv" ? 1 : 0) + 4 * linesPerRegion
        let cut = lines[kept + linesPerRegion - 1]
        let journal = lines[..<(kept + linesPerRegion - 1)].joined(separator: "\n") + "\n" + cut.prefix(cut.count / 2)
        try scratch.write("t.\(suffix).partial", journal)
        try scratch.weft(expecting: 0, ["extract", "-o", "t.\(suffix)", "--resume"] + options)
        #expect(try scratch.read("t.\(suffix)") == whole)
        #expect(!scratch.exists("t.\(suffix).partial"))
    }

    @Test("--resume takes rows over, refuses other settings with their difference, and tries failed ones again")
    func resumeTakesOver() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        try scratch.weft(expecting: 0, ["extract", "us-speckle", "--families", "stat", "-o", "t.csv", "-q"])
        let whole = String(decoding: try scratch.read("t.csv"), as: UTF8.self)
        let mean = "112.94940002891427"
        try #require(whole.contains(mean))
        // A value that no computation gives shows which rows were taken over.
        let marked = whole.replacingOccurrences(of: mean, with: "999.5")
        try scratch.write("marked.csv.partial", marked)
        try scratch.weft(
            expecting: 0, ["extract", "us-speckle", "--families", "stat", "-o", "marked.csv", "-q", "--resume"])
        #expect(String(decoding: try scratch.read("marked.csv"), as: UTF8.self) == marked)

        try scratch.write("other.csv.partial", marked)
        let other = try scratch.weft(
            expecting: 73,
            ["extract", "us-speckle", "--families", "stat", "--range", "0,255", "-o", "other.csv", "-q", "--resume"])
        #expect(
            other.error.contains("resegment is none there and {range: [0.0, 255.0]} now"), "\(other.error)")
        #expect(!scratch.exists("other.csv") && scratch.exists("other.csv.partial"), "what was done stays")

        let failed = marked.replacingOccurrences(of: ",ok,", with: ",failed,")
        try scratch.write("again.csv.partial", failed)
        try scratch.weft(
            expecting: 0, ["extract", "us-speckle", "--families", "stat", "-o", "again.csv", "-q", "--resume"])
        #expect(String(decoding: try scratch.read("again.csv"), as: UTF8.self) == whole)

        let refused = try scratch.weft("extract", "us-speckle", "--families", "cm", "-o", "again.csv", "--resume")
        #expect(refused.status == 73 && refused.error.contains("columns differ"), "\(refused.error)")
        #expect(String(decoding: try scratch.read("again.csv"), as: UTF8.self) == whole)
    }

    @Test("--resume never brings back a Patient ID")
    func resumeAndIdentity() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let options = ["extract", "ct-lesion", "--families", "stat", "-q", "-o"]
        try scratch.weft(expecting: 0, options + ["full.csv", "--identity", "full"])
        try scratch.weft(expecting: 0, options + ["pseudonym.csv"])
        try FileManager.default.moveItem(atPath: scratch.path("full.csv"), toPath: scratch.path("t.csv.partial"))
        let refused = try scratch.weft(expecting: 73, options + ["t.csv", "--resume"])
        #expect(
            refused.error.contains("patients are shown in another way") && !refused.error.contains("WEFT-PHANTOM"),
            "\(refused.error)")
        #expect(!scratch.exists("t.csv"))
        try scratch.weft(expecting: 0, options + ["t.csv", "--force"])
        #expect(try scratch.read("t.csv") == scratch.read("pseudonym.csv"))
    }

    @Test("an existing table stays without --force")
    func force() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        try scratch.write("t.csv", "mine\n")
        #expect(try scratch.weft("extract", "us-speckle", "-o", "t.csv").status == 73)
        #expect(try scratch.read("t.csv") == Data("mine\n".utf8))
        try scratch.weft(expecting: 0, ["extract", "us-speckle", "-o", "t.csv", "--force"])
        #expect(try scratch.read("t.csv").starts(with: Data("case,".utf8)))
        #expect(try scratch.names(in: ".") == ["t.csv", "us-speckle"], "nothing temporary stays")
    }

    @Test(
        "a terminal gets a readable table",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
    func terminal() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let result = try scratch.shell("script -qec 'weft extract us-speckle --families stat -q' /dev/null")
        #expect(result.status == 0)
        let line = result.text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("stat_mean") }
        #expect(line?.split(separator: " ") == ["stat_mean", "112.9494", "150.8593"], "\(result.text)")
    }
}
