import Imaging
import SeededRandom

/// Which images make up the batches of an epoch: a shuffle that follows from seed and epoch alone, so that a run can go on
/// at any step. The images left over at the end of an epoch wait for another one (as MAE's drop_last).
public struct BatchOrder: Hashable, Sendable {
    public let count: Int
    public let batchSize: Int
    public let seed: UInt64
    /// The images of each group that is to be seen equally often; nil: every image is seen once an epoch.
    private let groups: [[Int]]?

    /// - Parameter groups: of each image; an epoch has as many images of each, those of the smaller ones again and again, those of
    ///   the larger ones in turn. Nil: every image once.
    public init(count: Int, batchSize: Int, seed: UInt64, balancing groups: [Int]? = nil) {
        precondition(count > 0 && batchSize > 0, "\(count) images in batches of \(batchSize)")
        precondition(groups == nil || groups?.count == count, "\(groups?.count ?? 0) groups of \(count) images")
        (self.count, self.seed) = (count, seed)
        self.groups = groups.map { groups in
            Set(groups).sorted().map { group in groups.indices.filter { groups[$0] == group } }
        }
        // Fewer images than a batch are one batch.
        self.batchSize = min(batchSize, count)
    }

    public var batchesPerEpoch: Int { count / batchSize }

    /// The images of an epoch, in order, numbers below `count`; each once, unless groups are balanced.
    public func permutation(epoch: Int) -> [Int] {
        var generator = SeededGenerator(seed: Self.seed(for: "order", seed, epoch, 0))
        guard let groups else { return generator.permutation(count) }
        var chosen: [Int] = []
        for (number, group) in groups.enumerated() {
            // What does not divide goes to another group every epoch.
            let place = (number + epoch) % groups.count
            let wanted = (place + 1) * count / groups.count - place * count / groups.count
            var drawn: [Int] = []
            while drawn.count < wanted { drawn += generator.permutation(group.count).map { group[$0] } }
            chosen += drawn.prefix(wanted)
        }
        return generator.permutation(count).map { chosen[$0] }
    }

    /// A seed of its own for everything that is random, so that no draw depends on how many others there were before.
    public static func seed(for purpose: String, _ seed: UInt64, _ epoch: Int, _ item: Int) -> UInt64 {
        Fingerprint(of: "\(purpose) \(seed) \(epoch) \(item)").low
    }
}
