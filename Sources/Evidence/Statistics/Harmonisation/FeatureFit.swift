// The linear model of one feature, value = mean + Σ slope × covariate + batch + error, by least squares over the rows that have a
// value.

import NumericalMethods

/// Which rows belong together.
struct Batches {
    /// Of each row, from 0.
    let places: [Int]
    let count: Int
    let reference: Int?
    /// Values of a feature that each batch needs.
    let least: Int
}

/// What a batch adds to a feature, and how much wider it makes it, in units of the pooled standard deviation and variance.
struct BatchEffect: Hashable, Sendable {
    var shift: Double
    var scale: Double

    static let none = BatchEffect(shift: 0, scale: 1)
}

struct FeatureFit {
    private(set) var mean = 0.0
    private(set) var slopes: [Double] = []
    private(set) var variance = 0.0
    private(set) var meanShare = 0.0
    /// By batch: values less what is expected of them without the batch, in pooled standard deviations.
    private(set) var standard: [[Double]] = []
    /// By batch, before other features have their say.
    private(set) var effects: [BatchEffect] = []
    private(set) var leftAlone: ComBat.Feature.Reason?

    static func all(
        _ values: Matrix, _ batches: Batches, _ covariates: Matrix, _ effect: ComBatSettings.Effect
    ) throws(ComBatError) -> [FeatureFit] {
        // Features with values in the same rows share their normal equations.
        var known: [[Int]: Design] = [:]
        var fits: [FeatureFit] = []
        for k in 0..<values.columns {
            let column = values.column(k)
            let rows = column.indices.filter { column[$0].isFinite }
            var counts = [Int](repeating: 0, count: batches.count)
            for row in rows { counts[batches.places[row]] += 1 }
            guard counts.allSatisfy({ $0 >= batches.least }) else {
                fits.append(FeatureFit(leftAlone: .tooFewValues))
                continue
            }
            if known[rows] == nil { known[rows] = try Design(rows, batches, covariates) }
            guard let design = known[rows] else { continue }
            fits.append(FeatureFit(column, counts, design, batches, effect))
        }
        return fits
    }

    private init(leftAlone reason: ComBat.Feature.Reason) { leftAlone = reason }

    private init(
        _ column: [Double], _ counts: [Int], _ design: Design, _ batches: Batches, _ effect: ComBatSettings.Effect
    ) {
        let rows = design.rows
        let fitted = design.fitted(rows.map { column[$0] })
        slopes = fitted.slopes
        let share = rows.indices.map { place in
            zip(slopes, design.covariates[place]).reduce(0) { $0 + $1.0 * $1.1 }
        }
        meanShare = share.reduce(0, +) / Double(rows.count)
        mean =
            batches.reference.map { fitted.means[$0] }
            ?? zip(fitted.means, counts).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(rows.count)
        // About the fit; of the reference alone where there is one.
        var (squares, count, size) = (0.0, 0, 0.0)
        for (place, row) in rows.enumerated() {
            let batch = batches.places[row]
            guard batches.reference == nil || batch == batches.reference else { continue }
            let rest = column[row] - share[place] - fitted.means[batch]
            squares += rest * rest
            size = max(size, abs(column[row]))
            count += 1
        }
        variance = squares / Double(count)
        // A feature that does not vary within its batches has no unit to measure a shift by.
        guard variance.squareRoot() > 1e-13 * size else {
            leftAlone = .constant
            return
        }
        let deviation = variance.squareRoot()
        standard = [[Double]](repeating: [], count: batches.count)
        for (place, row) in rows.enumerated() {
            standard[batches.places[row]].append((column[row] - mean - share[place]) / deviation)
        }
        effects = standard.map { values in
            let shift = values.reduce(0, +) / Double(values.count)
            let spread = values.reduce(0) { $0 + ($1 - shift) * ($1 - shift) } / Double(values.count - 1)
            return BatchEffect(shift: shift, scale: effect == .meanOnly ? 1 : spread)
        }
        // One batch without any spread cannot be brought to the others' width.
        if effects.contains(where: { $0.scale <= 1e-26 }) { leftAlone = .constant }
    }
}

/// Least squares on an indicator a batch and the covariates, of some rows.
private struct Design {
    let rows: [Int]
    /// Of each of the rows.
    let covariates: [[Double]]
    /// Of the covariates less their batch's mean, to which they are scaled.
    private let lengths: [Double]
    private let batchOf: [Int]
    private let counts: [Double]
    /// The covariates less their batch's mean, each of length 1.
    private let within: Matrix
    private let batchMeans: [[Double]]
    private let normal: Cholesky?

    /// - Throws: where batches and covariates cannot be told apart.
    init(_ rows: [Int], _ batches: Batches, _ covariates: Matrix) throws(ComBatError) {
        let columns = covariates.columns
        (self.rows, batchOf) = (rows, rows.map { batches.places[$0] })
        self.covariates = rows.map { Array(covariates.row($0)) }
        var counts = [Double](repeating: 0, count: batches.count)
        var sums = [[Double]](repeating: [Double](repeating: 0, count: columns), count: batches.count)
        for (place, batch) in batchOf.enumerated() {
            counts[batch] += 1
            for k in 0..<columns { sums[batch][k] += self.covariates[place][k] }
        }
        let means = zip(sums, counts).map { sums, count in sums.map { $0 / count } }
        (self.counts, batchMeans) = (counts, means)
        // The batches' part is solved by their means, so that only the covariates' own products are left (Frisch & Waugh 1933).
        var within = Matrix(rows: rows.count, columns: columns)
        for (place, batch) in batchOf.enumerated() {
            for k in 0..<columns { within[place, k] = self.covariates[place][k] - means[batch][k] }
        }
        // To one length each: age in years and an indicator are of different sizes.
        func length(_ column: [Double]) -> Double { column.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let lengths = (0..<columns).map { length(within.column($0)) }
        for place in 0..<rows.count {
            for k in 0..<columns where lengths[k] > 0 { within[place, k] /= lengths[k] }
        }
        self.lengths = lengths
        self.within = within
        guard columns > 0 else {
            normal = nil
            return
        }
        // What rounding leaves of a covariate that is the same within each batch is no covariate.
        let whole = (0..<columns).map { k in length(rows.map { covariates[$0, k] }) }
        guard zip(lengths, whole).allSatisfy({ $0 > 1e-10 * $1 }),
            let normal = Cholesky(within.gram, addedToDiagonal: 0), normal.leastPivot > 1e-10
        else { throw .confounded(rows: rows.count, columns: batches.count + columns) }
        self.normal = normal
    }

    /// Slopes of the covariates, and what is left of each batch.
    func fitted(_ values: [Double]) -> (slopes: [Double], means: [Double]) {
        var sums = [Double](repeating: 0, count: counts.count)
        for (place, batch) in batchOf.enumerated() { sums[batch] += values[place] }
        let means = zip(sums, counts).map { $0 / $1 }
        guard let normal else { return ([], means) }
        let rest = Matrix(
            rows: values.count, columns: 1, values: values.indices.map { values[$0] - means[batchOf[$0]] })
        let solved = normal.solve(within.transposedTimes(rest)).column(0)
        let slopes = zip(solved, lengths).map { $0 / $1 }
        return (
            slopes,
            zip(means, batchMeans).map { mean, covariates in
                mean - zip(slopes, covariates).reduce(0) { $0 + $1.0 * $1.1 }
            }
        )
    }
}
