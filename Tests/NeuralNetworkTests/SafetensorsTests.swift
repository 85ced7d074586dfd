import Foundation
import NeuralNetwork
import TestSupport
import Testing

/// A file from a header and data, the length in front of it.
private func file(_ header: String, _ data: [UInt8] = []) -> Data {
    var bytes: [UInt8] = []
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { bytes += $0 }
    return Data(bytes + Array(header.utf8) + data)
}

struct SafetensorsTests {
    /// Typed by hand: 2 values 1.0, -2.5, then one int64 -1.
    @Test func bytesTypedByHand() throws {
        let header =
            #"{"b":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},"#
            + #""a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"__metadata__":{"made by":"hand"}}"#
        let data: [UInt8] = [
            0x00, 0x00, 0x80, 0x3f,  // 1.0
            0x00, 0x00, 0x20, 0xc0,  // -2.5
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,  // -1
        ]
        let read = try SafetensorsFile(parsing: file(header, data))
        #expect(read.tensors["a"]?.shape == [2, 1])
        #expect(read.tensors["a"]?.values(as: Float.self) == [1, -2.5])
        #expect(read.tensors["b"]?.values(as: Double.self) == [-1])
        #expect(read.metadata == ["made by": "hand"])
    }

    @Test func halfPrecision() throws {
        let header =
            #"{"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"#
            + #""b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]}}"#
        let data: [UInt8] = [
            0x00, 0x3c,  // 1
            0x01, 0x00,  // 2⁻²⁴, the smallest
            0xff, 0xfb,  // -65504, the largest, negative
            0x00, 0x7c,  // infinity
            0x80, 0x3f, 0x49, 0xc0,  // 1, -3.140625
        ]
        let read = try SafetensorsFile(parsing: file(header, data))
        #expect(read.tensors["h"]?.values(as: Float.self) == [1, 0x1p-24, -65504, .infinity])
        #expect(read.tensors["b"]?.values(as: Float.self) == [1, -3.140625])
    }

    static let broken: [(Data, SafetensorsError)] = [
        (Data([1, 0, 0]), .fileTooShort(bytes: 3)),
        (
            Data([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            .headerTooLarge(declared: .max, largest: 100_000_000)
        ),
        (Data([9, 0, 0, 0, 0, 0, 0, 0, 0x7b]), .headerBeyondFile(declared: 9, available: 1)),
        (file("{"), .headerNotJSON),
        (file("[1]"), .headerNotAnObject),
        (file(#"{"__metadata__":{"a":1}}"#), .metadataNotStrings),
        (
            file(
                #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
                [0]), .repeatedKey("a")
        ),
        (
            file(
                #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
            ), .repeatedKey("a")
        ),
        (file(#"{"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}"#), .repeatedKey("shape")),
        (
            file(
                #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
                [0, 0, 0]), .holeOrOverlap(tensor: "b", found: 1, expected: 2)
        ),
        (file(#"{"a":{"dtype":"F32","shape":[1]}}"#), .badEntry(tensor: "a")),
        (file(#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#), .badEntry(tensor: "a")),
        (file(#"{"a":{"dtype":"F32","shape":[1e30],"data_offsets":[0,4]}}"#), .badEntry(tensor: "a")),
        (file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,0.5]}}"#), .badEntry(tensor: "a")),
        (
            file(#"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]),
            .unknownType("C64", tensor: "a")
        ),
        (
            file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}}"#, [0, 0]),
            .offsetsReversed(tensor: "a", first: 2, end: 1)
        ),
        (
            file(#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#, [0, 0]),
            .beyondData(tensor: "a", end: 3, available: 2)
        ),
        (
            file(#"{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,1]}}"#, [0]),
            .shapeOverflows(tensor: "a", shape: [4_294_967_296, 4_294_967_296])
        ),
        (
            file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]),
            .sizeMismatch(tensor: "a", found: 4, expected: 8)
        ),
        (
            file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, [0, 0]),
            .holeOrOverlap(tensor: "a", found: 1, expected: 0)
        ),
        (file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [0, 0]), .dataLeftOver(bytes: 1)),
    ]

    @Test(arguments: broken.indices) func eachBrokenRuleHasItsError(_ index: Int) {
        let (data, expected) = Self.broken[index]
        #expect(throws: expected) { try SafetensorsFile(parsing: data) }
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let (first, second): ([Float], [Float]) = ([1, .pi, -0.0, .infinity, 1e-40, 6], [7])
        let folder = try TemporaryFolder()
        let path = folder["two.safetensors"]
        try first.withUnsafeBufferPointer { first in
            try second.withUnsafeBufferPointer { second in
                try SafetensorsFile.write(
                    [
                        NamedTensor(name: "x/y", shape: [2, 3], values: first),
                        NamedTensor(name: "scalar", shape: [], values: second),
                    ], metadata: ["k": "v"], to: path)
            }
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let read = try SafetensorsFile(parsing: data)
        #expect(read.metadata == ["k": "v"])
        #expect(read.tensors["x/y"]?.shape == [2, 3] && read.tensors["scalar"]?.shape == [])
        let bits = read.tensors["x/y"]?.values(as: Float.self).map(\.bitPattern)
        #expect(bits == first.map(\.bitPattern))
        #expect(read.tensors["scalar"]?.values(as: Float.self) == [7])
        // A cut anywhere is noticed.
        for length in stride(from: 0, to: data.count, by: 7) {
            #expect(throws: SafetensorsError.self) { try SafetensorsFile(parsing: data.prefix(length)) }
        }
    }

    /// Names and metadata with everything that JSON escapes.
    @Test func namesThatNeedQuotesGoRound() throws {
        let (names, folder) = (["a\"b", "c\\d", "e\n\u{1}f", "{,:}\"[", "\u{e9}"], try TemporaryFolder())
        let value: [Float] = [1]
        try value.withUnsafeBufferPointer { value in
            try SafetensorsFile.write(
                names.map { NamedTensor(name: $0, shape: [1], values: value) }, metadata: ["k\"": "\u{7f}\t\""],
                to: folder["names.safetensors"])
        }
        let read = try SafetensorsFile(contentsOf: folder["names.safetensors"])
        #expect(read.tensors.keys.sorted() == names.sorted() && read.metadata == ["k\"": "\u{7f}\t\""])
    }

    @Test func theFirstValueThatIsNotFiniteHasItsPlace() throws {
        let (values, folder) = ([Float](repeating: .greatestFiniteMagnitude, count: 9_000), try TemporaryFolder())
        for (place, bad) in [(0, Float.nan), (4_096, .infinity), (8_999, -.infinity)] {
            var values = values
            values[place] = bad
            try values.withUnsafeBufferPointer {
                try SafetensorsFile.write([NamedTensor(name: "x", shape: [90, 100], values: $0)], to: folder["x"])
            }
            let found = try SafetensorsFile(contentsOf: folder["x"]).tensors["x"]?.firstNotFinite
            #expect(found?.place == place && found.map { !$0.value.isFinite } == true)
        }
        try values.withUnsafeBufferPointer {
            try SafetensorsFile.write([NamedTensor(name: "x", shape: [90, 100], values: $0)], to: folder["x"])
        }
        #expect(try SafetensorsFile(contentsOf: folder["x"]).tensors["x"]?.firstNotFinite == nil)
    }
}
