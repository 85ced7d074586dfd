import Parallel

/// The exponential moving average of weights over the steps of a training, which often does better than the last ones (Polyak,
/// Juditsky 1992; timm's ModelEma): a ← d a + (1 - d) w. d rises with the steps, min(decay, (1 + t) / (10 + t)) as TensorFlow has
/// it, so that a short training does not keep its start.
public final class WeightAverage {
    public let decay: Double
    public let values: ParameterBuffer<Float>

    public init(_ layout: ParameterLayout, decay: Double) {
        precondition(decay > 0 && decay < 1, "a decay of \(decay)")
        self.decay = decay
        values = ParameterBuffer(layout)
    }

    /// Takes in the weights that `step` steps have made, from 1; a training copies those that it starts with into ``values``.
    public func add(_ weights: ParameterBuffer<Float>, step: Int, workers: Workers) {
        let kept = Float(min(decay, Double(1 + step) / Double(10 + step)))
        let (mine, its, count) = (values.values, weights.values, values.layout.bufferCount)
        let block = 1 << 16
        workers.forEach((count + block - 1) / block) { number, _ in
            for place in number * block..<min(count, (number + 1) * block) {
                mine[place] = kept * mine[place] + (1 - kept) * its[place]
            }
        }
    }

    /// Calls with the average in the place of the weights, which come back after it.
    public func standingIn<Result>(
        for weights: ParameterBuffer<Float>, _ body: () throws -> Result
    ) rethrows -> Result {
        let own = ParameterBuffer<Float>(weights.layout)
        own.copy(from: weights)
        weights.copy(from: values)
        defer { weights.copy(from: own) }
        return try body()
    }
}
