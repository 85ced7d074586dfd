import Dispatch

/// Runs `work` for 0..<count on up to `jobs` threads and returns the results in order, so that what comes out does not
/// depend on how many threads there were.
public func concurrentMap<Result: Sendable>(
    count: Int, jobs: Int, _ work: @Sendable @escaping (Int) -> Result
) -> [Result] {
    guard count > 1, jobs > 1 else { return (0..<count).map(work) }
    let results = UnsafeMutableBufferPointer<Result?>.allocate(capacity: count)
    results.initialize(repeating: nil)
    defer {
        results.deinitialize()
        results.deallocate()
    }
    let shared = UncheckedSendable(results)
    let lanes = min(jobs, count)
    let next = SharedCounter()
    DispatchQueue.concurrentPerform(iterations: lanes) { _ in
        while case let index = next.take(), index < count { shared.value[index] = work(index) }
    }
    return results.map { $0! }
}

/// Carries a value that the caller knows to be used by disjoint parts (or under a lock) into concurrent code.
package struct UncheckedSendable<Value>: @unchecked Sendable {
    package let value: Value
    package init(_ value: Value) { self.value = value }
}
