import Files
import Foundation
import Ingestion

extension MaskSource {
    /// The masks in the folders of files that were named one by one, e.g. `speckle_mask.png` for `speckle.png`.
    static func beside(_ paths: [String], jobs: Int) throws(IngestionError) -> [MaskSource] {
        var folders: Set<String> = []
        var files: Set<String> = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            let folder = String(FileName(path).folder)
            guard folders.insert(folder).inserted else { continue }
            do {
                let names = try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
                files.formUnion(names.filter { !$0.hasPrefix(".") }.map { folder + $0 })
            } catch {
                throw .unreadable(path: folder, reason: SystemError.text(of: error))
            }
        }
        // What is no file is nobody's mask; a DICOMDIR stands for more than its folder.
        let present = files.sorted().filter { isFile($0) && FileName($0).name.uppercased() != "DICOMDIR" }
        return present.isEmpty ? [] : try Archive.scan(present, jobs: jobs).masks
    }

    /// Behind all links.
    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

extension SkippedFile {
    /// What kind of mask the file was meant to be, by its name or by the class that its header names (PS3.10, 7.1); nil
    /// for anything else. A damaged file may not tell more than that.
    var intendedMask: MaskSource.Format? {
        if MaskFileName(path) != nil {
            return FileName(path).volumeFormat.map(MaskSource.Format.init) ?? .png
        }
        let start: [UInt8]
        do { start = try OpenFile(reading: path).read(4096, at: 0) } catch { return nil }
        let text = String(decoding: start, as: UTF8.self)
        if text.contains("1.2.840.10008.5.1.4.1.1.481.3") { return .rtstruct }
        if text.contains("1.2.840.10008.5.1.4.1.1.66.4") { return .seg }
        return nil
    }
}
