// The two ways of reading a formula of HaralickFeatures.swift: as the feature's value, or as its derivative by each cell
// p(i,j). The value path does exactly the arithmetic that is written there; the slope path never evaluates a value.

import Glibc

/// How a formula is read.
protocol FormulaReader {
    associatedtype Result
    /// Whether sums that only a derivative needs are worth forming.
    var givesSlopes: Bool { get }
    /// A value and its derivative by p(i,j) at a cell.
    func value(_ value: @autoclosure () -> Double, slope: (Cell) -> Double) -> Result
    /// Σ p₋(k) g(k) from k = `start`, whose derivative is g(|i - j|).
    func overDifferences(from start: Int, _ g: (Double) -> Double) -> Result
    func constant(_ value: Double) -> Result
    func undefined(_ reason: UndefinedReason) -> Result
    /// A value without a derivative.
    func measure(_ measure: @autoclosure () -> Measure) -> Result
}

extension FormulaReader {
    @inline(__always)
    func overDifferences(_ g: (Double) -> Double) -> Result { overDifferences(from: 0, g) }
}

/// One cell of the full matrix as a derivative sees it.
struct Cell {
    /// Positions in the marginals.
    var row: Int
    var column: Int
    /// Grey levels.
    var i: Double
    var j: Double
    var p: Double
    /// Positions in p₋ and p₊.
    var differenceIndex: Int
    var sumIndex: Int
    /// 1 for the first cell that holds the maximum (1/2 each for it and its mirror image), otherwise 0.
    var shareOfMaximum: Double
}

struct ValueReader: FormulaReader {
    let distribution: JointDistribution
    var givesSlopes: Bool { false }

    @inline(__always)
    func value(_ value: @autoclosure () -> Double, slope: (Cell) -> Double) -> Measure { .value(value()) }
    @inline(__always)
    func overDifferences(from start: Int, _ g: (Double) -> Double) -> Measure {
        .value(distribution.overDifferences(from: start, g))
    }
    @inline(__always)
    func constant(_ value: Double) -> Measure { .value(value) }
    @inline(__always)
    func undefined(_ reason: UndefinedReason) -> Measure { .undefined(reason) }
    @inline(__always)
    func measure(_ measure: @autoclosure () -> Measure) -> Measure { measure() }
}

/// A derivative by each entry of a matrix: by its own cell and, of a symmetric matrix, by the mirror image.
struct CellSlopes {
    /// At least as many as there are entries.
    var upper: [Double]
    var lower: [Double]

    init(entries: Int) {
        upper = [Double](repeating: 0, count: entries)
        lower = upper
    }

    /// All 0 for as many entries, in the same memory when there is enough.
    mutating func reset(entries: Int) {
        if entries > upper.count {
            self = CellSlopes(entries: entries)
        } else {
            for k in 0..<entries { (upper[k], lower[k]) = (0, 0) }
        }
    }
}

/// Adds `factor` times the derivative of a formula to slopes.
private struct SlopeReader: FormulaReader {
    let distribution: JointDistribution
    let factor: Double
    let slopes: (upper: UnsafeMutableBufferPointer<Double>, lower: UnsafeMutableBufferPointer<Double>)
    /// The first entry that holds the maximum; nil where no derivative asks.
    let firstMaximum: Int?
    var givesSlopes: Bool { true }

    @inline(__always)
    func value(_ value: @autoclosure () -> Double, slope: (Cell) -> Double) {
        let matrix = distribution.matrix
        let lowest = matrix.levels[0]
        let isSymmetric = matrix.symmetry == .symmetric
        let probability = 1 / distribution.total
        var k = 0
        // Pointers, because this loop runs over every cell for every feature of every patch.
        matrix.levels.withUnsafeBufferPointer { levels in
            matrix.forEachCell { row, column, cells, count in
                let (i, j) = (levels[row], levels[column])
                var cell = Cell(
                    row: row, column: column, i: Double(i), j: Double(j), p: count * probability,
                    differenceIndex: abs(i &- j), sumIndex: i &+ j &- 2 &* lowest,
                    shareOfMaximum: k == firstMaximum ? 1 / cells : 0)
                slopes.upper[k] += factor * slope(cell)
                if isSymmetric, row != column {
                    (cell.row, cell.column, cell.i, cell.j) = (column, row, cell.j, cell.i)
                    slopes.lower[k] += factor * slope(cell)
                }
                k &+= 1
            }
        }
    }

    @inline(__always)
    func overDifferences(from start: Int, _ g: (Double) -> Double) {
        value(0) { $0.differenceIndex < start ? 0 : g(Double($0.differenceIndex)) }
    }
    func constant(_ value: Double) {}
    func undefined(_ reason: UndefinedReason) {}
    func measure(_ measure: @autoclosure () -> Measure) {}
}

/// A matrix with what its formulas share, for reading single features and their derivatives.
struct HaralickFormulas {
    private var distribution: JointDistribution
    private var moments: Moments

    /// Nil when the matrix is empty.
    init?(_ matrix: CooccurrenceMatrix) {
        guard let distribution = JointDistribution(matrix) else { return nil }
        self.distribution = distribution
        moments = Moments(distribution)
    }

    /// To be filled by ``refill(_:)``.
    init(levels: [Int], symmetry: CooccurrenceMatrix.Symmetry) {
        distribution = JointDistribution(
            toFill: CooccurrenceMatrix(symmetry: symmetry, levels: levels, greyLevelCount: levels.count))
        moments = Moments()
    }

    /// Takes another matrix over the same levels, without new memory where there is enough.
    mutating func refill(_ write: (inout CooccurrenceMatrix) -> Void) -> JointDistribution.Outcome {
        let outcome = distribution.refill(write)
        if outcome == .gathered { moments = Moments(distribution) }
        return outcome
    }

    var matrix: CooccurrenceMatrix { distribution.matrix }

    func measure(_ feature: HaralickFeature, _ convention: Convention) -> Measure {
        distribution.formula(feature, moments, convention, ValueReader(distribution: distribution))
    }

    /// Adds `factor` · ∂f/∂p(i,j) of every entry; nothing where the feature is undefined.
    func addSlopes(of feature: HaralickFeature, times factor: Double, to slopes: inout CellSlopes) {
        let counts = distribution.matrix.counts
        let firstMaximum = feature == .jointMaximum ? counts.max().flatMap { counts.firstIndex(of: $0) } : nil
        slopes.upper.withUnsafeMutableBufferPointer { upper in
            slopes.lower.withUnsafeMutableBufferPointer { lower in
                let read = SlopeReader(
                    distribution: distribution, factor: factor, slopes: (upper, lower), firstMaximum: firstMaximum)
                distribution.formula(feature, moments, .ibsi, read)
            }
        }
    }

    /// From ∂/∂p to ∂/∂count: p = count / total, so a cell's count raises its own p and lowers all:
    /// ∂f/∂c(i,j) = (∂f/∂p(i,j) - Σ p ∂f/∂p) / total.
    func convertToCounts(_ slopes: inout CellSlopes) {
        let matrix = distribution.matrix
        var mean = 0.0
        for k in matrix.counts.indices {
            let both = matrix.cells(ofEntry: k) == 2 ? slopes.upper[k] + slopes.lower[k] : slopes.upper[k]
            mean += both * matrix.counts[k] / distribution.total
        }
        for k in matrix.counts.indices {
            slopes.upper[k] = (slopes.upper[k] - mean) / distribution.total
            if matrix.cells(ofEntry: k) == 2 { slopes.lower[k] = (slopes.lower[k] - mean) / distribution.total }
        }
    }
}

extension HaralickFeature {
    /// The maximal correlation coefficient, an eigenvalue found by iteration, is the one without a derivative here.
    public var isDifferentiable: Bool { self != .maximalCorrelationCoefficient }

    /// ∂f/∂count of each entry of a matrix (of a symmetric one: by the entry's own cell, `upper`, and by its mirror image,
    /// `lower`); nil where the feature has no value.
    public func derivative(byCountsOf matrix: CooccurrenceMatrix) -> (upper: [Double], lower: [Double])? {
        guard isDifferentiable, let formulas = HaralickFormulas(matrix), formulas.measure(self, .ibsi).value != nil
        else {
            return nil
        }
        var slopes = CellSlopes(entries: matrix.counts.count)
        formulas.addSlopes(of: self, times: 1, to: &slopes)
        formulas.convertToCounts(&slopes)
        return (slopes.upper, slopes.lower)
    }

    /// How far the feature's values can lie apart over levels 1...`levels`: what a loss divides its difference by.
    public func range(levels: Int) -> Double {
        let last = Double(levels) - 1
        switch self {
        case .jointMaximum, .angularSecondMoment, .inverseDifference, .inverseDifferenceNormalised,
            .inverseDifferenceMoment, .inverseDifferenceMomentNormalised, .inverseVariance, .informationCorrelation1,
            .informationCorrelation2, .maximalCorrelationCoefficient:
            return 1
        case .jointAverage, .differenceAverage, .dissimilarity: return last
        case .jointVariance, .differenceVariance: return last * last / 4
        case .contrast, .sumVariance, .clusterTendency: return last * last
        case .jointEntropy: return 2 * log2(Double(levels))
        case .differenceEntropy: return log2(Double(levels))
        case .sumEntropy: return log2(2 * last + 1)
        case .sumAverage: return 2 * last
        case .correlation: return 2
        case .autocorrelation: return Double(levels) * Double(levels) - 1
        case .clusterShade: return last * last * last
        case .clusterProminence: return last * last * last * last
        }
    }
}
