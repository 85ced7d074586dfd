import NeuralNetwork
import NumericalMethods

// Legend of this module: B images, C channels, p patch side, L patches of an image, K of them visible, P = p · p · C values
// of a patch, D width of the encoder or decoder.

/// What a masked autoencoder is built from. The defaults are ViT-B/16 at 224 with MAE's decoder.
public struct MaskedAutoencoderConfiguration: Hashable, Sendable, Codable {
    /// Width, blocks and attention heads of a transformer, and whether its branches are scaled. The hidden layers are four times
    /// as wide.
    public struct Transformer: Hashable, Sendable, Codable {
        public var width: Int
        public var depth: Int
        public var heads: Int
        public var scaling: LayerScaling

        public init(width: Int, depth: Int, heads: Int, scaling: LayerScaling = .none) {
            (self.width, self.depth, self.heads, self.scaling) = (width, depth, heads, scaling)
        }

        /// One that says nothing of a scaling has none.
        public init(from decoder: Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            width = try values.decode(Int.self, forKey: .width)
            depth = try values.decode(Int.self, forKey: .depth)
            heads = try values.decode(Int.self, forKey: .heads)
            scaling = try values.decodeIfPresent(LayerScaling.self, forKey: .scaling) ?? .none
        }
    }

    /// Encoders by the names of the papers (Dosovitskiy et al. 2021, table 1; Ti and S: Touvron et al. 2021, table 1).
    public enum EncoderSize: String, CaseIterable, Sendable, Codable {
        case tiny = "ti"
        case small = "s"
        case base = "b"
        case large = "l"
        case huge = "h"

        public var transformer: Transformer {
            switch self {
            case .tiny: Transformer(width: 192, depth: 12, heads: 3)
            case .small: Transformer(width: 384, depth: 12, heads: 6)
            case .base: Transformer(width: 768, depth: 12, heads: 12)
            case .large: Transformer(width: 1024, depth: 24, heads: 16)
            case .huge: Transformer(width: 1280, depth: 32, heads: 16)
            }
        }
    }

    public let imageHeight: Int
    public let imageWidth: Int
    public let patchSide: Int
    public let channels: Int
    /// Share of patches that the encoder does not see.
    public let maskRatio: Double
    public let encoder: Transformer
    public let decoder: Transformer

    public static let usualDecoder = Transformer(width: 512, depth: 8, heads: 16)

    public init(
        imageHeight: Int = 224, imageWidth: Int = 224, patchSide: Int = 16, channels: Int = 1, maskRatio: Double = 0.75,
        encoder: Transformer = EncoderSize.base.transformer, decoder: Transformer = usualDecoder
    ) throws(ConfigurationError) {
        (self.imageHeight, self.imageWidth, self.patchSide) = (imageHeight, imageWidth, patchSide)
        (self.channels, self.maskRatio, self.encoder, self.decoder) = (channels, maskRatio, encoder, decoder)
        try check()
    }

    /// `model` is an encoder and its patch side, as `vit-b16` or `vit-ti8`.
    public init(
        model: String, imageSize: Int = 224, channels: Int = 1, maskRatio: Double = 0.75,
        decoder: Transformer = usualDecoder
    ) throws(ConfigurationError) {
        let text = model.lowercased()
        let letters = text.dropFirst(4).prefix { !$0.isNumber }
        guard text.hasPrefix("vit-"), let size = EncoderSize(rawValue: String(letters)),
            let patchSide = Int(text.dropFirst(4 + letters.count))
        else { throw .unknownModel(model) }
        try self.init(
            imageHeight: imageSize, imageWidth: imageSize, patchSide: patchSide, channels: channels,
            maskRatio: maskRatio,
            encoder: size.transformer, decoder: decoder)
    }

    private enum CodingKeys: CodingKey {
        case imageHeight, imageWidth, patchSide, channels, maskRatio, encoder, decoder
    }

    /// A configuration read from a file is checked like one made by hand.
    public init(from decoder: Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            imageHeight: values.decode(Int.self, forKey: .imageHeight),
            imageWidth: values.decode(Int.self, forKey: .imageWidth),
            patchSide: values.decode(Int.self, forKey: .patchSide),
            channels: values.decode(Int.self, forKey: .channels),
            maskRatio: values.decode(Double.self, forKey: .maskRatio),
            encoder: values.decode(Transformer.self, forKey: .encoder),
            decoder: values.decode(Transformer.self, forKey: .decoder))
    }

    public var patchRows: Int { imageHeight / patchSide }
    public var patchColumns: Int { imageWidth / patchSide }
    /// L
    public var patchCount: Int { patchRows * patchColumns }
    /// K, as the MAE repository rounds it.
    public var visibleCount: Int { Int(Double(patchCount) * (1 - maskRatio)) }
    /// P
    public var patchLength: Int { patchSide * patchSide * channels }
    /// Values of an image.
    public var imageLength: Int { channels * imageHeight * imageWidth }

    private func check() throws(ConfigurationError) {
        let most = 1 << 16
        for (name, size) in [
            ("image height", imageHeight), ("image width", imageWidth), ("patch side", patchSide),
            ("channels", channels),
        ] {
            guard (1...most).contains(size) else { throw .size(name, found: size, allowed: 1...most) }
        }
        guard imageHeight % patchSide == 0, imageWidth % patchSide == 0 else {
            throw .imageNotWholePatches(height: imageHeight, width: imageWidth, patchSide: patchSide)
        }
        for (name, part) in [("encoder", encoder), ("decoder", decoder)] {
            for (what, size) in [("width", part.width), ("depth", part.depth), ("heads", part.heads)] {
                guard (1...most).contains(size) else { throw .size("\(name) \(what)", found: size, allowed: 1...most) }
            }
            guard part.width % part.heads == 0 else {
                throw .headsDoNotDivideWidth(part: name, heads: part.heads, width: part.width)
            }
            guard part.width % 4 == 0 else { throw .widthNotMultipleOfFour(part: name, width: part.width) }
        }
        guard maskRatio >= 0, maskRatio < 1, visibleCount >= 1 else {
            throw .noPatchVisible(maskRatio: maskRatio, patches: patchCount)
        }
    }
}

public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    case unknownModel(String)
    case size(String, found: Int, allowed: ClosedRange<Int>)
    case imageNotWholePatches(height: Int, width: Int, patchSide: Int)
    case headsDoNotDivideWidth(part: String, heads: Int, width: Int)
    case widthNotMultipleOfFour(part: String, width: Int)
    case noPatchVisible(maskRatio: Double, patches: Int)
    /// In gigabytes.
    case memory(needed: Double, available: Double, images: Int)
    case library(OpenBLASError)

    public var description: String {
        switch self {
        case .unknownModel(let name):
            "model \(name); expected vit-, one of ti s b l h, and the patch side: vit-b16"
        case .size(let name, let found, let allowed):
            "\(name) of \(found); expected \(allowed.lowerBound) to \(allowed.upperBound)"
        case .imageNotWholePatches(let height, let width, let side):
            "images of \(height) × \(width) cannot be cut into patches of \(side) × \(side); choose multiples of \(side)"
        case .headsDoNotDivideWidth(let part, let heads, let width):
            "\(part) of width \(width) with \(heads) heads; expected heads that divide the width"
        case .widthNotMultipleOfFour(let part, let width):
            "\(part) of width \(width); sine and cosine positions of two axes need a multiple of 4"
        case .memory(let needed, let available, let images):
            "the network needs \(Int(min(needed, 1e15).rounded(.up))) GB at least for \(images) image(s) at once, this machine has "
                + "\(Int(available)) GB; take fewer images at once, smaller images or a smaller model"
        case .library(let error): error.description
        case .noPatchVisible(let ratio, let patches):
            "mask ratio \(ratio) leaves none of \(patches) patches to the encoder; expected 0 to less than 1"
        }
    }
}
