import Synchronization

/// Hands out 0, 1, 2 … once each, to whichever thread asks first.
package final class SharedCounter: Sendable {
    private let next = Atomic(0)

    package init() {}

    package func take() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
}
