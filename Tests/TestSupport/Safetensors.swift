import Foundation

/// A safetensors file, read whole: 8 bytes length, JSON header, data (https://github.com/huggingface/safetensors).
package struct Safetensors {
    package struct Tensor {
        package let shape: [Int]
        /// Row-major; floats and whole numbers alike.
        package let values: [Double]
    }

    package enum Failure: Error, Equatable {
        case headerLonger(than: Int, found: UInt64)
        case notAnObject
        case noTensor(String)
        case unknownType(String, tensor: String)
        case outside(tensor: String, end: Int, size: Int)
        case wrongLength(tensor: String, found: Int, expected: Int)
    }

    private let data: Data
    private let start: Int
    private let entries: [String: Any]

    package init(contentsOf path: String) throws { try self.init(Data(contentsOf: URL(fileURLWithPath: path))) }

    package init(_ data: Data) throws {
        self.data = data
        guard data.count >= 8 else { throw Failure.headerLonger(than: data.count, found: 8) }
        let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length <= UInt64(data.count - 8) else { throw Failure.headerLonger(than: data.count - 8, found: length) }
        start = 8 + Int(length)
        guard let entries = try JSONSerialization.jsonObject(with: data[8..<start]) as? [String: Any] else {
            throw Failure.notAnObject
        }
        self.entries = entries
    }

    package var names: [String] { entries.keys.filter { $0 != "__metadata__" }.sorted() }

    package func tensor(_ name: String) throws -> Tensor {
        guard let entry = entries[name] as? [String: Any], let type = entry["dtype"] as? String,
            let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int], offsets.count == 2
        else { throw Failure.noTensor(name) }
        let sizes = ["F64": 8, "F32": 4, "I32": 4, "I64": 8]
        guard let size = sizes[type] else { throw Failure.unknownType(type, tensor: name) }
        let available = data.count - start
        guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= available else {
            throw Failure.outside(tensor: name, end: offsets[1], size: available)
        }
        var count = 1
        for side in shape {
            let (next, overflow) = count.multipliedReportingOverflow(by: side)
            guard side >= 0, !overflow else { throw Failure.outside(tensor: name, end: side, size: available) }
            count = next
        }
        let bytes = offsets[1] - offsets[0]
        guard bytes % size == 0, bytes / size == count else {
            throw Failure.wrongLength(tensor: name, found: bytes, expected: count)
        }
        let first = start + offsets[0]
        let values = data.withUnsafeBytes { raw in
            (0..<count).map { k -> Double in
                let at = first + k * size
                switch type {
                case "F64":
                    return Double(
                        bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
                case "F32":
                    let bits = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                    return Double(Float(bitPattern: bits))
                case "I32": return Double(Int32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int32.self)))
                default: return Double(Int64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int64.self)))
                }
            }
        }
        return Tensor(shape: shape, values: values)
    }
}

extension Safetensors.Tensor {
    /// The sub-tensor at leading indices.
    package subscript(indices: Int...) -> [Double] {
        precondition(indices.count <= shape.count && zip(indices, shape).allSatisfy { $0 >= 0 && $0 < $1 })
        var (at, size) = (0, values.count)
        for (index, side) in zip(indices, shape) {
            size /= side
            at += index * size
        }
        return Array(values[at..<at + size])
    }
}
