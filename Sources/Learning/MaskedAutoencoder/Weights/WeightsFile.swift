import Files
import NeuralNetwork

/// Weights on disk by the key names and shapes of the public MAE weights, which PyTorch and timm load.
public enum WeightsFile {
    /// What a file had and what it lacked. None is an error by itself: an encoder without a decoder is a usual file.
    public struct Report: Sendable, Equatable {
        public var loaded: [String] = []
        /// In the network, not in the file: they keep their values.
        public var missing: [String] = []
        /// In the file, not in the network: ignored.
        public var unexpected: [String] = []
        /// Position tables that were made to fit.
        public var interpolated: [Interpolation] = []

        public struct Interpolation: Sendable, Equatable {
            public var name: String
            /// Patches along a side.
            public var from: Int
            public var to: Int
        }
    }

    package static let encoderPositions = "pos_embed"
    package static let decoderPositions = "decoder_pos_embed"

    /// The tensors of a `.safetensors` file or of one of `torch.save` (`.pth`, `.pt`, `.bin`), told apart by content; refused
    /// unless all of them are understood.
    public static func tensors(_ path: String) throws(WeightsFileError) -> [String: StoredTensor] {
        try WeightsContents(path).tensors
    }

    /// Copies what the file and the network share; positions of a square of patches are interpolated to the network's. A tensor of
    /// another shape is an error, and so are blocks that the network does not have or that are scaled otherwise. Nothing is
    /// copied then.
    @discardableResult
    public static func load<T: TrainingScalar>(
        _ path: String, into network: MaskedAutoencoderNetwork<T>
    ) throws(WeightsFileError) -> Report {
        let contents = try WeightsContents(path)
        let tensors = contents.tensors
        var expected = Dictionary(uniqueKeysWithValues: network.weights.layout.entries.map { ($0.name, $0.shape) })
        let rows = 1 + network.configuration.patchCount
        expected[encoderPositions] = [1, rows, network.layers.encoder.width]
        expected[decoderPositions] = [1, rows, network.layers.decoder.width]
        var report = Report()
        var positions: [String: [T]] = [:]
        for (name, shape) in expected.sorted(by: { $0.key < $1.key }) {
            if let found = tensors[name], found.shape != shape {
                if [encoderPositions, decoderPositions].contains(name),
                    let (table, from) = interpolated(found, shape: shape, network.configuration)
                {
                    positions[name] = table.map { T($0) }
                    report.interpolated.append(
                        .init(name: name, from: from, to: network.configuration.patchRows))
                    continue
                }
                throw .shape(path: path, tensor: name, found: found.shape, expected: shape)
            }
        }
        // A decoder that is not there is no contradiction; blocks beyond the network's are.
        let strange = tensors.keys.filter { expected[$0] == nil && $0.contains("blocks.") }.sorted()
        if let key = strange.first {
            throw .unknownKey(path: path, key: key, reason: "is of no block of this network")
        }
        for entry in network.weights.layout.entries {
            guard let tensor = tensors[entry.name] else { continue }
            _ = network.weights[entry].update(fromContentsOf: tensor.values(as: T.self))
        }
        network.setPositions(
            encoder: positions[encoderPositions] ?? tensors[encoderPositions]?.values() ?? network.encoderPositions,
            decoder: positions[decoderPositions] ?? tensors[decoderPositions]?.values() ?? network.decoderPositions)
        report.loaded = expected.keys.filter { tensors[$0] != nil }.sorted()
        report.missing = expected.keys.filter { tensors[$0] == nil }.sorted()
        report.unexpected = tensors.keys.filter { expected[$0] == nil }.sorted()
        return report
    }

    /// A table of positions for the grid of a network, and the side of the square that it was of; nil where it was of none.
    private static func interpolated(
        _ tensor: StoredTensor, shape: [Int], _ configuration: MaskedAutoencoderConfiguration
    ) -> (table: [Double], from: Int)? {
        guard tensor.shape.count == 3, tensor.shape[0] == 1, tensor.shape[1] > 1, tensor.shape[2] == shape[2] else {
            return nil
        }
        let side = Int(Double(tensor.shape[1] - 1).squareRoot().rounded())
        guard side * side == tensor.shape[1] - 1 else { return nil }
        let table = PositionTable.interpolated(
            tensor.values(as: Double.self), width: shape[2], from: (side, side),
            to: (configuration.patchRows, configuration.patchColumns))
        return (table, side)
    }

    /// All weights, then the positions of encoder and decoder, as a file has them; the buffers are valid within `body` only.
    public static func withTensors<Result>(
        of network: MaskedAutoencoderNetwork<Float>, _ body: ([NamedTensor]) throws -> Result
    ) rethrows -> Result {
        try withPositions(of: network) { try body(network.weights.tensors() + $0) }
    }

    /// The positions of encoder and decoder alone, which are not trained.
    public static func withPositions<Result>(
        of network: MaskedAutoencoderNetwork<Float>, _ body: ([NamedTensor]) throws -> Result
    ) rethrows -> Result {
        let rows = 1 + network.configuration.patchCount
        return try network.encoderPositions.withUnsafeBufferPointer { encoder in
            try network.decoderPositions.withUnsafeBufferPointer { decoder in
                try body([
                    NamedTensor(
                        name: encoderPositions, shape: [1, rows, network.layers.encoder.width], values: encoder),
                    NamedTensor(
                        name: decoderPositions, shape: [1, rows, network.layers.decoder.width], values: decoder),
                ])
            }
        }
    }

    /// All weights and positions as safetensors; undone by ``load(_:into:)``. Appears whole or not at all.
    public static func save(
        _ network: MaskedAutoencoderNetwork<Float>, to path: String, metadata: [String: String] = [:]
    ) throws(WeightsFileError) {
        do {
            try withTensors(of: network) { try SafetensorsFile.write($0, metadata: metadata, to: path) }
        } catch let error as FileWritingError {
            throw .unwritable(path: path, reason: error.reason)
        } catch { throw .unwritable(path: path, reason: SystemError.text(of: error)) }
    }
}

public enum WeightsFileError: Error, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)
    case safetensors(path: String, SafetensorsError)
    case checkpoint(path: String, PyTorchCheckpointError)
    case shape(path: String, tensor: String, found: [Int], expected: [Int])
    case noEncoder(path: String, missing: String, reason: String)
    case channels(path: String, found: Int, expected: Int)
    /// What the key stands for, as far as that is known.
    case unknownKey(path: String, key: String, reason: String)
    case blockGap(path: String, missing: String, last: String)
    case severalEncoders(path: String, keys: [String])
    case type(path: String, tensor: String, found: String)
    /// `place` counts the tensor's values row by row, from 0.
    case notFinite(path: String, tensor: String, place: Int, value: Double)
    /// What a safetensors file says of its network beside the tensors.
    case metadata(path: String, key: String, found: String, expected: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
        case .safetensors(let path, let error): "\(path): \(error)"
        case .checkpoint(let path, let error): "\(path): \(error)"
        case .shape(let path, let tensor, let found, let expected):
            "\(path): \(tensor) has shape \(found), this network expects \(expected); choose the model, image size, patch "
                + "side and channels that the weights were trained with"
        case .noEncoder(let path, let missing, let reason):
            "\(path): \(missing) \(reason); expected an encoder with the key names of the MAE repository"
        case .channels(let path, let found, let expected):
            "\(path): the weights were trained on images of \(found) channel(s), these have \(expected); give "
                + "--channels \(found)"
        case .unknownKey(let path, let key, let reason):
            "\(path): \(key) \(reason); without it the network would compute something else, so the file is not used. Expected: "
                + "the key names of the MAE repository, with timm's LayerScale where there is one"
        case .blockGap(let path, let missing, let last):
            "\(path): \(missing) is absent, and \(last) is there; expected blocks numbered from 0 without a gap"
        case .severalEncoders(let path, let keys):
            "\(path): found \(keys.count) encoders (\(keys.prefix(3).joined(separator: ", "))), expected one; save the one that "
                + "is meant alone"
        case .type(let path, let tensor, let found):
            "\(path): \(tensor) has values of type \(found), expected F32, F64, F16 or BF16; save the weights as floating point"
        case .notFinite(let path, let tensor, let place, let value):
            "\(path): \(tensor) has the value \(value) (number \(place), from 0), expected finite numbers that float32 holds; "
                + "the training that wrote it has failed, take an earlier checkpoint"
        case .metadata(let path, let key, let found, let expected):
            "\(path): the file's metadata says \(key)=\(found), expected \(expected)"
        }
    }
}
