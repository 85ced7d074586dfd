import DICOM
import Encoding
import Files
import Glibc

/// The files that a DICOMDIR lists (PS3.3 F, PS3.10 8), as they lie below its folder.
struct DICOMDirectory: Sendable {
    private(set) var files: [String] = []
    /// What is listed and not there.
    private(set) var skipped: [SkippedFile] = []

    static let sopClassUID = "1.2.840.10008.1.3.10"

    init(_ file: DICOMFile, path: String) {
        let folder = String(FileName(path).folder)
        var listings = FolderListings()
        var seen: Set<[String]> = []
        for record in file.items(.directoryRecordSequence) {
            // Each value of the file ID is the name of a folder, the last one that of the file.
            let parts = record.strings(.referencedFileID).map { String($0.drop { $0 == " " }).trimmedAtEnd }
            guard !parts.isEmpty, seen.insert(parts).inserted else { continue }
            let shown = folder + parts.joined(separator: "/")
            // A name that leads out of the folder belongs to no file set.
            guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("/") }) else {
                skipped.append(
                    SkippedFile(
                        path: path,
                        reason: "lists the file '\(shown.printable.shortened(to: 80))', which no file set can hold"))
                continue
            }
            if let found = listings.path(of: parts, below: folder) {
                files.append(found)
            } else {
                skipped.append(
                    SkippedFile(
                        path: shown,
                        reason:
                            "listed in \(FileName(path).name), found nothing there; copy the whole folder of the DICOMDIR"
                    ))
            }
        }
    }
}

/// Names in folders, looked up without regard to case and to the version (`;1`) that some file systems add: a file ID is in
/// capitals, its copy on a disk often not.
private struct FolderListings {
    private var known: [String: [String: String]] = [:]

    mutating func path(of parts: [String], below folder: String) -> String? {
        var path = folder
        for (index, part) in parts.enumerated() {
            guard let name = names(in: path)[Self.key(part)] else { return nil }
            path += index == parts.count - 1 ? name : name + "/"
        }
        return path
    }

    private mutating func names(in folder: String) -> [String: String] {
        if let names = known[folder] { return names }
        var names: [String: String] = [:]
        if let stream = opendir(folder.isEmpty ? "." : folder) {
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                // Of two names that differ in case alone the first in order, on every file system.
                names[Self.key(name)] = min(name, names[Self.key(name)] ?? name)
            }
        }
        known[folder] = names
        return names
    }

    private static func key(_ name: String) -> String {
        let key = name.uppercased()
        return key.hasSuffix(";1") ? String(key.dropLast(2)) : key
    }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        var text = Substring(self)
        while text.last == " " || text.last == "\0" { text.removeLast() }
        return String(text)
    }
}
