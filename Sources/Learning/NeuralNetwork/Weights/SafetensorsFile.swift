// The safetensors format (https://github.com/huggingface/safetensors): 8 bytes header length (little-endian), a JSON object
// {name: {"dtype", "shape", "data_offsets": [first, end]}}, "__metadata__" of strings if wanted, then the data without holes.

import Foundation

public struct SafetensorsFile: Sendable {
    public let tensors: [String: StoredTensor]
    public let metadata: [String: String]

    /// The format's own limit of the header.
    public static let largestHeader = 100_000_000

    /// Mapped into memory, so that only what is asked for is read.
    public init(contentsOf path: String) throws {
        try self.init(parsing: Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
    }

    /// Undoes ``write(_:metadata:to:)``.
    public init(parsing data: Data) throws(SafetensorsError) {
        guard data.count >= 8 else { throw .fileTooShort(bytes: data.count) }
        let declared = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard declared <= UInt64(Self.largestHeader) else {
            throw .headerTooLarge(declared: declared, largest: Self.largestHeader)
        }
        let start = 8 + Int(declared)
        guard start <= data.count else { throw .headerBeyondFile(declared: Int(declared), available: data.count - 8) }
        let data = data.startIndex == 0 ? data : Data(data)
        let header: Any
        do { header = try JSONSerialization.jsonObject(with: data[8..<start]) } catch { throw .headerNotJSON }
        guard let entries = header as? [String: Any] else { throw .headerNotAnObject }
        if let name = Self.repeatedKey(in: data[8..<start]) { throw .repeatedKey(name) }

        var tensors: [String: StoredTensor] = [:]
        var metadata: [String: String] = [:]
        var ranges: [(first: Int, end: Int, name: String)] = []
        let available = data.count - start
        for (name, entry) in entries {
            if name == "__metadata__" {
                guard let strings = entry as? [String: String] else { throw .metadataNotStrings }
                metadata = strings
                continue
            }
            guard let entry = entry as? [String: Any], let type = entry["dtype"] as? String,
                let shape = (entry["shape"] as? [Any]).flatMap(Self.wholeNumbers),
                let offsets = (entry["data_offsets"] as? [Any]).flatMap(Self.wholeNumbers), offsets.count == 2
            else { throw .badEntry(tensor: name) }
            guard let element = StoredTensor.Element(rawValue: type) else { throw .unknownType(type, tensor: name) }
            let (first, end) = (offsets[0], offsets[1])
            guard first >= 0, first <= end else { throw .offsetsReversed(tensor: name, first: first, end: end) }
            guard end <= available else { throw .beyondData(tensor: name, end: end, available: available) }
            guard let expected = Self.byteCount(shape, element) else {
                throw .shapeOverflows(tensor: name, shape: shape)
            }
            guard expected == end - first else {
                throw .sizeMismatch(tensor: name, found: end - first, expected: expected)
            }
            ranges.append((first, end, name))
            tensors[name] = StoredTensor(
                element: element, shape: shape, strides: StoredTensor.rowMajorStrides(shape),
                bytes: data[(start + first)..<(start + end)])
        }
        var place = 0
        for range in ranges.sorted(by: { ($0.first, $0.end) < ($1.first, $1.end) }) {
            guard range.first == place else {
                throw .holeOrOverlap(tensor: range.name, found: range.first, expected: place)
            }
            place = range.end
        }
        guard place == available else { throw .dataLeftOver(bytes: available - place) }
        (self.tensors, self.metadata) = (tensors, metadata)
    }

    /// A key that stands twice in one object of a text that is JSON; nil when there is none. JSON readers keep one of the two.
    private static func repeatedKey(in text: Data) -> String? {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        // Of each object that is open; nil for an array.
        var open: [Set<String>?] = []
        var (at, isKey) = (text.startIndex, false)
        while at < text.endIndex {
            switch text[at] {
            case UInt8(ascii: "{"):
                open.append([])
                isKey = true
            case UInt8(ascii: "["): open.append(nil)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: ","): isKey = open.last.map { $0 != nil } ?? false
            case quote:
                let first = at
                at += 1
                while at < text.endIndex, text[at] != quote { at += text[at] == backslash ? 2 : 1 }
                guard isKey, at < text.endIndex, !open.isEmpty else { break }
                isKey = false
                let literal = text[first...at]
                let name =
                    literal.contains(backslash)
                    ? unescaped(literal) : String(decoding: literal.dropFirst().dropLast(), as: UTF8.self)
                if open[open.count - 1]?.insert(name).inserted == false { return name }
            default: break
            }
            at += 1
        }
        return nil
    }

    /// What a string of JSON says; as it stands where it is none.
    private static func unescaped(_ literal: Data) -> String {
        do { return try JSONDecoder().decode(String.self, from: Data(literal)) } catch {
            return String(decoding: literal, as: UTF8.self)
        }
    }

    private static func wholeNumbers(_ list: [Any]) -> [Int]? {
        var numbers: [Int] = []
        for element in list {
            guard let number = element as? NSNumber, let whole = Int(exactly: number.doubleValue), whole >= 0 else {
                return nil
            }
            numbers.append(whole)
        }
        return numbers
    }

    private static func byteCount(_ shape: [Int], _ element: StoredTensor.Element) -> Int? {
        var count = element.size
        for side in shape {
            let (next, overflow) = count.multipliedReportingOverflow(by: side)
            guard !overflow else { return nil }
            count = next
        }
        return count
    }
}

/// The rule that a file breaks.
public enum SafetensorsError: Error, Equatable, CustomStringConvertible {
    case fileTooShort(bytes: Int)
    case headerTooLarge(declared: UInt64, largest: Int)
    case headerBeyondFile(declared: Int, available: Int)
    case headerNotJSON
    case headerNotAnObject
    case repeatedKey(String)
    case metadataNotStrings
    case badEntry(tensor: String)
    case unknownType(String, tensor: String)
    case offsetsReversed(tensor: String, first: Int, end: Int)
    case beyondData(tensor: String, end: Int, available: Int)
    case shapeOverflows(tensor: String, shape: [Int])
    case sizeMismatch(tensor: String, found: Int, expected: Int)
    case holeOrOverlap(tensor: String, found: Int, expected: Int)
    case dataLeftOver(bytes: Int)

    public var description: String {
        switch self {
        case .fileTooShort(let bytes): "a file of \(bytes) bytes; a safetensors file has at least 8"
        case .headerTooLarge(let declared, let largest): "a header of \(declared) bytes is declared; at most \(largest)"
        case .headerBeyondFile(let declared, let available):
            "a header of \(declared) bytes is declared, \(available) bytes follow: the file is cut off or of another format"
        case .headerNotJSON: "the header is not JSON"
        case .headerNotAnObject: "the header is not a JSON object"
        case .repeatedKey(let name): "\(name): is there twice in the header, expected each name once"
        case .metadataNotStrings: "__metadata__ is not a table of strings"
        case .badEntry(let tensor): "\(tensor): dtype, shape or data_offsets is absent or malformed"
        case .unknownType(let type, let tensor): "\(tensor): values of type \(type) are not supported"
        case .offsetsReversed(let tensor, let first, let end): "\(tensor): data from \(first) to \(end)"
        case .beyondData(let tensor, let end, let available):
            "\(tensor): data up to byte \(end), but only \(available) are there: the file is cut off"
        case .shapeOverflows(let tensor, let shape): "\(tensor): shape \(shape) has more values than can be counted"
        case .sizeMismatch(let tensor, let found, let expected):
            "\(tensor): \(found) bytes, its shape needs \(expected)"
        case .holeOrOverlap(let tensor, let found, let expected):
            "\(tensor): data starts at byte \(found), expected \(expected) (holes and overlaps are not allowed)"
        case .dataLeftOver(let bytes): "\(bytes) bytes at the end belong to no tensor"
        }
    }
}
