// ComBat: what a scanner adds to each feature and how much wider it makes it, taken out; how sure a scanner's own figures are
// decides how far they are drawn to what all features say (Johnson, Li, Rabinovic, Biostatistics 8, 2007; for images Fortin et al.,
// NeuroImage 161, 2017 and 167, 2018). A fit is frozen: it is applied to the rows that it was made of and to new ones alike.

import Foundation
import NumericalMethods

/// How ComBat is fitted.
public struct ComBatSettings: Hashable, Sendable, Codable {
    /// How the effects of a batch are drawn to what the other features say.
    public enum Prior: String, Hashable, Sendable, Codable, CaseIterable {
        /// Normal and inverse gamma distributions, fitted to the effects of all features.
        case parametric
        /// The effects of all other features, each weighted by its likelihood.
        case nonparametric
        /// None: each feature for itself.
        case none
    }

    /// What is taken out.
    public enum Effect: String, Hashable, Sendable, Codable, CaseIterable {
        case meanAndVariance, meanOnly
    }

    public var prior = Prior.parametric
    public var effect = Effect.meanAndVariance
    /// The batch that all others are brought to, and which stays as it is; nil: their weighted mean.
    public var reference: String?

    public init() {}
}

public enum ComBatError: Error, Hashable, CustomStringConvertible {
    case oneBatch(found: String)
    case noReference(String, batches: [String])
    case tooFewRows(batch: String, found: Int, expected: Int)
    /// Batches and covariates say the same: which makes the difference cannot be known.
    case confounded(rows: Int, columns: Int)
    case unknownBatch(String, known: [String])

    public var description: String {
        switch self {
        case .oneBatch(let found):
            "found the one batch '\(found)', expected at least two; there is nothing to harmonise"
        case .noReference(let name, let batches):
            "found no rows of the reference batch '\(name)', expected one of \(batches.joined(separator: ", "))"
        case .tooFewRows(let batch, let found, let expected):
            "found \(found) row(s) of batch '\(batch)', expected at least \(expected); join it with another batch, leave it out, or "
                + "take out the mean alone"
        case .confounded(let rows, let columns):
            "batches and covariates cannot be told apart: \(columns) columns of \(rows) rows depend on each other (a covariate that "
                + "is the same within each batch?); leave a covariate out"
        case .unknownBatch(let name, let known):
            "found a row of batch '\(name)', expected one that the model was fitted to: \(known.joined(separator: ", "))"
        }
    }
}

/// A fitted model.
public struct ComBat: Hashable, Sendable, Codable {
    /// What is known of one feature.
    public struct Feature: Hashable, Sendable, Codable {
        public let name: String
        /// What all batches have in common, and the slope of each covariate.
        public let mean: Double
        public let slopes: [Double]
        /// Pooled, about the fit; divided by the number of rows.
        public let variance: Double
        /// Mean of Σ slope × covariate over the rows of the fit: what stands in where a new row has no covariates.
        public let meanShare: Double
        /// Of each batch, in units of the pooled standard deviation; 0 and 1 for the reference.
        public let shifts: [Double]
        /// Variance of each batch in units of the pooled one.
        public let scales: [Double]
        /// Why it stays as it is; nil where it does not.
        public let leftAlone: Reason?

        public enum Reason: String, Hashable, Sendable, Codable {
            case constant, tooFewValues
        }
    }

    public let settings: ComBatSettings
    /// In natural order of their names.
    public let batches: [String]
    public let features: [Feature]

    /// - Parameters:
    ///   - values: rows × features; NaN where a row has no value.
    ///   - batch: of each row.
    ///   - covariates: rows × covariates, what is to stay (age, grade …); finite. A covariate of several levels is several
    ///     columns of 0 and 1, one fewer than there are levels.
    public init(
        _ values: Matrix, names: [String], batch: [String], covariates: Matrix, _ settings: ComBatSettings
    ) throws(ComBatError) {
        precondition(names.count == values.columns && batch.count == values.rows && covariates.rows == values.rows)
        let batches = Set(batch).sorted()
        guard batches.count > 1 else { throw .oneBatch(found: batches.first ?? "") }
        if let reference = settings.reference, !batches.contains(reference) {
            throw .noReference(reference, batches: batches)
        }
        let least = settings.effect == .meanAndVariance ? 2 : 1
        for name in batches {
            let found = batch.count { $0 == name }
            if found < least { throw .tooFewRows(batch: name, found: found, expected: least) }
        }
        let places = batch.map { batches.firstIndex(of: $0) ?? 0 }
        let reference = settings.reference.flatMap { batches.firstIndex(of: $0) }
        let fits = try FeatureFit.all(
            values, Batches(places: places, count: batches.count, reference: reference, least: least), covariates,
            settings.effect)
        let usable = fits.filter { $0.leftAlone == nil }
        let drawn = (0..<batches.count).map { batch in
            batch == reference
                ? [BatchEffect](repeating: .none, count: usable.count)
                : settings.prior.drawn(usable, batch, settings.effect)
        }
        var next = 0
        features = zip(names, fits).map { name, fit in
            let effects = fit.leftAlone == nil ? drawn.map { $0[next] } : batches.map { _ in .none }
            next += fit.leftAlone == nil ? 1 : 0
            return Feature(
                name: name, mean: fit.mean, slopes: fit.slopes, variance: fit.variance, meanShare: fit.meanShare,
                shifts: effects.map(\.shift), scales: effects.map(\.scale), leftAlone: fit.leftAlone)
        }
        (self.settings, self.batches) = (settings, batches)
    }

    /// One row's values as the reference, or all batches together, would have them; NaN stays NaN.
    ///
    /// - Parameter covariates: of the row; nil: the mean of the fit's rows stands in.
    public func applied(to values: [Double], batch: String, covariates: [Double]?) throws(ComBatError) -> [Double] {
        guard let place = batches.firstIndex(of: batch) else { throw .unknownBatch(batch, known: batches) }
        guard batch != settings.reference else { return values }
        return zip(features, values).map { feature, value in
            guard feature.leftAlone == nil else { return value }
            let share = covariates.map { zip(feature.slopes, $0).reduce(0) { $0 + $1.0 * $1.1 } } ?? feature.meanShare
            let (expected, deviation) = (feature.mean + share, feature.variance.squareRoot())
            let standard = (value - expected) / deviation
            return (standard - feature.shifts[place]) / feature.scales[place].squareRoot() * deviation + expected
        }
    }
}
