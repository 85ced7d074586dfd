import ArgumentParser
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import SeededRandom
import TextureCore

/// `weft bench train-step`: one optimiser step of pre-training.
struct TrainStepBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train-step",
        abstract: "One step of pre-training (forward, backward, AdamW), beside OpenBLAS' own rate in the same run.",
        discussion: """
            Images and weights are made from a seed. The step's rate counts matrix products only; its ratio to the rate \
            of a product of two 2048 × 2048 matrices by OpenBLAS, timed right before and after, says what is lost to \
            everything else, whatever the machine is busy with.

              weft bench train-step --model vit-b16 --loss mse+glcm+ssim --json
            """)

    @Option(help: "Encoder and patch side: vit- and one of ti s b l h, then the side.")
    var model = "vit-b16"

    @Option(help: "Rows and columns of an image.")
    var imageSize = 224

    @Option(help: "Channels of an image.")
    var channels = 3

    @Option(help: "Images a step.")
    var batchSize = 8

    @Option(help: "Terms of the loss joined by +: mse, glcm, ssim.")
    var loss = "mse"

    @Option(help: "Timed steps after one to warm up; the median is reported.")
    var steps = 5

    @Option(help: "Threads; want as many as there are cores.")
    var threads = 2

    @Flag(help: "One JSON object instead of a line to read.")
    var json = false

    func validate() throws {
        for (name, value) in [
            ("--batch-size", batchSize), ("--steps", steps), ("--threads", threads), ("--channels", channels),
        ] where value < 1 {
            throw ValidationError("\(name) is \(value), expected a number from 1")
        }
        _ = try shape()
        _ = try reconstructionLoss()
    }

    func run() throws {
        let shape = try shape()
        let loss = try reconstructionLoss()
        var generator = SeededGenerator(seed: 1)
        let network = MaskedAutoencoderNetwork<Float>(shape, batchCapacity: batchSize, workers: Workers(threads))
        network.initialise(from: &generator)
        let optimiser = AdamW<Float>(network.weights.layout)
        let images = (0..<batchSize * shape.imageLength).map { _ in Float(4 * generator.uniform() - 2) }

        var parts = [String: [Double]]()
        func part<Result>(_ name: String, _ work: () throws -> Result) rethrows -> Result {
            let start = ContinuousClock.now
            let result = try work()
            parts[name, default: []].append((ContinuousClock.now - start) / .seconds(1))
            return result
        }
        let rateBefore = MatrixProduct.measureLibraryRate(threads: threads)
        let seconds = try Measurement.time(repeats: steps) {
            let mask = PatchMask(
                images: batchSize, patchCount: shape.patchCount, keeping: shape.visibleCount, from: &generator)
            part("forward_seconds") { network.forward(images, mask: mask) }
            blackHole(try part("loss_seconds") { try network.evaluate(loss) })
            part("backward_seconds") { network.backward() }
            part("adamw_seconds") {
                blackHole(
                    optimiser.step(
                        network.weights, gradients: network.gradients, learningRate: 1e-4, workers: network.workers))
            }
        }
        let libraryRate = max(rateBefore, MatrixProduct.measureLibraryRate(threads: threads))
        var measurement = Measurement(name: "train-step \(model) \(self.loss)", seconds: seconds, threads: threads)
        let rate = operations(shape) / measurement.median / 1e9
        measurement.details = [
            ("batch_size", Double(batchSize)), ("parameters", Double(network.weights.layout.count)),
            ("images_per_second", Double(batchSize) / measurement.median),
        ]
        for name in ["forward_seconds", "loss_seconds", "backward_seconds", "adamw_seconds"] {
            let sorted = (parts[name] ?? []).dropFirst().sorted()
            measurement.details.append((name, sorted[sorted.count / 2]))
        }
        measurement.details += [
            ("gflops", rate), ("openblas_gflops", libraryRate), ("ratio_to_openblas", rate / libraryRate),
        ]
        Console.print(json ? measurement.json : measurement.text)
    }

    private func shape() throws -> MaskedAutoencoderConfiguration {
        do {
            return try MaskedAutoencoderConfiguration(model: model, imageSize: imageSize, channels: channels)
        } catch { throw ValidationError(error.description) }
    }

    private func reconstructionLoss() throws -> ReconstructionLoss {
        let range = -2.1179039478302...2.640000104904175
        var terms = TextureLoss()
        for term in loss.split(separator: "+") {
            switch term {
            case "mse": terms.pixel = (loss == "mse" ? 1 : 0.1, PixelLoss())
            case "glcm": terms.cooccurrence = (1, try CooccurrenceLoss(range: range))
            case "ssim": terms.similarity = (1, try StructuralSimilarity(clamp: range))
            default: throw ValidationError("--loss has the term \(term); expected mse, glcm or ssim, joined by +")
            }
        }
        guard terms.pixel != nil || terms.cooccurrence != nil || terms.similarity != nil else {
            throw ValidationError("--loss names no term; expected mse, glcm or ssim, joined by +")
        }
        return ReconstructionLoss(patches: terms)
    }

    /// Of the matrix products of a step: 2 a multiply-add, forward once and backward twice (the embedding's input has no
    /// gradient).
    private func operations(_ shape: MaskedAutoencoderConfiguration) -> Double {
        func stack(_ part: MaskedAutoencoderConfiguration.Transformer, _ tokens: Int) -> Double {
            let (t, d) = (Double(tokens), Double(part.width))
            return Double(part.depth) * (12 * t * d * d + 2 * t * t * d)
        }
        let (visible, all) = (shape.visibleCount, shape.patchCount)
        let (outer, inner, patch) = (
            Double(shape.encoder.width), Double(shape.decoder.width), Double(shape.patchLength)
        )
        let forward =
            stack(shape.encoder, visible + 1) + stack(shape.decoder, all + 1) + Double(visible + 1) * outer * inner
            + Double(all) * inner * patch
        return 2 * Double(batchSize) * (3 * forward + 2 * Double(visible) * patch * outer)
    }
}
