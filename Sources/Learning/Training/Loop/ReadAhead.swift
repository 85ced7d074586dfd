import Foundation

/// Prepares what will be needed next on a thread of its own, so that a step never waits for its images.
package final class ReadAhead<Item: Sendable>: @unchecked Sendable {
    // `queue` is only touched under `lock`.
    private let lock = NSCondition()
    private var queue: [Item] = []
    private var isStopped = false
    private var isFinished = false

    /// - Parameters:
    ///   - depth: how many items may lie ready.
    ///   - make: gives item 0, 1, 2 …, nil when there is no more.
    package init(depth: Int = 2, _ make: @escaping @Sendable (Int) -> Item?) {
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
    package func next() -> Item? {
        lock.lock()
        defer { lock.unlock() }
        while queue.isEmpty, !isFinished { lock.wait() }
        guard !queue.isEmpty else { return nil }
        defer { lock.broadcast() }
        return queue.removeFirst()
    }

    /// Ends the thread; nothing more is made.
    package func stop() {
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
