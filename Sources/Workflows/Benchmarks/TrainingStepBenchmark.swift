import MaskedAutoencoder
import NeuralNetwork
import Parallel
import SeededRandom
import TextureCore

/// One optimiser step of pre-training, beside the rate of OpenBLAS in the same run.
package struct TrainingStepBenchmark {
    /// Encoder and patch side, e.g. vit-b16.
    package var model = "vit-b16"
    /// Rows and columns of an image.
    package var imageSize = 224
    package var channels = 3
    package var decoder = MaskedAutoencoderConfiguration.usualDecoder
    /// Images per step.
    package var batchSize = 8
    /// Terms of the loss joined by +: mse, glcm, ssim.
    package var loss = "mse"
    package var threads = 2
    /// A Python that has torch: it takes the same step in the same run, with the mean squared error alone.
    package var python: String?
    /// Timed steps after one to warm up.
    package var repeats = 5

    package init() {}

    /// - Throws: ``BenchmarkError`` when there is no such model or loss.
    package func validate() throws {
        _ = try shape()
        _ = try reconstructionLoss()
    }

    package func run(_ report: (Measurement) -> Void) throws {
        let shape = try shape()
        let loss = try reconstructionLoss()
        var generator = SeededGenerator(seed: 1)
        let network = MaskedAutoencoderNetwork<Float>(shape, batchCapacity: batchSize, workers: Workers(threads))
        network.initialise(from: &generator)
        let optimiser = AdamW<Float>(network.weights.layout)
        let images = (0..<batchSize * shape.imageLength).map { _ in Float(4 * generator.uniform() - 2) }

        var parts = [String: [Double]]()
        /// Notes the time since `start`, and begins the next part.
        func note(_ name: String, since start: inout ContinuousClock.Instant) {
            let now = ContinuousClock.now
            parts[name, default: []].append((now - start) / .seconds(1))
            start = now
        }
        let rateBefore = LibraryRate.measure(threads: threads)
        func step() throws {
            let mask = PatchMask(
                images: batchSize, patchCount: shape.patchCount, keeping: shape.visibleCount, from: &generator)
            var start = ContinuousClock.now
            let pass = network.forward(images, mask: mask)
            note("forward_seconds", since: &start)
            let evaluated = try pass.evaluated(by: loss)
            note("loss_seconds", since: &start)
            blackHole(evaluated.loss)
            evaluated.backward()
            note("backward_seconds", since: &start)
            blackHole(
                optimiser.step(
                    network.weights, gradients: network.gradients, learningRate: 1e-4, workers: network.workers))
            note("adamw_seconds", since: &start)
        }
        var seconds = try Measurement.time(repeats: repeats, step)
        // In between, so that both meet the same machine.
        let torch = try python.map {
            try TorchStep(python: $0, shape: shape, batchSize: batchSize, threads: threads, repeats: repeats).seconds()
        }
        if torch != nil { seconds += try Measurement.time(repeats: repeats, step) }
        let libraryRate = max(rateBefore, LibraryRate.measure(threads: threads))
        var measurement = Measurement(name: "train-step \(model) \(self.loss)", seconds: seconds, threads: threads)
        let rate = operations(shape) / measurement.median / 1e9
        measurement.details = [
            ("batch_size", Double(batchSize)), ("decoder_width", Double(decoder.width)),
            ("decoder_depth", Double(decoder.depth)), ("decoder_heads", Double(decoder.heads)),
            ("parameters", Double(network.weights.layout.count)),
            ("images_per_second", Double(batchSize) / measurement.median),
        ]
        for name in ["forward_seconds", "loss_seconds", "backward_seconds", "adamw_seconds"] {
            let sorted = (parts[name] ?? []).dropFirst().sorted()
            measurement.details.append((name, sorted[sorted.count / 2]))
        }
        measurement.details += [
            ("gflops", rate), ("openblas_gflops", libraryRate), ("ratio_to_openblas", rate / libraryRate),
        ]
        if let torch {
            measurement.details += [("torch_seconds", torch), ("torch_over_weft", torch / measurement.median)]
        }
        report(measurement)
    }

    private func shape() throws -> MaskedAutoencoderConfiguration {
        do {
            return try MaskedAutoencoderConfiguration(
                model: model, imageSize: imageSize, channels: channels, decoder: decoder)
        } catch { throw BenchmarkError.model(error) }
    }

    private func reconstructionLoss() throws -> ReconstructionLoss {
        let range = -2.1179039478302...2.640000104904175
        var terms: [ReconstructionLoss.Term] = []
        for term in loss.split(separator: "+") {
            switch term {
            case "mse": terms.append(.pixels(PixelLoss(), weight: loss == "mse" ? 1 : 0.1))
            case "glcm": terms.append(.texture(try CooccurrenceLoss(range: range)))
            case "ssim": terms.append(.structure(try StructuralSimilarity(clamp: range)))
            default: throw BenchmarkError.lossTerm(String(term))
            }
        }
        guard !terms.isEmpty else { throw BenchmarkError.noLossTerm }
        return ReconstructionLoss(terms)
    }

    /// Of the matrix products of a step: 2 per multiply-add, forward once and backward twice (the embedding's input has no
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
