import Foundation
import TestSupport
import Testing

@Suite("a register of spellings")
struct RegionRegisterTests {
    static let register = "regions: {GTV: ['GTV*', 'gtv_mass*', Tumour]}\nfamilies: [stat]\n"

    private func scan() throws -> Scratch {
        let scratch = try Scratch()
        _ = try ThreeModalities(
            scratch, "pacs",
            rois: [
                ("A", ["Lung", "GTV_Mass 1"]), ("B", ["TUMOUR", "Heart"]), ("C", ["Heart"]), ("D", ["gtv", "GTV-2"]),
            ])
        return scratch
    }

    private func run(_ scratch: Scratch, expecting status: Int32 = 0, _ options: String...) throws -> (Table, String) {
        let result = try scratch.weft(
            expecting: status, ["extract", "pacs", "--modality", "CT", "--identity", "full", "-o", "-"] + options)
        return (Table(csv: result.text), result.error)
    }

    private func names(_ table: Table) -> Set<String> {
        Set(table.rows.map { "\($0["patient"] ?? "") \($0["roi"] ?? "") \($0["label"] ?? "")" })
    }

    @Test("the column roi has the name on the left, a note the one in the mask; who has none is a line at the end")
    func register() throws {
        let scratch = try scan()
        try scratch.write("s.yaml", Self.register)
        let (table, error) = try run(scratch, "--settings", "s.yaml")
        #expect(names(table) == ["A GTV 2", "B GTV 1", "D GTV 1", "D GTV 2"])
        #expect(
            try table.row(("patient", "A"))["diagnostics_notes"]?.contains("called 'GTV_Mass 1' in the mask") == true)
        #expect(table.rows.allSatisfy { $0["status"] == "ok" })
        #expect(error.contains("no GTV in 1 of 4 patient(s): C\n"), "\(error)")
        // The same as options, and the file's beaten by them.
        let (again, _) = try run(
            scratch, "--regions", "GTV=GTV*,gtv_mass*,Tumour", "--families", "stat")
        #expect(again.rows == table.rows)
        let (hearts, _) = try run(scratch, "--settings", "s.yaml", "--regions", "Cor=heart")
        #expect(names(hearts) == ["B Cor 2", "C Cor 1"])
    }

    @Test("--roi asks for the register's name; names outside of it stay what they are")
    func named() throws {
        let scratch = try scan()
        try scratch.write("s.yaml", Self.register)
        let (gtv, _) = try run(scratch, expecting: 2, "--settings", "s.yaml", "--roi", "GTV")
        #expect(gtv.rows.count { $0["status"] == "ok" } == 4)
        let failed = try gtv.row(("status", "failed"))
        #expect(failed["patient"] == "C" && failed["reason"]?.contains("no region named 'GTV'") == true)
        let (heart, _) = try run(scratch, expecting: 2, "--settings", "s.yaml", "--roi", "Heart")
        #expect(heart.rows.filter { $0["status"] == "ok" }.map { $0["roi"] } == ["Heart", "Heart"])
        // What the mask calls it is no longer its name.
        let (own, _) = try run(scratch, expecting: 2, "--settings", "s.yaml", "--roi", "GTV_Mass 1")
        #expect(own.rows.allSatisfy { $0["status"] == "failed" })
        let (all, _) = try run(scratch, "--settings", "s.yaml", "--roi", "*")
        #expect(all.rows.count == 7)
    }

    @Test("a region with the spellings of two names says which it got; a spelling under two names is refused")
    func ambiguous() throws {
        let scratch = try scan()
        let (table, _) = try run(
            scratch, "--regions", "Mass=gtv*", "--regions", "Primary=*1", "--regions", "Second=gtv-2", "--families",
            "stat")
        let first = try table.row(("patient", "A"))
        #expect(first["roi"] == "Mass" && first["status"] == "warning")
        #expect(first["reason"]?.contains("a spelling of Mass and Primary") == true, "\(first["reason"] ?? "")")
        // A spelling letter by letter comes before a pattern.
        #expect(try table.row(("patient", "D"), ("label", "2"))["roi"] == "Second")
        for (regions, words) in [
            ("{GTV: [a, Tumour], CTV: [tumour]}", "'tumour' is a spelling of GTV and of CTV"),
            ("{GTV: ['']}", "regions.GTV: found an empty text"), ("[GTV]", "regions: found a list"),
        ] {
            try scratch.write("bad.yaml", "regions: \(regions)\n")
            let refused = try scratch.weft(expecting: 64, ["extract", "--print-settings", "--settings", "bad.yaml"])
            #expect(refused.error.contains(words), "\(refused.error)")
        }
    }

    @Test("spellings that no mask has are an error that lists what there is")
    func nobody() throws {
        let scratch = try scan()
        let result = try scratch.weft(expecting: 65, ["extract", "pacs", "--regions", "Liver=hepar", "-o", "t.csv"])
        #expect(
            result.error.contains("no region with a spelling of Liver; found 'GTV-2', 'GTV_Mass 1', 'Heart'"),
            "\(result.error)")
        #expect(try scratch.names(in: ".") == ["pacs"])
    }
}
