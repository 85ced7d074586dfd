import Files
import Foundation
import Ingestion

/// A file that a command writes at its end; whether it can be is known before the work starts.
struct OutputFile {
    let path: String

    /// `-` is standard output.
    /// - Throws: ``CommandFailure`` when the file is there without `--force`, is a folder, or its folder cannot be written.
    init(_ path: String, replacing: Bool) throws {
        self.path = path
        guard path != "-" else { return }
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if exists, isFolder.boolValue {
            throw CommandFailure(.outputUnwritable, "\(path): found a folder, expected a file to write")
        }
        guard !exists || replacing else {
            throw CommandFailure(.outputUnwritable, "\(path) exists; add --force to replace it")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard access(folder, W_OK | X_OK) == 0 else {
            throw CommandFailure(
                .outputUnwritable, "\(path) cannot be written: \(folder): \(String(cString: strerror(errno)))")
        }
    }

    /// Letters after the last dot, lower case.
    var suffix: String { path.contains(".") ? path.split(separator: ".").last?.lowercased() ?? "" : "" }

    /// The file appears whole or not at all.
    func write(_ text: String) throws {
        guard path != "-" else { return Console.print(text) }
        do {
            try writeWholeFile(at: path) { try Data(text.utf8).write(to: URL(fileURLWithPath: $0)) }
        } catch let error as FileWritingError {
            throw CommandFailure(.outputUnwritable, error.description)
        } catch {
            throw CommandFailure(.outputUnwritable, "\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
