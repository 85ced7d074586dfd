import Foundation
import Synchronization

/// Ctrl-C, and what else asks a process to end (TERM and USR1, as batch systems send them; HUP, when its terminal goes): a command that can
/// keep what is finished is asked for an orderly end first and ends at once at the second; any other ends at once.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGUSR1]
    /// The first that came; 0 while none has.
    private static let received = Atomic<Int32>(0)
    private static let isWatched = Atomic(false)

    static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

    /// The exit status of a command that ended because it was asked to, as shells have it: 130 for Ctrl-C, 143 for TERM, 138 for USR1.
    static var status: Int32 {
        let signal = received.load(ordering: .relaxed)
        return signal == 0 ? ExitStatus.interrupted.rawValue : 128 + signal
    }

    /// From the start of the program on.
    static func prepare() {
        for number in signals where number != SIGHUP || !isIgnored(number) {
            signal(number) { number in
                let (isFirst, _) = Interruption.received.compareExchange(
                    expected: 0, desired: number, ordering: .relaxed)
                if !isFirst || !Interruption.isWatched.load(ordering: .relaxed) { _exit(128 + number) }
            }
        }
        // Who closes a pipe, and a limit on the size of files, are told by the write that fails.
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    }

    /// From here on the first signal is a request.
    static func watch() { isWatched.store(true, ordering: .relaxed) }

    /// By nohup, which means it.
    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}
