import Foundation
import Imaging
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation

/// A pre-trained masked autoencoder that fills in what it is not shown. Not to be used by two threads at once; it brings
/// its own.
public final class Reconstructor {
    public let configuration: MaskedAutoencoderConfiguration
    public let grid: PatchGrid
    public let masks: MaskChoice
    /// Ranges of values by modality that the network was trained with, or the usual ones.
    public let intensity: IntensityMapping
    /// What had to be guessed of the network, in words.
    public let guesses: [String]
    /// Of the weights' file.
    public let fingerprint: Fingerprint
    private let normalisation: ChannelNormalisation
    private let network: MaskedAutoencoderNetwork<Float>

    /// What the network makes of one picture.
    public struct Result: Sendable {
        /// The whole picture as the decoder predicts it, also where the encoder has seen it; 0...65535 stand for 0...1, what
        /// lies beyond is clipped as a display would.
        public var pixels: [UInt16]
        /// Pixels that were.
        public var clipped: Int
        /// The patches that the encoder was shown, ascending.
        public var visible: [Int]
    }

    /// - Throws: ``ReconstructorError``, `WeightsFileError` or `ConfigurationError`.
    public init(weights path: String, masks: MaskChoice, batchCapacity: Int = 8, workers: Workers) throws {
        let file = try EncoderWeights(path: path)
        guard let normalisation = file.normalisation else { throw ReconstructorError.noNormalisation(path: path) }
        guard let size = file.imageSize else { throw ReconstructorError.noImageSize(path: path) }
        guard let decoder = file.decoder else { throw ReconstructorError.noDecoder(path: path) }
        let patches = (size / file.patchSide) * (size / file.patchSide)
        if case .given(let visible) = masks, let last = visible.max(), last >= patches {
            throw ReconstructorError.noSuchPatch(path: path, found: last, count: patches)
        }
        configuration = try MaskedAutoencoderConfiguration(
            imageHeight: size, imageWidth: size, patchSide: file.patchSide, channels: file.channels,
            maskRatio: masks.maskRatio(of: patches), encoder: file.encoder, decoder: decoder)
        try configuration.checkMachine(reconstructing: batchCapacity)
        network = MaskedAutoencoderNetwork(configuration, batchCapacity: batchCapacity, workers: workers)
        let report = try WeightsFile.load(path, into: network)
        if let missing = report.missing.first(where: { !$0.hasSuffix("pos_embed") }) {
            throw ReconstructorError.missing(path: path, tensor: missing, others: report.missing.count - 1)
        }
        (self.normalisation, self.masks) = (normalisation, masks)
        guesses = file.guesses.map(\.description)
        intensity = try file.intensity() ?? .standard
        grid = PatchGrid(width: size, height: size, side: file.patchSide)
        fingerprint = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
            .withUnsafeBytes { Fingerprint(of: $0) }
    }

    /// Side of the squares that pictures are, pixels.
    public var imageSize: Int { grid.width }

    /// - Parameters:
    ///   - pictures: each [side, side]; 0...65535 stand for 0...1.
    ///   - names: decide which patches are hidden, see ``MaskChoice``.
    public func reconstruct(_ pictures: [[UInt16]], names: [String]) throws -> [Result] {
        precondition(pictures.count == names.count, "\(names.count) names for \(pictures.count) pictures")
        var results: [Result] = []
        for start in stride(from: 0, to: pictures.count, by: network.batchCapacity) {
            let range = start..<min(start + network.batchCapacity, pictures.count)
            let visible = range.map { masks.visible(name: names[$0], count: grid.count) }
            let mask = try PatchMask(visible: visible, patchCount: grid.count)
            let images = pictures[range].flatMap(normalised)
            let whole = network.forward(images, mask: mask).predictedImages()
            for place in 0..<range.count {
                let length = configuration.imageLength
                guard whole[place * length..<(place + 1) * length].allSatisfy(\.isFinite) else {
                    throw ReconstructorError.notFinite(name: names[range.lowerBound + place])
                }
                results.append(
                    result(
                        whole[place * configuration.imageLength..<(place + 1) * configuration.imageLength],
                        visible[place])
                )
            }
        }
        return results
    }

    private func normalised(_ pixels: [UInt16]) -> [Float] {
        zip(normalisation.mean, normalisation.deviation).flatMap { mean, deviation in
            pixels.map { (Float($0) / 65535 - Float(mean)) / Float(deviation) }
        }
    }

    /// The grey value is the mean of the channels: all were the same grey when it was trained.
    private func result(_ image: ArraySlice<Float>, _ visible: [Int]) -> Result {
        let area = grid.width * grid.height
        var clipped = 0
        let pixels = (0..<area).map { pixel -> UInt16 in
            var sum: Float = 0
            for channel in 0..<configuration.channels {
                let value = image[image.startIndex + channel * area + pixel]
                sum += value * Float(normalisation.deviation[channel]) + Float(normalisation.mean[channel])
            }
            let grey = sum / Float(configuration.channels)
            if !(grey >= 0 && grey <= 1) { clipped += 1 }
            return UInt16(grey: grey)
        }
        return Result(pixels: pixels, clipped: clipped, visible: visible)
    }
}

/// Why weights cannot reconstruct.
public enum ReconstructorError: Error, Equatable, CustomStringConvertible {
    case noNormalisation(path: String)
    case noImageSize(path: String)
    case noDecoder(path: String)
    case missing(path: String, tensor: String, others: Int)
    case noSuchPatch(path: String, found: Int, count: Int)
    case notFinite(name: String)

    public var description: String {
        switch self {
        case .noNormalisation(let path):
            "\(path): one channel, and no word of how its images were normalised (metadata mean and deviation); give the "
                + "model.safetensors of a run"
        case .noImageSize(let path):
            "\(path): does not say the size of its images, and its patches make no square; give the model.safetensors of a run"
        case .noDecoder(let path):
            "\(path): holds no decoder (decoder_embed, decoder_blocks), which reconstructs; give the model.safetensors of a "
                + "pre-training run, or public weights with their decoder"
        case .missing(let path, let tensor, let others):
            "\(path): \(tensor)\(others > 0 ? " and \(others) more tensors are" : " is") absent; expected a whole masked "
                + "autoencoder with the key names of the MAE repository"
        case .noSuchPatch(let path, let found, let count):
            "patch \(found) is to be visible, and \(path) has \(count) patches, counted from 0"
        case .notFinite(let name):
            "\(name): the network predicts a value that is not finite; look at the picture's values, or take other weights"
        }
    }
}
