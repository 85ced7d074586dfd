// Named tensors of floats in a safetensors file (https://github.com/huggingface/safetensors): 8 bytes length of the header,
// a JSON header of names, shapes and places, and the numbers, little-endian, without holes. Written straight from the
// network's buffers, so that a checkpoint needs no second copy of them. Read back by NeuralNetwork's `SafetensorsFile`.

import Foundation
import Imaging
import Ingestion

/// Tensors that lie in memory, and texts beside them.
struct TensorFile {
    struct Tensor {
        var name: String
        var shape: [Int]
        var values: UnsafeBufferPointer<Float>

        var fingerprint: Fingerprint { Fingerprint(of: UnsafeRawBufferPointer(values)) }
    }

    var tensors: [Tensor]
    var metadata: [String: String]

    /// Writes whole or not at all; the same tensors give the same bytes. The header holds `metadata` and the fingerprint of
    /// the tensors' fingerprints, in order.
    func write(to path: String) throws {
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
