import CDICOM
import Files

/// Builds a DICOM data set and writes it as a file. Text is UTF-8 (Specific Character Set ISO_IR 192).
///
/// The same calls give the same bytes: UIDs, dates and times are the caller's.
public final class DICOMWriter {
    /// The encodings that can be written, all without compression of pixels (PS3.5 annex A).
    public enum TransferSyntax: String, Sendable, CaseIterable {
        case implicitLittleEndian = "1.2.840.10008.1.2"
        case explicitLittleEndian = "1.2.840.10008.1.2.1"
        /// The whole data set zlib-compressed.
        case deflatedExplicitLittleEndian = "1.2.840.10008.1.2.1.99"
    }

    private let file: OpaquePointer

    /// - Throws: ``DICOMWritingError/notReady(reason:)`` when DCMTK cannot work, e.g. without its dictionary.
    public init() throws {
        guard let file = cdicom_create() else {
            var problem = CDicomError()
            let ready = cdicom_prepare(&problem)
            throw DICOMWritingError.notReady(reason: ready ? "out of memory" : problem.sentence)
        }
        self.file = file
    }

    /// Starts with what a file says of patient, study, series, acquisition and position; without its pixels, what describes
    /// them, and private elements. Text is in that file's character set, so what is put beside it must be ASCII.
    public init(derivedFrom source: DICOMFile) throws {
        guard let file = cdicom_create_like(source.handle) else {
            throw DICOMWritingError.notReady(reason: "\(source.path): its header cannot be copied")
        }
        self.file = file
    }

    deinit { cdicom_close(file) }

    /// The data set itself, to which elements are added.
    public var root: Item { Item(owner: self, handle: cdicom_root(file)) }

    /// Writes the file, which appears whole or not at all. SOP Class and Instance UID must have been put.
    /// - Throws: ``FileWritingError``
    public func write(to path: String, as syntax: TransferSyntax = .explicitLittleEndian) throws {
        try writeWholeFile(at: path) { temporary in
            var problem = CDicomError()
            guard cdicom_save(file, temporary, syntax.rawValue, &problem) else {
                throw FileWritingError(path: path, reason: problem.sentence)
            }
        }
    }

    /// A data set, or one item of a sequence inside it. An element that is there is replaced.
    public struct Item {
        /// Keeps the data set alive as long as any of its items.
        private let owner: DICOMWriter
        private let handle: OpaquePointer?

        fileprivate init(owner: DICOMWriter, handle: OpaquePointer?) {
            (self.owner, self.handle) = (owner, handle)
        }

        /// Text of any textual element; several values joined by backslashes; empty for an element without value.
        public func put(_ tag: DICOMTag, _ text: String) throws {
            guard cdicom_put_string(handle, tag.number, text) else {
                throw DICOMWritingError.element(tag: tag, value: text)
            }
        }

        /// Numbers of a DS, IS, FD, FL, US, SS, UL or SL element. DS keeps at most 16 characters of each; integers
        /// must be whole and in range.
        public func put(_ tag: DICOMTag, _ numbers: [Double]) throws {
            guard cdicom_put_doubles(handle, tag.number, numbers, numbers.count) else {
                throw DICOMWritingError.element(tag: tag, value: numbers.map { "\($0)" }.joined(separator: "\\"))
            }
        }

        public func put(_ tag: DICOMTag, _ number: Double) throws { try put(tag, [number]) }
        public func put(_ tag: DICOMTag, _ number: Int) throws { try put(tag, [Double(number)]) }

        /// Bytes of an OB, OW or UN element, or Pixel Data of up to 8 bits per sample.
        public func put(_ tag: DICOMTag, bytes: [UInt8]) throws {
            guard cdicom_put_bytes(handle, tag.number, bytes, bytes.count) else {
                throw DICOMWritingError.element(tag: tag, value: "\(bytes.count) bytes")
            }
        }

        /// Pixel Data of 16 bits per sample; signed values by their bit pattern.
        public func put(_ tag: DICOMTag, words: [UInt16]) throws {
            guard cdicom_put_words(handle, tag.number, words, words.count) else {
                throw DICOMWritingError.element(tag: tag, value: "\(words.count) words")
            }
        }

        /// 32-bit floats of an FL or OF element such as Float Pixel Data, bit by bit; NaN is kept.
        public func put(_ tag: DICOMTag, floats: [Float]) throws {
            guard cdicom_put_floats(handle, tag.number, floats, floats.count) else {
                throw DICOMWritingError.element(tag: tag, value: "\(floats.count) floats")
            }
        }

        /// An element, or a sequence, that is there and has no value (type 2).
        public func putEmpty(_ tag: DICOMTag) throws {
            guard cdicom_put_empty(handle, tag.number) else {
                throw DICOMWritingError.element(tag: tag, value: "no value")
            }
        }

        /// Appends an item to a sequence, which is made when absent, and lets `fill` put its elements.
        public func append(_ tag: DICOMTag, _ fill: (Item) throws -> Void) throws {
            guard let item = cdicom_append_item(handle, tag.number) else {
                throw DICOMWritingError.element(tag: tag, value: "an item")
            }
            try fill(Item(owner: owner, handle: item))
        }
    }
}

/// What cannot be put into a data set.
public enum DICOMWritingError: Error, Hashable, CustomStringConvertible {
    case notReady(reason: String)
    /// The value does not fit the element's value representation, e.g. text for a sequence or 70000 for US.
    case element(tag: DICOMTag, value: String)

    public var description: String {
        switch self {
        case .notReady(let reason): "DICOM cannot be written: \(reason)"
        case .element(let tag, let value):
            "DICOM element \(tag.text) cannot hold \(value)"
        }
    }
}

extension DICOMTag {
    /// "(gggg,eeee)": as the standard prints tags, and as the value of an element that names another (VR AT).
    public var text: String {
        func hexadecimal(_ half: UInt32) -> String {
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "(\(hexadecimal(number >> 16)),\(hexadecimal(number & 0xffff)))"
    }
}
