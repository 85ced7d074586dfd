import Imaging
import SeededRandom

/// Which images make up the batches of an epoch: a shuffle that follows from seed and epoch alone, so that a run can go on
/// at any step. The images left over at the end of an epoch wait for another one (as MAE's drop_last).
public struct BatchOrder: Hashable, Sendable {
    public let count: Int
    public let batchSize: Int
    public let seed: UInt64

    public init(count: Int, batchSize: Int, seed: UInt64) {
        precondition(count > 0 && batchSize > 0, "\(count) images in batches of \(batchSize)")
        (self.count, self.seed) = (count, seed)
        // Fewer images than a batch are one batch.
        self.batchSize = min(batchSize, count)
    }

    public var batchesPerEpoch: Int { count / batchSize }

    /// The images of an epoch, in order, from 0 to `count`.
    public func permutation(epoch: Int) -> [Int] {
        var generator = SeededGenerator(seed: Self.seed(for: "order", seed, epoch, 0))
        return generator.permutation(count)
    }

    /// A seed of its own for everything that is random, so that no draw depends on how many others there were before.
    public static func seed(for purpose: String, _ seed: UInt64, _ epoch: Int, _ item: Int) -> UInt64 {
        Fingerprint(of: "\(purpose) \(seed) \(epoch) \(item)").low
    }
}
