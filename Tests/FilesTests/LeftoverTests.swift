import Files
import Foundation
import Testing

@Suite("Temporary files of killed processes")
struct LeftoverTests {
    @Test(
        "The scheme of whole-file writes is told from everything else",
        arguments: [
            (".last.safetensors.4711-99.part", "last.safetensors"), (".a.1-2.part", "a"), (".a.b.c.1-2.part", "a.b.c"),
            (".1-2.part", nil), ("last.safetensors.4711-99.part", nil), (".a.1-.part", nil), (".a.-2.part", nil),
            (".a.1-2-3.part", nil), (".a.1-x.part", nil), (".a.1-2.partial", nil), (".lock", nil), ("..1-2.part", nil),
        ] as [(String, String?)])
    func scheme(_ name: String, _ target: String?) { #expect(Leftovers.target(of: name) == target) }

    @Test("Only those of one's own targets go")
    func removal() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-left-\(UUID())").path
        try makeFolder(at: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in [".a.csv.12-34.part", ".b.csv.12-34.part", "a.csv", ".a.csv.note"] {
            FileManager.default.createFile(atPath: folder + "/" + name, contents: nil)
        }
        #expect(Leftovers.remove(from: folder) { $0 == "a.csv" } == [".a.csv.12-34.part"])
        #expect(Leftovers.remove(from: folder) { $0 == "a.csv" } == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 3)
        #expect(Leftovers.remove(from: folder + "/absent") { _ in true } == [])
        // What writeWholeFile names is of the scheme.
        var temporary = ""
        try writeWholeFile(at: folder + "/x.y") {
            temporary = $0
            FileManager.default.createFile(atPath: $0, contents: nil)
        }
        #expect(Leftovers.target(of: FileName(temporary).name) == "x.y")
    }
}
