import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import SeededRandom
import Testing
import TextureCore

struct WholeNetworkTests {
    static func configuration() throws -> MaskedAutoencoderConfiguration {
        try MaskedAutoencoderConfiguration(
            imageHeight: 24, imageWidth: 36, patchSide: 12, channels: 2, maskRatio: 0.6,
            encoder: .init(width: 12, depth: 2, heads: 3), decoder: .init(width: 8, depth: 1, heads: 2))
    }

    static func network<T: TrainingScalar>(_: T.Type, threads: Int = 2) throws -> MaskedAutoencoderNetwork<T> {
        let network = MaskedAutoencoderNetwork<T>(try configuration(), batchCapacity: 3, workers: Workers(threads))
        var generator = SeededGenerator(seed: 8)
        network.initialise(from: &generator)
        return network
    }

    static func images<T: TrainingScalar>(_: T.Type, count: Int = 3) throws -> [T] {
        var generator = SeededGenerator(seed: 2)
        return (0..<count * (try configuration().imageLength)).map { _ in T(generator.uniform()) }
    }

    static func mask(count: Int = 3) throws -> PatchMask {
        var generator = SeededGenerator(seed: 4)
        let shape = try configuration()
        return PatchMask(images: count, patchCount: shape.patchCount, keeping: shape.visibleCount, from: &generator)
    }

    static func losses() throws -> [ReconstructionLoss] {
        let range = -3.0...3.0
        let scale = CooccurrenceLoss.Scale(bins: 16, sharpness: 1)
        return [
            .meanSquaredError,
            ReconstructionLoss([
                .pixels(PixelLoss(target: .normalised), weight: 0.1),
                .texture(try CooccurrenceLoss(range: range, scales: [scale], channel: 1)),
                .texture(
                    try CooccurrenceLoss(
                        range: range, scales: [scale],
                        comparison: .statistics(CooccurrenceLoss.MatchedFeature.usual)), weight: 0.5),
                .structure(try StructuralSimilarity(window: 7)),
                .structure(try StructuralSimilarity(), weight: 0.5, scope: .image),
            ]),
            // Several scales, across the borders of patches.
            ReconstructionLoss([
                .texture(
                    try CooccurrenceLoss(
                        range: range,
                        scales: [CooccurrenceLoss.Scale(bins: 12, sharpness: 1, offsets: [Offset(4, 0), Offset(1, 2)])]),
                    weight: 2, scope: .pasted(window: 1), name: "glcm_1"),
                .texture(
                    try CooccurrenceLoss(
                        range: range, scales: [scale],
                        comparison: .statistics(CooccurrenceLoss.MatchedFeature.usual)), scope: .pasted(window: 2)),
            ]),
        ]
    }

    /// Central differences with a step of 1e-5 of 3 values of each parameter, in double: off by no more than 1e-7 of the
    /// largest gradient of the parameter, or 1e-10 where that is as small as the rounding of the difference.
    @Test(arguments: [0, 1, 2]) func backwardIsTheDerivativeOfTheLoss(_ which: Int) throws {
        let network = try Self.network(Double.self)
        let (images, mask, loss) = (try Self.images(Double.self), try Self.mask(), try Self.losses()[which])
        var generator = SeededGenerator(seed: 6)
        // Away from the start, where biases are zero and norms are one.
        for entry in network.weights.layout.entries {
            for i in 0..<entry.count { network.weights[entry][i] += 0.1 * generator.normal() }
        }
        _ = try network.addGradient(of: loss, images: images, mask: mask)
        func total() throws -> Double {
            try network.forward(images, mask: mask).loss(loss).total
        }
        let step = 1e-5
        for entry in network.weights.layout.entries {
            let gradient = Array(network.gradients[entry])
            let largest = gradient.reduce(0) { max($0, abs($1)) }
            for _ in 0..<3 {
                let i = generator.integer(below: entry.count)
                let middle = network.weights[entry][i]
                network.weights[entry][i] = middle + step
                let up = try total()
                network.weights[entry][i] = middle - step
                let slope = (up - (try total())) / (2 * step)
                network.weights[entry][i] = middle
                #expect(
                    abs(slope - gradient[i]) <= max(1e-10, 1e-7 * largest),
                    "loss \(which), \(entry.name)[\(i)]: \(gradient[i]), differences give \(slope)")
            }
        }
    }

    /// Each pass has activations of its own: what another forward computes meanwhile does not reach them.
    @Test func aPassKeepsItsActivationsWhileOthersAreComputed() throws {
        let network = try Self.network(Double.self)
        let (images, mask) = (try Self.images(Double.self), try Self.mask())
        _ = try network.addGradient(of: .meanSquaredError, images: images, mask: mask)
        let expected = network.weights.layout.entries.map { Array(network.gradients[$0]) }
        let first = network.forward(images, mask: mask)
        let prediction = first.values(of: .prediction)
        let second = network.forward(images.map { 1 - $0 }, mask: mask)
        let other = second.values(of: .prediction)
        #expect(other != prediction)
        let evaluated = try first.evaluated(by: .meanSquaredError)
        _ = try second.evaluated(by: .meanSquaredError)
        evaluated.backward()
        #expect(network.weights.layout.entries.map { Array(network.gradients[$0]) } == expected)
    }

    /// Two halves accumulated are the gradient of the whole batch: MSE is a mean over patches, and both halves have as many.
    @Test func accumulationEqualsALargerBatch() throws {
        let network = try Self.network(Double.self)
        let (images, mask) = (try Self.images(Double.self, count: 2), try Self.mask(count: 2))
        let whole = try network.addGradient(of: .meanSquaredError, images: images, mask: mask)
        let expected = network.weights.layout.entries.map { Array(network.gradients[$0]) }
        let length = network.configuration.imageLength
        var sum = 0.0
        for part in 0..<2 {
            let half = Array(images[part * length..<(part + 1) * length])
            let value = try network.addGradient(
                of: .meanSquaredError, images: half,
                mask: PatchMask(visible: [mask.visible[part]], patchCount: mask.patchCount), part: part, of: 2)
            sum += value.total / 2
        }
        #expect(abs(sum - whole.total) < 1e-14)
        for (entry, expected) in zip(network.weights.layout.entries, expected) {
            let worst = zip(network.gradients[entry], expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(worst < 1e-15, "\(entry.name): \(worst)")
        }
    }

    /// A batch of one network is learned by heart, so the whole of it can be trained.
    @Test func lossFalls() throws {
        let network = try Self.network(Float.self)
        let optimiser = AdamW<Float>(network.weights.layout, settings: AdamWSettings(weightDecay: 0))
        let (images, mask) = (try Self.images(Float.self), try Self.mask())
        var losses: [Double] = []
        for _ in 0..<200 {
            let report = try network.step(
                .meanSquaredError, images: images, mask: mask, optimiser: optimiser, learningRate: 3e-3)
            losses.append(report.loss.total)
        }
        #expect(losses[199] < 0.25 * losses[0], "from \(losses[0]) to \(losses[199])")
    }

    @Test func aLossThatIsNotFiniteChangesNothing() throws {
        let network = try Self.network(Float.self)
        let optimiser = AdamW<Float>(network.weights.layout)
        var images = try Self.images(Float.self)
        images[7] = .nan
        let before = network.weights.layout.entries.map { Array(network.weights[$0]) }
        let report = try network.step(
            .meanSquaredError, images: images, mask: Self.mask(), optimiser: optimiser, learningRate: 1)
        #expect(report.loss.nonFiniteTerm == "mse" && report.gradientNorm.isNaN && optimiser.step == 0)
        #expect(network.weights.layout.entries.map { Array(network.weights[$0]) } == before)
    }

    @Test func patchesAndBack() throws {
        let shape = try Self.configuration()
        let images = try Self.images(Float.self)
        let cutter = Patches(shape)
        var (patches, again) = (images, images)
        cutter.patchify(images, count: 3, into: &patches, workers: Workers(2))
        cutter.unpatchify(patches, count: 3, into: &again, workers: Workers(2))
        #expect(again == images && patches != images)
        // Image 1, patch 4 (row 1, column 1), pixel (2, 3) of channel 1.
        let inPatches = 1 * shape.imageLength + 4 * shape.patchLength + (2 * 12 + 3) * 2 + 1
        #expect(patches[inPatches] == images[1 * shape.imageLength + 1 * 24 * 36 + (12 + 2) * 36 + 12 + 3])
    }

    @Test func masksAreCheckedAndRepeatable() throws {
        let (a, b) = (try Self.mask(), try Self.mask())
        #expect(a == b && a.visibleCount == 2 && a.masked.count == 12)
        #expect(throws: PatchMaskError.repeatedPatch(image: 0)) { try PatchMask(visible: [[1, 1]], patchCount: 4) }
        #expect(throws: PatchMaskError.noSuchPatch(image: 1, found: 4, count: 4)) {
            try PatchMask(visible: [[1], [4]], patchCount: 4)
        }
        #expect(throws: PatchMaskError.visibleCount(image: 1, found: 2, expected: 1)) {
            try PatchMask(visible: [[1], [2, 3]], patchCount: 4)
        }
    }

    @Test func configurationsAreChecked() throws {
        let base = try MaskedAutoencoderConfiguration(model: "vit-b16", channels: 3)
        #expect(base.encoder.width == 768 && base.visibleCount == 49 && base.patchLength == 768)
        var layout = ParameterLayout()
        _ = MaskedAutoencoderLayers(base, in: &layout)
        // 111.9 million with the frozen positions of 197 · (768 + 512) (mae.md, section 4).
        #expect(layout.count == 111_655_680)
        #expect(throws: ConfigurationError.unknownModel("resnet-50")) {
            try MaskedAutoencoderConfiguration(model: "resnet-50")
        }
        #expect(throws: ConfigurationError.imageNotWholePatches(height: 100, width: 100, patchSide: 16)) {
            try MaskedAutoencoderConfiguration(model: "vit-ti16", imageSize: 100)
        }
        #expect(throws: ConfigurationError.noPatchVisible(maskRatio: 1, patches: 196)) {
            try MaskedAutoencoderConfiguration(model: "vit-ti16", maskRatio: 1)
        }
        let copy = try JSONDecoder().decode(MaskedAutoencoderConfiguration.self, from: JSONEncoder().encode(base))
        #expect(copy == base)
    }

    @Test func weightsFilesGoRound() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weft-weights-\(UUID()).safetensors")
            .path
        defer { unlink(path) }
        let (network, other) = (try Self.network(Float.self), try Self.network(Float.self))
        try WeightsFile.save(network, to: path, metadata: ["step": "1"])
        for entry in other.weights.layout.entries { for i in 0..<entry.count { other.weights[entry][i] = 9 } }
        let report = try WeightsFile.load(path, into: other)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty && report.loaded.contains("decoder_pos_embed"))
        for entry in network.weights.layout.entries {
            #expect(Array(network.weights[entry]) == Array(other.weights[entry]), "\(entry.name)")
        }
        let smaller = MaskedAutoencoderNetwork<Float>(
            try MaskedAutoencoderConfiguration(
                imageHeight: 24, imageWidth: 36, patchSide: 12, channels: 1,
                encoder: .init(width: 12, depth: 2, heads: 3), decoder: .init(width: 8, depth: 1, heads: 2)),
            batchCapacity: 1, workers: Workers(1))
        #expect(throws: WeightsFileError.self) { try WeightsFile.load(path, into: smaller) }
        #expect(throws: WeightsFileError.self) { try WeightsFile.load(path + ".absent", into: other) }
    }
}
