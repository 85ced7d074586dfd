import Foundation
import Imaging
import Ingestion
import Radiomics

/// The whole program, from folder to table, as a process of its own.
package struct ExtractionBenchmark {
    /// Folder to extract.
    package var input: String
    /// File or folder of masks; nil: beside the images.
    package var mask: String?
    /// Options of `weft extract`.
    package var extractOptions: [String] = []
    /// Command lines of other programs that do the same work, run by the shell in turn with weft.
    package var beside: [String] = []
    /// Exit statuses of `weft extract` that are no failure.
    package var accepted: Set<Int32> = [0]
    /// Timed runs after one to warm up.
    package var repeats = 9

    package init(input: String) { self.input = input }

    /// - Parameter note: gets the reason why a case is left out.
    package func run(_ report: (Measurement) -> Void, note: (String) -> Void) throws {
        guard FileManager.default.fileExists(atPath: input) else { throw IngestionError.notFound(path: input) }
        let reading = Measurement.time(repeats: repeats) { blackHole(readEverything()) }
        let floor = reading.sorted()[reading.count / 2]
        try reportCompute(report, note)
        var single: Double?
        var others: [Double] = []
        for jobs in [1, 2] {
            let (seconds, beside) = try time(jobs: jobs)
            if !beside.isEmpty { others = beside.map { $0.sorted()[$0.count / 2] } }
            var measurement = Measurement(
                name: "extract-process", seconds: seconds, threads: jobs,
                peakMemoryMB: Measurement.peakMemoryMB(__rusage_who_t(RUSAGE_CHILDREN.rawValue)))
            measurement.details = [
                ("bytes", Double(readEverything())), ("reading_seconds", floor),
                ("ratio_to_reading", measurement.median / floor),
            ]
            for (number, other) in others.enumerated() {
                let name = number == 0 ? "beside" : "beside_\(number + 1)"
                measurement.details += [
                    ("\(name)_seconds", other), ("\(name)_over_weft", other / measurement.median),
                ]
            }
            if let single { measurement.details.append(("speedup_over_one_job", single / measurement.median)) }
            single = single ?? measurement.median
            report(measurement)
        }
    }

    private func time(jobs: Int) throws -> (work: [Double], others: [[Double]]) {
        guard jobs == 1, !beside.isEmpty else {
            return (try Measurement.time(repeats: repeats) { try extract(jobs: jobs) }, [])
        }
        let times = try Measurement.timeInTurn(
            repeats: repeats,
            [{ try extract(jobs: jobs) }] + beside.map { line in { try run("/bin/sh", ["-c", line], expecting: [0]) } })
        return (times[0], Array(times.dropFirst()))
    }

    private func extract(jobs: Int) throws {
        let table = FileManager.default.temporaryDirectory.appendingPathComponent("weft-bench-\(getpid()).csv").path
        defer { unlink(table) }
        try run(
            URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path,
            ["extract", input, "--output", table, "--force", "--quiet", "--jobs", "\(jobs)"]
                + (mask.map { ["--mask", $0] } ?? []) + extractOptions,
            expecting: accepted)
    }

    private func run(_ program: String, _ arguments: [String], expecting statuses: Set<Int32>) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        // waitUntilExit looks every 50 ms only.
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        ended.wait()
        guard statuses.contains(process.terminationStatus) else {
            throw BenchmarkError.process(
                command: ([program] + arguments).joined(separator: " "), status: process.terminationStatus)
        }
    }

    /// All IBSI families of the first region, in 3D, with 32 bins, by one thread and by two in turn; nothing for a folder without
    /// a region.
    private func reportCompute(_ report: (Measurement) -> Void, _ note: (String) -> Void) throws {
        let scan: BenchScan
        do { scan = try BenchScan(path: input, mask: mask) } catch { return note("no compute case: \(error)") }
        var settings = ExtractionSettings()
        settings.discretise = GreyLevelSetting(.count(32))
        settings.families = FeatureFamily.allCases.filter { $0 != .shape2D }
        settings.texture.aggregations = [.averaged3D, .merged3D, .volume]
        var values = 0
        func compute(threads: Int) -> () throws -> Void {
            var extractor = Extractor(settings)
            extractor.jobs = threads
            return { [extractor] in
                let found = try extractor.features(of: scan.region, in: scan.volume, modality: scan.modality)
                values = found.values.count
            }
        }
        do {
            let times = try Measurement.timeInTurn(repeats: repeats, [compute(threads: 1), compute(threads: 2)])
            var single: Double?
            for (threads, seconds) in zip([1, 2], times) {
                var measurement = Measurement(name: "extract-compute", seconds: seconds, threads: threads)
                measurement.details = [("voxels", Double(scan.region.voxelCount)), ("values", Double(values))]
                if let single { measurement.details.append(("speedup_over_one_thread", single / measurement.median)) }
                single = single ?? measurement.median
                report(measurement)
            }
        } catch let error as ExtractionError { throw BenchmarkError.extraction(path: input, error) }
    }

    private func readEverything() -> Int {
        let files = [input, mask].compactMap { $0 }.flatMap { path in
            // Of a file it says that it holds nothing.
            FileManager.default.subpaths(atPath: path).flatMap { $0.isEmpty ? nil : $0.map { path + "/" + $0 } } ?? [
                path
            ]
        }
        return files.reduce(0) { $0 + (FileManager.default.contents(atPath: $1)?.count ?? 0) }
    }
}
