// Features of originals and reconstructions in, relative errors and who is closer out.

import Foundation
import NumericalMethods
import Parallel
import Reconstruction
import Statistics
import TextureCore

/// The texture of originals against that of reconstructions by one or more models.
///
/// The relative error of a feature is |f_r - f_o| / (|f_o| + s): s is 1.4826 times the median absolute deviation of f_o over
/// all originals (patches: over all patches of the scope), which is how much the feature varies anyway, so that a feature near
/// zero does not count without bound. Where nothing varies s is the median |f_o|, else 1.
public struct TextureComparison: Sendable {
    public struct Figure: Hashable, Sendable {
        /// Of patches: means over those where both are defined.
        public var original: Double
        public var reconstruction: Double
        public var error: Double
    }

    public let measurement: TextureMeasurement
    public let modelCount: Int
    public let origins: [ReconstructedPicture.Origin]
    public let masksAreKnown: Bool
    public let views: [TextureView]
    /// By view, then [model][picture][feature]; nil where a feature is undefined in either.
    public let figures: [TextureView: [[[Figure?]]]]
    /// [model][picture]; over the masked patches where they are known.
    public let distances: [[TextureMeasurement.Distances?]]
    /// By picture: the same of one grey in place of the patches, the mean of what is visible, see `HiddenError`.
    public let meanGrey: [TextureMeasurement.Distances?]
    /// s by view and feature.
    public let scales: [TextureView: [Double]]

    /// - Precondition: at least one picture; all have the same number of models.
    public init(
        _ pictures: [ReconstructedPicture], measurement: TextureMeasurement, jobs: Int,
        progress: (@Sendable () -> Void)? = nil
    ) throws {
        let models = pictures[0].reconstructions.count
        precondition(pictures.allSatisfy { $0.reconstructions.count == models })
        let known = pictures.allSatisfy { $0.visible != nil }
        let pictures = pictures
        let measured = Workers(jobs).map(pictures.count) { index -> Result<Measured, any Error> in
            defer { progress?() }
            return Result { try Measured(pictures[index], measurement, known) }
        }
        let all = try measured.map { try $0.get() }
        self.measurement = measurement
        (modelCount, masksAreKnown, origins) = (models, known, pictures.map(\.origin))
        distances = (0..<models).map { model in all.map { $0.distances[model] } }
        meanGrey = all.map(\.meanGrey)
        views = TextureView.all(masksAreKnown: known)
        var scales: [TextureView: [Double]] = [:]
        var figures: [TextureView: [[[Figure?]]]] = [:]
        let features = TextureMeasurement.features.indices
        for view in views {
            let scale = features.map { feature in
                Self.scale(of: all.flatMap { $0.originals(view, feature) })
            }
            scales[view] = scale
            figures[view] = (0..<models).map { model in
                all.map { one in features.map { one.figure(view, model: model, $0, scale: scale[$0]) } }
            }
        }
        (self.scales, self.figures) = (scales, figures)
    }

    /// See ``TextureComparison``.
    static func scale(of values: [Double]) -> Double {
        guard !values.isEmpty else { return 1 }
        let middle = quantile(values.sorted(), 0.5)
        let spread = 1.4826 * quantile(values.map { abs($0 - middle) }.sorted(), 0.5)
        if spread > 0 { return spread }
        let size = quantile(values.map { abs($0) }.sorted(), 0.5)
        return size > 0 ? size : 1
    }

    // MARK: Who is closer

    /// One model's errors of a feature.
    public struct Summary: Sendable {
        /// Ascending, one per picture.
        public var errors: [Double]
        public var mean: Statistic
        /// By patient.
        public var interval: BootstrapInterval

        /// Nil without a picture in which the feature is defined.
        public func quantile(_ probability: Double) -> Double? {
            errors.isEmpty ? nil : NumericalMethods.quantile(errors, probability)
        }
    }

    /// Model `b` less model `a`, on the same pictures.
    public struct Difference: Sendable {
        public var a: Int
        public var b: Int
        /// Of means; negative when `b` is closer.
        public var mean: Statistic
        public var interval: BootstrapInterval
        /// Wilcoxon's signed ranks of the units' means; nil with fewer than ``fewestUnits``.
        public var probability: Double?
        /// Holm's correction for all rows of the same pair that have one.
        public var corrected: Double?
    }

    /// What counts as one observation in a test: cases where the files do not say whose the pictures are.
    public enum Unit: String, Sendable { case patients, cases }

    /// One row for each name.
    public struct Row: Sendable {
        public var models: [Summary]
        /// Every model against the first.
        public var differences: [Difference]
    }

    /// Fewer than this cannot reach p < 0.05, whatever they say: no test is made.
    public static let fewestUnits = ModelComparison.fewestPatients

    /// The smallest two-sided p of Wilcoxon's signed ranks, of units that all differ the same way: 2 / 2ⁿ; nil where no test is
    /// made.
    public static func smallestProbability(units: Int) -> Double? {
        units < fewestUnits ? nil : 2 / pow(2, Double(units))
    }

    /// What so few units can and cannot prove over so many rows, in words; nil where there are enough.
    /// - Parameter named: how many there are, e.g. "3 pairs of pictures".
    package static func smallNumbers(units: Int, named: String, rows: Int) -> String? {
        guard let smallest = smallestProbability(units: units) else {
            return "\(named): fewer than \(fewestUnits), so no test is made and no p is given."
        }
        let bound = smallest * Double(rows)
        guard rows > 0, bound > 0.05 else { return nil }
        return
            "With \(named) the smallest two-sided p that Wilcoxon's signed ranks can give is \(shown(smallest)); times "
            + "\(rows) rows (Holm's correction) that is \(shown(min(1, bound))), above 0.05: after the correction no row can "
            + "fall below 0.05, however large the differences."
    }

    public var unit: Unit { origins.allSatisfy { !$0.patient.isEmpty } ? .patients : .cases }

    /// What tells the units apart, by picture.
    public var patients: [String] { origins.map { unit == .patients ? $0.patient : $0.caseID } }

    /// Errors of every feature in a view.
    public func rows(_ view: TextureView, resamples: Int, seed: UInt64) -> [Row] {
        guard let figures = figures[view] else { return [] }
        return rows(
            TextureMeasurement.features.indices.map { feature in
                figures.map { model in model.map { $0[feature]?.error } }
            }, resamples: resamples, seed: seed)
    }

    /// Values by row, model and picture: means with intervals, and tests of every model against the first.
    public func rows(_ values: [[[Double?]]], resamples: Int, seed: UInt64) -> [Row] {
        let patients = patientNumbers(self.patients)
        let patientCount = (patients.max() ?? -1) + 1
        let bootstrap = PatientBootstrap(patients: Array(0..<patientCount), replicates: resamples, seed: seed)
        var rows = values.map { models -> Row in
            // Sums and counts by patient: of each model, then of each difference.
            let columns =
                models
                + models.dropFirst().map { other in
                    zip(models[0], other).map { a, b in a.flatMap { a in b.map { $0 - a } } }
                }
            let tallies = columns.map { Tally($0, patients, patientCount) }
            let intervals = bootstrap.intervals(count: columns.count) { weights in tallies.map { $0.mean(weights) } }
            let once = [Double](repeating: 1, count: patientCount)
            let summaries = models.indices.map { model in
                Summary(
                    errors: models[model].compactMap { $0 }.sorted(), mean: tallies[model].mean(once),
                    interval: intervals[model])
            }
            let differences = models.indices.dropFirst().map { b -> Difference in
                let place = models.count + b - 1
                let units = tallies[place].means
                let probability =
                    units.count >= Self.fewestUnits
                    ? SignedRankTest(units, [Double](repeating: 0, count: units.count)).probability : nil
                return Difference(
                    a: 0, b: b, mean: tallies[place].mean(once), interval: intervals[place],
                    probability: probability, corrected: nil)
            }
            return Row(models: summaries, differences: differences)
        }
        for place in 0..<(rows.first?.differences.count ?? 0) {
            let tested = rows.indices.filter { rows[$0].differences[place].probability != nil }
            let corrected = holm(tested.compactMap { rows[$0].differences[place].probability })
            for (row, value) in zip(tested, corrected) { rows[row].differences[place].corrected = value }
        }
        return rows
    }

    // MARK: Pictures from worst to best

    /// Mean over models and features of the relative error of a picture, where it counts most: the masked patches.
    public func disorder(ofPicture picture: Int) -> Double? {
        let view = TextureView(.image, masksAreKnown ? .masked : .whole, .exact)
        let errors = (figures[view] ?? []).flatMap { $0[picture].compactMap { $0?.error } }
        return errors.isEmpty ? nil : errors.reduce(0, +) / Double(errors.count)
    }

    /// Numbers of the pictures, the worst first; those without figures last.
    public var worstFirst: [Int] {
        let scores = origins.indices.map { disorder(ofPicture: $0) ?? -1 }
        return origins.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    }
}

/// Holm's step-down correction (Scand. J. Stat. 6, 1979), in the order of the probabilities.
public func holm(_ probabilities: [Double]) -> [Double] {
    var corrected = probabilities
    var least = 0.0
    for (rank, place) in probabilities.indices.sorted(by: { probabilities[$0] < probabilities[$1] }).enumerated() {
        least = max(least, min(1, Double(probabilities.count - rank) * probabilities[place]))
        corrected[place] = least
    }
    return corrected
}

/// Sums of values and their number by patient.
private struct Tally: Sendable {
    private var sums: [Double]
    private var counts: [Double]

    init(_ values: [Double?], _ patients: [Int], _ patientCount: Int) {
        (sums, counts) = (
            [Double](repeating: 0, count: patientCount), [Double](repeating: 0, count: patientCount)
        )
        for (value, patient) in zip(values, patients) {
            guard let value else { continue }
            sums[patient] += value
            counts[patient] += 1
        }
    }

    /// Of the patients that have any.
    var means: [Double] { zip(sums, counts).filter { $0.1 > 0 }.map { $0.0 / $0.1 } }

    func mean(_ weights: [Double]) -> Statistic {
        var (sum, count) = (0.0, 0.0)
        for patient in sums.indices {
            sum += weights[patient] * sums[patient]
            count += weights[patient] * counts[patient]
        }
        return count > 0 ? .value(sum / count) : .undefined(.noObservations)
    }
}

/// Features of one picture and of what the models made of it.
private struct Measured: Sendable {
    let original: TextureMeasurement.Values
    let models: [TextureMeasurement.Values]
    let distances: [TextureMeasurement.Distances?]
    let meanGrey: TextureMeasurement.Distances?
    private let patches: [TextureView.Scope: [Int]]

    init(_ picture: ReconstructedPicture, _ measurement: TextureMeasurement, _ masksAreKnown: Bool) throws {
        let all = Array(0..<picture.grid.count)
        patches = [
            .masked: picture.masked ?? [], .visible: picture.visible ?? [], .whole: masksAreKnown ? [] : all,
        ]
        original = measurement.values(picture.original, pasted: picture.original, of: picture)
        models = picture.reconstructions.indices.map {
            measurement.values(picture.reconstructions[$0], pasted: picture.pasted($0), of: picture)
        }
        let chosen = masksAreKnown ? picture.masked ?? [] : all
        distances = try picture.reconstructions.indices.map {
            try measurement.distances(picture, model: $0, chosen: chosen)
        }
        let grey = HiddenError.meanGrey(of: picture.original, grid: picture.grid, visible: picture.visible)
        let flat = ReconstructedPicture(
            picture.origin, grid: picture.grid, visible: picture.visible, original: picture.original,
            reconstructions: [[UInt16](repeating: grey, count: picture.original.count)])
        meanGrey = try measurement.distances(flat, model: 0, chosen: chosen)
    }

    /// The values of a feature in the original: one of an image, one for each patch of the scope.
    func originals(_ view: TextureView, _ feature: Int) -> [Double] {
        switch view.level {
        case .image: [original.images[view]?[feature] ?? nil].compactMap { $0 }
        case .patch: (patches[view.scope] ?? []).map { original.patch(view.path, $0, feature) }.filter(\.isFinite)
        }
    }

    func figure(_ view: TextureView, model: Int, _ feature: Int, scale: Double) -> TextureComparison.Figure? {
        func error(_ made: Double, _ wanted: Double) -> Double { abs(made - wanted) / (abs(wanted) + scale) }
        let made = models[model]
        switch view.level {
        case .image:
            guard let a = original.images[view]?[feature], let b = made.images[view]?[feature] else { return nil }
            return .init(original: a, reconstruction: b, error: error(b, a))
        case .patch:
            let pairs = (patches[view.scope] ?? []).map { patch in
                (original.patch(view.path, patch, feature), made.patch(view.path, patch, feature))
            }.filter { $0.0.isFinite && $0.1.isFinite }
            guard !pairs.isEmpty else { return nil }
            let count = Double(pairs.count)
            return .init(
                original: pairs.reduce(0) { $0 + $1.0 } / count, reconstruction: pairs.reduce(0) { $0 + $1.1 } / count,
                error: pairs.reduce(0) { $0 + error($1.1, $1.0) } / count)
        }
    }
}

extension TextureMeasurement.Values {
    fileprivate func patch(_ path: TextureView.Path, _ patch: Int, _ feature: Int) -> Double {
        patches[path]?[patch * TextureMeasurement.features.count + feature] ?? .nan
    }
}
