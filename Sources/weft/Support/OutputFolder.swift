import Foundation

/// A folder that a command writes several files into.
enum OutputFolder {
    /// What to do with a folder that has files in it.
    enum Existing { case refuse, replace }

    /// Makes the folder, and finds out before the work starts whether it can be written into. `option` is the one that
    /// names it, for messages.
    static func prepare(_ path: String, existing: Existing, option: String) throws {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        if files.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else {
                throw CommandFailure(.outputUnwritable, "\(path): found a file, expected a folder for \(option)")
            }
            let count: Int
            do {
                count = try files.contentsOfDirectory(atPath: path).count
            } catch { throw CommandFailure(.outputUnwritable, "\(path): \(error.localizedDescription)") }
            guard count == 0 || existing == .replace else {
                throw CommandFailure(
                    .outputUnwritable,
                    "\(path) has \(count) entries in it; give \(option) an empty folder, or --force to replace files")
            }
        } else if mkdir(path, 0o755) != 0 {
            throw CommandFailure(
                .outputUnwritable, "\(path): cannot be made a folder: \(String(cString: strerror(errno)))")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw CommandFailure(.outputUnwritable, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Letters, digits and a few marks; anything else could lead out of the folder.
    /// Cut to what leaves room for the other parts in the 255 bytes of a name.
    static func fileName(_ text: String) -> String {
        var name = String(text.map { $0.isLetter || $0.isNumber || "-.".contains($0) ? $0 : "-" })
        while name.utf8.count > 48 { name.removeLast() }
        return name
    }
}
