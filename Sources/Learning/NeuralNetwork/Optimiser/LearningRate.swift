import Glibc

/// Warm-up and half a cosine, at time t in epochs (with fractions: epoch + step / steps of an epoch):
/// r = base · t / warmup for t < warmup, else floor + (base - floor) / 2 · (1 + cos π (t - warmup) / (epochs - warmup)).
/// After `epochs` it stays at the floor.
public struct LearningRate: Hashable, Sendable {
    public var base: Double
    public var floor: Double
    /// In epochs.
    public var warmup: Double
    public var epochs: Double

    public init(base: Double, floor: Double = 0, warmup: Double, epochs: Double) {
        (self.base, self.floor, self.warmup, self.epochs) = (base, floor, warmup, epochs)
    }

    /// For a batch (images per step, accumulated ones too): base = rate · batch / 256, as the MAE recipe says it.
    public init(perBatchOf256 rate: Double, batch: Int, floor: Double = 0, warmup: Double, epochs: Double) {
        self.init(base: rate * Double(batch) / 256, floor: floor, warmup: warmup, epochs: epochs)
    }

    public func callAsFunction(_ t: Double) -> Double {
        if t < warmup { return base * t / warmup }
        guard t < epochs else { return floor }
        return floor + (base - floor) / 2 * (1 + cos(.pi * (t - warmup) / (epochs - warmup)))
    }
}
