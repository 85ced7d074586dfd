import Foundation
import Synchronization
import Tables

/// How one case of a run went.
public struct CaseRecord: Sendable {
    /// As rows name it.
    public var name: String
    /// The worst of its rows; nil where it has none, e.g. because none of its regions is asked for.
    public var status: RowStatus?
    /// Rows, or regions where there are no rows; those that failed among them.
    public var rows = 0
    public var failed = 0
    public var seconds = 0.0
    /// The largest memory of the process while the case was worked on, and others with it where several threads work.
    public var peakMegabytes = 0.0

    public init(_ name: String) { self.name = name }

    mutating func add(_ status: RowStatus) {
        rows += 1
        switch (self.status, status) {
        case (.failed, _), (.warning, .ok): break
        default: self.status = status
        }
        if status == .failed { failed += 1 }
    }
}

/// Measures the cases of a run.
final class CaseClock: Sendable {
    private let inHand = Mutex(0)

    struct Start {
        fileprivate let instant = ContinuousClock.now
    }

    func begin() -> Start {
        inHand.withLock { count in
            if count == 0 { PeakMemory.forget() }
            count += 1
        }
        return Start()
    }

    func end(_ start: Start, _ record: CaseRecord, _ observer: WorkObserver) {
        var record = record
        record.seconds = (ContinuousClock.now - start.instant) / .seconds(1)
        record.peakMegabytes = PeakMemory.megabytes
        inHand.withLock { $0 -= 1 }
        observer.caseEnded(record)
    }
}

/// The largest resident memory of this process, as Linux keeps it.
enum PeakMemory {
    /// Begins anew at what is in use now; where the system does not let it, the largest of all is kept.
    static func forget() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        fputs("5", file)
        fclose(file)
    }

    static var megabytes: Double {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("VmHWM:") else { continue }
            return Double(text.drop { !$0.isNumber }.prefix { $0.isNumber }).map { $0 / 1024 } ?? 0
        }
        return 0
    }
}
