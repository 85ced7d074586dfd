import Encoding
import Foundation

/// One timed case as `weft bench` prints it: the fields that every case has, and what the work was.
package struct Measurement {
    var name: String
    var seconds: [Double]
    var threads: Int
    var peakMemoryMB = Measurement.peakMemoryMB(__rusage_who_t(RUSAGE_SELF.rawValue))
    /// Work and ratios, in order.
    var details: [(String, Double)] = []

    var median: Double { seconds.sorted()[seconds.count / 2] }

    /// Runs `work` once to warm up and then `repeats` times.
    static func time(repeats: Int, _ work: () throws -> Void) rethrows -> [Double] {
        try work()
        return try (0..<repeats).map { _ in try time(once: work) }
    }

    /// Runs each work in turn, once to warm up, so that all meet the same machine.
    static func timeInTurn(repeats: Int, _ works: [() throws -> Void]) throws -> [[Double]] {
        for work in works { try work() }
        var seconds = works.map { _ in [Double]() }
        for _ in 0..<repeats {
            for (number, work) in works.enumerated() { seconds[number].append(try time(once: work)) }
        }
        return seconds
    }

    private static func time(once work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    package var json: String {
        var object = JSONObject(.spaced)
        object.add("case", name)
        object.add("median_seconds", median)
        object.add("repeats", seconds.count)
        object.add("threads", threads)
        object.add("peak_rss_mb", json: Self.rounded(peakMemoryMB))
        object.add("commit", Self.commit)
        for (name, value) in details { object.add(name, json: value.shortestText) }
        return object.text + "\n"
    }

    package var text: String {
        let work = details.map { "\($0.0) \(Self.rounded($0.1))" }.joined(separator: ", ")
        return String(format: "%-28@ %10.3f ms  ", name as NSString, median * 1000)
            + "(\(seconds.count) runs, \(threads) thread(s), \(Int(peakMemoryMB)) MB)  \(work), commit \(Self.commit)\n"
    }

    private static func rounded(_ value: Double) -> String { String(format: "%.4g", value) }

    static func peakMemoryMB(_ who: __rusage_who_t) -> Double {
        var usage = rusage()
        getrusage(who, &usage)
        return Double(usage.ru_maxrss) / 1024
    }

    /// Resident now, from /proc/self/statm (pages of 4 KB).
    static var currentMemoryMB: Double {
        guard let text = FileManager.default.contents(atPath: "/proc/self/statm"),
            let pages = Double(String(decoding: text, as: UTF8.self).split(separator: " ").dropFirst().first ?? "")
        else { return 0 }
        return pages * 4096 / 1_048_576
    }

    /// Of the checkout that the program was built in; "unknown" for an installed one.
    static let commit: String = {
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder.path, "rev-parse", "--short", "HEAD"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch { return "unknown" }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return process.terminationStatus == 0 && !commit.isEmpty ? commit : "unknown"
    }()
}

/// Keeps the optimiser from leaving out work whose result is not read.
@inline(never)
func blackHole<Value>(_: Value) {}
