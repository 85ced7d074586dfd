// The program as its users have it: started as a process, judged by what it writes and how it ends.
import Foundation
import Testing

/// The built binary and the repository that it was built from.
enum CommandLineTool {
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Beside the test executable, whatever the build folder is called.
    static let path: String? = {
        var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        var candidates: [URL] = []
        while folder.path != "/" {
            candidates.append(folder)
            folder.deleteLastPathComponent()
        }
        candidates += ["release", "debug"].map { repository.appendingPathComponent(".build/\($0)") }
        return candidates.map { $0.appendingPathComponent("weft").path }.first { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
                && FileManager.default.isExecutableFile(atPath: path)
        }
    }()

    struct Result {
        var status: Int32
        var output: Data
        var error: String

        var text: String { String(decoding: output, as: UTF8.self) }
    }
}

/// A temporary folder that goes with its owner, and the program run in it.
final class Scratch {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// A scratch folder that holds a copy of `samples/`, or of one of its folders under its own name.
    init(sample: String) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: CommandLineTool.repository.appendingPathComponent(sample),
            to: folder.appendingPathComponent(URL(fileURLWithPath: sample).lastPathComponent))
    }

    deinit {
        do {
            try FileManager.default.removeItem(at: folder)
        } catch { Issue.record("the temporary folder stays: \(error)") }
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    func read(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }

    func names(in name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(name)).sorted()
    }

    /// Starts `weft`; its output goes to files, which no reader has to empty.
    func start(_ arguments: [String], executable: String? = nil) throws -> Running {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try executable ?? #require(CommandLineTool.path))
        process.arguments = arguments
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        let binaries = try URL(fileURLWithPath: #require(CommandLineTool.path)).deletingLastPathComponent().path
        environment["PATH"] = "\(binaries):\(environment["PATH"] ?? "/usr/bin:/bin")"
        process.environment = environment
        let streams = FileManager.default.temporaryDirectory.appendingPathComponent("weft-streams-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: streams, withIntermediateDirectories: true)
        let (output, error) = (streams.appendingPathComponent("out"), streams.appendingPathComponent("err"))
        try Data().write(to: output)
        try Data().write(to: error)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: error)
        process.standardInput = FileHandle.nullDevice
        // The tests' threads block signals, and a process would inherit that from the one that starts it.
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        return Running(process: process, streams: streams)
    }

    struct Running {
        var process: Process
        var streams: URL

        func wait() throws -> CommandLineTool.Result {
            process.waitUntilExit()
            let output = try Data(contentsOf: streams.appendingPathComponent("out"))
            let error = try Data(contentsOf: streams.appendingPathComponent("err"))
            try FileManager.default.removeItem(at: streams)
            return CommandLineTool.Result(
                status: process.terminationStatus, output: output, error: String(decoding: error, as: UTF8.self))
        }
    }

    func weft(_ arguments: String...) throws -> CommandLineTool.Result { try start(arguments).wait() }

    /// Runs `weft` and expects a status, with what it said when that is another.
    @discardableResult
    func weft(
        expecting status: Int32, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> CommandLineTool.Result {
        let result = try start(arguments).wait()
        #expect(
            result.status == status, "weft \(arguments.joined(separator: " ")): \(result.error)",
            sourceLocation: sourceLocation)
        return result
    }

    func shell(_ line: String) throws -> CommandLineTool.Result {
        try start(["-c", line], executable: "/bin/sh").wait()
    }

    /// The table that `weft extract` gives for the arguments, read from its standard output.
    func table(
        expecting status: Int32 = 0, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Table {
        let result = try weft(
            expecting: status, ["extract"] + arguments + ["-o", "-", "--quiet"], sourceLocation: sourceLocation)
        return Table(csv: result.text)
    }
}

/// A CSV as RFC 4180 has it.
struct Table {
    var columns: [String]
    var rows: [[String: String]]

    init(csv: String) {
        var records: [[String]] = [[""]]
        var quoted = false
        for character in csv {
            let last = records.count - 1
            switch character {
            case "\"":
                // A doubled quote leaves and enters quotes again; the quote itself is put back.
                if !quoted, records[last][records[last].count - 1].isEmpty == false {
                    records[last][records[last].count - 1] += "\""
                }
                quoted.toggle()
            case "," where !quoted: records[last].append("")
            case "\n" where !quoted: records.append([""])
            default: records[last][records[last].count - 1].append(character)
            }
        }
        if records.last == [""] { records.removeLast() }
        let header = records.first ?? []
        columns = header
        rows = records.dropFirst().map { record in
            Dictionary(zip(header, record)) { first, _ in first }
        }
    }

    func row(_ match: (String, String)...) throws -> [String: String] {
        let found = rows.filter { row in match.allSatisfy { row[$0.0] == $0.1 } }
        try #require(found.count == 1, "\(found.count) rows with \(match)")
        return found[0]
    }
}

extension [String: String] {
    /// The cell as a number; fails the test when it is none.
    func number(_ column: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Double {
        let text = try #require(self[column], "no column \(column)", sourceLocation: sourceLocation)
        return try #require(Double(text), "\(column) is '\(text)'", sourceLocation: sourceLocation)
    }
}
