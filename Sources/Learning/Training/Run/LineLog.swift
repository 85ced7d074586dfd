// The log of a run: one line of JSON per step, written as the step ends, so that nothing is lost when the process is. Numbers
// are written so that reading them back gives the same double.

import Files
import Foundation

/// One line of a log.
package protocol LogRecord: Sendable {
    /// How many steps there were when it was written.
    var step: Int { get }
    /// From 0.
    var epoch: Int { get }
    var json: String { get }
    /// Inverse of ``json``; nil for a line that is not whole.
    init?(json: some StringProtocol)
}

/// A file of lines that grows.
public final class LineLog: Sendable {
    private let path: String
    private let file: OpenFile

    /// Opens a file at its end, or makes it.
    public init(appendingTo path: String) throws(FileWritingError) {
        self.path = path
        do throws(SystemError) { file = try OpenFile(growing: path) } catch {
            throw FileWritingError(path: path, error)
        }
    }

    /// The line is with the system when this returns, so that it outlives the process.
    public func append(_ line: String) throws(FileWritingError) {
        do throws(SystemError) { try file.append(Array((line + "\n").utf8)[...]) } catch {
            throw FileWritingError(path: path, error)
        }
    }

    /// What was appended is on disk when this returns, so that it outlives a power cut.
    public func flush() throws(FileWritingError) {
        do throws(SystemError) { try file.flush() } catch { throw FileWritingError(path: path, error) }
    }

    /// Calls for every line of a file, read in pieces; a file that is not there has none.
    public static func forEachLine(of path: String, _ body: (Substring) -> Void) throws {
        guard let file = FileHandle(forReadingAtPath: path) else { return }
        defer { file.closeFile() }
        var rest = Data()
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
            rest.append(piece)
            guard let end = rest.lastIndex(of: 10) else { continue }
            let lines = String(decoding: rest[rest.startIndex...end], as: UTF8.self)
            for line in lines.split(separator: "\n") { body(line) }
            rest = Data(rest[rest.index(after: end)...])
        }
    }
}

/// Lines that a log should have and does not: it was cut off or damaged after they were written.
package struct LogGap: Hashable, Sendable, CustomStringConvertible {
    package var path: String
    /// In ascending order.
    package var steps: [Int]

    package var description: String {
        let shown = steps.prefix(5).map(String.init).joined(separator: ", ") + (steps.count > 5 ? ", …" : "")
        return
            "\(path): \(steps.count) line(s) that come before the checkpoint are absent or cannot be read (step \(shown)); the "
            + "log goes on without them, the weights are those of the checkpoint"
    }
}

extension LineLog {
    /// Cuts a log back to the step of a checkpoint: keeps the lines that can be read and come in order, up to it.
    ///
    /// - Parameter expected: the steps of the lines that there should be, in ascending order.
    /// - Returns: which of them are not there; nil when all are.
    package static func cut<Record: LogRecord>(
        _ path: String, toStep step: Int, stepsPerEpoch: Int, of _: Record.Type, expecting expected: some Sequence<Int>
    ) throws -> LogGap? {
        var (kept, steps, last): ([Substring], Set<Int>, Int) = ([], [], 0)
        let data = FileManager.default.contents(atPath: path)
        let text = String(decoding: data ?? Data(), as: UTF8.self)
        for line in text.split(separator: "\n") {
            if let change = SettingsChanges.step(ofLine: line) {
                // One at the step itself is written again when the run goes on with what changed.
                if change < step { kept.append(line) }
                continue
            }
            guard let record = Record(json: line), record.step > last, record.step <= step,
                record.epoch == (record.step - 1) / stepsPerEpoch
            else { continue }
            kept.append(line)
            steps.insert(record.step)
            last = record.step
        }
        if data != nil { try RunFolder.write(kept.map { $0 + "\n" }.joined(), to: path) }
        let absent = expected.filter { !steps.contains($0) }
        return absent.isEmpty ? nil : LogGap(path: path, steps: absent)
    }
}
