import Glibc

/// What a process leaves that was killed within ``writeWholeFile(at:_:)``: `.NAME.PID-N.part` beside the file NAME that it was
/// to become.
package enum Leftovers {
    /// The NAME of `.NAME.PID-N.part`; nil for any other name.
    package static func target(of name: some StringProtocol) -> String? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].isEmpty, parts[parts.count - 1] == "part" else { return nil }
        let numbers = parts[parts.count - 2].split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 2,
            numbers.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } })
        else { return nil }
        let target = parts[1..<parts.count - 2].joined(separator: ".")
        return target.isEmpty ? nil : target
    }

    /// Removes those in a folder whose target is one of ours. Only for who holds the lock that keeps other writers of these
    /// targets out: the file of a writer that is still at work looks the same. What cannot be removed stays.
    ///
    /// - Returns: the names that were removed.
    @discardableResult
    package static func remove(from folder: String, where isOurs: (String) -> Bool) -> [String] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var found: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let target = target(of: name), isOurs(target) { found.append(name) }
        }
        return found.sorted().filter { unlink(folder + "/" + $0) == 0 }
    }

    /// Removes the temporary files in a folder whose writers are gone: nobody is writing in it just now, in this process or any
    /// other. Needs no lock of the caller's; where somebody is at work nothing is removed.
    package static func removeAbandoned(from folder: String, where isOurs: (String) -> Bool = { _ in true }) {
        guard let watched = WatchedFolder(folder), watched.haveAlone() else { return }
        remove(from: folder.isEmpty ? "." : folder, where: isOurs)
    }

    /// Removes what killed writers of one file left beside it.
    package static func removeAbandoned(of path: String) {
        let file = FileName(path)
        removeAbandoned(from: String(file.folder)) { $0 == file.name }
    }
}
