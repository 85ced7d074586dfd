/// What a run tells while it works.
/// - Note: `Step` and `Validation` are the lines of `log.jsonl` and `validation.jsonl`.
public struct TrainingEvents<Step: Sendable, Validation: Sendable>: Sendable {
    /// After every step, with the number of all steps.
    public var step: @Sendable (Step, Int) -> Void = { _, _ in }
    /// After every epoch with held-out images.
    public var validation: @Sendable (Validation) -> Void = { _ in }
    /// Asked after every step; true ends the run with a checkpoint.
    public var isInterrupted: @Sendable () -> Bool = { false }

    public init() {}
}

public enum TrainingOutcome: Hashable, Sendable {
    case finished
    /// After so many of all steps, with a checkpoint.
    case interrupted(step: Int, of: Int)
}
