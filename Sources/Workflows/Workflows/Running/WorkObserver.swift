/// What a workflow says while it works, and how it learns that it should stop. All closures may be called from any
/// thread; a new observer says nothing and never stops.
public struct WorkObserver: Sendable {
    /// Something worth knowing that changes no result, e.g. "3 file(s) skipped, e.g. …".
    public var note: @Sendable (String) -> Void = { _ in }
    /// A case that failed while the others go on.
    public var failure: @Sendable (String) -> Void = { _ in }
    /// A part of the work begins whose progress can be counted.
    public var begin: @Sendable (WorkStep) -> any WorkProgress = { _ in NoProgress() }
    /// A case is done, whatever came of it; of those that take cases one by one for a table or a folder.
    public var caseEnded: @Sendable (CaseRecord) -> Void = { _ in }
    /// The plan is made and the first case follows: ``isCancelled`` is asked from here on, and what is finished is kept.
    public var willStart: @Sendable () -> Void = {}
    /// Whether the work should end after the cases in hand.
    public var isCancelled: @Sendable () -> Bool = { false }

    public init() {}

    /// Says nothing and never stops.
    public static let silent = WorkObserver()
}

/// A part of the work.
public struct WorkStep: Hashable, Sendable {
    /// E.g. "extracting".
    public var title: String
    /// What is counted, e.g. "cases".
    public var unit: String
    /// How many there are; nil when nobody knows yet.
    public var total: Int?

    public init(_ title: String, unit: String, total: Int?) {
        (self.title, self.unit, self.total) = (title, unit, total)
    }
}

/// Takes the count of one ``WorkStep``.
public protocol WorkProgress: AnyObject, Sendable {
    /// How many there are, where ``WorkStep/total`` did not say; only the first call counts.
    func expect(total: Int)
    /// So many are done by now; nil: one more.
    func advance(to done: Int?)
    func finish()
}

extension WorkProgress {
    public func advance() { advance(to: nil) }
}

private final class NoProgress: WorkProgress {
    func expect(total: Int) {}
    func advance(to done: Int?) {}
    func finish() {}
}
