import Foundation
import TestSupport
import Testing

/// The inputs of `cases/`: made after public bug reports of other tools, each with the right value.
@Suite(
    "inputs that went wrong elsewhere",
    .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct CaseTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var folder: String
        /// Voxels of the regions, in the order of the rows.
        var voxels: [String]
        var status = "ok"
        /// In the reason of each row.
        var words = ""

        var testDescription: String { folder }
    }

    @Test(
        "a mask is what was drawn, or the row says what was guessed",
        arguments: [
            Case(
                folder: "rtstruct-repeated-contour-vanishes/in/backwards", voxels: ["2340"], status: "warning",
                words: "repeat another one"),
            Case(
                folder: "rtstruct-repeated-contour-vanishes/in/closed", voxels: ["2340"], status: "warning",
                words: "repeat another one"),
            Case(folder: "rtstruct-overlapping-contours/in", voxels: ["560"], status: "warning", words: "united"),
            Case(folder: "rtstruct-contour-data-un/in", voxels: ["2196"]),
            Case(
                folder: "rtstruct-own-frame-of-reference/in", voxels: ["332"], status: "warning",
                words: "frame of reference"),
            Case(folder: "concatenation/in", voxels: ["672"]),
            Case(folder: "seg-binary-jpeg2000/in", voxels: ["884", "680"]),
            Case(folder: "png-smoothed-mask/in", voxels: ["360"], status: "warning", words: "smoothed"),
            Case(folder: "png-palette-mask/in", voxels: ["360"]),
            Case(folder: "png-second-mask/in", voxels: ["360", "300"]),
        ])
    func masks(_ item: Case) throws {
        let table = try Scratch().table(SharedFiles.path("cases/\(item.folder)"), "--families", "stat")
        #expect(table.rows.map { $0["diagnostics_roi_voxels"] } == item.voxels)
        for row in table.rows {
            #expect(row["status"] == item.status)
            #expect(row["reason"]?.contains(item.words) == true || item.words.isEmpty, "\(row["reason"] ?? "")")
        }
    }

    @Test("names of ROIs in the character sets of ISO 2022 are found as a person writes them")
    func names() throws {
        let table = try Scratch().table(
            SharedFiles.path("cases/roi-names-iso2022/in/ir87"), "--families", "stat", "--roi", "腫瘍")
        #expect(table.rows.map { $0["roi"] } == ["腫瘍"] && table.rows[0]["status"] == "ok")
    }
}
