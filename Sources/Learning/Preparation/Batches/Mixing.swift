import Foundation
import SeededRandom

/// Images of a batch mixed with each other, the first with the last and so on, and their labels by the same shares: mixup (Zhang
/// et al. 2018, arXiv:1710.09412) and cutmix (Yun et al. 2019, arXiv:1905.04899), as timm's Mixup with one draw a batch.
public struct Mixing: Hashable, Sendable {
    /// α of the share's distribution, Beta(α, α); 0: no mixup. The MAE recipe: 0.8.
    public var mixup: Double
    /// The same of cutmix. The MAE recipe: 1. Where both are wanted each batch takes one of them.
    public var cutmix: Double

    public init(mixup: Double = 0, cutmix: Double = 0) { (self.mixup, self.cutmix) = (mixup, cutmix) }

    /// Mixes the values of a batch.
    /// - Returns: the share of each image that is its own; 1 without mixing.
    public func mix(_ batch: inout ImageBatch, channels: Int, size: Int, _ generator: inout SeededGenerator) -> Double {
        guard mixup > 0 || cutmix > 0 else { return 1 }
        let isCut = cutmix > 0 && (mixup == 0 || generator.uniform() < 0.5)
        let share = generator.beta(isCut ? cutmix : mixup)
        let (images, length) = (batch.slices.count, channels * size * size)
        guard isCut else {
            let own = Float(share)
            for first in 0..<(images + 1) / 2 {
                let (a, b) = (first * length, (images - 1 - first) * length)
                for place in 0..<length {
                    let (x, y) = (batch.values[a + place], batch.values[b + place])
                    batch.values[a + place] = own * x + (1 - own) * y
                    batch.values[b + place] = own * y + (1 - own) * x
                }
            }
            return share
        }
        let side = Int(Double(size) * (1 - share).squareRoot())
        func range(_ middle: Int) -> Range<Int> {
            min(max(middle - side / 2, 0), size)..<min(max(middle + side / 2, 0), size)
        }
        let rows = range(generator.integer(below: size))
        let columns = range(generator.integer(below: size))
        for first in 0..<images / 2 {
            let (a, b) = (first * length, (images - 1 - first) * length)
            for channel in 0..<channels {
                for row in rows {
                    let start = (channel * size + row) * size
                    for column in columns { batch.values.swapAt(a + start + column, b + start + column) }
                }
            }
        }
        return 1 - Double(rows.count * columns.count) / Double(size * size)
    }
}

extension SeededGenerator {
    /// Of the distribution Beta(α, α): X / (X + Y) of two gamma variates (Marsaglia, Tsang, ACM TOMS 26, 2000).
    package mutating func beta(_ alpha: Double) -> Double {
        let (x, y) = (gamma(alpha), gamma(alpha))
        return x + y > 0 ? x / (x + y) : 0.5
    }

    private mutating func gamma(_ shape: Double) -> Double {
        guard shape >= 1 else { return gamma(shape + 1) * exp(naturalLogarithm(1 - uniform()) / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            guard v > 0 else { continue }
            if naturalLogarithm(1 - uniform()) < 0.5 * x * x + d - d * v + d * naturalLogarithm(v) { return d * v }
        }
    }
}
