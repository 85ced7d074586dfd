import Encoding
import Foundation
import Radiomics
import Tables
import Testing
import TextureCore

@Suite struct FeatureTableTests {
    /// What a table prints for some rows.
    private func printed(_ table: FeatureTable, _ encoding: TableEncoding, _ rows: [FeatureRow]) -> String {
        var text = ""
        let stream = TableStream(table: table, encoding: encoding) { text += $0 }
        for (number, row) in rows.enumerated() {
            stream.append([row], caseNumber: number)
            stream.finishCase(number)
        }
        stream.finish()
        return text
    }

    @Test func theHeaderHasIdentityThenDiagnosticsThenFeatures() throws {
        let table = FeatureTable(layout: .wide, features: try Rows.columns)
        #expect(Array(table.columns.prefix(10)) == FeatureTable.identityColumns)
        #expect(table.columns[10] == "diagnostics_weft_version")
        #expect(table.columns.suffix(2) == ["stat_mean", "stat_var"])
        let rows = try CSV.rows(of: printed(table, .csv, [try Rows.row("a")]))
        #expect(rows[0] == table.columns)
        #expect(rows[1].suffix(2) == ["0.1", ""], "an undefined value is an empty cell")
    }

    @Test(arguments: ["=a\"\u{301},b", "\"", "a,b", "\u{301}", "two\nlines", "</td>"])
    func whateverARegionIsCalledItsRowHasTheColumnsOfTheHeader(name: String) throws {
        let row = try Rows.row("a", roi: name)
        for layout in TableLayout.allCases {
            let table = FeatureTable(layout: layout, features: try Rows.columns)
            let rows = try CSV.rows(of: printed(table, .csv, [row]))
            #expect(rows.allSatisfy { $0.count == table.columns.count })
            // A spreadsheet takes what begins so for a formula.
            let shown = (name.hasPrefix("=") ? "'" : "") + name.replacing("\n", with: " ")
            #expect(Array(rows[1][6].utf8) == Array(shown.utf8))
            let line = try #require(printed(table, .jsonl, [row]).split(separator: "\n").first)
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?.count == table.columns.count)
        }
    }

    @Test func theLongLayoutSaysWhyAValueIsUndefined() throws {
        let table = FeatureTable(layout: .long, features: try Rows.columns)
        let failed = FeatureRow(identity: Rows.identity("b"), status: .failed, reason: "no voxels")
        let rows = try CSV.rows(of: printed(table, .csv, [try Rows.row("a"), failed]))
        #expect(rows.count == 4, "one row per value, and one for a failed case")
        #expect(rows[1].suffix(6) == ["stat_mean", "0.1", "", "intensity", "Q4LE", ""])
        #expect(rows[2].suffix(6) == ["stat_var", "", UndefinedReason.noVoxels.rawValue, "intensity²", "ECT3", ""])
        #expect(rows[3].suffix(6) == ["", "", "", "", "", ""])
    }

    @Test func aFailedRowHasEmptyCellsAndJSONHasNull() throws {
        let table = FeatureTable(layout: .wide, features: try Rows.columns)
        let failed = FeatureRow(identity: Rows.identity("a"), status: .failed, reason: "no voxels")
        #expect(try CSV.rows(of: printed(table, .csv, [failed]))[1].suffix(2) == ["", ""])
        let text = printed(table, .json, [try Rows.row("a"), failed])
        #expect(text.hasPrefix("[\n{\"case\":\"a\",") && text.hasSuffix("}\n]\n"))
        #expect(text.contains("\"stat_mean\":0.1,\"stat_var\":null},\n"))
        #expect(text.contains("\"stat_mean\":null,\"stat_var\":null}\n"))
    }

    @Test func numbersStandUnderTheNamesOfATableOfTheirOwn() throws {
        let table = FeatureTable(plain: ["emb_0", "emb_1"])
        let row = FeatureRow(identity: Rows.identity("a"), status: .ok, values: .numbers([3, -0.25]))
        let rows = try CSV.rows(of: printed(table, .csv, [row]))
        #expect(rows[0] == FeatureTable.identityColumns + ["emb_0", "emb_1"])
        #expect(rows[1].suffix(2) == ["3", "-0.25"])
    }
}
