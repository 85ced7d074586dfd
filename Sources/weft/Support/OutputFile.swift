import Files
import Foundation
import Ingestion

/// A file that a command writes at its end; whether it can be is known before the work starts.
struct OutputFile {
    let path: String
    private let existing: ExistingFile

    /// `-` is standard output.
    /// - Throws: ``CommandFailure`` when the file is there without `--force`, is a folder, or its folder cannot be written.
    init(_ path: String, replacing: Bool) throws {
        self.path = path
        existing = replacing ? .replace : .refuse
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
            throw CommandFailure(.outputUnwritable, "\(path) cannot be written: \(folder): \(SystemError.last)")
        }
        Leftovers.removeAbandoned(of: path)
    }

    /// Letters after the last dot, lower case.
    var suffix: String { path.contains(".") ? path.split(separator: ".").last?.lowercased() ?? "" : "" }

    /// The file appears whole or not at all.
    func write(_ text: String) throws { try Self.write([(self, text)]) }

    /// Several files that belong together: all of them are ready before the first appears.
    static func write(_ files: [(file: OutputFile, text: String)]) throws {
        do throws(FileWritingError) {
            var pending: [(OutputFile, PendingFile)] = []
            for (file, text) in files where file.path != "-" {
                pending.append((file, try PendingFile(file.path, text.utf8)))
            }
            for (file, made) in pending { try made.commit(file.existing) }
        } catch  where error.code == EEXIST {
            throw CommandFailure(
                .outputUnwritable,
                "\(error.path) was made by somebody else in the meantime; add --force to replace it")
        } catch { throw CommandFailure(.outputUnwritable, error.description) }
        for (file, text) in files where file.path == "-" { Console.print(text) }
    }
}
