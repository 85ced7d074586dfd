// A file of `torch.save` (PyTorch 1.6 and later): a zip archive with a pickle, data.pkl, that says how tensors lie in the other
// entries, data/0, data/1, … The pickle is read without executing it: see PickleMachine.

import Foundation

public struct PyTorchCheckpoint: Sendable {
    /// The model's tensors by key.
    public let tensors: [String: StoredTensor]

    /// Mapped into memory, so that only what is asked for is read.
    public init(contentsOf path: String) throws {
        try self.init(parsing: Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
    }

    /// Whether a file is one of `torch.save`, of whatever age, or another pickle. A safetensors file begins with the length of
    /// its header, whose upper half is always zero.
    public static func recognises(_ data: Data) -> Bool {
        let start = Array(data.prefix(8))
        guard start.count == 8 else { return false }
        return start.starts(with: [0x50, 0x4b]) || isPickle(start)
    }

    /// PROTO 2 to 5.
    private static func isPickle(_ start: [UInt8]) -> Bool {
        start[0] == 0x80 && (2...5).contains(start[1]) && start[4...].contains { $0 != 0 }
    }

    /// What `torch.save` wrote first before PyTorch 1.6, and with `_use_new_zipfile_serialization=False` since: a pickle of the
    /// number 0x1950a86a20f9469cfc6c.
    private static let oldMagic: [UInt8] = [
        0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
    ]

    /// A state dictionary, or a dictionary that has one under `model` or `state_dict` (the released MAE weights and the
    /// epochs that the authors' program saves are of this kind).
    public init(parsing data: Data) throws(PyTorchCheckpointError) {
        let start = Array(data.prefix(15))
        if start.count >= 8, Self.isPickle(start) {
            throw start.dropFirst(2).elementsEqual(Self.oldMagic) ? .oldFormat : .pickleAlone
        }
        let archive = try StoredArchive(data)
        let suffix = "data.pkl"
        guard let pickle = archive.entries.first(where: { $0.key == suffix || $0.key.hasSuffix("/" + suffix) }) else {
            throw .noPickle
        }
        let folder = String(pickle.key.dropLast(suffix.count))
        if let order = archive.entries[folder + "byteorder"], String(decoding: order, as: UTF8.self) != "little" {
            throw .byteOrder(String(decoding: order, as: UTF8.self))
        }
        let objects = try PickleMachine.read(pickle.value)
        guard let root = objects.dictionary(objects.root) else { throw .noStateDictionary }
        let state = objects.dictionary(root["model"]) ?? objects.dictionary(root["state_dict"]) ?? root
        var tensors: [String: StoredTensor] = [:]
        for (name, value) in state {
            if let tensor = try Self.tensor(value, name, objects, folder: folder, archive) { tensors[name] = tensor }
        }
        guard !tensors.isEmpty else { throw .noStateDictionary }
        self.tensors = tensors
    }

    /// `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …)`, also wrapped as a parameter; nil when the value
    /// is no tensor.
    private static func tensor(
        _ value: PickleValue, _ name: String, _ objects: PickleObjects, folder: String, _ archive: StoredArchive
    ) throws(PyTorchCheckpointError) -> StoredTensor? {
        if let values = objects.tuple(value), values.contains(where: { isTensor($0, objects) }) {
            throw .tensor(name, "is a tuple of tensors, as quantised layers keep them, expected a plain tensor")
        }
        guard var (function, arguments) = objects.call(value) else { return nil }
        if function == "torch._utils _rebuild_parameter", let wrapped = arguments.first.flatMap(objects.call) {
            (function, arguments) = wrapped
        }
        guard function == "torch._utils _rebuild_tensor_v2" else {
            // Quantised, sparse and other tensors must not be passed over; what is none (the arguments of a program) may be.
            guard isTensor(value, objects) else { return nil }
            throw .tensor(name, "is made by \(function), expected a plain tensor")
        }
        guard arguments.count >= 4, let storage = objects.persistent(arguments[0]),
            case .integer(let offset) = arguments[1],
            let size = objects.tuple(arguments[2]), let stride = objects.tuple(arguments[3]), storage.count >= 3,
            case .global(let type) = storage[1], case .string(let key) = storage[2],
            let shape = wholeNumbers(size), let strides = wholeNumbers(stride), shape.count == strides.count,
            offset >= 0
        else { throw .tensor(name, "its description is malformed") }
        let types: [String: StoredTensor.Element] = [
            "torch DoubleStorage": .float64, "torch FloatStorage": .float32, "torch HalfStorage": .float16,
            "torch BFloat16Storage": .bfloat16, "torch LongStorage": .int64, "torch IntStorage": .int32,
            "torch ShortStorage": .int16, "torch CharStorage": .int8, "torch ByteStorage": .uint8,
            "torch BoolStorage": .bool,
        ]
        guard let element = types[type] else { throw .tensor(name, "values of type \(type) are not supported") }
        guard let bytes = archive.entries["\(folder)data/\(key)"] else {
            throw .tensor(name, "its storage \(key) is absent")
        }
        // The last element that the strides reach must lie in the storage. A stride of 0 would let a few bytes stand for
        // more memory than there is, so that the count is checked on its own.
        var (last, count, overflows) = (offset, 1, false)
        for (side, step) in zip(shape, strides) {
            let (product, productOverflows) = count.multipliedReportingOverflow(by: side)
            let (reach, reachOverflows) = max(0, side - 1).multipliedReportingOverflow(by: step)
            let (sum, sumOverflows) = last.addingReportingOverflow(reach)
            overflows = overflows || productOverflows || reachOverflows || sumOverflows
            (count, last) = (product, sum)
        }
        let stored = bytes.count / element.size
        guard !overflows, count <= stored, offset <= stored, count == 0 || last < stored else {
            throw .tensor(
                name, "shape \(shape), strides \(strides) from \(offset) leave its storage of \(stored) values")
        }
        return StoredTensor(
            element: element, shape: shape, strides: strides,
            bytes: bytes[(bytes.startIndex + offset * element.size)...])
    }

    private static func isTensor(_ value: PickleValue, _ objects: PickleObjects) -> Bool {
        guard let (function, _) = objects.call(value) else { return false }
        return function.hasPrefix("torch") && function.contains("rebuild")
    }

    private static func wholeNumbers(_ values: [PickleValue]) -> [Int]? {
        var numbers: [Int] = []
        for value in values {
            guard case .integer(let number) = value, number >= 0 else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}

public enum PyTorchCheckpointError: Error, Equatable, CustomStringConvertible {
    case notAnArchive(bytes: Int)
    /// Of `torch.save` before PyTorch 1.6.
    case oldFormat
    case pickleAlone
    case archive(String)
    case compressed(entry: String, method: Int)
    case noPickle
    case byteOrder(String)
    case instruction(UInt8, byte: Int)
    case pickle(String, byte: Int)
    case noStateDictionary
    case tensor(String, String)

    public var description: String {
        switch self {
        case .notAnArchive(let bytes):
            "a file of \(bytes) bytes that is no zip archive; save it again with PyTorch 1.6 or later"
        case .oldFormat:
            "found PyTorch's old format, which is no zip archive, expected the format since PyTorch 1.6 or safetensors; load it "
                + "with torch.load and save it again with torch.save, or as safetensors"
        case .pickleAlone:
            "found a pickle that torch.save did not write, expected its zip archive or safetensors; save the state dictionary "
                + "with torch.save"
        case .archive(let fault): "damaged archive: \(fault)"
        case .compressed(let entry, let method):
            "\(entry) is compressed (method \(method)); PyTorch stores its entries as they are"
        case .noPickle: "the archive has no data.pkl: it was not written by torch.save"
        case .byteOrder(let order): "values in \(order)-endian order; expected little"
        case .instruction(let code, let byte):
            "instruction \(code) at byte \(byte) of data.pkl is not one that tensors need; it was not executed"
        case .pickle(let fault, let byte): "data.pkl, byte \(byte): \(fault)"
        case .noStateDictionary: "no tensors found at the top, under model or under state_dict"
        case .tensor(let name, let fault): "\(name): \(fault)"
        }
    }
}
