import Dispatch
import Synchronization

/// How many threads may work at once (what `--jobs` says). What is computed never depends on it: work is cut into the same tasks for
/// any number of threads, each task writes what no other one does, results stand in the order of tasks, and sums over
/// tasks are added up in that order.
///
/// A task may cut its own work into tasks: it gets no more threads than the work around it has to spare, those that wait for
/// the last tasks among them.
public struct Workers: Sendable {
    public let count: Int

    public init(_ count: Int) {
        precondition(count > 0, "\(count) threads")
        self.count = count
    }

    /// The results of `work` for 0..<tasks, in order.
    public func map<Result: Sendable>(_ tasks: Int, _ work: @Sendable (_ task: Int) -> Result) -> [Result] {
        guard count > 1, tasks > 1 else { return (0..<tasks).map(work) }
        return [Result](unsafeUninitializedCapacity: tasks) { results, initialized in
            // Each element is written once, by the task of its index.
            let results = results
            forEach(tasks) { task, _ in results.initializeElement(at: task, to: work(task)) }
            initialized = tasks
        }
    }

    /// Calls for 0..<tasks in any order. No two calls that run at the same time have the same `lane` in 0..<count, so that it
    /// may choose a piece of scratch memory. The caller knows its tasks to touch disjoint memory.
    public func forEach(_ tasks: Int, _ body: (_ task: Int, _ lane: Int) -> Void) {
        guard count > 1, tasks > 1 else {
            for task in 0..<tasks { body(task, 0) }
            return
        }
        inLanes(of: tasks) { lane, next in
            while let task = next() { body(task, lane) }
        }
    }

    /// The same with a value of its own for each thread that takes part, made by that thread: what is expensive to make and used
    /// by one task at a time.
    package func forEach<Scratch>(
        _ tasks: Int, making scratch: () -> Scratch, body: (_ task: Int, _ scratch: Scratch) -> Void
    ) {
        guard count > 1, tasks > 1 else {
            let own = scratch()
            for task in 0..<tasks { body(task, own) }
            return
        }
        inLanes(of: tasks) { _, next in
            let own = scratch()
            while let task = next() { body(task, own) }
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

    /// Calls `body` once in each thread that takes part; `next` hands out 0..<tasks, each number once.
    private func inLanes(of tasks: Int, _ body: (_ lane: Int, _ next: () -> Int?) -> Void) {
        let taken = Atomic<Int>(0)
        let ended = Atomic<Int>(0)
        let spare = SpareThreads.current ?? SpareThreads(count - 1)
        let helpers = spare.take(atMost: min(count, tasks) - 1)
        withoutActuallyEscaping(body) { body in
            let shared = SharedBody(call: body)
            DispatchQueue.concurrentPerform(iterations: helpers + 1) { lane in
                SpareThreads.$current.withValue(spare) {
                    shared.call(lane) {
                        let task = taken.wrappingAdd(1, ordering: .relaxed).oldValue
                        return task < tasks ? task : nil
                    }
                }
                // Only the caller's own thread is not given back.
                if ended.wrappingAdd(1, ordering: .relaxed).oldValue < helpers { spare.give() }
            }
        }
    }
}

/// The threads that the outermost work may have and does not use at the moment.
private final class SpareThreads: Sendable {
    /// Of the work that this thread does a task of.
    @TaskLocal static var current: SpareThreads?

    private let count: Atomic<Int>

    init(_ count: Int) { self.count = Atomic(count) }

    func take(atMost wanted: Int) -> Int {
        var known = count.load(ordering: .relaxed)
        while true {
            let taken = min(known, wanted)
            guard taken > 0 else { return 0 }
            let (isExchanged, found) = count.compareExchange(
                expected: known, desired: known - taken, ordering: .relaxed)
            if isExchanged { return taken }
            known = found
        }
    }

    func give() { count.wrappingAdd(1, ordering: .relaxed) }
}

/// The caller of ``Workers/forEach(_:_:)`` knows its tasks to touch disjoint memory.
private struct SharedBody: @unchecked Sendable {
    let call: (Int, () -> Int?) -> Void
}
