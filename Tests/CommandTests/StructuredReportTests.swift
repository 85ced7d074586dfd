import DICOM
import Foundation
import Ingestion
import Testing

/// What a report says, read back with weft's own reader.
private struct Report {
    struct Number {
        var code: String
        var scheme: String
        var unit: String?
        /// Nil for one without value.
        var value: Double?
        var text: Double?
        var qualifier: String?
        var modifiers: [String]
    }

    struct Group {
        var template: String?
        var tracking: String?
        var trackingUID: String?
        var segment: Int?
        var region: String?
        var sources: Int
        var numbers: [Number]
    }

    let file: DICOMFile
    var groups: [Group] = []

    init(_ path: String) throws {
        file = try DICOMFile(path: path)
        let measurements = try #require(file.items(.contentSequence).first { Self.code($0) == "126010" })
        for item in measurements.items(.contentSequence) where Self.code(item) == "125007" {
            let content = item.items(.contentSequence)
            func child(_ code: String) -> DICOMItem? { content.first { Self.code($0) == code } }
            groups.append(
                Group(
                    template: item.item(.contentTemplateSequence)?.string(.templateIdentifier),
                    tracking: child("112039")?.string(.textValue), trackingUID: child("112040")?.string(.uid),
                    segment: child("121191")?.item(.referencedSOPSequence)?.integer(.referencedSegmentNumber),
                    region: child("130488")?.item(.contentSequence)?.string(.textValue),
                    sources: content.count { Self.code($0) == "121112" },
                    numbers: content.filter { $0.string(.valueType) == "NUM" }.map(Self.number)))
        }
    }

    static func code(_ item: DICOMItem) -> String? {
        let name = item.item(.conceptNameCodeSequence)
        return name?.string(.codeValue) ?? name?.string(.longCodeValue)
    }

    private static func number(_ item: DICOMItem) -> Number {
        let measured = item.item(.measuredValueSequence)
        let unit = measured?.item(.measurementUnitsCodeSequence)
        let modifiers = item.items(.contentSequence).map { child in
            let concept = child.item(.conceptCodeSequence)
            let value =
                concept?.string(.codeValue) ?? child.string(.textValue)
                ?? child.item(.measuredValueSequence)?.string(.numericValue)
            return "\(code(child) ?? "") = \(value ?? "")"
        }
        return Number(
            code: code(item) ?? "", scheme: item.item(.conceptNameCodeSequence)?.string(.codingSchemeDesignator) ?? "",
            unit: unit?.string(.codeValue) ?? unit?.string(.longCodeValue),
            value: measured?.double(.floatingPointValue), text: measured?.double(.numericValue),
            qualifier: item.item(.numericValueQualifierCodeSequence)?.string(.codeValue), modifiers: modifiers)
    }
}

@Suite("weft extract --sr")
struct StructuredReportTests {
    private static let tools = ["/usr/bin/dciodvfy", "/usr/bin/dsrdump"]

    private func only(_ folder: String, _ scratch: Scratch) throws -> String {
        let names = try scratch.names(in: folder)
        try #require(names.count == 1, "\(names)")
        return scratch.path("\(folder)/\(names[0])")
    }

    private func table(_ name: String, _ scratch: Scratch) throws -> Table {
        try Table(csv: String(decoding: scratch.read(name), as: UTF8.self))
    }

    /// Every number of every group against the row of the table, in its order.
    private func compare(_ report: Report, _ table: Table) throws {
        let features = table.columns.drop { !$0.hasPrefix("diagnostics_") }.filter { !$0.hasPrefix("diagnostics_") }
        let rows = table.rows.filter { $0["status"] != "failed" }
        try #require(report.groups.count == rows.count)
        for (group, row) in zip(report.groups, rows) {
            try #require(group.numbers.count == features.count)
            for (number, feature) in zip(group.numbers, features) {
                let cell = row[feature] ?? ""
                #expect(number.value == Double(cell), "\(feature): \(number), table \(cell)")
                #expect((number.value == nil) == (number.qualifier != nil), "\(feature): \(number)")
                if let value = number.value {
                    // 16 characters, of which a sign and an exponent may take seven.
                    let text = try #require(number.text)
                    #expect(abs(text - value) <= 1e-8 * abs(value), "\(feature): \(text) \(value)")
                }
            }
        }
    }

    @Test("all numbers of the table, by IBSI codes, with units, references and settings")
    func lesion() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.weft(
            expecting: 0,
            ["extract", "ct-lesion", "--bin-width", "25", "--range", "-500,400", "--distances", "1,2"]
                + ["-o", "t.csv", "--sr", "sr", "-q"])
        let report = try Report(only("sr", scratch))
        try compare(report, table("t.csv", scratch))

        let image = try DICOMFile(path: scratch.path("ct-lesion/ct/IM001.dcm"))
        for tag in [DICOMTag.patientName, .patientID, .studyInstanceUID, .studyDate] {
            #expect(report.file.string(tag) == image.string(tag))
        }
        #expect(report.file.string(.completionFlag) == "COMPLETE")
        // Contours and segments of one name: each group points to its own object.
        #expect(report.groups.map(\.region) == ["3", "1", nil, "2", nil])
        #expect(report.groups.map(\.segment) == [nil, nil, 1, nil, 2])
        #expect(report.groups.allSatisfy { $0.template == "1411" && $0.sources > 0 && $0.sources <= 24 })
        #expect(Set(report.groups.map(\.trackingUID)).count == 5)
        #expect(report.groups.map(\.tracking) == ["Körper", "Lesion", "Lesion", "Lesion rim", "Necrotic core"])

        let contrast = report.groups[0].numbers.filter { $0.code == "ACUI" }
        #expect(contrast.count == 4 && contrast.allSatisfy { $0.scheme == "IBSI" && $0.unit == "{greyLevel2}" })
        let settings = ["discretisation = Q3RU", "binWidth = 25", "lowerBound = -500"]
        #expect(
            contrast.map(\.modifiers) == [
                ["370129005 = ITBB", "distance = 1"] + settings, ["370129005 = IAZD", "distance = 1"] + settings,
                ["370129005 = ITBB", "distance = 2"] + settings, ["370129005 = IAZD", "distance = 2"] + settings,
            ])
        let mean = try #require(report.groups[0].numbers.first { $0.code == "Q4LE" })
        #expect(mean.unit == "[hnsf'U]" && mean.modifiers.isEmpty)

        // What the tree points to is listed once, by series.
        let evidence = try #require(report.file.items(.currentRequestedProcedureEvidenceSequence).first)
        let counts = evidence.items(.referencedSeriesSequence).map { $0.items(.referencedSOPSequence).count }
        #expect(counts.sorted() == [1, 1, 24])
    }

    @Test("filtered images: every number of the table with its filter, without the image's unit and bins")
    func filtered() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.weft(
            expecting: 0,
            [
                "extract", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--families", "stat,cm",
                "--bin-width", "25", "--range", "-500,400", "--images", "[original, {kind: log, sigma: 3}]",
                "-o", "t.csv", "--sr", "sr", "-q",
            ])
        let report = try Report(only("sr", scratch))
        try compare(report, table("t.csv", scratch))
        let means = report.groups[0].numbers.filter { $0.code == "Q4LE" }
        #expect(means.map(\.unit) == ["[hnsf'U]", "[arb'U]"])
        #expect(means.map(\.modifiers) == [[], ["filter = log_s3"]])
        let contrasts = report.groups[0].numbers.filter { $0.code == "ACUI" }
        #expect(contrasts.count == 4 && contrasts.allSatisfy { $0.scheme == "IBSI" })
        for (number, contrast) in contrasts.enumerated() {
            #expect(contrast.modifiers.contains("binWidth = 25") == (number < 2), "\(contrast)")
            #expect(contrast.modifiers.contains("filter = log_s3") == (number >= 2), "\(contrast)")
        }
    }

    @Test("the same bytes with one thread, with three, and after --resume")
    func sameBytes() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let options = ["extract", "ct-lesion", "--families", "stat,cm", "-q"]
        try scratch.weft(expecting: 0, options + ["-o", "one.csv", "--sr", "one", "-j1"])
        try scratch.weft(expecting: 0, options + ["-o", "three.csv", "--sr", "three", "-j3"])
        let report = try Data(contentsOf: URL(fileURLWithPath: only("one", scratch)))
        #expect(try report == Data(contentsOf: URL(fileURLWithPath: only("three", scratch))))
        try scratch.weft(expecting: 73, options + ["-o", "four.csv", "--sr", "one"])
        let resumed = try scratch.weft(expecting: 0, options + ["-o", "one.csv", "--sr", "one", "--resume"])
        #expect(resumed.error.isEmpty, "\(resumed.error)")
        #expect(try report == Data(contentsOf: URL(fileURLWithPath: only("one", scratch))))
        // Other settings are another object of the same series.
        try scratch.weft(expecting: 0, options + ["-o", "w.csv", "--sr", "w", "--bin-width", "10"])
        let (first, other) = (try Report(only("one", scratch)).file, try Report(only("w", scratch)).file)
        #expect(first.string(.sopInstanceUID) != other.string(.sopInstanceUID))
        #expect(first.string(.seriesInstanceUID) == other.string(.seriesInstanceUID))
    }

    @Test("PyRadiomics' names where IBSI has no code, or another definition")
    func pyradiomics() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.weft(
            expecting: 0,
            [
                "extract", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--convention", "pyradiomics",
                "-o", "t.csv", "--sr", "sr", "-q",
            ])
        let report = try Report(only("sr", scratch))
        try compare(report, table("t.csv", scratch))
        let names = report.groups[0].numbers.filter { $0.scheme == "99PYRADIOMICS" }.map(\.code)
        #expect(names.contains("original_firstorder_Kurtosis") && names.contains("original_firstorder_TotalEnergy"))
        #expect(!names.contains("original_glcm_Contrast"), "\(names)")
        #expect(report.groups[0].numbers.allSatisfy { $0.modifiers.first == "370129005 = 3.0.1" })
    }

    @Test("a whole image is a group without a region; undefined values say why; failures make the report partial")
    func wholeAndPartial() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.weft(
            expecting: 0,
            [
                "extract", "ct-lesion/ct", "--whole-image", "--families", "stat,cm", "--bin-count", "1", "-o", "t.csv",
                "--sr", "whole", "-q",
            ])
        let whole = try Report(only("whole", scratch))
        try compare(whole, table("t.csv", scratch))
        #expect(whole.groups[0].template == "1501" && whole.groups[0].sources == 24)
        #expect(whole.groups[0].numbers.contains { $0.value == nil && $0.qualifier == "114000" })

        try scratch.weft(
            expecting: 2,
            [
                "extract", "ct-lesion", "--families", "stat", "--range", "60,300", "-o", "p.csv", "--sr", "partial",
                "-q",
            ])
        let table = try table("p.csv", scratch)
        let failed = table.rows.count { $0["status"] == "failed" }
        try #require(failed > 0 && failed < table.rows.count, "\(failed) of \(table.rows.count) rows failed")
        let partial = try Report(only("partial", scratch))
        #expect(partial.file.string(.completionFlag) == "PARTIAL")
        #expect(partial.file.string(.completionFlagDescription) == "\(failed) region(s) could not be computed")
        try compare(partial, table)
    }

    @Test("a PNG belongs to no study")
    func png() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let result = try scratch.weft(expecting: 65, ["extract", "us-speckle", "-o", "t.csv", "--sr", "sr", "-q"])
        #expect(result.error.contains("--sr needs DICOM images"), "\(result.error)")
        #expect(!scratch.exists("t.csv") && !scratch.exists("t.csv.partial"))
    }

    @Test(
        "dciodvfy has no error and dsrdump shows the tree",
        .enabled(
            if: tools.allSatisfy(FileManager.default.isExecutableFile), "dicom3tools or dcmtk is not installed"),
        arguments: ["ibsi", "pyradiomics"])
    func validators(convention: String) throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.weft(
            expecting: 0, ["extract", "ct-lesion", "--convention", convention, "-o", "t.csv", "--sr", "sr", "-q"])
        let path = try only("sr", scratch)
        let validation = try scratch.shell("dciodvfy -new '\(path)' 2>&1")
        let errors = validation.text.split(separator: "\n").filter { $0.hasPrefix("Error") }
        #expect(errors.isEmpty && validation.status == 0, "\(validation.text)")
        let dump = try scratch.shell("dsrdump '\(path)'")
        // It warns that it does not check values in UTF-8.
        let complaints = dump.error.split(separator: "\n").filter { !$0.hasPrefix("W:") }
        #expect(dump.status == 0 && complaints.isEmpty, "\(dump.error)")
        #expect(dump.text.contains("Lesion"))
    }
}
