// Sums of grey tone differences in, the five features of Amadasun & King (1989) out.
//
// Symbols: n_i voxels of level i that have neighbours, N = Σ n_i, p_i = n_i / N, s_i their summed differences, G how many
// levels have p_i > 0; sums run over those.

import TextureCore

/// The features of IBSI 3.10 (family IPET) in the order of the reference manual.
public enum ToneDifferenceFeature: Int, CaseIterable, Sendable {
    case coarseness
    case contrast
    case busyness
    case complexity
    case strength
}

/// All features of one table.
package struct ToneDifferenceFeatures {
    private let measures: [Measure]

    package subscript(feature: ToneDifferenceFeature) -> Measure { measures[feature.rawValue] }

    /// What coarseness is when no voxel differs from its neighbours (IBSI and PyRadiomics).
    static let largestCoarseness = 1e6

    /// Without a voxel that has a neighbour every value is undefined (`noPairs`), except those that PyRadiomics gives.
    package init(_ table: ToneDifferences, convention: Convention) {
        guard !table.isEmpty else {
            measures = ToneDifferenceFeature.allCases.map {
                switch (convention, $0) {
                case (.ibsi, _), (.pyradiomics, .complexity): .undefined(.noPairs)
                case (.pyradiomics, .coarseness): .value(Self.largestCoarseness)
                case (.pyradiomics, _): .value(0)
                }
            }
            return
        }
        let sums = Sums(table)
        measures = ToneDifferenceFeature.allCases.map { sums.measure($0, convention) }
    }

    private struct Sums {
        let levels: [Double]
        /// n_i
        let counts: [Double]
        /// p_i
        let shares: [Double]
        /// s_i
        let differences: [Double]
        let count: Double

        init(_ table: ToneDifferences) {
            let count = table.rows.reduce(0) { $0 + $1.count }
            self.count = count
            levels = table.rows.map { Double($0.level) }
            counts = table.rows.map(\.count)
            shares = counts.map { $0 / count }
            differences = table.rows.map(\.difference)
        }

        func measure(_ feature: ToneDifferenceFeature, _ convention: Convention) -> Measure {
            let levelCount = Double(levels.count)
            let total = differences.reduce(0, +)
            let weighted = zip(shares, differences).reduce(0) { $0 + $1.0 * $1.1 }
            switch feature {
            case .coarseness:
                // 1 / Σ p_i s_i; MIRP, which produced the reference values, also bounds what comes close to 0.
                let isUnbounded = convention == .ibsi ? weighted < 1 / largestCoarseness : weighted == 0
                return .value(isUnbounded ? largestCoarseness : 1 / weighted)
            case .contrast:
                // Σ Σ p_i p_j (i - j)² / (G (G - 1)) · Σ s_i / N; 0 for one level. The double sum is twice the variance.
                guard levelCount > 1 else { return .value(0) }
                let mean = zip(levels, shares).reduce(0) { $0 + $1.0 * $1.1 }
                let variance = zip(levels, shares).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 }
                return .value(2 * variance / (levelCount * (levelCount - 1)) * total / count)
            case .busyness:
                // Σ p_i s_i / Σ Σ |i p_i - j p_j|; 0 for one level.
                guard levelCount > 1 else { return .value(0) }
                // i n_i are whole numbers, so that equal ones cancel exactly.
                let spread = pairwiseDistance(zip(levels, counts).map { $0 * $1 }) / count
                guard spread > 0 else { return convention == .ibsi ? .undefined(.equalShares) : .value(0) }
                return .value(weighted / spread)
            case .complexity:
                // Σ Σ |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) / N
                return .value(complexity / count)
            case .strength:
                // Σ Σ (p_i + p_j) (i - j)² / Σ s_i; 0 when no voxel differs. About the mean c of the levels
                // Σ_j (i - j)² = G (i - c)² + Σ (j - c)².
                guard total > 0 else { return .value(0) }
                let centre = levels.reduce(0, +) / levelCount
                let spread = levels.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
                let sum = zip(levels, shares).reduce(0) {
                    $0 + $1.1 * (levelCount * ($1.0 - centre) * ($1.0 - centre) + spread)
                }
                return .value(2 * sum / total)
            }
        }

        /// Σ Σ |x - y| over all ordered pairs: in ascending order the k-th of n is added k times, subtracted n - 1 - k.
        private func pairwiseDistance(_ values: [Double]) -> Double {
            var sum = 0.0
            for (k, value) in values.sorted().enumerated() { sum += value * Double(2 * k - values.count + 1) }
            return 2 * sum
        }

        /// Σ Σ |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) = 2 Σ Σ |i - j| p_i s_i / (p_i + p_j). Levels j with the same n_j
        /// are taken together: going up, Σ |i - j| over them grows by what it has below and shrinks by what it has above.
        /// So 60,000 levels cost as many steps as there are different n, not 60,000 each.
        private var complexity: Double {
            let products = zip(shares, differences).map { $0 * $1 }
            var sum = 0.0
            for count in Set(counts).sorted() {
                let share = count / self.count
                let members = levels.indices.filter { counts[$0] == count }
                var distance = members.reduce(0) { $0 + levels[$1] - levels[0] }
                var (below, above) = (0.0, Double(members.count))
                for i in levels.indices {
                    if i > 0 { distance += (below - above) * (levels[i] - levels[i - 1]) }
                    sum += distance * products[i] / (shares[i] + share)
                    if counts[i] == count { (below, above) = (below + 1, above - 1) }
                }
            }
            return 2 * sum
        }
    }
}
