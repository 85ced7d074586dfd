import Ingestion
import TestSupport
import Testing

@Suite("names of images and their labels")
struct LabelTableTests {
    @Test(
        "the longest common end of the path decides; the suffix and ./ do not count",
        arguments: [
            ("x.png", [0]), ("x", [0]), ("./x.PNG", [0]), ("images/x.png", [0]), ("/data/busi/images/x", [0]),
            ("b/y.png", [2]), ("data/b/y", [2]), ("a/y", [1]), ("y", [1, 2]), ("c/y", []), ("xx", []), ("", []),
            ("s/P1/ct/slice", [3]), ("P1", [3]), ("P1/ct", [3]),
        ] as [(String, [Int])])
    func names(name: String, expected: [Int]) {
        let names = ImageNames(["x.png", "a/y.png", "b/y", "s/P1"])
        #expect(names.matching(name).places == expected)
    }

    @Test("how a name was found")
    func matches() {
        let names = ImageNames(["x.png", "s/P1", "long/way/z"])
        #expect(names.matching("x").match == .whole && names.matching("q/x").match == .end(isShorter: true))
        #expect(names.matching("way/z").match == .end(isShorter: false))
        #expect(names.matching("s/P1/ct").match == .folder)
        // Only a folder that is named as a whole: `P1` alone would hold that of any study.
        #expect(names.matching("t/P1/ct").places == [])
    }

    private func table(_ folder: TemporaryFolder, _ text: String) throws -> LabelTable {
        try text.write(toFile: folder["labels.csv"], atomically: true, encoding: .utf8)
        return try LabelTable(path: folder["labels.csv"])
    }

    @Test("rows by image, by case, by both; names of columns in any case")
    func rows() throws {
        let folder = try TemporaryFolder()
        let images = try table(folder, "Image;Label;Patient\nimages/x.png;a;P1\nimages/y.png;b;P2\n")
        #expect(try images.row(case: "", image: "x.png")?.row.label == "a" && images.key == .image)
        #expect(try images.row(case: "y", image: "")?.row.patient == "P2")
        #expect(try images.row(case: "z", image: "z.png") == nil)
        let cases = try table(folder, "case,label\nx,a\ny,b\n")
        #expect(try cases.row(case: "y", image: "whatever.png")?.row.label == "b" && cases.key == .caseName)
        let both = try table(folder, "case,image,label\nP1 ct,ct/1.dcm,a\nP1 mr,mr/1.dcm,b\n")
        #expect(try both.row(case: "P1 mr", image: "ct/1.dcm")?.row.label == "b")
        #expect(try both.row(case: "none", image: "ct/1.dcm")?.row.label == "a")
    }

    @Test("rows that could both be meant are an error where they differ, and one where they do not")
    func doubt() throws {
        let folder = try TemporaryFolder()
        let differing = try table(folder, "image,label\na/x.png,a\nb/x.png,b\n")
        let error = #expect(throws: IngestionError.self) { try differing.row(case: "", image: "x.png") }
        #expect(
            error?.description.contains("'a/x.png' (row 1, a) and 'b/x.png' (row 2, b)") == true,
            "\(String(describing: error))")
        let alike = try table(folder, "image,label\na/x.png,a\nb/x.png,a\n")
        #expect(try alike.row(case: "", image: "x.png")?.row.label == "a")
    }

    @Test("a file that the table names without its suffix; rows that cannot be used")
    func files() throws {
        let folder = try TemporaryFolder()
        try "".write(toFile: folder["x.png"], atomically: true, encoding: .utf8)
        let found = try table(folder, "image,label,split\nx,a,train\n,b,train\nz,,train\nw,b,sideways\n")
        #expect(found.rows.map(\.image) == [folder["x.png"]] && found.problems.map(\.row) == [2, 3, 4])
        #expect(throws: IngestionError.self) { try table(folder, "picture,label\nx,a\n") }
        #expect(throws: IngestionError.self) { try table(folder, "image,class\nx,a\n") }
    }

    @Test("classes in the order of numbers, else of letters")
    func order() {
        #expect(LabelTable.ordered(classes: ["10", "2", "1", "2"]) == ["1", "2", "10"])
        #expect(LabelTable.ordered(classes: ["b", "a", "10"]) == ["10", "a", "b"])
    }
}
