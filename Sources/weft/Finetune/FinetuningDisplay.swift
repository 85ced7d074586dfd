import Finetuning
import Foundation
import Synchronization

/// Fold, epoch, loss and remaining time: one line that changes on a terminal, a line now and then elsewhere.
final class FinetuningDisplay: Sendable {
    private struct State {
        var lastShown: ContinuousClock.Instant
        var fold: Int?
        var start: ContinuousClock.Instant
        var first = 0
    }

    private let verbosity: Verbosity
    private let state: Mutex<State>

    init(verbosity: Verbosity) {
        self.verbosity = verbosity
        let now = ContinuousClock.now
        state = Mutex(State(lastShown: now - .seconds(60), fold: -1, start: now))
    }

    func show(fold: (number: Int, of: Int)?, _ record: FinetuningStep, total: Int) {
        guard verbosity == .normal else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            if state.fold != fold?.number {
                (state.fold, state.start, state.first) = (fold?.number, now, record.step)
            }
            let pause: Duration = Console.errorIsTerminal ? .milliseconds(200) : .seconds(10)
            guard now - state.lastShown >= pause || record.step == total else { return }
            state.lastShown = now
            let seconds = (now - state.start) / .seconds(1)
            let left = seconds / Double(max(1, record.step - state.first)) * Double(total - record.step)
            let filled = 20 * record.step / max(1, total)
            let bar = "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled) + "] "
            let line =
                (Console.errorIsTerminal ? bar : "") + (fold.map { "fold \($0.number) of \($0.of), " } ?? "")
                + "epoch \(record.epoch + 1), step \(record.step)/\(total), "
                + String(format: "%.4g images/s, loss %.4g, ", record.imagesPerSecond, record.loss)
                + "\(remainingTime(Int(left.rounded(.up)))) left"
            Console.write(Console.errorIsTerminal ? "\r\u{1B}[K\(line)" : line + "\n")
            if record.step == total, Console.errorIsTerminal { Console.write("\n") }
        }
    }

    /// Only what is better than before: a run has a hundred epochs.
    func show(fold: Int?, _ record: FinetuningValidation) {
        guard record.isBest else { return }
        let text = String(format: "accuracy %.3f, cross entropy %.4g", record.accuracy, record.loss)
        let place = fold.map { "fold \($0), " } ?? ""
        Console.note(
            (Console.errorIsTerminal ? "\r\u{1B}[K" : "")
                + "\(place)set aside, after epoch \(record.epoch + 1): \(text)",
            verbosity)
    }
}
