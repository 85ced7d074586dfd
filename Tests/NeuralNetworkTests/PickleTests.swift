import Foundation
import NeuralNetwork
import Testing

/// Hand-made `torch.save` archives.
struct PickleTests {
    /// A zip archive of stored entries (no checksums: the reader does not look at them).
    static func archive(_ entries: [(String, [UInt8])]) -> Data {
        func word(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(value >> (8 * $0) & 0xff) } }
        var (data, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, content) in entries {
            let sizes = word(content.count, 4) + word(content.count, 4) + word(name.utf8.count, 2) + word(0, 2)
            directory +=
                [0x50, 0x4b, 1, 2] + word(0, 16) + sizes + word(0, 10) + word(data.count, 4) + Array(name.utf8)
            data += [0x50, 0x4b, 3, 4] + word(0, 14) + sizes + Array(name.utf8) + content
        }
        let end: [UInt8] = [0x50, 0x4b, 5, 6] + word(0, 4) + word(entries.count, 2) + word(entries.count, 2)
        return Data(data + directory + end + word(directory.count, 4) + word(data.count, 4) + word(0, 2))
    }

    static func checkpoint(_ pickle: [UInt8], storage: [UInt8] = []) -> Data {
        archive([("x/data.pkl", pickle), ("x/byteorder", Array("little".utf8)), ("x/data/0", storage)])
    }

    /// {"w": a float32 tensor with this offset, shape and strides (each below 256)}
    static func pickle(offset: UInt8, shape: [UInt8], strides: [UInt8]) -> [UInt8] {
        func text(_ s: String) -> [UInt8] { [0x58, UInt8(s.utf8.count), 0, 0, 0] + Array(s.utf8) }
        func tuple(_ values: [UInt8]) -> [UInt8] { [0x28] + values.flatMap { [0x4b, $0] } + [0x74] }
        var code: [UInt8] = [0x80, 2, 0x7d]  // PROTO 2, EMPTY_DICT
        code += text("w") + Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8)
        code += [0x28, 0x28] + text("storage") + Array("ctorch\nFloatStorage\n".utf8)  // MARK, MARK
        code += text("0") + text("cpu") + [0x4b, 6, 0x74, 0x51]  // BININT1, TUPLE, BINPERSID
        code += [0x4b, offset] + tuple(shape) + tuple(strides)
        code += [0x89] + Array("ccollections\nOrderedDict\n".utf8) + [0x29, 0x52]  // NEWFALSE, (), REDUCE
        return code + [0x74, 0x52, 0x73, 0x2e]  // TUPLE, REDUCE, SETITEM, STOP
    }

    static let six: [UInt8] = [Float]([0, 1, 2, 3, 4, 5]).flatMap { value in withUnsafeBytes(of: value) { Array($0) } }

    @Test func tensorsWithStrides() throws {
        let rows = try PyTorchCheckpoint(
            parsing: Self.checkpoint(Self.pickle(offset: 0, shape: [2, 3], strides: [3, 1]), storage: Self.six))
        #expect(rows.tensors["w"]?.values(as: Float.self) == [0, 1, 2, 3, 4, 5])
        let transposed = try PyTorchCheckpoint(
            parsing: Self.checkpoint(Self.pickle(offset: 1, shape: [2, 2], strides: [1, 3]), storage: Self.six))
        #expect(transposed.tensors["w"]?.values(as: Float.self) == [1, 4, 2, 5])
    }

    @Test(arguments: [
        ([UInt8](), [UInt8]()), ([2, 3], [3, 1]), ([7], [1]), ([200, 200], [0, 0]), ([255, 255], [255, 255]),
    ])
    func aTensorBeyondItsStorageIsRefused(_ shape: [UInt8], _ strides: [UInt8]) {
        #expect(throws: PyTorchCheckpointError.self) {
            try PyTorchCheckpoint(
                parsing: Self.checkpoint(Self.pickle(offset: 6, shape: shape, strides: strides), storage: Self.six))
        }
    }

    /// What `torch.quantization`, `to_sparse()` and `jit.save` leave in a state dictionary; its key is said.
    @Test(arguments: ["_rebuild_qtensor", "_rebuild_sparse_tensor", "_rebuild_nested_tensor"])
    func aTensorOfAnotherKindIsRefusedByItsKey(_ function: String) {
        var code = Self.pickle(offset: 0, shape: [2, 3], strides: [3, 1])
        let plain = Array("_rebuild_tensor_v2".utf8)
        let place = code.indices.first { code[$0...].starts(with: plain) } ?? 0
        code.replaceSubrange(place..<place + plain.count, with: Array(function.utf8))
        let error = #expect(throws: PyTorchCheckpointError.self) {
            try PyTorchCheckpoint(parsing: Self.checkpoint(code, storage: Self.six))
        }
        #expect(error == .tensor("w", "is made by torch._utils \(function), expected a plain tensor"))
    }

    /// A quantised layer keeps weight and bias as a tuple, `_packed_params`: passed over, the layer would be missing.
    @Test func aTupleOfTensorsIsRefusedByItsKey() {
        var code = Self.pickle(offset: 0, shape: [2, 3], strides: [3, 1])
        // TUPLE1 before SETITEM.
        code.insert(0x85, at: code.count - 2)
        #expect(
            throws: PyTorchCheckpointError.tensor(
                "w", "is a tuple of tensors, as quantised layers keep them, expected a plain tensor")
        ) {
            try PyTorchCheckpoint(parsing: Self.checkpoint(code, storage: Self.six))
        }
    }

    /// `os.system("…")` is a value that nobody looks at, and a file without tensors.
    @Test func aCallIsNotExecuted() {
        let code = Array("\u{80}\u{2}".unicodeScalars.map { UInt8($0.value) }) + Array("cos\nsystem\n".utf8)
        let call = code + [0x58, 4, 0, 0, 0] + Array("true".utf8) + [0x85, 0x52, 0x2e]
        #expect(throws: PyTorchCheckpointError.noStateDictionary) {
            try PyTorchCheckpoint(parsing: Self.checkpoint(call))
        }
    }

    @Test func faultsHaveTheirErrors() {
        let cases: [([UInt8], PyTorchCheckpointError)] = [
            ([0x80, 2, 0x69], .instruction(0x69, byte: 2)),  // INST
            ([0x2e], .pickle("the stack is empty", byte: 1)),
            ([0x74], .pickle("no mark on the stack", byte: 1)),
            ([0x68, 3], .pickle("memo 3 is empty", byte: 2)),
            ([0x58, 255, 0, 0, 0], .pickle("it is cut off", byte: 5)),
            ([0x63, 0x61], .pickle("a name without an end", byte: 1)),
        ]
        for (code, expected) in cases {
            #expect(throws: expected) { try PyTorchCheckpoint(parsing: Self.checkpoint(code)) }
        }
        #expect(throws: PyTorchCheckpointError.noPickle) {
            try PyTorchCheckpoint(parsing: Self.archive([("readme", [])]))
        }
        #expect(throws: PyTorchCheckpointError.byteOrder("big")) {
            try PyTorchCheckpoint(parsing: Self.archive([("data.pkl", []), ("byteorder", Array("big".utf8))]))
        }
        #expect(throws: PyTorchCheckpointError.notAnArchive(bytes: 30)) {
            try PyTorchCheckpoint(parsing: Data(count: 30))
        }
    }

    /// A million tuples in each other do not use up the call stack.
    @Test func depthIsHarmless() {
        let code = [0x29] + [UInt8](repeating: 0x85, count: 1_000_000) + [0x2e]
        #expect(throws: PyTorchCheckpointError.noStateDictionary) {
            try PyTorchCheckpoint(parsing: Self.checkpoint(code))
        }
    }
}
