import Foundation

/// Prepares what will be needed next on a thread of its own, so that a step never waits for its images.
package final class ReadAhead<Item: Sendable>: @unchecked Sendable {
    // `queue` is only touched under `lock`.
    private let lock = NSCondition()
    private var queue: [Item] = []
    private var isStopped = false
    private var isFinished = false
    private var failure: (any Error)?

    /// - Parameters:
    ///   - depth: how many items may lie ready.
    ///   - make: gives item 0, 1, 2 …, nil when there is no more; an error ends it, and ``next()`` throws it in its turn.
    package init(depth: Int = 2, _ make: @escaping @Sendable (Int) throws -> Item?) {
        let thread = Thread { [weak self] in
            for number in 0... {
                let item = Result { try make(number) }
                guard let self, self.put(item, depth: depth) else { return }
            }
        }
        thread.stackSize = 4 << 20
        thread.name = "read-ahead"
        thread.start()
    }

    /// The next item; nil after the last.
    package func next() throws -> Item? {
        lock.lock()
        defer { lock.unlock() }
        while queue.isEmpty, !isFinished { lock.wait() }
        guard !queue.isEmpty else {
            if let failure { throw failure }
            return nil
        }
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
    private func put(_ made: Result<Item?, any Error>, depth: Int) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard case .success(let item?) = made else {
            if case .failure(let error) = made { failure = error }
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
