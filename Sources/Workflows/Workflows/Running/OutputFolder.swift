import Files
import Foundation

/// A folder that several files are written into.
public struct OutputFolder: Hashable, Sendable {
    /// What to do with a folder that has files in it.
    public enum Existing: Sendable { case refuse, replace }

    public var path: String
    public var existing: Existing

    public init(_ path: String, existing: Existing = .refuse) {
        (self.path, self.existing) = (path, existing)
    }

    /// Makes the folder, takes away what killed runs left of their files in it, and finds out before the work starts whether it
    /// can be written into. `option` is the one that names it, for messages.
    package func prepare(option: String) throws(WorkflowError) {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        if files.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else { throw .fileInsteadOfFolder(path: path, option: option) }
            let count: Int
            Leftovers.removeAbandoned(from: path)
            do {
                count = try files.contentsOfDirectory(atPath: path).count
            } catch { throw .outputUnwritable(path: path, reason: ": \(SystemError.text(of: error))") }
            guard count == 0 || existing == .replace else {
                throw .folderNotEmpty(path: path, entries: count, option: option)
            }
        } else if mkdir(path, 0o777) != 0, errno != EEXIST {  // Made by another shard just now.
            throw .outputUnwritable(path: path, reason: ": cannot be made a folder: \(SystemError.last)")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw .outputUnwritable(path: path, reason: " cannot be written: \(SystemError.last)")
        }
    }

    /// Letters, digits and a few marks; anything else could lead out of the folder.
    /// Cut to what leaves room for the other parts in the 255 bytes of a name.
    package static func fileName(_ text: String) -> String {
        var name = String(text.map { $0.isLetter || $0.isNumber || "-.".contains($0) ? $0 : "-" })
        while name.utf8.count > 48 { name.removeLast() }
        return name
    }
}
