// The learned half's texture against the handcrafted half's, and its gradient against differences of its values.

import SeededRandom
import TextureCore

enum SoftMatrixCheck {
    /// Narrow soft bins count as exact ones do: all features of one matrix by both ways.
    static func againstExact() -> SelfTest.Check {
        let (side, bins, tolerance) = (24, 16, 1e-3)
        var generator = SeededGenerator(seed: 20)
        let values = (0..<side * side).map { _ in Double.random(in: 0..<1, using: &generator) }
        let grey = values.map { UInt16(min(Double(bins - 1), $0 * Double(bins))) + 1 }
        let grid = LevelGrid(size: [side, side, 1], levels: grey, greyLevelCount: bins)
        let name = "soft against exact co-occurrence"
        do {
            let exact = VoxelPairs(grid, reach: 1).count(along: [Offset(1, 0)]).matrices(.symmetric)[0]
            let soft = try SoftLevels(range: 0...1, bins: bins, sharpness: 1e6)
                .cooccurrence(of: values, width: side, offset: Offset(1, 0), symmetry: .symmetric)
            let (a, b) = (HaralickFeatures(exact, convention: .ibsi), HaralickFeatures(soft, convention: .ibsi))
            var (worst, failures) = (0.0, [String]())
            for feature in HaralickFeature.allCases {
                guard let x = a[feature].value, let y = b[feature].value else {
                    failures.append("\(feature): no value")
                    continue
                }
                let difference = abs(x - y) / max(1, abs(x))
                worst = max(worst, difference)
                if difference > tolerance { failures.append("\(feature): soft \(y), exact \(x)") }
            }
            return SelfTest.Check(
                name, figure: "\(HaralickFeature.allCases.count) features, worst \(worst.shortened) of \(tolerance)",
                failures: failures)
        } catch { return SelfTest.Check(name, figure: "no value", failures: ["\(error)"]) }
    }
}

enum GradientCheck {
    /// Pixels, co-occurrence and structure in one loss; central differences.
    static func textureLoss() -> SelfTest.Check {
        let name = "gradient of the texture loss"
        // Differences of a step of 1e-5 are right to about 1e-10 of the largest.
        let (side, step, tolerance) = (8, 1e-5, 1e-6)
        var generator = SeededGenerator(seed: 21)
        let target = (0..<2 * side * side).map { _ in Double.random(in: 0..<1, using: &generator) }
        var prediction = target.map { 0.8 * $0 + Double.random(in: 0..<0.2, using: &generator) }
        do {
            let layout = try PatchLayout(tokensOf: 1, patchesPerItem: 2, width: side, height: side, channels: 1)
            let loss = TextureLoss(
                pixel: (1, PixelLoss()),
                cooccurrence: (1, try CooccurrenceLoss(range: -0.5...1.5, scales: [.init(bins: 16, sharpness: 2.5)])),
                similarity: (1, try StructuralSimilarity(normalisation: .fixed(0...1))))
            let gradient = loss.valueAndGradient(prediction: prediction, target: target, layout: layout).gradient
            let largest = gradient.reduce(0) { max($0, abs($1)) }
            var worst = 0.0
            for k in stride(from: 0, to: prediction.count, by: 3) {
                let value = prediction[k]
                let ends = [value + step, value - step].map { moved in
                    prediction[k] = moved
                    return loss.valueAndGradient(prediction: prediction, target: target, layout: layout).value.total
                }
                prediction[k] = value
                worst = max(worst, abs((ends[0] - ends[1]) / (2 * step) - gradient[k]) / largest)
            }
            return SelfTest.Check(
                name, figure: "worst \(worst.shortened) of the largest, of \(tolerance)",
                failures: worst < tolerance
                    ? [] : ["differs from finite differences by \(worst) of its largest element"])
        } catch { return SelfTest.Check(name, figure: "no value", failures: ["\(error)"]) }
    }
}

extension Double {
    /// Two digits, for people.
    var shortened: String {
        guard self != 0, isFinite else { return "\(self)" }
        var (mantissa, exponent) = (self, 0)
        while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
        while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        return "\((mantissa * 10).rounded() / 10)e\(exponent)"
    }
}
