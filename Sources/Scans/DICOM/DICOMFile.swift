import CDICOM

/// A parsed DICOM file: its data set as a tree of ``DICOMItem``s. Pixels stay on disk until asked for.
///
/// Used by one thread at a time. Items are views into the file and keep it alive.
public final class DICOMFile {
    let handle: OpaquePointer
    public let path: String

    /// Parses the file, or says why it is no DICOM.
    ///
    /// - Parameter checked: the stamp of an earlier opening. While the file still has it, its bytes are not checked again
    ///   for what DCMTK must not be given (no DICOM, sequences without end).
    public init(path: String, checked: Stamp? = nil) throws(DICOMError) {
        var error = CDicomError()
        let opened =
            if var stamp = checked?.stamp { cdicom_open(path, &stamp, &error) } else { cdicom_open(path, nil, &error) }
        guard let handle = opened else {
            throw error.error(path, or: DICOMError.notDICOM)
        }
        (self.handle, self.path) = (handle, path)
    }

    deinit { cdicom_close(handle) }

    /// Checks once, before many files are read, that DCMTK can work on this machine.
    public static func prepare() throws(DICOMError) {
        var error = CDicomError()
        guard cdicom_prepare(&error) else { throw .notReady(reason: error.sentence) }
    }

    /// Whether the file has DICOM's four letters behind its preamble (PS3.10 7.1).
    public static func hasMagic(_ path: String) -> Bool { cdicom_has_magic(path) }

    /// Which file was opened, and in which state.
    public var stamp: Stamp { Stamp(cdicom_stamp(handle)) }

    /// The data set.
    public var root: DICOMItem { DICOMItem(file: self, pointer: cdicom_root(handle)) }
    /// UID of the transfer syntax that the file is encoded in (PS3.5 10).
    public var transferSyntax: String { String(cString: cdicom_transfer_syntax(handle)) }

    public func string(_ tag: DICOMTag) -> String? { root.string(tag) }
    public func double(_ tag: DICOMTag) -> Double? { root.double(tag) }
    public func doubles(_ tag: DICOMTag) -> [Double] { root.doubles(tag) }
    public func integer(_ tag: DICOMTag) -> Int? { root.integer(tag) }
    public func items(_ tag: DICOMTag) -> [DICOMItem] { root.items(tag) }
}

extension DICOMFile {
    /// Which file was opened, and in which state: a file that changes, or another one at its path, has another stamp.
    public struct Stamp: Hashable, Sendable {
        let stamp: CDicomStamp

        init(_ stamp: CDicomStamp) { self.stamp = stamp }

        public static func == (a: Stamp, b: Stamp) -> Bool { a.numbers == b.numbers }
        public func hash(into hasher: inout Hasher) { hasher.combine(numbers) }

        private var numbers: SIMD4<Int64> {
            SIMD4(Int64(bitPattern: stamp.node), stamp.size, stamp.seconds, stamp.nanoseconds)
        }
    }
}

/// A data set, or one item of a sequence.
public struct DICOMItem {
    let file: DICOMFile
    let pointer: OpaquePointer

    init(file: DICOMFile, pointer: OpaquePointer) {
        (self.file, self.pointer) = (file, pointer)
    }

    /// Number of values, or of items of a sequence; 0 when present and empty, nil when absent.
    public func count(_ tag: DICOMTag) -> Int? {
        let count = cdicom_count(pointer, tag.number)
        return count < 0 ? nil : Int(count)
    }

    /// The text of an element, several values joined by backslashes; nil when absent or empty.
    public func string(_ tag: DICOMTag) -> String? {
        // Identifiers and labels are short; a longer text gets the room that it needs.
        var capacity = 256
        while true {
            let (count, text) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
                let count = Int(cdicom_string(pointer, tag.number, buffer.baseAddress, capacity))
                return (count, (1..<capacity).contains(count) ? String(cString: buffer.baseAddress!) : nil)
            }
            if count < capacity { return text }
            capacity = count + 1
        }
    }

    /// The values of a text element; empty when absent or empty.
    public func strings(_ tag: DICOMTag) -> [String] {
        guard let text = string(tag) else { return [] }
        return text.split(separator: "\\", omittingEmptySubsequences: false).map(String.init)
    }

    /// The values of a numeric element (DS, IS, FD, FL, US, SS, UL, SL), up to the first that is no number.
    public func doubles(_ tag: DICOMTag) -> [Double] {
        // Most have few values.
        let few = 16
        let values = withUnsafeTemporaryAllocation(of: Double.self, capacity: few) { buffer in
            Array(buffer.prefix(cdicom_doubles(pointer, tag.number, buffer.baseAddress, few)))
        }
        guard values.count == few, let count = count(tag), count > few else { return values }
        return [Double](unsafeUninitializedCapacity: count) { buffer, written in
            written = cdicom_doubles(pointer, tag.number, buffer.baseAddress, count)
        }
    }

    /// The first value of a numeric element, nil when absent, empty, no number, or not finite.
    public func double(_ tag: DICOMTag) -> Double? {
        var value = 0.0
        guard cdicom_doubles(pointer, tag.number, &value, 1) == 1, value.isFinite else { return nil }
        return value
    }

    /// The first value of a numeric element when it is a whole number.
    public func integer(_ tag: DICOMTag) -> Int? { double(tag).flatMap(Int.init(exactly:)) }

    /// Three finite numbers, such as a position in mm.
    public func vector(_ tag: DICOMTag) -> SIMD3<Double>? {
        let values = doubles(tag)
        guard values.count == 3, values.allSatisfy(\.isFinite) else { return nil }
        return SIMD3(values[0], values[1], values[2])
    }

    /// The 16-bit words of LUT data, whether stored as US, SS or OW.
    public func words(_ tag: DICOMTag) -> [UInt16] {
        let capacity = 65_536
        let values = [Double](unsafeUninitializedCapacity: capacity) { buffer, written in
            written = cdicom_doubles(pointer, tag.number, buffer.baseAddress, capacity)
        }
        return values.map { UInt16(truncatingIfNeeded: Int(exactly: $0) ?? 0) }
    }

    /// The items of a sequence in order; empty when absent.
    public func items(_ tag: DICOMTag) -> [DICOMItem] {
        guard let count = count(tag), count > 0 else { return [] }
        let pointers = [OpaquePointer?](unsafeUninitializedCapacity: count) { buffer, written in
            written = cdicom_items(pointer, tag.number, buffer.baseAddress, count)
        }
        return pointers.compactMap { $0.map { DICOMItem(file: file, pointer: $0) } }
    }

    /// The first tag of the block that a private creator has reserved in an odd group (PS3.5 7.8.1), nil when it has
    /// reserved none.
    public func privateBlock(_ group: UInt32, _ creator: String) -> DICOMTag? {
        let block = cdicom_private_block(pointer, group, creator)
        return block == 0 ? nil : DICOMTag(block)
    }

    /// The first item of a sequence.
    public func item(_ tag: DICOMTag) -> DICOMItem? {
        var first: OpaquePointer?
        guard cdicom_items(pointer, tag.number, &first, 1) == 1, let first else { return nil }
        return DICOMItem(file: file, pointer: first)
    }
}

extension CDicomError {
    /// The text as Swift's.
    var sentence: String {
        withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
