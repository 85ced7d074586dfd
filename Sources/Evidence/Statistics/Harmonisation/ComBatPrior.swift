// How the effects of one batch are drawn to what all features say of it.

import Foundation

extension ComBatSettings.Prior {
    /// The effects of a batch on each feature.
    func drawn(_ fits: [FeatureFit], _ batch: Int, _ effect: ComBatSettings.Effect) -> [BatchEffect] {
        let raw = fits.map { $0.effects[batch] }
        // With a single feature there are no others to say anything.
        guard self != .none, raw.count > 1 else { return raw }
        let values = fits.map { $0.standard[batch] }
        switch self {
        case .none: return raw
        case .parametric:
            let prior = BatchPrior(raw)
            guard effect == .meanAndVariance else {
                return raw.map {
                    BatchEffect(
                        shift: (prior.variance * $0.shift + prior.mean) / (prior.variance + 1), scale: 1)
                }
            }
            return prior.posterior(raw, values)
        case .nonparametric:
            return raw.indices.map { k in
                BatchEffect.weighted(by: values[k], raw.indices.filter { $0 != k }.map { raw[$0] })
            }
        }
    }
}

/// Normal distribution of the shifts, inverse gamma distribution of the scales, by their moments over features (n − 1).
private struct BatchPrior {
    let mean: Double
    let variance: Double
    private let shape: Double
    private let rate: Double

    init(_ effects: [BatchEffect]) {
        func moments(_ x: [Double]) -> (mean: Double, variance: Double) {
            let mean = x.reduce(0, +) / Double(x.count)
            return (mean, x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1))
        }
        (mean, variance) = moments(effects.map(\.shift))
        let scales = moments(effects.map(\.scale))
        shape = (2 * scales.variance + scales.mean * scales.mean) / scales.variance
        rate = (scales.mean * scales.variance + scales.mean * scales.mean * scales.mean) / scales.variance
    }

    /// Shift and scale given each other, in turn, until none changes by more than a ten-thousandth: a published result hangs on that
    /// stop, a stricter one moves it by as much.
    func posterior(_ raw: [BatchEffect], _ values: [[Double]]) -> [BatchEffect] {
        var effects = raw
        // Scales that are all alike leave nothing to be drawn to: the gamma distribution has no width.
        guard shape.isFinite, rate.isFinite else { return raw }
        while true {
            var largest = 0.0
            for k in effects.indices {
                let (n, was) = (Double(values[k].count), effects[k])
                let shift = (variance * n * raw[k].shift + was.scale * mean) / (variance * n + was.scale)
                let squares = values[k].reduce(0) { $0 + ($1 - shift) * ($1 - shift) }
                let scale = (squares / 2 + rate) / (n / 2 + shape - 1)
                largest = max(
                    largest, abs(shift - was.shift) / abs(was.shift), abs(scale - was.scale) / was.scale)
                effects[k] = BatchEffect(shift: shift, scale: scale)
            }
            if !(largest > 1e-4) { return effects }
        }
    }
}

extension BatchEffect {
    /// The mean of effects, each weighted by how likely it makes these values.
    fileprivate static func weighted(by values: [Double], _ effects: [BatchEffect]) -> BatchEffect {
        let n = Double(values.count)
        // Their logarithms, for the likelihood of hundreds of values is below the smallest double.
        let logarithms = effects.map { effect in
            let squares = values.reduce(0) { $0 + ($1 - effect.shift) * ($1 - effect.shift) }
            return -n / 2 * log(2 * Double.pi * effect.scale) - squares / (2 * effect.scale)
        }
        let most = logarithms.max() ?? 0
        var (sum, shift, scale) = (0.0, 0.0, 0.0)
        for (effect, logarithm) in zip(effects, logarithms) {
            let weight = exp(logarithm - most)
            sum += weight
            shift += weight * effect.shift
            scale += weight * effect.scale
        }
        return BatchEffect(shift: shift / sum, scale: scale / sum)
    }
}
