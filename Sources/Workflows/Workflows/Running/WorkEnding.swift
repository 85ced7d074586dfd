/// How a run came to its end.
public enum WorkEnding: Hashable, Sendable {
    case complete
    /// ``WorkObserver/isCancelled`` said so; what was finished by then is kept.
    case interrupted
}
