import Encoding
import Foundation
import Synchronization

/// What a person sees while a command works: standard error, never the results.
enum Console {
    static func error(_ message: String) { write("weft: \(message.printableLines)\n") }

    static func note(_ message: String, _ verbosity: Verbosity) {
        if verbosity == .normal { write(message.printableLines + "\n") }
    }

    /// Standard error that is closed or full is no reason to stop.
    static func write(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// Results. The command ends when they cannot be written: nothing after that would reach anybody.
    static func print(_ text: String) {
        let problem = write(text, to: STDOUT_FILENO)
        guard problem != 0 else { return }
        // Who closes the pipe has seen enough, e.g. `head`.
        if problem != EPIPE { error("standard output cannot be written: \(String(cString: strerror(problem)))") }
        _exit(ExitStatus.outputUnwritable.rawValue)
    }

    /// 0, or the system's error.
    private static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR && errno != EAGAIN {
                    return errno
                }
            }
            return 0
        }
    }

    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

enum Verbosity: Sendable { case normal, quiet }

/// How far a command is: a bar with rate and remaining time on a terminal, a plain line every ten seconds elsewhere.
final class Progress: Sendable {
    private struct State {
        var done = 0
        var total: Int?
        var start: ContinuousClock.Instant
        var lastShown: ContinuousClock.Instant
    }

    private let title: String
    private let unit: String
    private let verbosity: Verbosity
    private let isTerminal: Bool
    private let state: Mutex<State>

    init(_ title: String, unit: String, total: Int?, verbosity: Verbosity) {
        (self.title, self.unit, self.verbosity) = (title, unit, verbosity)
        isTerminal = Console.errorIsTerminal
        let now = ContinuousClock.now
        state = Mutex(State(total: total, start: now, lastShown: now))
    }

    /// Says how many there are, where that was not known at the start; the clock runs from here. Only the first call counts.
    func expect(total: Int) {
        state.withLock { state in
            guard state.total == nil else { return }
            let now = ContinuousClock.now
            (state.total, state.start, state.lastShown) = (total, now, now)
        }
    }

    func advance(to done: Int? = nil) {
        guard verbosity == .normal else { return }
        state.withLock { state in
            state.done = max(state.done, done ?? state.done + 1)
            let now = ContinuousClock.now
            let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(10)
            guard now - state.lastShown >= pause else { return }
            state.lastShown = now
            Console.write(isTerminal ? "\r\u{1B}[K\(line(state, now))" : line(state, now) + "\n")
        }
    }

    /// Clears the bar; results and messages may follow.
    func finish() {
        guard verbosity == .normal, isTerminal else { return }
        Console.write("\r\u{1B}[K")
    }

    private func line(_ state: State, _ now: ContinuousClock.Instant) -> String {
        let done = state.done
        let elapsed = (now - state.start) / .seconds(1)
        let rate = Double(done) / max(elapsed, 1e-3)
        let shownRate = rate >= 10 ? "\(Int(rate))" : "\((rate * 10).rounded() / 10)"
        guard let total = state.total, total > 0 else { return "\(title): \(done) \(unit), \(shownRate)/s" }
        let filled = min(20, 20 * done / total)
        let bar =
            isTerminal
            ? " [" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled) + "]" : ""
        let left = rate > 0 ? Int((Double(total - done) / rate).rounded(.up)) : 0
        return "\(title):\(bar) \(done)/\(total) \(unit), \(shownRate)/s, \(remainingTime(left)) left"
    }
}

/// Seconds as a person reads them beside a bar: `40 s`, `12 min`, `3 h 5 min`.
func remainingTime(_ seconds: Int) -> String {
    seconds < 60
        ? "\(seconds) s" : seconds < 3600 ? "\(seconds / 60) min" : "\(seconds / 3600) h \(seconds % 3600 / 60) min"
}
