import SeededRandom
import TextureCore

/// The texture loss of one training step, forward and backward.
package struct SoftMatrixBenchmark {
    package var threads = 2
    /// L; nil: 5 and 30.
    package var sharpness: Double?
    /// Of the value range.
    package var bins = 256
    /// Timed runs after one to warm up.
    package var repeats = 9

    package init() {}

    package func run(_ report: (Measurement) -> Void) throws {
        let range = -2.1179039478302...2.640000104904175
        let (items, patches, masked) = (8, 196, 147)
        var generator = SeededGenerator(seed: 4)
        let chosen = (0..<items).flatMap { item in
            (0..<patches).shuffled(using: &generator).prefix(masked).map { item * patches + $0 }
        }
        let layout = try PatchLayout(
            tokensOf: items, patchesPerItem: patches, width: 16, height: 16, channels: 1, chosen: chosen)
        let target = Self.texture(count: layout.valueCount, range, &generator)
        // A blurred and slightly wrong prediction, as a training step sees it.
        let prediction = target.map { Float(0.6) * $0 + Float(0.1 * generator.normal()) }
        for sharpness in sharpness.map({ [$0] }) ?? [5, 30] {
            let scale = CooccurrenceLoss.Scale(bins: bins, sharpness: sharpness)
            let texture = try CooccurrenceLoss(range: range, scales: [scale])
            report(
                measure(
                    "soft-glcm-L\(Int(sharpness))", TextureLoss(cooccurrence: (1, texture)), prediction, target, layout,
                    [("patches", Double(chosen.count)), ("bins", Double(bins)), ("sharpness", sharpness)],
                    pairs: chosen.count * 2 * 16 * 15))
        }
        report(
            measure(
                "soft-glcm-ssim", TextureLoss(similarity: (1, try StructuralSimilarity(clamp: range))), prediction,
                target,
                layout, [("patches", Double(chosen.count))], pairs: nil))
    }

    private func measure(
        _ name: String, _ loss: TextureLoss, _ prediction: [Float], _ target: [Float], _ layout: PatchLayout,
        _ work: [(String, Double)], pairs: Int?
    ) -> Measurement {
        var gradient = [Float](repeating: 0, count: layout.valueCount)
        let before = Measurement.currentMemoryMB
        let seconds = Measurement.time(repeats: repeats) {
            gradient.withUnsafeMutableBufferPointer { gradient in
                prediction.withUnsafeBufferPointer { prediction in
                    target.withUnsafeBufferPointer { target in
                        guard let gradient = gradient.baseAddress, let x = prediction.baseAddress,
                            let y = target.baseAddress
                        else { return }
                        blackHole(
                            loss.evaluate(
                                prediction: x, target: y, layout: layout, gradient: gradient, threads: threads))
                    }
                }
            }
        }
        var measurement = Measurement(name: name, seconds: seconds, threads: threads)
        measurement.details = work
        if let pairs {
            measurement.details += [
                ("pairs", Double(pairs)), ("ns_per_pair", measurement.median / Double(pairs) * 1e9),
            ]
        }
        measurement.details.append(("memory_above_images_mb", max(0, measurement.peakMemoryMB - before)))
        return measurement
    }

    /// Smooth structure with speckle, within the range.
    private static func texture(
        count: Int, _ range: ClosedRange<Double>, _ generator: inout SeededGenerator
    ) -> [Float] {
        let (low, span) = (range.lowerBound, range.upperBound - range.lowerBound)
        var level = 0.5
        return (0..<count).map { _ in
            level = min(0.95, max(0.05, level + 0.02 * generator.normal()))
            return Float(low + span * min(1, max(0, level + 0.03 * generator.normal())))
        }
    }
}
