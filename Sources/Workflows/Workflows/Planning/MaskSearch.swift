import Files
import Foundation
import Ingestion

extension MaskSource {
    /// The masks in the folders of files that were named one by one, e.g. `speckle_mask.png` for `speckle.png`.
    static func beside(_ paths: [String], jobs: Int) throws(IngestionError) -> [MaskSource] {
        var folders: Set<String> = []
        var files: [String] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/" : ""
            guard folders.insert(folder).inserted else { continue }
            let names: [String]
            do {
                names = try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder).sorted()
            } catch {
                throw .unreadable(path: folder, reason: SystemError.text(of: error))
            }
            files += names.filter { !$0.hasPrefix(".") && !Self.isFolder(folder + $0) }.map { folder + $0 }
        }
        return files.isEmpty ? [] : try Archive.scan(files, jobs: jobs).masks
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || isFolder.boolValue
    }

    /// The masks at a path that the user named as a mask: a file, or a folder of them.
    static func all(at path: String, jobs: Int, _ skipped: inout [SkippedFile]) throws(IngestionError) -> [MaskSource] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw .notFound(path: path) }
        if !isFolder.boolValue, path.lowercased().hasSuffix(".png") { return [try MaskSource(labelImage: path)] }
        let archive = try Archive.scan([path], jobs: jobs)
        var masks = archive.masks
        // In a folder of masks `name.png` is one, whatever it is called.
        for image in archive.images where image.format == .png { masks.append(try MaskSource(labelImage: image.path)) }
        skipped += archive.skipped
        guard !masks.isEmpty else {
            let reason = archive.skipped.first.map { ": \($0.reason)" } ?? ""
            throw .unreadable(path: path, reason: "no RTSTRUCT, SEG or PNG mask there\(reason)")
        }
        return masks
    }

    /// Whether a mask that was named with `--mask` is meant for this image.
    func fits(_ image: ImageSource, reach: MaskReach) -> Bool {
        guard format == .png, image.format == .png else {
            return !masks(for: image, among: [self], reach: reach).isEmpty
        }
        func stem(_ path: String) -> String {
            let file = FileName(path)
            return MaskFileName(String(file.name))?.imageStem ?? String(file.stem)
        }
        return stem(path) == stem(image.path)
    }
}

extension SkippedFile {
    /// What kind of mask the file was meant to be, by its name or by the class that its header names (PS3.10, 7.1); nil
    /// for anything else. A damaged file may not tell more than that.
    var intendedMask: MaskSource.Format? {
        if MaskFileName(path) != nil { return .png }
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { file.closeFile() }
        let start: Data?
        do { start = try file.read(upToCount: 4096) } catch { return nil }
        guard let start else { return nil }
        if start.range(of: Data("1.2.840.10008.5.1.4.1.1.481.3".utf8)) != nil { return .rtstruct }
        if start.range(of: Data("1.2.840.10008.5.1.4.1.1.66.4".utf8)) != nil { return .seg }
        return nil
    }
}
