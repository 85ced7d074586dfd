import Workflows

extension WorkObserver {
    /// Progress, notes and failures on standard error; Ctrl-C cancels.
    static func console(_ verbosity: Verbosity) -> WorkObserver {
        var observer = WorkObserver()
        observer.note = { Console.note($0, verbosity) }
        observer.failure = Console.error
        observer.begin = { Progress($0.title, unit: $0.unit, total: $0.total, verbosity: verbosity) }
        observer.willStart = Interruption.watch
        observer.isCancelled = { Interruption.isRequested }
        return observer
    }
}

extension Progress: WorkProgress {}
