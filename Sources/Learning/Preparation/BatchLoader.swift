import Foundation
import SeededRandom

/// Images that the network sees together.
public struct ImageBatch: Sendable {
    /// `[images, channels, size, size]`, normalised.
    public var values: [Float]
    /// Numbers of the slices in the store.
    public var slices: [Int]
}

/// Makes batches out of the store. What comes out depends on seed, epoch and slice alone.
public struct BatchLoader: Sendable {
    public let store: SliceStore
    /// The slices that take part.
    public let slices: [Int]
    public let augmentation: Augmentation
    public let normalisation: Normalisation
    /// Rows and columns that the network sees, pixels.
    public let size: Int
    public let seed: UInt64

    public init(
        store: SliceStore, slices: [Int], augmentation: Augmentation, normalisation: Normalisation, size: Int,
        seed: UInt64
    ) {
        precondition(size <= store.side, "views of \(size) from slices of \(store.side)")
        (self.store, self.slices, self.augmentation) = (store, slices, augmentation)
        (self.normalisation, self.size, self.seed) = (normalisation, size, seed)
    }

    /// - Parameter places: numbers into `slices`.
    public func batch(_ places: some Sequence<Int>, epoch: Int) -> ImageBatch {
        let chosen = places.map { slices[$0] }
        var values: [Float] = []
        values.reserveCapacity(chosen.count * normalisation.channels * size * size)
        for slice in chosen {
            var generator = SeededGenerator(seed: BatchOrder.seed(for: "view", seed, epoch, slice))
            let view = store.withSlice(slice) { augmentation.view(of: $0, side: store.side, size: size, &generator) }
            let start = values.count
            for (mean, deviation) in zip(normalisation.mean, normalisation.deviation) {
                let (mean, deviation) = (Float(mean), Float(deviation))
                values += view.lazy.map { ($0 - mean) / deviation }
            }
            augmentation.erase(&values, from: start, channels: normalisation.channels, size: size, &generator)
        }
        return ImageBatch(values: values, slices: chosen)
    }
}

/// Prepares what will be needed next on a thread of its own, so that a step never waits for its images.
public final class ReadAhead<Item: Sendable>: @unchecked Sendable {
    // `queue` is only touched under `lock`.
    private let lock = NSCondition()
    private var queue: [Item] = []
    private var isStopped = false
    private var isFinished = false

    /// - Parameters:
    ///   - depth: how many items may lie ready.
    ///   - make: gives item 0, 1, 2 …, nil when there is no more.
    public init(depth: Int = 2, _ make: @escaping @Sendable (Int) -> Item?) {
        let thread = Thread { [weak self] in
            for number in 0... {
                let item = make(number)
                guard let self, self.put(item, depth: depth) else { return }
            }
        }
        thread.stackSize = 4 << 20
        thread.name = "read-ahead"
        thread.start()
    }

    /// The next item; nil after the last.
    public func next() -> Item? {
        lock.lock()
        defer { lock.unlock() }
        while queue.isEmpty, !isFinished { lock.wait() }
        guard !queue.isEmpty else { return nil }
        defer { lock.broadcast() }
        return queue.removeFirst()
    }

    /// Ends the thread; nothing more is made.
    public func stop() {
        lock.lock()
        isStopped = true
        lock.broadcast()
        lock.unlock()
    }

    /// Whether more is wanted.
    private func put(_ item: Item?, depth: Int) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard let item else {
            isFinished = true
            lock.broadcast()
            return false
        }
        while queue.count >= depth, !isStopped { lock.wait() }
        guard !isStopped else { return false }
        queue.append(item)
        lock.broadcast()
        return true
    }
}
