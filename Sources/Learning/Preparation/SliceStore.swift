// Prepared slices in a file: decoding happens once, epochs only read, slice by slice. (Not mapped into memory: a file that is cut
// off while it is read would end the process.) The layout, all numbers little-endian, so that a reader can check every length
// before it believes it:
//
//     0      "WEFTPREP"
//     8      version, u32; zero, u32
//     16     number of slices n, u64
//     24     length of all slices in bytes, u64
//     32     length of the description in bytes, u64
//     40     fingerprint of the description, 2 × u64 (XXH3)
//     56     fingerprint of the table, 2 × u64
//     72     zeros up to 4096
//     4096   n slices of u16, rows from the top: 0...65535 stand for 0...1 of the intensity range; behind the pixels of a slice of
//            which a region is looked at that region, u8, 1 inside
//     then   the table: n × (columns, u32, its highest bit set where a region follows the pixels; rows, u32; XXH3 of the slice,
//            u64)
//     then   the description: JSON of `CacheDescription`, to the end of the file

import Files
import Foundation
import Imaging
import Ingestion
import Parallel

/// What is wrong with a cache of prepared slices. `path` is the file.
public enum CacheError: Error, Hashable, Sendable, CustomStringConvertible {
    case notFound(path: String)
    case unreadable(path: String, reason: String)
    case notACache(path: String, found: String)
    case version(path: String, found: UInt32, expected: UInt32)
    case length(path: String, found: Int, expected: String)
    case fingerprint(path: String, what: String, found: String, expected: String)
    case description(path: String, found: String)

    public var description: String {
        switch self {
        case .notFound(let path): "\(path): found nothing, expected a cache of prepared slices"
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .notACache(let path, let found):
            "\(path): begins with \(found), expected WEFTPREP; this is no cache of prepared slices"
        case .version(let path, let found, let expected):
            "\(path): cache version \(found), expected \(expected); delete it and let weft prepare the slices again"
        case .length(let path, let found, let expected):
            "\(path): has \(found) bytes, expected \(expected); the cache is damaged: delete it and let weft prepare it again"
        case .fingerprint(let path, let what, let found, let expected):
            "\(path): \(what) has fingerprint \(found), expected \(expected); the cache is damaged: delete it and let weft "
                + "prepare it again"
        case .description(let path, let found):
            "\(path): its description is \(found); the cache is damaged: delete it and let weft prepare it again"
        }
    }
}

/// What the slices of a cache are.
public struct CacheDescription: Codable, Hashable, Sendable {
    /// Of ``PreparationSettings``.
    public var settings: String
    /// Of the names, sizes and times of the files; tells whether the archive has changed.
    public var sources: String
    /// In order; together they have as many slices as the file.
    public var series: [Series]
    /// Images that were selected and could not be prepared.
    public var skipped: [Skipped]

    /// Slices that come from one image.
    public struct Series: Codable, Hashable, Sendable {
        /// Fingerprint of the patient, not the name: tells patients apart and no more.
        public var patient: String
        public var modality: String
        public var bodyPart: String
        /// As the file has it, pixels.
        public var columns: Int
        public var rows: Int
        /// The values that became 0 and 65535.
        public var lower: Double
        public var upper: Double
        /// Paths from the archive, one per slice, or one for all slices of a multi-frame file.
        public var files: [String]
        /// Which slices of the image they are, from 0. Slices of one grey level are left out.
        public var slices: [Int]
    }

    public struct Skipped: Codable, Hashable, Sendable {
        public var path: String
        public var reason: String
    }
}

enum CacheLayout {
    static let magic = Array("WEFTPREP".utf8)
    static let version: UInt32 = 2
    static let headerBytes = 4096
    /// Larger sides are no slice of a scan but a damaged header.
    static let largestSide = 8192

    struct Header: Hashable {
        var count: Int
        var sliceBytes: Int
        var descriptionBytes: Int
        var descriptionPrint: Fingerprint
        var tablePrint: Fingerprint

        var tableOffset: Int { CacheLayout.headerBytes + sliceBytes }
        var descriptionOffset: Int { tableOffset + count * TableRow.bytes }
        /// Bytes of the file.
        var fileBytes: Int { descriptionOffset + descriptionBytes }
        var serialized: [UInt8] {
            var bytes = CacheLayout.magic
            func append(_ value: some FixedWidthInteger) {
                withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
            }
            append(CacheLayout.version)
            append(UInt32(0))
            for number in [count, sliceBytes, descriptionBytes] { append(UInt64(number)) }
            for print in [descriptionPrint, tablePrint] {
                append(print.high)
                append(print.low)
            }
            return bytes + [UInt8](repeating: 0, count: CacheLayout.headerBytes - bytes.count)
        }

        /// Inverse of ``serialized``; checks every length against the size of the file before anything is multiplied.
        ///
        /// - Parameter file: its first bytes, as many as the header has.
        init(parsing file: [UInt8], of fileCount: Int, path: String) throws(CacheError) {
            guard file.count >= CacheLayout.headerBytes else {
                throw .length(path: path, found: fileCount, expected: "at least \(CacheLayout.headerBytes)")
            }
            guard file.prefix(8).elementsEqual(CacheLayout.magic) else {
                throw .notACache(path: path, found: "\(file.prefix(8).map { String($0, radix: 16) })")
            }
            func number<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type) -> Value {
                file[offset..<offset + MemoryLayout<Value>.size].reversed().reduce(0) { $0 << 8 | Value($1) }
            }
            let version = number(8, UInt32.self)
            guard version == CacheLayout.version else {
                throw .version(path: path, found: version, expected: CacheLayout.version)
            }
            let (count, sliceBytes) = (number(16, UInt64.self), number(24, UInt64.self))
            let bytes = number(32, UInt64.self)
            // With these bounds no sum or product below can overflow.
            guard count <= UInt64(fileCount), sliceBytes <= UInt64(fileCount), bytes <= UInt64(fileCount) else {
                throw .length(path: path, found: fileCount, expected: "\(count) slices of \(sliceBytes) bytes together")
            }
            self.init(
                count: Int(count), sliceBytes: Int(sliceBytes), descriptionBytes: Int(bytes),
                descriptionPrint: Fingerprint(high: number(40, UInt64.self), low: number(48, UInt64.self)),
                tablePrint: Fingerprint(high: number(56, UInt64.self), low: number(64, UInt64.self)))
            guard fileBytes == fileCount else {
                throw .length(
                    path: path, found: fileCount,
                    expected: "\(fileBytes) for \(count) slices of \(sliceBytes) bytes together")
            }
        }

        init(
            count: Int, sliceBytes: Int, descriptionBytes: Int, descriptionPrint: Fingerprint, tablePrint: Fingerprint
        ) {
            (self.count, self.sliceBytes, self.descriptionBytes) = (count, sliceBytes, descriptionBytes)
            (self.descriptionPrint, self.tablePrint) = (descriptionPrint, tablePrint)
        }
    }

    /// What the table says of a slice.
    struct TableRow: Hashable {
        static let bytes = 16

        private static let regionBit: UInt32 = 1 << 31

        /// Columns and rows, pixels.
        var size: SIMD2<Int>
        var hasRegion: Bool
        var print: UInt64

        /// Of its pixels, and of its region.
        var sliceBytes: Int { size.x * size.y * (hasRegion ? 3 : 2) }

        init(size: SIMD2<Int>, hasRegion: Bool, print: UInt64) {
            (self.size, self.hasRegion, self.print) = (size, hasRegion, print)
        }

        /// Inverse of ``serialized``.
        init(_ table: UnsafeRawBufferPointer, at index: Int) {
            let start = index * Self.bytes
            func side(_ offset: Int) -> UInt32 {
                UInt32(littleEndian: table.loadUnaligned(fromByteOffset: start + offset, as: UInt32.self))
            }
            self.init(
                size: SIMD2(Int(side(0) & ~Self.regionBit), Int(side(4))), hasRegion: side(0) & Self.regionBit != 0,
                print: UInt64(littleEndian: table.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)))
        }

        var serialized: [UInt8] {
            [UInt32(size.x) | (hasRegion ? Self.regionBit : 0), UInt32(size.y)].flatMap {
                withUnsafeBytes(of: $0.littleEndian, Array.init)
            }
                + withUnsafeBytes(of: print.littleEndian, Array.init)
        }
    }
}

/// Prepared slices in a file that stays open: one that is replaced meanwhile is read on as it was.
public final class SliceStore: Sendable {
    private let file: CacheReader
    private let header: CacheLayout.Header
    /// Of every slice: columns and rows, whether it has a region, and its first byte in the file.
    private let places: [(size: SIMD2<Int>, hasRegion: Bool, start: Int)]
    public let path: String
    public let contents: CacheDescription
    /// Series of every slice, as a number into `contents.series`.
    public let seriesOfSlice: [Int]

    public var count: Int { header.count }
    /// Columns and rows of a slice, pixels.
    public func size(of index: Int) -> SIMD2<Int> { places[index].size }
    /// Of everything in the file.
    public var fingerprint: Fingerprint { Fingerprint(of: "\(header.tablePrint) \(header.descriptionPrint)") }

    /// Opens a file and checks it whole: lengths, description, table, and every slice.
    /// - Throws: ``CacheError`` saying what is wrong and that it should be made again.
    public init(path: String, jobs: Int) throws(CacheError) {
        let file = try CacheReader(path)
        let start = try file.bytes(0..<min(file.count, CacheLayout.headerBytes))
        let header = try CacheLayout.Header(parsing: start, of: file.count, path: path)
        let contents = try Self.description(file, header)
        let table = try Self.table(file, header)
        var (places, next): ([(size: SIMD2<Int>, hasRegion: Bool, start: Int)], Int) = ([], CacheLayout.headerBytes)
        for row in table {
            places.append((row.size, row.hasRegion, next))
            next += row.sliceBytes
        }
        self.places = places
        try Self.verify(file, table, places.map(\.start), jobs: jobs)
        var series: [Int] = []
        series.reserveCapacity(header.count)
        for (index, one) in contents.series.enumerated() {
            series += repeatElement(index, count: one.slices.count)
        }
        (self.file, self.header, self.path, self.contents) = (file, header, path, contents)
        seriesOfSlice = series
    }

    /// - Throws: ``CacheError`` when the file has become shorter or cannot be read any more.
    public func slice(_ index: Int) throws(CacheError) -> PreparedSlice {
        precondition((0..<count).contains(index), "slice \(index) of \(count)")
        let (size, hasRegion, start) = places[index]
        let bytes = 2 * size.x * size.y
        var failure: CacheError?
        let pixels = [UInt16](unsafeUninitializedCapacity: size.x * size.y) { pixels, count in
            do throws(CacheError) {
                try file.read(
                    start..<start + bytes, into: UnsafeMutableRawBufferPointer(start: pixels.baseAddress, count: bytes))
                count = size.x * size.y
            } catch { failure = error }
        }
        if let failure { throw failure }
        let region = hasRegion ? try file.bytes(start + bytes..<start + bytes + size.x * size.y) : nil
        return PreparedSlice(width: size.x, height: size.y, pixels: pixels, region: region)
    }

    /// The file of the archive that a slice comes from, as `file` or `file#frame`.
    public func source(of index: Int) -> String {
        let series = contents.series[seriesOfSlice[index]]
        let first = seriesOfSlice.partitioningIndex { $0 >= seriesOfSlice[index] }
        let place = index - first
        if series.files.count == series.slices.count { return series.files[place] }
        return "\(series.files.first ?? "?")#\(series.slices[place])"
    }

    // MARK: Opening

    private static func description(
        _ file: CacheReader, _ header: CacheLayout.Header
    ) throws(CacheError) -> CacheDescription {
        let (bytes, path) = (try file.bytes(header.descriptionOffset..<header.fileBytes), file.path)
        try check("the description", bytes.withUnsafeBytes { Fingerprint(of: $0) }, header.descriptionPrint, path)
        let contents: CacheDescription
        do {
            contents = try JSONDecoder().decode(CacheDescription.self, from: Data(bytes))
        } catch {
            throw .description(path: path, found: "no JSON of a cache (\(SystemError.text(of: error)))")
        }
        let described = contents.series.reduce(0) { $0 + $1.slices.count }
        guard described == header.count else {
            throw .description(path: path, found: "of \(described) slices, expected \(header.count)")
        }
        guard contents.series.allSatisfy({ $0.files.count == 1 || $0.files.count == $0.slices.count }) else {
            throw .description(path: path, found: "without a file for every slice")
        }
        return contents
    }

    private static func table(
        _ file: CacheReader, _ header: CacheLayout.Header
    ) throws(CacheError) -> [CacheLayout.TableRow] {
        let (bytes, path) = (try file.bytes(header.tableOffset..<header.descriptionOffset), file.path)
        try check("the table", bytes.withUnsafeBytes { Fingerprint(of: $0) }, header.tablePrint, path)
        let rows = bytes.withUnsafeBytes { table in
            (0..<header.count).map { CacheLayout.TableRow(table, at: $0) }
        }
        let sides = 1...CacheLayout.largestSide
        if let row = rows.first(where: { !sides.contains($0.size.x) || !sides.contains($0.size.y) }) {
            throw .description(path: path, found: "of a slice of \(row.size.x) x \(row.size.y) pixels")
        }
        let sliceBytes = rows.reduce(0) { $0 + $1.sliceBytes }
        guard sliceBytes == header.sliceBytes else {
            throw .length(path: path, found: header.sliceBytes, expected: "\(sliceBytes) for the slices of its table")
        }
        return rows
    }

    private static func verify(
        _ file: CacheReader, _ table: [CacheLayout.TableRow], _ starts: [Int], jobs: Int
    ) throws(CacheError) {
        let path = file.path
        // Blocks that are worth waking a thread for.
        let block = 64
        let faults = Workers(jobs).map((table.count + block - 1) / block) { number -> CacheError? in
            let range = number * block..<min(table.count, (number + 1) * block)
            let most = table[range].reduce(0) { max($0, $1.sliceBytes) }
            let slice = UnsafeMutableRawBufferPointer.allocate(byteCount: most, alignment: 16)
            defer { slice.deallocate() }
            for index in range {
                let bytes = UnsafeMutableRawBufferPointer(rebasing: slice[..<table[index].sliceBytes])
                do throws(CacheError) {
                    try file.read(starts[index]..<starts[index] + bytes.count, into: bytes)
                } catch { return error }
                let (found, expected) = (Fingerprint(of: UnsafeRawBufferPointer(bytes)).low, table[index].print)
                guard found == expected else {
                    return .fingerprint(
                        path: path, what: "slice \(index)", found: String(found, radix: 16),
                        expected: String(expected, radix: 16))
                }
            }
            return nil
        }
        if let fault = faults.lazy.compactMap({ $0 }).first { throw fault }
    }

    private static func check(
        _ what: String, _ found: Fingerprint, _ expected: Fingerprint, _ path: String
    ) throws(CacheError) {
        guard found == expected else {
            throw .fingerprint(path: path, what: what, found: "\(found)", expected: "\(expected)")
        }
    }
}

/// The bytes of a cache by their place, for any number of threads.
private final class CacheReader: Sendable {
    let path: String
    /// When it was opened.
    let count: Int
    private let file: OpenFile

    init(_ path: String) throws(CacheError) {
        self.path = path
        do throws(FileReadingError) { file = try OpenFile(reading: path) } catch {
            switch error {
            case .absent: throw .notFound(path: path)
            case .notAFile(_, let found): throw .unreadable(path: path, reason: "it is \(found), expected a file")
            case .refused(_, let cause): throw .unreadable(path: path, reason: cause.description)
            }
        }
        do throws(SystemError) { count = Int(try file.status().st_size) } catch {
            throw .unreadable(path: path, reason: error.description)
        }
    }

    func bytes(_ range: Range<Int>) throws(CacheError) -> [UInt8] {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try file.read(range.count, at: range.lowerBound) } catch {
            throw .unreadable(path: path, reason: error.description)
        }
        try check(bytes.count, of: range)
        return bytes
    }

    /// - Parameter buffer: of as many bytes as the range.
    func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CacheError) {
        let found: Int
        do throws(SystemError) { found = try file.read(into: buffer, at: range.lowerBound) } catch {
            throw .unreadable(path: path, reason: error.description)
        }
        try check(found, of: range)
    }

    private func check(_ found: Int, of range: Range<Int>) throws(CacheError) {
        guard found == range.count else {
            throw .length(path: path, found: range.lowerBound + found, expected: "\(count), as when it was opened")
        }
    }
}

extension [Int] {
    /// The first place where `belongs` holds, in an array where it holds from some place on.
    fileprivate func partitioningIndex(_ belongs: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
