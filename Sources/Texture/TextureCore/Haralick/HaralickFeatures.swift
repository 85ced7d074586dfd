// A co-occurrence matrix in, 25 features and the maximal correlation coefficient out. The matrix may be exact or soft:
// the formulas are written once, here, each with its derivative ∂f/∂p(i,j) beside it for the loss that matches features.
//
// Symbols: i, j grey levels of row and column; p(i,j) = counts / total; px, py the marginals; μ, σ their mean and
// standard deviation; p₋(k) = Σ p(i,j) over |i - j| = k; p₊(k) = Σ p(i,j) over i + j = k; Ng the number of grey levels;
// logarithms to base 2, 0 log 0 = 0. "Flat": only one grey level occurs in pairs.

import Glibc

/// The features of IBSI 3.6 (family LFYI) in the order of the reference manual, and the maximal correlation coefficient.
public enum HaralickFeature: Int, CaseIterable, Sendable {
    case jointMaximum
    case jointAverage
    case jointVariance
    case jointEntropy
    case differenceAverage
    case differenceVariance
    case differenceEntropy
    case sumAverage
    case sumVariance
    case sumEntropy
    case angularSecondMoment
    case contrast
    case dissimilarity
    case inverseDifference
    case inverseDifferenceNormalised
    case inverseDifferenceMoment
    case inverseDifferenceMomentNormalised
    case inverseVariance
    case correlation
    case autocorrelation
    case clusterTendency
    case clusterShade
    case clusterProminence
    case informationCorrelation1
    case informationCorrelation2
    case maximalCorrelationCoefficient
}

/// What the formulas read of a matrix: p as a list of cells, its marginals, and its sums along the two diagonals.
public struct JointDistribution: Sendable {
    public private(set) var matrix: CooccurrenceMatrix
    /// Sum of all cells of the matrix; p = count / total.
    public private(set) var total = 0.0
    /// px and py by position in `matrix.levels`; the same when symmetric.
    public private(set) var rowMarginal: [Double] = []
    public private(set) var columnMarginal: [Double] = []
    /// p₋ by k = 0...(highest - lowest level).
    public private(set) var difference: [Double] = []
    /// p₊ by k - 2 · lowest level.
    public private(set) var sum: [Double] = []
    /// Smallest value of i + j that `sum` holds.
    public private(set) var sumStart = 0

    /// Σ p², max p, Σ i j p and -Σ p log p, gathered in the same pass over the cells.
    private(set) var energy = 0.0
    private(set) var maximum = 0.0
    private(set) var product = 0.0
    private(set) var entropy = 0.0

    /// Nil when the matrix is empty.
    public init?(_ matrix: CooccurrenceMatrix) {
        self.matrix = matrix
        guard gather() == .gathered else { return nil }
    }

    /// Of an empty matrix, to be filled by ``refill(_:)``.
    init(toFill matrix: CooccurrenceMatrix) { self.matrix = matrix }

    enum Outcome { case gathered, empty }

    /// Takes another matrix over the same levels in the place of this one, without new memory where there is enough.
    mutating func refill(_ write: (inout CooccurrenceMatrix) -> Void) -> Outcome {
        write(&matrix)
        return gather()
    }

    /// Reads the matrix.
    private mutating func gather() -> Outcome {
        guard !matrix.isEmpty, let lowest = matrix.levels.first, let highest = matrix.levels.last else { return .empty }
        let total = matrix.total
        self.total = total
        sumStart = 2 * lowest
        let isSymmetric = matrix.symmetry == .symmetric
        // Of a symmetric matrix both marginals are one array, which must not be shared while it is written.
        if isSymmetric { columnMarginal = [] }
        rowMarginal.reset(to: matrix.levels.count)
        columnMarginal.reset(to: isSymmetric ? 0 : matrix.levels.count)
        difference.reset(to: highest - lowest + 1)
        sum.reset(to: 2 * (highest - lowest) + 1)
        var energy = 0.0
        var maximum = 0.0
        var product = 0.0
        var entropy = 0.0
        let logTotal = log2(total)
        let levels = matrix.levels
        let logarithm = CountLogarithm.shared
        // Pointers, because this loop runs over every cell of every direction of every slice.
        rowMarginal.withUnsafeMutableBufferPointer { rowMarginal in
            columnMarginal.withUnsafeMutableBufferPointer { columnMarginal in
                difference.withUnsafeMutableBufferPointer { difference in
                    sum.withUnsafeMutableBufferPointer { sum in
                        matrix.forEachCell { row, column, cells, count in
                            let (i, j) = (levels[row], levels[column])
                            let p = count / total
                            let mass = cells * p
                            maximum = max(maximum, p)
                            energy += mass * p
                            product += mass * Double(i &* j)
                            entropy -= mass * (logarithm.log2(count) - logTotal)
                            difference[abs(i &- j)] += mass
                            sum[i &+ j &- 2 &* lowest] += mass
                            rowMarginal[row] += p
                            if !isSymmetric {
                                columnMarginal[column] += p
                            } else if row != column {
                                rowMarginal[column] += p
                            }
                        }
                    }
                }
            }
        }
        if isSymmetric { columnMarginal = rowMarginal }
        (self.energy, self.maximum, self.product) = (energy, maximum, product)
        self.entropy = matrix.counts.count == 1 && total == matrix.counts[0] ? 0 : max(0, entropy)
        return .gathered
    }
}

extension [Double] {
    /// So many zeros, in the same memory when there are as many values already.
    mutating func reset(to count: Int) {
        if self.count == count {
            for k in indices { self[k] = 0 }
        } else {
            self = [Double](repeating: 0, count: count)
        }
    }
}

/// Base-2 logarithms of small whole counts, looked up; of anything else, computed.
private struct CountLogarithm: @unchecked Sendable {
    static let shared = CountLogarithm()
    private static let size = 4096
    /// Never written again and never freed. A pointer, because threads that count references to one array for every
    /// matrix wait for each other.
    private let table: UnsafePointer<Double>

    private init() {
        let table = UnsafeMutablePointer<Double>.allocate(capacity: Self.size)
        for count in 0..<Self.size { (table + count).initialize(to: Glibc.log2(Double(count))) }
        self.table = UnsafePointer(table)
    }

    @inline(__always)
    func log2(_ count: Double) -> Double {
        if count < Double(Self.size), count >= 0 {
            let whole = Int32(truncatingIfNeeded: Int64(count))
            if Double(whole) == count { return table[Int(whole)] }
        }
        return Glibc.log2(count)
    }
}

/// All features of one matrix.
public struct HaralickFeatures: Sendable {
    private let measures: [Measure]

    public subscript(feature: HaralickFeature) -> Measure { measures[feature.rawValue] }

    /// Features in the order of ``HaralickFeature/allCases``. An empty matrix has none: every value is undefined
    /// (`noPairs`).
    public init(_ matrix: CooccurrenceMatrix, convention: Convention) {
        guard let distribution = JointDistribution(matrix) else {
            measures = HaralickFeature.allCases.map { _ in .undefined(.noPairs) }
            return
        }
        let moments = Moments(distribution)
        let read = ValueReader(distribution: distribution)
        measures = HaralickFeature.allCases.map { distribution.formula($0, moments, convention, read) }
    }

    /// Hands some features of a matrix to `body` with their positions in `features`: the values that ``init(_:convention:)``
    /// gives them, without the others. Nothing for an empty matrix.
    public static func forEach(
        of features: [HaralickFeature], _ matrix: CooccurrenceMatrix, convention: Convention,
        _ body: (_ position: Int, _ measure: Measure) -> Void
    ) {
        guard let distribution = JointDistribution(matrix) else { return }
        let moments = Moments(distribution)
        let read = ValueReader(distribution: distribution)
        for (k, feature) in features.enumerated() { body(k, distribution.formula(feature, moments, convention, read)) }
    }

    /// The mean of each feature over matrices (directions, slices). A matrix for which a feature is undefined takes no
    /// part in that feature's mean; when that is all of them the first reason is kept.
    public static func average(_ all: [HaralickFeatures]) -> HaralickFeatures {
        HaralickFeatures(
            measures: HaralickFeature.allCases.indices.map { k in .average(all.map { $0.measures[k] }) })
    }

    private init(measures: [Measure]) { self.measures = measures }
}

/// Means, variances and entropies that several formulas share.
struct Moments {
    private(set) var rowMean = 0.0
    private(set) var columnMean = 0.0
    private(set) var rowVariance = 0.0
    private(set) var columnVariance = 0.0
    private(set) var rowEntropy = 0.0
    private(set) var columnEntropy = 0.0
    private(set) var differenceMean = 0.0
    private(set) var sumMean = 0.0
    private(set) var sumVariance = 0.0

    /// Of no matrix.
    init() {}

    init(_ d: JointDistribution) {
        let levels = d.matrix.levels
        func mean(_ marginal: [Double]) -> Double {
            var sum = 0.0
            for k in marginal.indices { sum += Double(levels[k]) * marginal[k] }
            return sum
        }
        let isDirected = d.matrix.symmetry == .directed
        func variance(_ marginal: [Double], _ mean: Double) -> Double {
            // All pairs of a directed matrix may start, or end, in one level, whose probability is a sum with a rounding.
            if isDirected, marginal.count(where: { $0 > 0 }) == 1 { return 0 }
            var sum = 0.0
            for k in marginal.indices {
                let deviation = Double(levels[k]) - mean
                sum += deviation * deviation * marginal[k]
            }
            return sum
        }
        rowMean = mean(d.rowMarginal)
        rowVariance = variance(d.rowMarginal, rowMean)
        rowEntropy = shannonEntropy(d.rowMarginal)
        switch d.matrix.symmetry {
        case .symmetric: (columnMean, columnVariance, columnEntropy) = (rowMean, rowVariance, rowEntropy)
        case .directed:
            columnMean = mean(d.columnMarginal)
            columnVariance = variance(d.columnMarginal, columnMean)
            columnEntropy = shannonEntropy(d.columnMarginal)
        }
        differenceMean = d.overDifferences { $0 }
        sumMean = d.overSums { $0 }
        let centre = sumMean
        sumVariance = d.overSums { ($0 - centre) * ($0 - centre) }
    }
}

/// -Σ p log₂ p
func shannonEntropy(_ probabilities: [Double]) -> Double {
    var entropy = 0.0
    for p in probabilities where p > 0 && p != 1 { entropy -= p * log2(p) }
    return max(0, entropy)
}

extension JointDistribution {
    /// Σ p₋(k) f(k)
    @inline(__always)
    func overDifferences(from start: Int = 0, _ f: (Double) -> Double) -> Double {
        var result = 0.0
        for k in start..<max(start, difference.count) where difference[k] != 0 {
            result += difference[k] * f(Double(k))
        }
        return result
    }

    /// Σ p₊(k) f(k)
    @inline(__always)
    func overSums(_ f: (Double) -> Double) -> Double {
        var result = 0.0
        for k in sum.indices where sum[k] != 0 { result += sum[k] * f(Double(sumStart + k)) }
        return result
    }

    /// The one place where each feature is defined: how it is read, as a value or as its derivatives by p(i,j), is up to
    /// `read` (HaralickSlopes.swift). Where the derivative is not said it is the bracket of the sum: Σ p₋(k) g(k) has g(k),
    /// and so has Σ p₋(k) (k - μ)², whose dependence on μ vanishes because Σ p₋(k) (k - μ) = 0.
    @inline(__always)
    func formula<Reader: FormulaReader>(
        _ feature: HaralickFeature, _ m: Moments, _ convention: Convention, _ read: Reader
    ) -> Reader.Result {
        let levelCount = Double(matrix.greyLevelCount)
        switch feature {

        // MARK: the cells

        // max p(i,j). IBSI GYBY. Flat: 1. ∂: 1 at the first cell that has it (a kink where several do), else 0.
        case .jointMaximum: return read.value(maximum) { $0.shareOfMaximum }
        // Σ i p(i,j). IBSI 60VM. ∂: i.
        case .jointAverage: return read.value(m.rowMean) { $0.i }
        // Σ (i - μ)² p(i,j); Haralick's "sum of squares: variance". IBSI UR99. Flat: 0. ∂: (i - μ)².
        case .jointVariance: return read.value(m.rowVariance) { ($0.i - m.rowMean) * ($0.i - m.rowMean) }
        // -Σ p(i,j) log p(i,j). IBSI TU9B. Flat: 0. PyRadiomics adds 2.2e-16 inside the logarithm (flat: -3.2e-16), which
        // is below 1e-12 relative otherwise; scikit-image takes the natural logarithm. ∂: -log p(i,j) - log e.
        case .jointEntropy: return read.value(entropy) { entropySlope($0.p) }
        // Σ p(i,j)². IBSI 8ZQL. Flat: 1. scikit-image calls this ASM and its square root "energy". ∂: 2 p(i,j).
        case .angularSecondMoment: return read.value(energy) { 2 * $0.p }
        // Σ i j p(i,j). IBSI QWB0. ∂: i j.
        case .autocorrelation: return read.value(product) { $0.i * $0.j }

        // MARK: differences |i - j|

        // Σ k p₋(k). IBSI TF7R. ∂: |i - j|.
        case .differenceAverage: return read.value(m.differenceMean) { abs($0.i - $0.j) }
        // Σ (k - μ₋)² p₋(k). IBSI D3YU. The other reading of Haralick's f10, the variance of the vector p₋ itself
        // (mahotas' default), is rejected.
        case .differenceVariance:
            let mean = m.differenceMean
            return read.overDifferences { ($0 - mean) * ($0 - mean) }
        // -Σ p₋(k) log p₋(k). IBSI NTRS. ∂: -log p₋(|i - j|) - log e.
        case .differenceEntropy:
            return read.value(shannonEntropy(difference)) { entropySlope(difference[$0.differenceIndex]) }
        // Σ k² p₋(k). IBSI ACUI.
        case .contrast: return read.overDifferences { $0 * $0 }
        // Σ k p₋(k): the same sum as difference average, under its own name in IBSI. IBSI 8S9J. ∂: |i - j|.
        case .dissimilarity: return read.value(m.differenceMean) { abs($0.i - $0.j) }
        // Σ p₋(k) / (1 + k). IBSI IB1Z. Flat: 1.
        case .inverseDifference: return read.overDifferences { 1 / (1 + $0) }
        // Σ p₋(k) / (1 + k/Ng). IBSI NDRX. Ng: bins of a fixed bin number, otherwise the highest level of the region.
        case .inverseDifferenceNormalised: return read.overDifferences { 1 / (1 + $0 / levelCount) }
        // Σ p₋(k) / (1 + k²). IBSI WF0Z. scikit-image's "homogeneity".
        case .inverseDifferenceMoment: return read.overDifferences { 1 / (1 + $0 * $0) }
        // Σ p₋(k) / (1 + (k/Ng)²). IBSI 1QCO.
        case .inverseDifferenceMomentNormalised:
            return read.overDifferences { 1 / (1 + $0 * $0 / (levelCount * levelCount)) }
        // Σ p₋(k) / k² over k > 0. IBSI E8JP. Flat: 0 (an empty sum; MIRP gives NaN).
        case .inverseVariance: return read.overDifferences(from: 1) { 1 / ($0 * $0) }

        // MARK: sums i + j

        // Σ k p₊(k). IBSI ZGXS. ∂: i + j.
        case .sumAverage: return read.value(m.sumMean) { $0.i + $0.j }
        // Σ (k - μ₊)² p₊(k). IBSI OEEB. Haralick 1973 prints the sum entropy in place of the mean: a misprint.
        // ∂: (i + j - μ₊)².
        case .sumVariance: return read.value(m.sumVariance) { power($0.i + $0.j - m.sumMean, 2) }
        // -Σ p₊(k) log p₊(k). IBSI P6QZ. ∂: -log p₊(i + j) - log e.
        case .sumEntropy: return read.value(shannonEntropy(sum)) { entropySlope(sum[$0.sumIndex]) }
        // Σ (i + j - μx - μy)^n p(i,j), n = 2, 3, 4. IBSI DG8W, 7NFM, AE86. μx + μy is the mean of i + j.
        // ∂: (i + j - μ₊)^n - n m (i + j), m the moment of order n - 1, which is 0 for n = 2.
        case .clusterTendency: return read.value(m.sumVariance) { power($0.i + $0.j - m.sumMean, 2) }
        case .clusterShade:
            let mean = m.sumMean
            return read.value(overSums { ($0 - mean) * ($0 - mean) * ($0 - mean) }) {
                power($0.i + $0.j - mean, 3) - 3 * m.sumVariance * ($0.i + $0.j)
            }
        case .clusterProminence:
            let mean = m.sumMean
            let shade = read.givesSlopes ? overSums { power($0 - mean, 3) } : 0
            return read.value(overSums { ($0 - mean) * ($0 - mean) * ($0 - mean) * ($0 - mean) }) {
                power($0.i + $0.j - mean, 4) - 4 * shade * ($0.i + $0.j)
            }

        // MARK: dependence of row and column

        // (Σ i j p(i,j) - μx μy) / (σx σy). IBSI NI2N. The covariance is had from var(i + j) = σx² + σy² + 2 cov, which
        // does not cancel when levels are high. Flat: 0/0, undefined; PyRadiomics, mahotas and scikit-image say 1.
        // ∂: zx zy - f (zx² + zy²) / 2 with zx = (i - μx) / σx, zy = (j - μy) / σy.
        case .correlation:
            let deviations = (m.rowVariance * m.columnVariance).squareRoot()
            guard deviations > 0 else {
                return convention == .pyradiomics ? read.constant(1) : read.undefined(.oneGreyLevel)
            }
            let correlation = (m.sumVariance - m.rowVariance - m.columnVariance) / 2 / deviations
            return read.value(correlation) {
                let (x, y) = ($0.i - m.rowMean, $0.j - m.columnMean)
                return x * y / deviations - correlation / 2 * (x * x / m.rowVariance + y * y / m.columnVariance)
            }
        // (HXY - HXY1) / max(HX, HY), HXY1 = -Σ p(i,j) log(px(i) py(j)) = HX + HY. IBSI R8DG. Flat: 0/0, undefined;
        // PyRadiomics says 0. ∂: (∂HXY - ∂HX - ∂HY - f ∂max) / max; of a symmetric matrix HX = HY and ∂max is their mean, of a
        // directed one HX = HY is a kink where HX is taken.
        case .informationCorrelation1:
            let larger = max(m.rowEntropy, m.columnEntropy)
            guard larger > 0 else {
                return convention == .pyradiomics ? read.constant(0) : read.undefined(.oneGreyLevel)
            }
            let information = (entropy - (m.rowEntropy + m.columnEntropy)) / larger
            let rowShare = matrix.symmetry == .symmetric ? 0.5 : m.rowEntropy >= m.columnEntropy ? 1 : 0
            return read.value(information) {
                let (row, column) = (entropySlope(rowMarginal[$0.row]), entropySlope(columnMarginal[$0.column]))
                let ofLarger = rowShare * row + (1 - rowShare) * column
                return (entropySlope($0.p) - row - column - information * ofLarger) / larger
            }
        // √(1 - exp(-2 (HXY2 - HXY))), HXY2 = -Σ px(i) py(j) log(px(i) py(j)) = HX + HY. IBSI JN9H. Flat: 0.
        // Rounding can make HXY exceed HXY2 when rows and columns are independent: 0 (PyRadiomics: NaN).
        // ∂: exp(-2 (HX + HY - HXY)) / f · (∂HX + ∂HY - ∂HXY); at f = 0, where the root has no slope, 0.
        case .informationCorrelation2:
            let gain = max(0, m.rowEntropy + m.columnEntropy - entropy)
            let information = (1 - exp(-2 * gain)).squareRoot()
            let factor = information > 0 ? exp(-2 * gain) / information : 0
            return read.value(information) {
                let (row, column) = (entropySlope(rowMarginal[$0.row]), entropySlope(columnMarginal[$0.column]))
                return factor * (row + column - entropySlope($0.p))
            }
        // The largest correlation that functions of row and column can have: see MaximalCorrelation.swift. Flat: undefined;
        // PyRadiomics says 1.
        case .maximalCorrelationCoefficient:
            return read.measure(maximalCorrelation(convention))
        }
    }
}

/// ∂(-p log₂ p)/∂p
private func entropySlope(_ p: Double) -> Double { p > 0 ? -log2(p) - 1.442_695_040_888_963_4 : 0 }

@inline(__always)
private func power(_ x: Double, _ n: Int) -> Double {
    var result = x
    for _ in 1..<n { result *= x }
    return result
}
