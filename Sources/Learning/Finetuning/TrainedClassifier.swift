// A classifier that a run of fine-tuning has left, for images that it has not seen.

import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation

/// Network, classes and how images come to it, as `model.safetensors` of a run has them. Not to be used by two threads at once;
/// it brings its own.
public final class TrainedClassifier {
    public let path: String
    public let classes: [String]
    public let views: FixedViews
    /// Rows and columns of a prepared slice, with ``ImageScale/resize``.
    public let side: Int
    public let fit: SliceFit
    public let intensity: IntensityMapping
    /// Patterns for the names of the regions that it looks at; empty: at whole images.
    public let roi: [String]
    private let normalisation: ChannelNormalisation
    private let network: VisionTransformer<Float>

    private static let atOnce = 16

    /// - Throws: ``WeightsFileError`` when the file holds no classifier, or does not say how images came to it.
    public init(path: String, workers: Workers) throws {
        let file = try EncoderWeights(path: path)
        func lacking(_ key: String, _ expected: String) -> WeightsFileError {
            .metadata(path: path, key: key, found: file.metadata[key] ?? "nothing", expected: expected)
        }
        guard let pool = file.headPool,
            let names = try? JSONDecoder().decode([String].self, from: Data((file.metadata["classes"] ?? "").utf8)),
            names.count == file.headClasses
        else {
            throw lacking(
                "classes",
                "the names of \(max(2, file.headClasses)) classes: model.safetensors of a run of weft finetune")
        }
        if let text = file.metadata["fit"] {
            guard let named = SliceFit(rawValue: text) else {
                throw lacking("fit", SliceFit.allCases.map(\.rawValue).joined(separator: ", "))
            }
            fit = named
        } else {
            fit = .square
        }
        if let text = file.metadata["roi"] {
            guard let patterns = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
                throw lacking("roi", "a list of patterns for the names of regions")
            }
            roi = patterns
        } else {
            roi = []
        }
        guard let normalisation = file.normalisation else {
            throw lacking("mean", "what images are normalised by, as weft finetune writes it")
        }
        let shape = try file.configuration(imageSize: file.imageSize)
        let size = shape.imageHeight
        func number(_ key: String, otherwise: Int) throws -> Int {
            guard let text = file.metadata[key] else { return otherwise }
            guard let number = Int(text), (1...PreparationSettings.largestSide).contains(number) else {
                throw lacking(key, "a number of pixels from 1 to \(PreparationSettings.largestSide)")
            }
            return number
        }
        var kinds = ImageViews.whole
        if let text = file.metadata["views"] {
            guard let named = ImageViews(rawValue: text) else {
                throw lacking("views", ImageViews.allCases.map(\.rawValue).joined(separator: ", "))
            }
            kinds = named
        }
        let stride = try number("stride", otherwise: max(1, size / 2))
        views = FixedViews(kinds, at: try file.scale() ?? .resize, size: size, stride: stride)
        side = try number("resize", otherwise: PreparationSettings.usualSide(forImageSize: size))
        guard side >= size else { throw lacking("resize", "at least image_size, which is \(size)") }
        intensity = try file.intensity() ?? .standard
        try shape.checkMachine(embeddingOf: Self.atOnce)
        network = VisionTransformer(
            shape, end: .classes(names.count, pool: pool), batchCapacity: Self.atOnce, for: .inference,
            workers: workers)
        try file.load(into: network)
        (self.path, classes, self.normalisation) = (path, names, normalisation)
    }

    /// Probabilities of slices [slices][classes].
    ///
    /// - Parameter slice: gives each of them by its number, as ``SliceViews/prepared(_:side:)`` makes it.
    public func probabilities(
        of slices: [Int], _ slice: @escaping @Sendable (Int) throws -> PreparedSlice
    ) throws -> [[Double]] {
        let looker = FixedViewLoader(views, normalisation: normalisation, slice: slice)
        let logits = try SliceLogits(of: slices, under: looker, by: network, atOnce: Self.atOnce)
        return slices.map(logits.probabilities)
    }
}
