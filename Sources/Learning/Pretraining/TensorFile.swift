// Named tensors of floats in a safetensors file (https://github.com/huggingface/safetensors): 8 bytes length of the header,
// a JSON header of names, shapes and places, and the numbers, little-endian, without holes. Written straight from the
// network's buffers, so that a checkpoint needs no second copy of them. Read back by NeuralNetwork's `SafetensorsFile`.

import Files
import Foundation
import Imaging
import Ingestion
import NeuralNetwork

/// Tensors that lie in memory, and texts beside them.
package struct TensorFile {
    package struct Tensor {
        var name: String
        var shape: [Int]
        var values: UnsafeBufferPointer<Float>

        package init(name: String, shape: [Int], values: UnsafeBufferPointer<Float>) {
            (self.name, self.shape, self.values) = (name, shape, values)
        }

        var fingerprint: Fingerprint { Fingerprint(of: UnsafeRawBufferPointer(values)) }
    }

    package var tensors: [Tensor]
    package var metadata: [String: String]

    package init(tensors: [Tensor], metadata: [String: String]) {
        (self.tensors, self.metadata) = (tensors, metadata)
    }

    /// Writes whole or not at all; the same tensors give the same bytes. The header holds `metadata` and the fingerprint of
    /// the tensors' fingerprints, in order.
    package func write(to path: String) throws {
        var fields: [String] = []
        var offset = 0
        var prints = ""
        for tensor in tensors {
            precondition(tensor.shape.reduce(1, *) == tensor.values.count, "\(tensor.name) is not \(tensor.shape)")
            let end = offset + tensor.values.count * 4
            fields.append(
                "\(Self.quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":\(tensor.shape.description.filter { $0 != " " }),"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            prints += tensor.fingerprint.description
            offset = end
        }
        let texts = metadata.merging([Self.fingerprintKey: Fingerprint(of: prints).description]) { $1 }
            .sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
        var header = "{\"__metadata__\":{\(texts.joined(separator: ","))},\(fields.joined(separator: ","))}"
        // Numbers begin at a multiple of 8 bytes.
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        try writeWholeFile(at: path) { temporary in
            guard FileManager.default.createFile(atPath: temporary, contents: nil),
                let file = FileHandle(forWritingAtPath: temporary)
            else { throw FileWritingError(path: path, reason: String(cString: strerror(errno))) }
            defer { file.closeFile() }
            var head = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
            head.append(contentsOf: header.utf8)
            try file.write(contentsOf: head)
            for tensor in tensors where !tensor.values.isEmpty {
                guard let start = UnsafeMutableRawPointer(mutating: tensor.values.baseAddress) else { continue }
                let bytes = Data(bytesNoCopy: start, count: tensor.values.count * 4, deallocator: .none)
                try file.write(contentsOf: bytes)
            }
        }
    }

    static let fingerprintKey = "fingerprint"

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20: quoted += String(format: "\\u%04x", scalar.value)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension ParameterBuffer<Float> {
    /// Every parameter under its name, with something before it.
    package func tensors(prefix: String = "") -> [TensorFile.Tensor] {
        layout.entries.map { entry in
            TensorFile.Tensor(name: prefix + entry.name, shape: entry.shape, values: UnsafeBufferPointer(self[entry]))
        }
    }
}
