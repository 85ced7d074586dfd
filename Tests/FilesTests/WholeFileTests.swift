import Files
import Foundation
import Testing

@Suite("Files that appear whole or not at all")
struct WholeFileTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-whole-\(UUID())").path
        try makeFolder(at: folder)
    }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }
    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
    }

    @Test("Several files can be made ready before the first appears, and one that is not committed goes")
    func pending() throws {
        do {
            let first = try PendingFile(path("a"), "1".utf8)
            _ = try PendingFile(path("b"), "2".utf8)
            #expect(try !names.contains("a") && !names.contains("b"))
            try first.commit()
        }
        #expect(try names == ["a"])
    }

    @Test("A file that is there is replaced or not, as was asked; links are not followed")
    func existing() throws {
        try writeWholeFile(at: path("a"), "1".utf8)
        try writeWholeFile(at: path("a"), "2".utf8)
        #expect(throws: FileWritingError.self) { try writeWholeFile(at: path("a"), existing: .refuse, "3".utf8) }
        #expect(try readWholeFile(at: path("a")) == Data("2".utf8))
        try FileManager.default.createSymbolicLink(atPath: path("b"), withDestinationPath: path("nowhere"))
        #expect(throws: FileWritingError.self) { try writeWholeFile(at: path("b"), existing: .refuse, "3".utf8) }
        #expect(try names == ["a", "b"])
    }

    @Test("The umask decides who may read")
    func permissions() throws {
        let before = umask(0o002)
        defer { umask(before) }
        try writeWholeFile(at: path("a"), "1".utf8)
        var status = stat()
        #expect(stat(path("a"), &status) == 0 && status.st_mode & 0o777 == 0o664)
    }

    @Test("What Foundation throws is told in the system's words, with what to do")
    func words() throws {
        let error = #expect(throws: FileWritingError.self) {
            try writeWholeFile(at: path("a")) { try Data(count: 8).write(to: URL(fileURLWithPath: $0 + "/x")) }
        }
        #expect(error?.description == "\(path("a")): cannot be written: No such file or directory")
        #expect(
            SystemError(code: ENOSPC).description == "No space left on device; make room, then give the command again")
        #expect(SystemError(code: EACCES).description == "Permission denied; check the permissions")
        for code in [CocoaError.Code.fileReadUnknown, .fileWriteOutOfSpace, .fileReadNoPermission] {
            #expect(!SystemError.text(of: CocoaError(code)).contains("NSCocoa"))
        }
        #expect(SystemError.text(of: CocoaError(.fileWriteOutOfSpace)).contains("No space left"))
    }

    @Test("A folder, a device and a pipe are no files", arguments: ["/tmp", "/dev/zero", "pipe"])
    func notFiles(name: String) throws {
        mkfifo(path("pipe"), 0o600)
        let given = name == "pipe" ? path(name) : name
        let error = #expect(throws: FileReadingError.self) { try readWholeFile(at: given) }
        #expect(error?.reason.hasSuffix("expected a file") == true)
        #expect(throws: FileReadingError.absent(path: path("gone"))) { try readWholeFile(at: path("gone")) }
    }

    @Test("What a killed writer left is taken away when nobody writes in the folder, and not before")
    func abandoned() throws {
        let leftover = path(".a.csv.12-34.part")
        try Data("x".utf8).write(to: URL(fileURLWithPath: leftover))
        do {
            let writing = try PendingFile(path("b"), "1".utf8)
            Leftovers.removeAbandoned(from: folder)
            #expect(try names.count == 2)
            try writing.commit()
        }
        Leftovers.removeAbandoned(of: path("other"))
        #expect(try names.count == 2)
        Leftovers.removeAbandoned(of: path("a.csv"))
        #expect(try names == ["b"])
    }

    @Test("A lock file that is a link is refused")
    func lockIsNoLink() throws {
        try FileManager.default.createSymbolicLink(atPath: path(".lock"), withDestinationPath: path("victim"))
        #expect(throws: FolderLockError.self) { try FolderLock(folder) }
        #expect(!FileManager.default.fileExists(atPath: path("victim")))
    }
}
