import Dispatch
import Synchronization

/// How many threads may work at once. What is computed never depends on it: work is cut into the same tasks for any number of
/// threads, each task writes what no other one does, and sums over tasks are added up in the order of tasks.
public struct Workers: Sendable {
    public let count: Int

    public init(_ count: Int) {
        precondition(count > 0, "\(count) threads")
        self.count = count
    }

    /// Calls for 0..<tasks in any order. No two calls that run at the same time have the same `lane` in 0..<count, so that it
    /// may choose a piece of scratch memory.
    public func forEach(_ tasks: Int, _ body: (_ task: Int, _ lane: Int) -> Void) {
        guard count > 1, tasks > 1 else {
            for task in 0..<tasks { body(task, 0) }
            return
        }
        let next = Atomic<Int>(0)
        withoutActuallyEscaping(body) { body in
            let shared = SharedBody(call: body)
            DispatchQueue.concurrentPerform(iterations: min(count, tasks)) { lane in
                while case let task = next.wrappingAdd(1, ordering: .relaxed).oldValue, task < tasks {
                    shared.call(task, lane)
                }
            }
        }
    }

    /// Cuts 0..<total into ranges of `size` (the last one may be shorter) and calls for each.
    public func forEachRange(of total: Int, size: Int, _ body: (_ range: Range<Int>, _ lane: Int) -> Void) {
        let size = max(1, size)
        forEach((total + size - 1) / size) { task, lane in
            body(task * size..<min(total, (task + 1) * size), lane)
        }
    }

    /// Rows of so many values that are worth a task of their own (a thread needs some 10 µs to wake up).
    package static func rowsPerTask(width: Int) -> Int { max(1, 32_768 / max(1, width)) }
}

/// The caller of ``Workers/forEach(_:_:)`` knows its tasks to touch disjoint memory.
private struct SharedBody: @unchecked Sendable {
    let call: (Int, Int) -> Void
}
