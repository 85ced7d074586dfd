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
    /// Nil where the file has none.
    public let decoder: MaskedAutoencoderConfiguration.Transformer?
    /// What had to be guessed of the number of heads, which no tensor tells; empty where it is known.
    public let guesses: [HeadsGuess]
    /// Patches along an image's side when it was trained; nil when their number is no square.
    public let gridSide: Int?
    private let positionRows: Int
    private let positionOfClassToken: ClassTokenPosition

    /// A number of heads that neither the file says nor the width tells; the numbers hang on it.
    public struct HeadsGuess: Hashable, Sendable, CustomStringConvertible {
        public enum Part: String, Hashable, Sendable { case encoder, decoder }
        public var part: Part
        public var heads: Int
        public var width: Int

        public var description: String {
            "the weights do not say how many heads the \(part) has, \(width) wide; taken as \(heads)"
        }
    }

    /// Whether the position table has a row for the class token, or the class token has no position (timm's `no_embed_class`).
    private enum ClassTokenPosition { case first, none }

    /// - Parameter path: a file, or the folder of a run for the `model.safetensors` in it.
    /// - Throws: ``WeightsFileError`` when the file is none, or holds no encoder.
    public init(path: String) throws(WeightsFileError) {
        let contents = try WeightsContents(path)
        let path = contents.path
        let (tensors, metadata) = (contents.tensors, contents.metadata)
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
        let (width, depth) = (kernel[0], contents.encoder.depth)
        guard depth > 0, positions[0] == 1, positions[1] > 1, positions[2] == width else {
            throw .noEncoder(
                path: path, missing: depth > 0 ? "pos_embed" : "blocks.0.norm1.weight",
                reason: depth > 0 ? "has shape \(positions), expected [1, 1 + patches, \(width)]" : "is absent")
        }
        try Self.checkEnds(tensors, width: width, path)
        (self.path, self.tensors, self.metadata) = (path, tensors, metadata)
        (patchSide, channels, positionRows) = (kernel[2], kernel[1], positions[1])
        let known = try Self.heads(width: width, "heads", contents) { width in
            MaskedAutoencoderConfiguration.EncoderSize.allCases.map(\.transformer).first { $0.width == width }?.heads
        }
        // 64 values a head as in all usual encoders but H.
        let heads = known ?? (width % 64 == 0 ? width / 64 : 1)
        encoder = .init(width: width, depth: depth, heads: heads, scaling: contents.encoder.scaling)
        var guesses = known == nil ? [HeadsGuess(part: .encoder, heads: heads, width: width)] : []
        if contents.decoder.depth > 0, let shape = tensors["decoder_embed.weight"]?.shape, shape.count == 2,
            shape[0] > 0
        {
            // 32 values a head as in all of the MAE repository's decoders.
            let known = try Self.heads(width: shape[0], "decoder_heads", contents) { $0 == 512 ? 16 : nil }
            let heads = known ?? max(1, shape[0] / 32)
            decoder = .init(
                width: shape[0], depth: contents.decoder.depth, heads: heads, scaling: contents.decoder.scaling)
            if known == nil { guesses.append(HeadsGuess(part: .decoder, heads: heads, width: shape[0])) }
        } else {
            decoder = nil
        }
        self.guesses = guesses
        let rows = positions[1]
        (gridSide, positionOfClassToken) =
            if let side = Self.root(of: rows - 1) {
                (side, .first)
            } else if let side = Self.root(of: rows) {
                (side, .none)
            } else {
                (nil, .first)
            }
        try checkMetadata()
    }

    private static func root(of number: Int) -> Int? {
        let side = Int(Double(number).squareRoot().rounded())
        return side * side == number ? side : nil
    }

    /// What stands behind the blocks: one norm, and a head that takes what the encoder gives.
    private static func checkEnds(
        _ tensors: [String: StoredTensor], width: Int, _ path: String
    ) throws(WeightsFileError) {
        for end in ["norm", "fc_norm", "sd_norm", "head"] {
            let (weight, bias) = (tensors["\(end).weight"], tensors["\(end).bias"])
            guard (weight == nil) == (bias == nil) else {
                throw .noEncoder(
                    path: path, missing: weight == nil ? "\(end).weight" : "\(end).bias", reason: "is absent")
            }
        }
        if tensors["norm.weight"] != nil, tensors["fc_norm.weight"] != nil {
            throw .unknownKey(
                path: path, key: "norm.weight",
                reason: "stands beside fc_norm.weight, and only one norm can be the last")
        }
        guard let weight = tensors["head.weight"], let bias = tensors["head.bias"] else { return }
        let classes = weight.shape.first ?? 0
        let inputs = tensors["sd_norm.weight"] == nil ? width : 2 * width
        guard weight.shape == [classes, inputs] else {
            throw .shape(path: path, tensor: "head.weight", found: weight.shape, expected: [classes, inputs])
        }
        guard bias.shape == [classes] else {
            throw .shape(path: path, tensor: "head.bias", found: bias.shape, expected: [classes])
        }
    }

    /// The number of heads: from the file's own words, or from the usual network of this width; nil where neither tells.
    private static func heads(
        width: Int, _ key: String, _ contents: WeightsContents, usual: (Int) -> Int?
    ) throws(WeightsFileError) -> Int? {
        guard let text = contents.metadata[key] else { return usual(width) }
        guard let heads = Int(text), heads > 0, width % heads == 0 else {
            throw .metadata(
                path: contents.path, key: key, found: text, expected: "a number that divides the width \(width)")
        }
        return heads
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

    /// What its head reads; nil where it has none.
    public var headPool: TokenPool? {
        guard headClasses > 0 else { return nil }
        return tensors["sd_norm.weight"] != nil ? .moments : tensors["fc_norm.weight"] != nil ? .mean : .classToken
    }

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

    /// Copies the encoder into a network. Exactly the norms of a pool (`fc_norm.*`, `sd_norm.*`, in front of
    /// a head also `norm.*`) and `head.*` may be missing (they keep their start), and a head for another number of classes or
    /// another pool counts as missing. The position table is interpolated when the grid differs. A
    /// checkpoint of other channels is refused: a sum of its channels would see other grey values than it was trained with,
    /// so the images are given as many channels as it has (`--channels 3` repeats the grey value).
    @discardableResult
    public func load<T: NetworkScalar>(into network: VisionTransformer<T>) throws(WeightsFileError) -> Report {
        var report = Report()
        let positions = network.layers.positions
        var pairs: [(ParameterLayout.Entry, [T])] = []
        for entry in network.weights.layout.entries {
            let isNew =
                ["fc_norm.", "sd_norm.", "head."].contains { entry.name.hasPrefix($0) }
                || network.layers.head != nil && entry.name.hasPrefix("norm.")
            guard let tensor = tensors[entry.name] else {
                guard isNew else { throw .noEncoder(path: path, missing: entry.name, reason: "is absent") }
                report.missing.append(entry.name)
                continue
            }
            if entry == positions, positionOfClassToken == .none {
                pairs.append((entry, try positionTable(tensor, entry, network.configuration, &report)))
            } else if tensor.shape == entry.shape {
                pairs.append((entry, tensor.values()))
            } else if entry.name.hasPrefix("head.") {
                report.missing.append(entry.name)
            } else if entry == positions {
                pairs.append((entry, try positionTable(tensor, entry, network.configuration, &report)))
            } else if entry.name == "patch_embed.proj.weight", tensor.shape.count == 4,
                tensor.shape[1] != entry.shape[1]
            {
                throw .channels(path: path, found: tensor.shape[1], expected: entry.shape[1])
            } else {
                throw .shape(path: path, tensor: entry.name, found: tensor.shape, expected: entry.shape)
            }
        }
        let known = Set(network.weights.layout.entries.map(\.name))
        report.unexpected = tensors.keys.filter { !known.contains($0) }.sorted()
        if let key = report.unexpected.first(where: { $0.hasPrefix("blocks.") }) {
            throw .unknownKey(path: path, key: key, reason: "is of no block of this network")
        }
        for (entry, values) in pairs { _ = network.weights[entry].update(fromContentsOf: values) }
        return report
    }

    /// The position table for the grid of a network; a class token without a position has one of zeros.
    private func positionTable<T: NetworkScalar>(
        _ tensor: StoredTensor, _ entry: ParameterLayout.Entry, _ shape: MaskedAutoencoderConfiguration,
        _ report: inout Report
    ) throws(WeightsFileError) -> [T] {
        guard let gridSide, tensor.shape.count == 3, let width = entry.shape.last, tensor.shape[2] == width else {
            throw .shape(path: path, tensor: entry.name, found: tensor.shape, expected: entry.shape)
        }
        var table: [Double] = positionOfClassToken == .none ? [Double](repeating: 0, count: width) : []
        table += tensor.values(as: Double.self)
        let to = (rows: shape.patchRows, columns: shape.patchColumns)
        if to != (gridSide, gridSide) {
            table = PositionTable.interpolated(table, width: width, from: (gridSide, gridSide), to: to)
            report.interpolated = (gridSide, to.rows)
        }
        return table.map { T($0) }
    }
}
