import Synchronization

/// Passes on what threads make in any order in the order of its numbers, each as soon as all before it have been passed on.
final class OrderedDelivery<Item: Sendable>: Sendable {
    private struct State {
        var next = 0
        var waiting: [Int: Item] = [:]
    }

    private let state = Mutex(State())
    private let pass: @Sendable (Item) -> Void

    /// - Parameter pass: called by one thread at a time.
    init(_ pass: @escaping @Sendable (Item) -> Void) { self.pass = pass }

    /// Every number from 0 has to come, once.
    func deliver(_ item: Item, number: Int) {
        state.withLock { state in
            state.waiting[number] = item
            while let item = state.waiting.removeValue(forKey: state.next) {
                pass(item)
                state.next += 1
            }
        }
    }
}
