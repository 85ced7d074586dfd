import ArgumentParser
import Foundation
import Ingestion

/// `weft bench extract`: the whole program, from folder to table.
struct ExtractBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "The whole program from a folder to a CSV, as a process of its own, with one job and with two.",
        discussion: """
            Times `weft extract INPUT -o FILE.csv` with the options after --, start-up included. Beside it stands the \
            time of reading the same files byte by byte, which nothing can undercut.

              weft bench extract ct_phantom/dicom -- --range=-500,400 --bin-width 25
            """)

    @Argument(help: "Folder to extract.", completion: .directory)
    var input: String

    @OptionGroup var options: BenchOptions

    @Argument(parsing: .postTerminator, help: "Options of extract.")
    var extractOptions: [String] = []

    func run() throws {
        guard FileManager.default.fileExists(atPath: input) else { throw CommandFailure(.notFound(path: input)) }
        let reading = Measurement.time(repeats: options.repeats) { blackHole(readEverything()) }
        let floor = reading.sorted()[reading.count / 2]
        var single: Double?
        for jobs in [1, 2] {
            let seconds = try Measurement.time(repeats: options.repeats) { try extract(jobs: jobs) }
            var measurement = Measurement(
                name: "extract-process", seconds: seconds, threads: jobs,
                peakMemoryMB: Measurement.peakMemoryMB(__rusage_who_t(RUSAGE_CHILDREN.rawValue)))
            measurement.details = [
                ("bytes", Double(readEverything())), ("reading_seconds", floor),
                ("ratio_to_reading", measurement.median / floor),
            ]
            if let single { measurement.details.append(("speedup_over_one_job", single / measurement.median)) }
            single = single ?? measurement.median
            options.report(measurement)
        }
    }

    private func extract(jobs: Int) throws {
        let table = FileManager.default.temporaryDirectory.appendingPathComponent("weft-bench-\(getpid()).csv").path
        defer { unlink(table) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments =
            ["extract", input, "--output", table, "--force", "--quiet", "--jobs", "\(jobs)"] + extractOptions
        // waitUntilExit looks every 50 ms only.
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        ended.wait()
        guard [0, ExitStatus.someCasesFailed.rawValue].contains(process.terminationStatus) else {
            throw CommandFailure(.inputUnreadable, "weft extract ended with status \(process.terminationStatus)")
        }
    }

    private func readEverything() -> Int {
        let files = FileManager.default.enumerator(atPath: input)
        var bytes = 0
        while let name = files?.nextObject() as? String {
            bytes += FileManager.default.contents(atPath: input + "/" + name)?.count ?? 0
        }
        return bytes
    }
}
