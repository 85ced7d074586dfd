import Files
import Foundation
import Imaging

/// Writes a store of prepared slices, image by image; it appears whole or not at all.
package final class SliceStoreWriter {
    private let file: CacheFile
    private var contents: CacheDescription
    private var table: [CacheLayout.TableRow] = []

    private init(_ file: CacheFile, _ contents: CacheDescription) { (self.file, self.contents) = (file, contents) }

    /// - Parameters:
    ///   - settings, sources: what the store was made with and of; see ``CacheDescription``.
    ///   - inputs: what was asked for, named where nothing could be prepared.
    ///   - body: adds what there is.
    package static func write(
        to path: String, settings: String, sources: String, of inputs: [String],
        _ body: (SliceStoreWriter) throws -> Void
    ) throws {
        try writeWholeFile(at: path) { temporary in
            let writer = SliceStoreWriter(
                try CacheFile(path: temporary, shownAs: path),
                CacheDescription(settings: settings, sources: sources, series: [], skipped: []))
            try writer.file.write([UInt8](repeating: 0, count: CacheLayout.headerBytes))
            try body(writer)
            guard !writer.table.isEmpty else {
                let first = writer.contents.skipped.first.map { "\($0.path): \($0.reason)" } ?? "no image"
                throw PreparationError.nothingPrepared(inputs: inputs, reason: first)
            }
            try writer.finish()
        }
    }

    package func add(_ image: PreparedImage) throws {
        for slice in image.slices {
            let bytes = slice.pixels.withUnsafeBytes { Array($0) } + (slice.region ?? [])
            table.append(
                .init(
                    size: slice.size, hasRegion: slice.region != nil,
                    print: bytes.withUnsafeBytes { Fingerprint(of: $0).low }))
            try file.write(bytes)
        }
        contents.series.append(image.description)
    }

    /// An image that was selected and could not be prepared.
    package func skip(_ path: String, _ reason: String) { contents.skipped.append(.init(path: path, reason: reason)) }

    private func finish() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let description = [UInt8](try encoder.encode(contents))
        let rows = table.flatMap(\.serialized)
        try file.write(rows)
        try file.write(description)
        let header = CacheLayout.Header(
            count: table.count, sliceBytes: table.reduce(0) { $0 + $1.sliceBytes },
            descriptionBytes: description.count,
            descriptionPrint: description.withUnsafeBytes { Fingerprint(of: $0) },
            tablePrint: rows.withUnsafeBytes { Fingerprint(of: $0) })
        try file.write(header.serialized, at: 0)
        try file.close()
    }
}

/// A file that is written from front to back, its header last.
private final class CacheFile {
    private let path: String
    private var descriptor: Int32

    init(path: String, shownAs shown: String) throws {
        self.path = shown
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o666)
        guard descriptor >= 0 else { throw FileWritingError(path: shown, reason: SystemError.last) }
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw FileWritingError(path: path, reason: SystemError.last) }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws {
        guard lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else {
            throw FileWritingError(path: path, reason: SystemError.last)
        }
        try write(bytes)
    }

    func close() throws {
        let result = Glibc.close(descriptor)
        descriptor = -1
        guard result == 0 else { throw FileWritingError(path: path, reason: SystemError.last) }
    }
}
