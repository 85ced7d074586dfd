import Glibc
import TextureCore

/// The 23 features of the intensity histogram, IBSI 3.4.
public enum HistogramFeature: Hashable, Sendable {
    case statistic(IntensityStatistic)
    case mode, entropy, uniformity
    case maximumGradient, maximumGradientLevel, minimumGradient, minimumGradientLevel
}

/// How many voxels have each grey level.
struct IntensityHistogram {
    /// counts[i] of level i + 1, for 1...Ng.
    let counts: [Int]
    private let sample: SortedSample

    /// Nil for no voxels.
    init?(_ grid: LevelGrid) {
        var counts = [Int](repeating: 0, count: grid.greyLevelCount + 1)
        for level in grid.levels { counts[Int(level)] += 1 }
        counts.removeFirst()
        let found = counts.indices.filter { counts[$0] > 0 }
        guard
            let sample = SortedSample(ValueFrequencies(found.map { Double($0 + 1) }, counts: found.map { counts[$0] }))
        else { return nil }
        (self.counts, self.sample) = (counts, sample)
    }

    func measure(_ feature: HistogramFeature) -> Measure {
        switch feature {
        case .statistic(let statistic): return sample.measure(statistic)
        case .mode: return .value(Double(mode))
        case .entropy: return .value(entropy)
        case .uniformity: return .value(uniformity)
        case .maximumGradient: return extremum(by: >, \.gradient)
        case .maximumGradientLevel: return extremum(by: >, \.level)
        case .minimumGradient: return extremum(by: <, \.gradient)
        case .minimumGradientLevel: return extremum(by: <, \.level)
        }
    }

    /// The most frequent level; of several the one closest to the mean level, of two as close the lower (IBSI AMMC).
    private var mode: Int {
        let highest = counts.max() ?? 0
        let candidates = counts.indices.filter { counts[$0] == highest }.map { $0 + 1 }
        return candidates.min { abs(Double($0) - sample.mean) < abs(Double($1) - sample.mean) } ?? 1
    }

    var entropy: Double {
        let n = Double(sample.count)
        var entropy = 0.0
        for count in counts where count > 0 && count < sample.count {
            let p = Double(count) / n
            entropy -= p * log2(p)
        }
        return entropy
    }

    var uniformity: Double {
        let n = Double(sample.count)
        return counts.reduce(0.0) { $0 + (Double($1) / n) * (Double($1) / n) }
    }

    private struct Gradient {
        var gradient: Double
        var level: Double
    }

    /// The first level whose gradient is not beaten; a histogram of one bin has no gradient.
    private func extremum(by beats: (Double, Double) -> Bool, _ part: KeyPath<Gradient, Double>) -> Measure {
        guard counts.count > 1 else { return .undefined(.oneGreyLevel) }
        var best = Gradient(gradient: Double(counts[1] - counts[0]), level: 1)
        for i in counts.indices.dropFirst() {
            let gradient =
                i + 1 < counts.count
                ? Double(counts[i + 1] - counts[i - 1]) / 2 : Double(counts[i] - counts[i - 1])
            if beats(gradient, best.gradient) { best = Gradient(gradient: gradient, level: Double(i + 1)) }
        }
        return .value(best[keyPath: part])
    }
}
