import Foundation
import NeuralNetwork

/// An encoder in a file: our own `model.safetensors`, any safetensors file or PyTorch checkpoint with the key names of the
/// MAE repository, pre-trained or fine-tuned. What it is built from is read off the shapes of its tensors.
public struct EncoderWeights: Sendable {
    public let path: String
    public let tensors: [String: StoredTensor]
    /// What a safetensors file of ours says beside its tensors: model, mean, deviation, classes …
    public let metadata: [String: String]
    public let patchSide: Int
    public let channels: Int
    public let encoder: MaskedAutoencoderConfiguration.Transformer
    /// Patches along an image's side when it was trained; nil when their number is no square.
    public let gridSide: Int?
    private let positionRows: Int

    /// - Throws: ``WeightsFileError`` when the file is none, or holds no encoder.
    public init(path: String) throws(WeightsFileError) {
        let (tensors, metadata) = try WeightsFile.contents(path)
        func shape(_ name: String, axes: Int) throws(WeightsFileError) -> [Int] {
            guard let tensor = tensors[name], tensor.shape.count == axes, tensor.shape.allSatisfy({ $0 > 0 }) else {
                throw .noEncoder(
                    path: path, missing: name,
                    reason: tensors[name].map { "has shape \($0.shape), expected \(axes) axes" } ?? "is absent")
            }
            return tensor.shape
        }
        let kernel = try shape("patch_embed.proj.weight", axes: 4)
        let positions = try shape("pos_embed", axes: 3)
        guard kernel[2] == kernel[3] else {
            throw .noEncoder(
                path: path, missing: "patch_embed.proj.weight",
                reason: "has patches of \(kernel[2]) × \(kernel[3]), expected squares")
        }
        var depth = 0
        while tensors["blocks.\(depth).norm1.weight"] != nil { depth += 1 }
        let width = kernel[0]
        guard depth > 0, positions[0] == 1, positions[1] > 1, positions[2] == width else {
            throw .noEncoder(
                path: path, missing: depth > 0 ? "pos_embed" : "blocks.0.norm1.weight",
                reason: depth > 0 ? "has shape \(positions), expected [1, 1 + patches, \(width)]" : "is absent")
        }
        (self.path, self.tensors, self.metadata) = (path, tensors, metadata)
        (patchSide, channels, positionRows) = (kernel[2], kernel[1], positions[1])
        encoder = .init(width: width, depth: depth, heads: Self.heads(width: width, metadata))
        let side = Int(Double(positions[1] - 1).squareRoot().rounded())
        gridSide = side * side == positions[1] - 1 ? side : nil
    }

    /// No tensor tells the number of heads: from the file's own words, from the usual encoder of this width, or 64 values a
    /// head as in all of them but H.
    private static func heads(width: Int, _ metadata: [String: String]) -> Int {
        if let heads = metadata["heads"].flatMap({ Int($0) }), heads > 0, width % heads == 0 { return heads }
        let usual = MaskedAutoencoderConfiguration.EncoderSize.allCases.map(\.transformer).first { $0.width == width }
        return usual?.heads ?? (width % 64 == 0 ? width / 64 : 1)
    }

    /// The configuration for images of this size (pixels); nil: the size that it was trained with.
    public func configuration(imageSize: Int?, heads: Int? = nil) throws -> MaskedAutoencoderConfiguration {
        guard let size = imageSize ?? gridSide.map({ $0 * patchSide }) else {
            throw WeightsFileError.noEncoder(
                path: path, missing: "pos_embed",
                reason: "is of \(positionRows - 1) patches, no square; say the image size")
        }
        var encoder = encoder
        if let heads { encoder.heads = heads }
        return try MaskedAutoencoderConfiguration(
            imageHeight: size, imageWidth: size, patchSide: patchSide, channels: channels, encoder: encoder)
    }

    /// The classes of its head, 0 when it has none.
    public var headClasses: Int { tensors["head.weight"]?.shape.first ?? 0 }

    /// How the file was fine-tuned or pre-trained decides what its embedding is.
    public var end: TransformerEnd { tensors["fc_norm.weight"] == nil ? .tokens : .pooled }

    /// What of the network the file lacks, and what of the file the network has no use for.
    public struct Report: Sendable, Equatable {
        public var missing: [String] = []
        public var unexpected: [String] = []
        /// Patches along a side, of a position table that was made to fit.
        public var interpolated: (from: Int, to: Int)?

        public static func == (a: Report, b: Report) -> Bool {
            a.missing == b.missing && a.unexpected == b.unexpected && a.interpolated?.from == b.interpolated?.from
                && a.interpolated?.to == b.interpolated?.to
        }
    }

    /// Copies the encoder into a network. Exactly `fc_norm.*` and `head.*` may be missing (they keep their start), and a head
    /// for another number of classes counts as missing. The position table is interpolated when the grid differs. A
    /// checkpoint of other channels is refused: a sum of its channels would see other grey values than it was trained with,
    /// so the images are given as many channels as it has (`--channels 3` repeats the grey value).
    @discardableResult
    public func load<T: NetworkScalar>(into network: VisionTransformer<T>) throws(WeightsFileError) -> Report {
        var report = Report()
        let positions = network.layers.positions
        var pairs: [(ParameterLayout.Entry, [T])] = []
        for entry in network.weights.layout.entries {
            let isNew = entry.name.hasPrefix("fc_norm.") || entry.name.hasPrefix("head.")
            guard let tensor = tensors[entry.name] else {
                guard isNew else { throw .noEncoder(path: path, missing: entry.name, reason: "is absent") }
                report.missing.append(entry.name)
                continue
            }
            if tensor.shape == entry.shape {
                pairs.append((entry, tensor.values()))
            } else if entry.name.hasPrefix("head.") {
                report.missing.append(entry.name)
            } else if entry == positions, tensor.shape.count == 3, tensor.shape[2] == entry.shape[2], let gridSide {
                let to = (network.configuration.patchRows, network.configuration.patchColumns)
                let table = PositionTable.interpolated(
                    tensor.values(), width: entry.shape[2], from: (gridSide, gridSide), to: to)
                pairs.append((entry, table.map { T($0) }))
                report.interpolated = (gridSide, to.0)
            } else if entry.name == "patch_embed.proj.weight", tensor.shape.count == 4,
                tensor.shape[1] != entry.shape[1]
            {
                throw .channels(path: path, found: tensor.shape[1], expected: entry.shape[1])
            } else {
                throw .shape(path: path, tensor: entry.name, found: tensor.shape, expected: entry.shape)
            }
        }
        for (entry, values) in pairs { _ = network.weights[entry].update(fromContentsOf: values) }
        let known = Set(network.weights.layout.entries.map(\.name))
        report.unexpected = tensors.keys.filter { !known.contains($0) }.sorted()
        return report
    }
}
