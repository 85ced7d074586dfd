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

    /// A state dictionary, or a dictionary that has one under `model` or `state_dict` (the released MAE weights and the
    /// epochs that the authors' program saves are of this kind).
    public init(parsing data: Data) throws(PyTorchCheckpointError) {
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
        guard var (function, arguments) = objects.call(value) else { return nil }
        if function == "torch._utils _rebuild_parameter", let wrapped = arguments.first.flatMap(objects.call) {
            (function, arguments) = wrapped
        }
        guard function == "torch._utils _rebuild_tensor_v2" else { return nil }
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
