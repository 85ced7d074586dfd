import Foundation
import Testing

/// Tables for spreadsheets: what LibreOffice makes of them, and what weft reads back.
@Suite("tables for spreadsheets")
struct SpreadsheetTests {
    /// Names of two scripts, and one region with values of all sizes.
    private func input() throws -> Scratch {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let files = FileManager.default
        for (from, to) in [("speckle", "Größe, süß"), ("speckle", "肺がん2"), ("speckle", "肺がん10")] {
            for ending in ["", "_mask"] {
                try files.copyItem(
                    atPath: scratch.path("us-speckle/\(from)\(ending).png"),
                    toPath: scratch.path("us-speckle/\(to)\(ending).png"))
            }
        }
        return scratch
    }

    static let office = ["/usr/bin/soffice", "/usr/bin/libreoffice"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(
        "a workbook that LibreOffice turns back into CSV has the cells of the CSV; its other sheets are there",
        .enabled(if: office != nil, "LibreOffice (soffice) is not installed: workbooks are not read by another program")
    )
    func libreOffice() throws {
        let scratch = try input()
        for table in ["t.csv", "t.xlsx"] {
            try scratch.weft(expecting: 0, ["extract", "us-speckle", "-o", table, "-q"])
        }
        // All sheets, UTF-8, numbers as they are stored.
        let result = try scratch.shell(
            """
            \(Self.office ?? "") -env:UserInstallation=file://\(scratch.path("profile")) --headless \
            --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1' t.xlsx
            """)
        try #require(result.status == 0 && scratch.exists("t-table.csv"), "\(result.error)")
        let csv = Table(csv: String(decoding: try scratch.read("t.csv"), as: UTF8.self))
        let sheet = Table(csv: String(decoding: try scratch.read("t-table.csv"), as: UTF8.self))
        #expect(sheet.columns == csv.columns)
        try #require(sheet.rows.count == csv.rows.count)
        var numbers = 0
        for (a, b) in zip(csv.rows, sheet.rows) {
            for column in csv.columns {
                let (expected, found) = (a[column] ?? "", b[column] ?? "")
                guard expected != found else { continue }
                // LibreOffice writes 15 digits, and small numbers without an exponent.
                let (x, y) = (Double(expected) ?? .nan, Double(found) ?? .nan)
                #expect(abs(x - y) <= 1e-13 * abs(x), "\(column): CSV '\(expected)', sheet '\(found)'")
                numbers += 1
            }
        }
        #expect(numbers > 0 && Set(sheet.rows.map { $0["case"] }) == ["Größe, süß", "肺がん2", "肺がん10", "speckle"])
        let guide = Table(csv: String(decoding: try scratch.read("t-columns.csv"), as: UTF8.self))
        #expect(guide.rows.compactMap { $0["column"] } == csv.columns)
        #expect(try guide.row(("column", "cm_contrast_2D_comb"))["IBSI code"] == "ACUI")
        let settings = String(decoding: try scratch.read("t-settings and warnings.csv"), as: UTF8.self)
        #expect(settings.contains("convention,ibsi") && settings.contains("Warnings and failures"))
    }

    @Test("commas, semicolons with a decimal comma and tabs hold the same cells; a byte-order mark comes first")
    func marks() throws {
        let scratch = try input()
        let options = ["extract", "us-speckle", "--families", "stat", "-q", "-o"]
        try scratch.weft(expecting: 0, options + ["c.csv"])
        try scratch.weft(expecting: 0, options + ["s.csv", "--csv", "semicolon", "--bom"])
        try scratch.weft(expecting: 0, options + ["t.tsv", "--bom"])
        let streamed = try scratch.weft(expecting: 0, options + ["-", "--csv", "semicolon", "--bom"])
        #expect(try streamed.output == scratch.read("s.csv"))
        let comma = Table(csv: String(decoding: try scratch.read("c.csv"), as: UTF8.self))
        let mark = Data([0xEF, 0xBB, 0xBF])
        for (name, delimiter) in [("s.csv", ";"), ("t.tsv", "\t")] {
            let data = try scratch.read(name)
            #expect(data.starts(with: mark))
            let lines = String(decoding: data.dropFirst(3), as: UTF8.self).split(separator: "\n")
            #expect(lines.first.map(String.init) == comma.columns.joined(separator: delimiter))
            let place = try #require(comma.columns.firstIndex(of: "stat_mean"))
            for (line, row) in zip(lines.dropFirst(), comma.rows) {
                // No cell of these has a quote; the settings have semicolons, within quotes.
                let cells = line.replacing(/"[^"]*"/, with: "text").split(
                    separator: delimiter, omittingEmptySubsequences: false)
                let mean = row["stat_mean"] ?? ""
                #expect(cells[place] == (delimiter == ";" ? mean.replacing(".", with: ",") : mean))
            }
        }
        // Taken over, and equal.
        for (table, more) in [("s.csv", ["--csv", "semicolon", "--bom"]), ("t.tsv", ["--bom"])] {
            let result = try scratch.weft(
                expecting: 0, ["extract", "us-speckle", "--families", "stat", "-o", table, "--resume"] + more)
            #expect(result.error.contains("nothing to do"))
            let refused = try scratch.weft(
                expecting: 73, ["extract", "us-speckle", "--families", "stat", "-o", table, "--resume"])
            #expect(refused.error.contains("--csv and --bom"), "\(refused.error)")
        }
        for wrong in [["t.json", "--csv", "semicolon"], ["t.tsv", "--csv", "comma"], ["t.xlsx", "--bom"]] {
            #expect(try scratch.weft(expecting: 64, options + wrong).error.contains("found --output \(wrong[0])"))
        }
    }

    @Test("evaluate and compare read what spreadsheets save, and say that they do not read Excel's own files")
    func reading() throws {
        let scratch = try Scratch()
        var rows = [["image", "patient", "label", "prediction", "p_a", "p_b"]]
        for number in 0..<20 {
            let p = Double(number) / 40 + 0.25
            rows.append(
                ["\(number)", "\(number / 2)", number % 2 == 0 ? "a" : "b", "a", "\(1 - p)", "\(p)"])
        }
        func text(_ delimiter: String, _ written: (String) -> String = { $0 }) -> String {
            rows.map { $0.map(written).joined(separator: delimiter) + "\r\n" }.joined()
        }
        try scratch.write("c.csv", text(","))
        try scratch.write("s.csv", "\u{FEFF}" + text(";") { $0.replacing(".", with: ",") })
        try scratch.write("t.tsv", "\u{FEFF}" + text("\t"))
        let expected = try scratch.weft(
            expecting: 0, ["evaluate", "c.csv", "--resamples", "100", "-q", "-o", "c.json"])
        for name in ["s.csv", "t.tsv"] {
            let result = try scratch.weft(
                expecting: 0, ["evaluate", name, "--resamples", "100", "-q", "-o", "\(name).json"])
            #expect(
                result.text.replacing(name, with: "c.csv") == expected.text, "\(name): \(result.text)")
        }
        try scratch.picture("x", width: 8, (0..<64).map { UInt8($0 * 3) })
        try scratch.weft(
            expecting: 0, ["extract", "x.png", "--whole-image", "--families", "stat", "-o", "x.xlsx", "-q"])
        for arguments in [
            ["evaluate", "x.xlsx"], ["compare", "--features", "x.xlsx", "--embeddings", "x.xlsx", "-o", "-"],
        ] {
            let refused = try scratch.weft(expecting: 65, arguments)
            #expect(
                refused.error.contains("found an Excel file") && refused.error.contains("CSV UTF-8"), "\(refused.error)"
            )
        }
    }

    @Test("a workbook on a full disk is not there, its rows are kept, and the system's words are said")
    func fullDisk() throws {
        let scratch = try input()
        let command = "weft extract us-speckle --families stat,ih,cm -q -o"
        #expect(try scratch.shell("\(command) whole.xlsx").status == 0)
        // What a journal of it takes fits, the rows of its sheets do not.
        var sawIt = false
        for blocks in stride(from: 56, through: 112, by: 8) where !sawIt {
            let result = try scratch.shell("ulimit -f \(blocks); \(command) t.xlsx --force")
            guard result.status == 73, scratch.exists("t.xlsx.partial"),
                result.error.contains("t.xlsx cannot be written")
            else { continue }
            sawIt = true
            #expect(
                result.error.contains("File too large") || result.error.contains("not whole; is it full?"),
                "\(result.error)")
            #expect(!scratch.exists("t.xlsx"))
            #expect(try scratch.shell("\(command) t.xlsx --resume").status == 0)
            #expect(try scratch.read("t.xlsx") == scratch.read("whole.xlsx"))
        }
        #expect(sawIt, "none of the limits was between the journal and the workbook")
    }
}

@Suite("the order of rows")
struct RowOrderTests {
    /// Folders whose names are in the opposite order of the Patient IDs in them.
    static let patients = [("z", "P1"), ("y", "P2"), ("x", "P10")]

    private func input() throws -> Scratch {
        let scratch = try Scratch()
        for (seed, (folder, patient)) in Self.patients.enumerated() {
            try scratch.weft(
                expecting: 0,
                [
                    "phantom", "ct-lesion", "--size", "32", "--slices", "8", "--seed", "\(seed + 1)", "-o",
                    "in/\(folder)",
                ])
            let files = try FileManager.default.subpathsOfDirectory(atPath: scratch.path("in/\(folder)"))
            for file in files where file.hasSuffix(".dcm") {
                let url = URL(fileURLWithPath: scratch.path("in/\(folder)/\(file)"))
                var data = try Data(contentsOf: url)
                let id = Data("WEFT-PHANTOM".utf8)
                while let range = data.range(of: id) {
                    data.replaceSubrange(
                        range, with: Data(patient.padding(toLength: 12, withPad: " ", startingAt: 0).utf8))
                }
                try data.write(to: url)
            }
        }
        return scratch
    }

    @Test("patients stand as people sort them, P2 before P10, under whatever name they are shown, in every format")
    func patients() throws {
        let scratch = try input()
        let options = ["extract", "in", "--families", "stat", "-q", "--identity", "full"]
        let full = Table(csv: try scratch.weft(expecting: 0, options + ["-o", "-"]).text)
        let shown = full.rows.map { [$0["patient"], $0["roi"], $0["label"], $0["diagnostics_mask_file"]] }
        var patients: [String] = []
        for row in full.rows where patients.last != row["patient"] { patients.append(row["patient"] ?? "") }
        #expect(patients == ["P1", "P2", "P10"])
        let regions = shown.prefix(shown.count / 3).map { $0.dropFirst().compactMap { $0 } }
        #expect(regions == regions.sorted { ($0[0], $0[1], $0[2]) < ($1[0], $1[1], $1[2]) }, "\(regions)")

        let pseudonymous = Table(
            csv: try scratch.weft(expecting: 0, ["extract", "in", "--families", "stat", "-q", "-o", "-"]).text)
        #expect(pseudonymous.rows.map { $0["case"] } == full.rows.map { $0["case"] })
        #expect(pseudonymous.rows.map { $0["roi"] } == full.rows.map { $0["roi"] })

        // Folders one by one, in other orders, with any number of jobs.
        for (inputs, jobs) in [(["in/x", "in/y", "in/z"], "1"), (["in/y", "in/z", "in/x"], "3")] {
            let table = Table(
                csv: try scratch.weft(
                    expecting: 0,
                    ["extract"] + inputs + ["--families", "stat", "-q", "-j", jobs, "-o", "-", "--identity", "full"]
                ).text)
            #expect(table.rows.map { $0["patient"] } == full.rows.map { $0["patient"] })
        }
        try scratch.weft(expecting: 0, options + ["-o", "t.jsonl"])
        let lines = String(decoding: try scratch.read("t.jsonl"), as: UTF8.self).split(separator: "\n")
        for (line, row) in zip(lines, full.rows) {
            #expect(
                line.contains("\"patient\":\"\(row["patient"] ?? "")\"")
                    && line.contains("\"label\":\(row["label"] ?? ""),"))
        }
        try scratch.weft(expecting: 0, options + ["--layout", "long", "-o", "long.tsv"])
        let long = String(decoding: try scratch.read("long.tsv"), as: UTF8.self).split(separator: "\n").dropFirst()
        let found = long.map { $0.split(separator: "\t", omittingEmptySubsequences: false)[1] }
        #expect(found.first == "P1" && found.last == "P10" && Set(found).count == 3)
    }

    @Test("with a secret key the order says nothing of the Patient IDs: it is that of the pseudonyms")
    func keyed() throws {
        let scratch = try input()
        try scratch.write("key", "0123456789abcdef0123456789abcdef")
        let table = Table(
            csv: try scratch.weft(
                expecting: 0,
                ["extract", "in", "--families", "stat", "-q", "-o", "-", "--pseudonym-key", "key"]
            ).text)
        var patients: [String] = []
        for row in table.rows where patients.last != row["patient"] { patients.append(row["patient"] ?? "") }
        #expect(patients.count == 3)
        #expect(
            patients == patients.sorted { $0.compare($1, options: [.numeric, .caseInsensitive]) == .orderedAscending })
    }

    @Test("regions and images stand by the numbers in their names")
    func regions() throws {
        let scratch = try Scratch()
        for name in ["b10", "b2", "B1"] {
            try scratch.picture(name, width: 12, (0..<144).map { UInt8($0) })
            try scratch.picture(name + "_mask", width: 12, (0..<144).map { UInt8($0 / 12 + 1) })
        }
        let table = Table(
            csv: try scratch.weft(expecting: 0, ["extract", ".", "--families", "stat", "-q", "-o", "-"]).text)
        #expect(
            table.rows.map { $0["image"] ?? "" }.enumerated().filter { $0.offset % 12 == 0 }.map(\.element) == [
                "B1.png", "b2.png", "b10.png",
            ])
        #expect(table.rows.prefix(12).map { $0["label"] ?? "" } == (1...12).map { "\($0)" })
    }

    @Test("a line of the long layout says all that its value is cited with")
    func longLines() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let table = try scratch.table(
            "ct-lesion", "--roi", "Lesion", "--families", "stat", "--layout", "long", "--resample", "2", "--range",
            "-500,400")
        let row = try #require(table.rows.first { $0["feature"] == "stat_mean" })
        #expect(row["diagnostics_convention"] == "ibsi" && row["diagnostics_image_spacing_mm"] == "1.5 1.5 3")
        #expect(row["diagnostics_grid_spacing_mm"] == "2 2 2" && row["diagnostics_intensity_unit"] == "HU")
        #expect(row["diagnostics_settings"]?.contains("resegment: {range: [-500.0, 400.0]}") == true)
        #expect(row["diagnostics_notes"]?.contains("resampled from 1.5 × 1.5 × 3 mm to 2 × 2 × 2 mm") == true)
        #expect(row["diagnostics_discretisation"]?.isEmpty == true, "statistics have no grey levels")
        let binned = try scratch.table(
            "ct-lesion", "--roi", "Lesion", "--families", "ih", "--layout", "long", "--bin-width", "12.5")
        #expect(binned.rows.first?["diagnostics_discretisation"] == "bin width 12.5 from -1000")
    }
}
