// Named tensors of floats in a safetensors file (https://github.com/huggingface/safetensors): 8 bytes length of the header,
// a JSON header of names, shapes and places, and the numbers, little-endian, without holes. Written straight from the
// network's buffers, so that a checkpoint needs no second copy of them.

import Foundation
import Imaging
import Ingestion

/// Tensors that lie in memory, and texts beside them.
struct TensorFile {
    struct Tensor {
        var name: String
        var shape: [Int]
        var values: UnsafeBufferPointer<Float>
    }

    var tensors: [Tensor]
    var metadata: [String: String]

    /// Writes whole or not at all; the same tensors give the same bytes. Beside `fingerprint` of the numbers, the header
    /// holds `metadata`.
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
            prints += Fingerprint(of: UnsafeRawBufferPointer(tensor.values)).description
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

/// A file of tensors, mapped into memory and checked: lengths, places, and the fingerprint of the numbers.
struct TensorFileReader {
    let metadata: [String: String]
    private let data: Data
    private let start: Int
    private let places: [String: (shape: [Int], range: Range<Int>)]

    /// - Throws: ``RunError/checkpoint(path:reason:)``
    init(path: String) throws {
        func fault(_ reason: String) -> RunError { .checkpoint(path: path, reason: reason) }
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch { throw fault("cannot be read (\(error.localizedDescription))") }
        guard data.count >= 8 else { throw fault("has \(data.count) bytes, expected a safetensors file") }
        let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length <= UInt64(data.count - 8) else {
            throw fault("says that its header has \(length) bytes, and has \(data.count) in all")
        }
        start = 8 + Int(length)
        guard let object = try? JSONSerialization.jsonObject(with: data[8..<start]) as? [String: Any] else {
            throw fault("has a header that is no JSON object")
        }
        metadata = object["__metadata__"] as? [String: String] ?? [:]
        var places: [String: (shape: [Int], range: Range<Int>)] = [:]
        for (name, entry) in object where name != "__metadata__" {
            guard let entry = entry as? [String: Any], entry["dtype"] as? String == "F32",
                let shape = entry["shape"] as? [Int], let ends = entry["data_offsets"] as? [Int], ends.count == 2,
                ends[0] >= 0, ends[0] <= ends[1], ends[1] <= data.count - start
            else { throw fault("has a tensor '\(name)' that is no F32 inside the file") }
            var count = 4
            for side in shape {
                let (product, overflow) = count.multipliedReportingOverflow(by: side)
                guard side >= 0, !overflow else { throw fault("has a tensor '\(name)' of impossible shape \(shape)") }
                count = product
            }
            guard count == ends[1] - ends[0] else {
                throw fault("has \(ends[1] - ends[0]) bytes for '\(name)', expected \(count) for \(shape)")
            }
            places[name] = (shape, ends[0]..<ends[1])
        }
        self.places = places
        let prints = places.sorted { $0.value.range.lowerBound < $1.value.range.lowerBound }.map { place in
            data.withUnsafeBytes { all in
                let range = start + place.value.range.lowerBound..<start + place.value.range.upperBound
                return Fingerprint(of: UnsafeRawBufferPointer(rebasing: all[range])).description
            }
        }
        let found = Fingerprint(of: prints.joined()).description
        if let expected = metadata[TensorFile.fingerprintKey], expected != found {
            throw fault("its numbers have fingerprint \(found), expected \(expected)")
        }
    }

    var names: Set<String> { Set(places.keys) }

    /// Copies a tensor; nil when there is none of this name and shape.
    func copy(_ name: String, shape: [Int], into target: UnsafeMutableBufferPointer<Float>) -> Void? {
        guard let place = places[name], place.shape == shape, place.range.count == target.count * 4 else { return nil }
        data.withUnsafeBytes { all in
            let bytes = all[start + place.range.lowerBound..<start + place.range.upperBound]
            UnsafeMutableRawBufferPointer(target).copyBytes(from: bytes)
        }
        return ()
    }
}
