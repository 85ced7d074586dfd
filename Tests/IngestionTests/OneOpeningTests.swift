import Foundation
import Glibc
import Imaging
import Ingestion
import TestSupport
import Testing

/// The scan parses each header, loading opens each file once more for its pixels: what it needs from the header was kept.
@Suite struct OneOpeningTests {
    /// Counts, through the kernel, how often the files of a folder are opened, from now on.
    private struct OpeningCounter {
        private let descriptor: Int32

        init(folder: String) throws {
            descriptor = inotify_init1(Int32(IN_NONBLOCK))
            // The kernel makes one event of equal ones in a row: closings keep two openings apart.
            let events = UInt32(IN_OPEN) | UInt32(IN_CLOSE_NOWRITE)
            try #require(descriptor >= 0 && inotify_add_watch(descriptor, folder, events) >= 0)
        }

        /// How often each file was opened since the last call; opening the folder itself counts for nothing.
        func counts() -> [String: Int] {
            var counts: [String: Int] = [:]
            let room = 1 << 20
            let events = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 8)
            defer { events.deallocate() }
            while case let size = read(descriptor, events.baseAddress, room), size > 0 {
                var offset = 0
                while offset < size {
                    let event = events.load(fromByteOffset: offset, as: inotify_event.self)
                    let name = offset + MemoryLayout<inotify_event>.size
                    if event.mask & UInt32(IN_OPEN) != 0, event.len > 0,
                        let text = events.baseAddress?.advanced(by: name)
                    {
                        counts[String(cString: text.assumingMemoryBound(to: CChar.self)), default: 0] += 1
                    }
                    offset = name + Int(event.len)
                }
            }
            return counts
        }

        func close() { _ = Glibc.close(descriptor) }
    }

    private func slice(_ number: Int, intercept: Int = -1024) -> [UInt8] {
        var object = DICOMBytes.object(modality: "CT")
        object.text(0x0020_0032, "DS", "0\\0\\\(number)")
        object.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
        // More than the 4,096 bytes that are read with the header.
        object.describePixels("MONOCHROME2", columns: 64, rows: 64)
        object.text(0x0028_1052, "DS", "\(intercept)")
        object.text(0x0028_1053, "DS", "1")
        object.words(0x7FE0_0010, "OW", [UInt16](repeating: UInt16(number + 1), count: 64 * 64))
        return object.file()
    }

    private func withTemporaryFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    /// A check of the bytes and DCMTK's parser open a file at the scan; its parser and its reader of pixels at loading.
    @Test("From scan to voxels a file is opened as often as DCMTK needs for one parse each")
    func openings() throws {
        try withTemporaryFolder { folder in
            for number in 0..<5 { try Data(slice(number)).write(to: folder.appendingPathComponent("\(number).dcm")) }
            let counter = try OpeningCounter(folder: folder.path)
            defer { counter.close() }
            let archive = try Archive.scan([folder.path], jobs: 2)
            #expect(counter.counts() == Dictionary(uniqueKeysWithValues: (0..<5).map { ("\($0).dcm", 2) }))
            let volume = try #require(archive.images.first).load(jobs: 2)
            #expect(counter.counts() == Dictionary(uniqueKeysWithValues: (0..<5).map { ("\($0).dcm", 2) }))
            #expect((0..<5).map { volume.values[64 * 64 * $0] } == (0..<5).map { Double($0) - 1023 })
        }
    }

    @Test("A file that was touched since the scan is loaded, one whose pixels mean something else is refused")
    func changedFile() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("0.dcm")
            try Data(slice(0)).write(to: file)
            let image = try #require(try Archive.scan([folder.path], jobs: 1).images.first)
            try Data(slice(0)).write(to: file)
            #expect(try image.load().values[0] == -1023)
            try Data(slice(0, intercept: 5)).write(to: file)
            #expect(throws: IngestionError.changed(path: file.path)) { try image.load() }
        }
    }
}
