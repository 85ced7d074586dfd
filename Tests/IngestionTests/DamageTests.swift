import DICOM
import Foundation
import Ingestion
import SeededRandom
import TestSupport
import Testing

/// Damaged input: refused with a reason, never a crash and never a half-read image.
@Suite struct DamageTests {
    static let files = [
        "CT_small.dcm", "JPEG2000.dcm", "JPGExtended.dcm", "MR_small.dcm", "MR_small_RLE.dcm",
        "MR_small_bigendian.dcm", "MR_small_jpeg_ls_lossless.dcm", "SC_rgb_rle_16bit_2frame.dcm", "badVR.dcm",
        "examples_overlay.dcm", "examples_palette.dcm", "examples_ybr_color.dcm", "liver_1frame.dcm", "no_meta.dcm",
        "rtstruct.dcm", "98892001/CT2N/6293",
    ]

    /// Those of them that give no pixels when they are whole.
    static let refused: [String: Outcome] = [
        "badVR.dcm": .refusedLayout, "no_meta.dcm": .refusedFile, "rtstruct.dcm": .refusedLayout,
    ]

    @Test(
        "A file cut anywhere gives no pixels",
        .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)),
        arguments: files
    )
    func truncated(_ name: String) throws {
        let bytes = try whole(name)
        var random = SplitMix64(state: 1)
        for _ in 0..<250 {
            let count = Int.random(in: 0..<bytes.count, using: &random)
            // A last pad byte or an end marker may be missing without loss: everything else must be refused.
            guard count < bytes.count - 16 else { continue }
            let outcome = try withTemporaryFile(Array(bytes.prefix(count)), read)
            #expect(outcome != .pixels, "\(name) cut at \(count) of \(bytes.count)")
        }
    }

    @Test(
        "Changed bytes never crash",
        .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)),
        arguments: files
    )
    func mutated(_ name: String) throws {
        let bytes = try whole(name)
        var random = SplitMix64(state: 2)
        var outcomes: [Outcome: Int] = [:]
        for _ in 0..<250 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                // Half of the changes hit the header.
                let end = Bool.random(using: &random) ? bytes.count : min(bytes.count, 2000)
                changed[Int.random(in: 0..<end, using: &random)] =
                    Bool.random(using: &random) ? 0xff : UInt8.random(in: 0...255, using: &random)
            }
            outcomes[try withTemporaryFile(changed, read), default: 0] += 1
        }
        // Nothing is refused for a reason that lies in the reader: the whole file gives what it gave before.
        #expect(try withTemporaryFile(bytes, read) == Self.refused[name] ?? .pixels, "\(outcomes)")
    }

    @Test("Sequences nested without end are refused before they exhaust the stack", arguments: [100, 100_000])
    func nested(_ depth: Int) throws {
        var object = DICOMBytes.object(modality: "SR").file()
        let opening: [UInt8] =
            [0x40, 0, 0x30, 0xa7] + Array("SQ".utf8) + [0, 0, 255, 255, 255, 255]
            + [0xfe, 0xff, 0, 0xe0, 255, 255, 255, 255]
        for _ in 0..<depth { object += opening }
        try withTemporaryFile(object) { path in
            let error = #expect(throws: DICOMError.self) { try DICOMFile(path: path) }
            #expect(error?.reason.contains("nest more than 64 deep") == true, "\(String(describing: error))")
        }
    }

    @Test("A compressed frame that ends early is refused although its file is whole")
    func shortRLE() throws {
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels("MONOCHROME2", columns: 8, rows: 8, allocated: 8, stored: 8)
        // One segment of 64 equal bytes, then the same with a run of 63.
        for (run, isWhole) in [(64, true), (63, false)] {
            let header: [UInt8] = [1, 0, 0, 0, 64, 0, 0, 0] + [UInt8](repeating: 0, count: 56)
            let frame = header + [UInt8(truncatingIfNeeded: 1 - run), 7]
            var pixels = object.file(transferSyntax: "1.2.840.10008.1.2.5")
            pixels += [0xe0, 0x7f, 0x10, 0] + Array("OB".utf8) + [0, 0, 255, 255, 255, 255]
            pixels += [0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]
            pixels += [0xfe, 0xff, 0, 0xe0, UInt8(frame.count), 0, 0, 0] + frame
            pixels += [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]
            #expect(try withTemporaryFile(pixels, read) == (isWhole ? .pixels : .refusedPixels))
        }
    }

    @Test("Sizes beyond what 64 bits count are no way round the check of the length")
    func overflowingSize() throws {
        var object = DICOMBytes.object(modality: "MR")
        // 32768² pixels of 4 samples of 32 bits and 2^27 frames: 2^64 bits, which wrap to none.
        object.describePixels(
            "RGB", columns: 32_768, rows: 32_768, frames: 1 << 27, samples: 4, allocated: 32, stored: 32)
        object.words(0x7FE0_0010, "OW", [0])
        #expect(try withTemporaryFile(object.file(), read) == .refusedLayout)
    }

    @Test("A few compressed bytes that claim gigabytes are refused before any is allocated")
    func compressedBomb() throws {
        var object = DICOMBytes.object(modality: "OT")
        object.describePixels("MONOCHROME2", columns: 65_500, rows: 65_500, allocated: 8, stored: 8)
        let side: [UInt8] = [0xff, 0xdc]
        var frame: [UInt8] = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8]
        frame += side + side
        frame += [1, 1, 0x11, 0, 0xff, 0xd9, 0]
        let bytes = Self.compressed(object, frame, syntax: "1.2.840.10008.1.2.4.50")
        try withTemporaryFile(bytes) { path in
            let error = #expect(throws: DICOMError.self) { try DICOMFile(path: path).pixelLayout() }
            #expect(error?.reason.contains("claims 4290250000 decoded ones") == true, "\(String(describing: error))")
        }
    }

    @Test(
        "The colours of a JPEG stream are what the stream says",
        arguments: [("JFIF", "YBR_FULL"), ("Adobe0", "RGB"), ("Adobe1", "YBR_FULL"), ("names", "RGB"), ("none", "RGB")]
    )
    func jpegColours(_ kind: String, _ expected: String) throws {
        var object = DICOMBytes.object(modality: "OT")
        object.describePixels("RGB", columns: 8, rows: 8, samples: 3, allocated: 8, stored: 8)
        let marker: [UInt8] =
            switch kind {
            case "JFIF": [0xff, 0xe0, 0, 16] + Array("JFIF".utf8) + [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]
            case "Adobe0": [0xff, 0xee, 0, 14] + Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 0]
            case "Adobe1": [0xff, 0xee, 0, 14] + Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 1]
            default: []
            }
        let names: [UInt8] = kind == "names" ? Array("RGB".utf8) : [1, 2, 3]
        var frame: [UInt8] = [0xff, 0xd8] + marker
        frame += [0xff, 0xc0, 0, 17, 8, 0, 8, 0, 8, 3]
        for name in names { frame += [name, 0x11, 0] }
        frame += [0xff, 0xd9]
        if frame.count % 2 != 0 { frame.append(0) }
        let bytes = Self.compressed(object, frame, syntax: "1.2.840.10008.1.2.4.50")
        let found = try withTemporaryFile(bytes) { try DICOMFile(path: $0).pixelLayout().photometric }
        #expect(found == expected)
    }

    @Test("A damaged DICOM file is named in the findings of the images beside it; a text file is not")
    func unreadableNeighbour() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1)
        object.words(0x7FE0_0010, "OW", [1, 2])
        let whole = object.file()
        try Data(whole).write(to: folder.appendingPathComponent("a"))
        try Data(whole.prefix(200)).write(to: folder.appendingPathComponent("b"))
        try Data("licence".utf8).write(to: folder.appendingPathComponent("LICENSE"))
        // The same folder by another path holds the same file once.
        let archive = try Archive.scan([folder.path, folder.path + "/../\(folder.lastPathComponent)/a"], jobs: 1)
        #expect(archive.skipped.count == 1 && archive.companions.count == 1 && archive.images.count == 1)
        let warnings = try #require(archive.images.first).findings.filter { $0.severity == .warning }.map(\.text)
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix("1 file beside its slices was skipped: b: ") == true, "\(warnings)")
    }

    @Test("A name that is no UTF-8 is listed, not lost")
    func foreignName() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = Array(folder.utf8CString.dropLast()) + [47, 66, CChar(bitPattern: 0xe4), 0]
        let file = try #require(fopen(path, "wb"))
        defer {
            fclose(file)
            unlink(path)
        }
        let archive = try Archive.scan([folder], jobs: 1)
        #expect(archive.skipped.map(\.path) == [folder + "/B\u{FFFD}"], "\(archive.skipped)")
    }

    private static func compressed(_ object: DICOMBytes, _ frame: [UInt8], syntax: String) -> [UInt8] {
        var bytes = object.file(transferSyntax: syntax)
        bytes += [0xe0, 0x7f, 0x10, 0] + Array("OB".utf8) + [0, 0, 255, 255, 255, 255]
        bytes += [0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]
        bytes += [0xfe, 0xff, 0, 0xe0, UInt8(frame.count), 0, 0, 0] + frame
        return bytes + [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]
    }

    enum Outcome: Hashable { case refusedFile, refusedLayout, refusedPixels, tooLarge, pixels }

    private func whole(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: SharedFiles.path("data/formats/\(name)"))))
    }

    private func read(_ path: String) throws -> Outcome {
        guard let file = try? DICOMFile(path: path) else { return .refusedFile }
        guard let layout = try? file.pixelLayout() else { return .refusedLayout }
        let count = layout.bytesPerFrame * layout.frames
        guard count < 100_000_000 else { return .tooLarge }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { bytes.deallocate() }
        do {
            try file.readFrames(0..<layout.frames, into: bytes)
            return .pixels
        } catch {
            return .refusedPixels
        }
    }
}
