import Foundation
import Pretraining
import Synchronization

/// Images a second, loss terms and remaining time: one line that changes on a terminal, a line now and then elsewhere.
final class TrainingDisplay: Sendable {
    private struct State {
        var lastShown: ContinuousClock.Instant
        var terms = ""
    }

    private let first: Int
    private let verbosity: Verbosity
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    init(done: Int, verbosity: Verbosity) {
        (first, self.verbosity) = (done, verbosity)
        state = Mutex(State(lastShown: start - .seconds(60)))
    }

    func show(_ record: StepRecord, total: Int) {
        guard verbosity == .normal else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            let pause: Duration = Console.errorIsTerminal ? .milliseconds(200) : .seconds(10)
            guard now - state.lastShown >= pause || record.step == total else { return }
            state.lastShown = now
            let seconds = (now - start) / .seconds(1)
            let left = seconds / Double(max(1, record.step - first)) * Double(total - record.step)
            let filled = 20 * record.step / total
            let bar = "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled) + "] "
            let line =
                (Console.errorIsTerminal ? bar : "")
                + "epoch \(record.epoch + 1), step \(record.step)/\(total), \(short(record.imagesPerSecond)) images/s, "
                + "loss \(short(record.loss))" + terms(record) + ", \(remainingTime(Int(left.rounded(.up)))) left"
            Console.write(Console.errorIsTerminal ? "\r\u{1B}[K\(line)" : line + "\n")
            if record.step == total, Console.errorIsTerminal { Console.write("\n") }
        }
    }

    func show(_ record: ValidationRecord) {
        let line =
            "held out after epoch \(record.epoch + 1): loss \(short(record.loss)) (glcm \(short(record.glcm)), ssim "
            + "\(short(record.ssim)))" + pixels(record.greyMSE ?? record.mse, record.greyMeanGuess ?? record.meanGuess)
            + (record.effectiveRank.map { ", effective rank \(short($0))" } ?? "")
        let isTerminal = Console.errorIsTerminal
        Console.note((isTerminal ? "\r\u{1B}[K" : "") + line, verbosity)
    }

    private func terms(_ record: StepRecord) -> String {
        let parts = [("glcm", record.glcm), ("ssim", record.ssim), ("haralick", record.haralick)]
            .compactMap { name, value in value.map { "\(name) \(short($0))" } }
        let terms = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
        return terms + pixels(record.greyMSE ?? record.mse, record.greyMeanGuess ?? record.meanGuess)
    }

    /// The mean squared error as every command gives it, beside the mean grey's.
    private func pixels(_ own: Double?, _ mean: Double?) -> String {
        guard let own else { return "" }
        return ", mse \(short(own))" + (mean.map { " (mean grey \(short($0)))" } ?? "")
    }

    private func short(_ value: Double) -> String { String(format: "%.4g", value) }
}
