// The one writer of safetensors files (the format: SafetensorsFile). Numbers go to disk straight from the network's buffers, so
// that a checkpoint needs no second copy of them.

import Encoding
import Files
import Foundation

/// A tensor of floats that lies in memory, row-major, under the name that it will have in a file.
public struct NamedTensor {
    public var name: String
    public var shape: [Int]
    public var values: UnsafeBufferPointer<Float>

    /// - Parameter values: as many as the shape has; they must stay where they are until the file is written.
    public init(name: String, shape: [Int], values: UnsafeBufferPointer<Float>) {
        precondition(shape.reduce(1, *) == values.count, "\(name): \(values.count) values for shape \(shape)")
        (self.name, self.shape, self.values) = (name, shape, values)
    }
}

extension ParameterBuffer<Float> {
    /// Every parameter under its name, with something before it.
    public func tensors(prefix: String = "") -> [NamedTensor] {
        layout.entries.map {
            NamedTensor(name: prefix + $0.name, shape: $0.shape, values: UnsafeBufferPointer(self[$0]))
        }
    }
}

extension SafetensorsFile {
    /// Writes float32 tensors in the order given; undone by ``init(contentsOf:)``. The file appears whole or not at all, and
    /// the same tensors and metadata give the same bytes.
    /// - Throws: `FileWritingError`, or what the system says of a full disk.
    public static func write(_ tensors: [NamedTensor], metadata: [String: String] = [:], to path: String) throws {
        let header = header(tensors, metadata)
        try writeWholeFile(at: path) { temporary in
            guard FileManager.default.createFile(atPath: temporary, contents: nil),
                let file = FileHandle(forWritingAtPath: temporary)
            else { throw FileWritingError(path: path, reason: SystemError.last) }
            defer { file.closeFile() }
            var head = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
            head.append(contentsOf: header.utf8)
            try file.write(contentsOf: head)
            for tensor in tensors where !tensor.values.isEmpty {
                guard let start = UnsafeMutableRawPointer(mutating: tensor.values.baseAddress) else { continue }
                try file.write(
                    contentsOf: Data(bytesNoCopy: start, count: tensor.values.count * 4, deallocator: .none))
            }
        }
    }

    /// The JSON in front of the numbers: metadata by key, then the tensors in their order.
    private static func header(_ tensors: [NamedTensor], _ metadata: [String: String]) -> String {
        precondition(Set(tensors.map(\.name)).count == tensors.count, "a tensor is written twice")
        var header = JSONObject(.compact)
        if !metadata.isEmpty {
            var texts = JSONObject(.compact)
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { texts.add(key, value) }
            header.add("__metadata__", json: texts.text)
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.values.count * 4
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            header.add(
                tensor.name, json: "{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        let text = header.text
        // Spaces, so that the numbers begin at a multiple of 8 bytes.
        return text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    }
}
