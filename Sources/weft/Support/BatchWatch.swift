import Encoding
import Files
import Foundation
import Synchronization
import Tables
import Workflows

/// Hears of every case: counts those that failed, and keeps the log of `--log`.
final class BatchWatch: Sendable {
    private let failedCases = Atomic(0)
    private let log: OpenFile?
    private let shard: Shard?
    private let allowed: AllowedFailures?
    private let inner: WorkObserver

    /// Lines are added to a log that is there: a run that goes on has one log.
    init(_ observer: WorkObserver, log path: String?, shard: Shard?, allowed: AllowedFailures?) throws {
        (inner, self.shard, self.allowed) = (observer, shard, allowed)
        do throws(SystemError) { log = if let path { try OpenFile(growing: path) } else { nil } } catch {
            throw CommandFailure(.outputUnwritable, "\(path ?? ""): the log cannot be written: \(error)")
        }
    }

    var observer: WorkObserver {
        var observer = inner
        observer.caseEnded = { self.hear($0) }
        return observer
    }

    /// Ends a command some of whose cases failed, unless so many are allowed.
    func end(_ failure: CommandFailure) throws {
        let failed = failedCases.load(ordering: .relaxed)
        guard let allowed, allowed.take(failed) else { throw failure }
        Console.error("\(failure.message) (\(failed) case(s), which --allow-failures allows)")
    }

    private func hear(_ record: CaseRecord) {
        if record.failed > 0 { failedCases.add(1, ordering: .relaxed) }
        guard let log else { return }
        var object = JSONObject(.spaced)
        object.add("time", Date.now.formatted(.iso8601))
        if let shard { object.add("shard", shard.description) }
        object.add("case", record.name)
        object.add("status", record.status?.rawValue ?? "none")
        object.add("rows", record.rows)
        object.add("failed", record.failed)
        object.add("seconds", (record.seconds * 1000).rounded() / 1000)
        object.add("peak_memory_mb", (record.peakMegabytes * 10).rounded() / 10)
        // One write a line: several processes may share a log. That a log has no place left stops no run.
        do throws(SystemError) { try log.append(Array((object.text + "\n").utf8)[...]) } catch {}
    }
}
