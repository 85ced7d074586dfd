/// The results of `work` for 0..<count on up to `jobs` threads, in order.
public func concurrentMap<Result: Sendable>(
    count: Int, jobs: Int, _ work: @Sendable (Int) -> Result
) -> [Result] { Workers(max(1, jobs)).map(count, work) }

/// Carries a value that the caller knows to be used by disjoint parts (or under a lock) into concurrent code.
package struct UncheckedSendable<Value>: @unchecked Sendable {
    package let value: Value
    package init(_ value: Value) { self.value = value }
}
