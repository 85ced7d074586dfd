// A matrix of grey levels and sizes in, values out. The run length, size zone, distance zone and dependence families are
// the same sums under different names; FeatureCatalogue+….swift says which family reports which.
//
// Symbols: i grey level, j size (length, voxels, distance, dependence), s(i,j) count, N = Σ s(i,j),
// s_i = Σ_j s(i,j), s_j = Σ_i s(i,j), p = s / N, N_v voxels counted, once for each direction that was merged.

import Glibc
import TextureCore

/// The sums over a matrix of grey levels and sizes.
public enum LevelSizeFeature: Int, CaseIterable, Sendable {
    /// Σ s_j / j² / N
    case smallEmphasis
    /// Σ s_j j² / N
    case largeEmphasis
    /// Σ s_i / i² / N
    case lowLevelEmphasis
    /// Σ s_i i² / N
    case highLevelEmphasis
    /// Σ s(i,j) / (i² j²) / N
    case smallLowEmphasis
    /// Σ s(i,j) i² / j² / N
    case smallHighEmphasis
    /// Σ s(i,j) j² / i² / N
    case largeLowEmphasis
    /// Σ s(i,j) i² j² / N
    case largeHighEmphasis
    /// Σ s_i² / N
    case levelNonUniformity
    /// Σ s_i² / N²
    case levelNonUniformityNormalised
    /// Σ s_j² / N
    case sizeNonUniformity
    /// Σ s_j² / N²
    case sizeNonUniformityNormalised
    /// N / N_v
    case percentage
    /// Σ (i - μ)² p(i,j), μ = Σ i p(i,j)
    case levelVariance
    /// Σ (j - μ)² p(i,j), μ = Σ j p(i,j)
    case sizeVariance
    /// -Σ p(i,j) log₂ p(i,j)
    case entropy
    /// Σ p(i,j)²
    case energy
}

/// All sums of one matrix.
package struct LevelSizeFeatures {
    private let measures: [Measure]

    package subscript(feature: LevelSizeFeature) -> Measure { measures[feature.rawValue] }

    /// An empty matrix has none: every value is undefined (`noPairs`).
    package init(_ matrix: LevelSizeMatrix) {
        guard !matrix.isEmpty else {
            measures = LevelSizeFeature.allCases.map { _ in .undefined(.noPairs) }
            return
        }
        let sums = Sums(matrix)
        measures = LevelSizeFeature.allCases.map { .value(sums[$0]) }
    }
}

private struct Sums {
    private var values = [Double](repeating: 0, count: LevelSizeFeature.allCases.count)

    subscript(feature: LevelSizeFeature) -> Double {
        get { values[feature.rawValue] }
        set { values[feature.rawValue] = newValue }
    }

    init(_ matrix: LevelSizeMatrix) {
        var total = 0.0
        var levelSum = 0.0
        var sizeSum = 0.0
        for entry in matrix.entries {
            total += entry.count
            levelSum += entry.count * Double(entry.level)
            sizeSum += entry.count * Double(entry.size)
        }
        let (levelMean, sizeMean) = (levelSum / total, sizeSum / total)

        var (small, large, low, high) = (0.0, 0.0, 0.0, 0.0)
        var (smallLow, smallHigh, largeLow, largeHigh) = (0.0, 0.0, 0.0, 0.0)
        var (levelVariance, sizeVariance, entropy, energy) = (0.0, 0.0, 0.0, 0.0)
        for entry in matrix.entries {
            let (i, j) = (Double(entry.level), Double(entry.size))
            let (i2, j2) = (i * i, j * j)
            let count = entry.count
            small += count / j2
            large += count * j2
            low += count / i2
            high += count * i2
            smallLow += count / (i2 * j2)
            smallHigh += count * i2 / j2
            largeLow += count * j2 / i2
            largeHigh += count * i2 * j2
            levelVariance += count * (i - levelMean) * (i - levelMean)
            sizeVariance += count * (j - sizeMean) * (j - sizeMean)
            let p = count / total
            if p != 1 { entropy -= p * log2(p) }
            energy += p * p
        }
        self[.smallEmphasis] = small / total
        self[.largeEmphasis] = large / total
        self[.lowLevelEmphasis] = low / total
        self[.highLevelEmphasis] = high / total
        self[.smallLowEmphasis] = smallLow / total
        self[.smallHighEmphasis] = smallHigh / total
        self[.largeLowEmphasis] = largeLow / total
        self[.largeHighEmphasis] = largeHigh / total
        self[.levelVariance] = levelVariance / total
        self[.sizeVariance] = sizeVariance / total
        self[.percentage] = total / matrix.voxelCount
        (self[.entropy], self[.energy]) = (entropy, energy)

        let byLevel = Self.squaredMarginal(matrix.entries, \.level)
        let bySize = Self.squaredMarginal(matrix.entries, \.size)
        self[.levelNonUniformity] = byLevel / total
        self[.levelNonUniformityNormalised] = byLevel / (total * total)
        self[.sizeNonUniformity] = bySize / total
        self[.sizeNonUniformityNormalised] = bySize / (total * total)
    }

    /// Σ s_i² or Σ s_j², in ascending order of level or size.
    private static func squaredMarginal(
        _ entries: [LevelSizeMatrix.Entry], _ key: KeyPath<LevelSizeMatrix.Entry, Int32>
    ) -> Double {
        var marginal: [Int32: Double] = [:]
        for entry in entries { marginal[entry[keyPath: key], default: 0] += entry.count }
        return marginal.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value * $1.value }
    }
}
