// Intervals by resampling patients: images of one patient are alike, so that drawing images one by one would promise more
// than there is.

import NumericalMethods
import Parallel
import SeededRandom

/// Percentile intervals from resamples of whole patients, drawn with replacement (Efron, Tibshirani: An introduction to the
/// bootstrap, 1993, §13.3). A resample depends on the seed and on its number only, not on threads.
public struct PatientBootstrap: Sendable {
    /// For each observation the number of its patient, from 0.
    private let patients: [Int]
    public let patientCount: Int
    public let replicates: Int
    public let seed: UInt64

    /// - Parameter patients: what observations of one patient have in common; one entry per observation.
    public init<Name: Hashable>(patients: [Name], replicates: Int = 2000, seed: UInt64 = 0) {
        precondition(replicates > 0, "\(replicates) resamples")
        self.patients = patientNumbers(patients)
        patientCount = (self.patients.max() ?? -1) + 1
        (self.replicates, self.seed) = (replicates, seed)
    }

    /// How often each observation counts in a resample.
    public func weights(replicate: Int) -> [Double] {
        var generator = SeededGenerator(seed: seed &+ UInt64(replicate) &* 0x9e37_79b9_7f4a_7c15)
        var times = [Double](repeating: 0, count: patientCount)
        for _ in 0..<patientCount { times[generator.integer(below: patientCount)] += 1 }
        return patients.map { times[$0] }
    }

    /// 95 % intervals of `count` statistics at once. `statistics` gets the weights of the observations and gives `count` values;
    /// resamples in which one is undefined (say, no positive was drawn) are left out for it.
    public func intervals(
        count: Int, threads: Int = 1, _ statistics: @Sendable @escaping ([Double]) -> [Statistic]
    ) -> [BootstrapInterval] {
        guard patientCount > 1 else {
            return [BootstrapInterval](repeating: .undefined(.onePatient), count: count)
        }
        let resamples = Workers(threads).map(replicates) { replicate in
            let values = statistics(weights(replicate: replicate))
            precondition(values.count == count, "\(values.count) statistics, expected \(count)")
            return values
        }
        return (0..<count).map { column in
            let values = resamples.compactMap { $0[column].value }.sorted()
            guard 2 * values.count > replicates else { return .undefined(.rarelyDefined) }
            return .interval(
                Interval(low: quantile(values, 0.025), high: quantile(values, 0.975)), resamples: values.count)
        }
    }
}

/// An interval with the number of resamples that it stands on, or why there is none.
public enum BootstrapInterval: Hashable, Sendable {
    case interval(Interval, resamples: Int)
    case undefined(Undefined)

    public var interval: Interval? { if case .interval(let interval, _) = self { interval } else { nil } }
}

/// Dense numbers from 0 in the order of first appearance.
public func patientNumbers<Name: Hashable>(_ names: [Name]) -> [Int] {
    var numbers: [Name: Int] = [:]
    return names.map { name in
        if let number = numbers[name] { return number }
        let number = numbers.count
        numbers[name] = number
        return number
    }
}
