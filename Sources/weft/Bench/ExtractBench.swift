import ArgumentParser
import Foundation
import Imaging
import Ingestion
import Radiomics

/// `weft bench extract`: the whole program, from folder to table.
struct ExtractBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "The whole program from a folder to a CSV, as a process of its own, with one job and with two.",
        discussion: """
            Times `weft extract INPUT -o FILE.csv` with the options after --, start-up included. Beside it stands the \
            time of reading the same files byte by byte, which nothing can undercut.

              weft bench extract ct_phantom/dicom -- --range=-500,400 --bin-width 25

            compute: in this process, one thread, without reading: all IBSI families in 3D on the first region, with bins \
            of 25 and the texture families once more with 32 bins. --beside runs another program in turn with the process \
            of one job and gives the ratio of the two.

              weft bench extract sts1ct --beside 'pyradiomics image.nrrd mask.nrrd' -- --convention pyradiomics
            """)

    @Argument(help: "Folder to extract.", completion: .directory)
    var input: String

    @Option(help: "Command line of another program that does the same work, run by the shell in turn with weft.")
    var beside: String?

    @OptionGroup var options: BenchOptions

    @Argument(parsing: .postTerminator, help: "Options of extract.")
    var extractOptions: [String] = []

    func run() throws {
        guard FileManager.default.fileExists(atPath: input) else { throw CommandFailure(.notFound(path: input)) }
        let reading = Measurement.time(repeats: options.repeats) { blackHole(readEverything()) }
        let floor = reading.sorted()[reading.count / 2]
        try reportCompute()
        var single: Double?
        for jobs in [1, 2] {
            let (seconds, others) = try time(jobs: jobs)
            var measurement = Measurement(
                name: "extract-process", seconds: seconds, threads: jobs,
                peakMemoryMB: Measurement.peakMemoryMB(__rusage_who_t(RUSAGE_CHILDREN.rawValue)))
            measurement.details = [
                ("bytes", Double(readEverything())), ("reading_seconds", floor),
                ("ratio_to_reading", measurement.median / floor),
            ]
            if !others.isEmpty {
                let other = others.sorted()[others.count / 2]
                measurement.details += [("beside_seconds", other), ("beside_over_weft", other / measurement.median)]
            }
            if let single { measurement.details.append(("speedup_over_one_job", single / measurement.median)) }
            single = single ?? measurement.median
            options.report(measurement)
        }
    }

    private func time(jobs: Int) throws -> (work: [Double], other: [Double]) {
        guard jobs == 1, let beside else {
            return (try Measurement.time(repeats: options.repeats) { try extract(jobs: jobs) }, [])
        }
        return try Measurement.timeInTurn(repeats: options.repeats) {
            try extract(jobs: jobs)
        } _: {
            try run("/bin/sh", ["-c", beside], expecting: [0])
        }
    }

    private func extract(jobs: Int) throws {
        let table = FileManager.default.temporaryDirectory.appendingPathComponent("weft-bench-\(getpid()).csv").path
        defer { unlink(table) }
        try run(
            URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path,
            ["extract", input, "--output", table, "--force", "--quiet", "--jobs", "\(jobs)"] + extractOptions,
            expecting: [0, ExitStatus.someCasesFailed.rawValue])
    }

    private func run(_ program: String, _ arguments: [String], expecting statuses: [Int32]) throws {
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
            throw CommandFailure(
                .inputUnreadable,
                "\(program) \(arguments.joined(separator: " ")): ended with status \(process.terminationStatus)")
        }
    }

    /// All IBSI families of the first region, in 3D, with two discretisations; nothing for a folder without a region.
    private func reportCompute() throws {
        let scan: BenchScan
        do { scan = try BenchScan(path: input) } catch { return Console.note("no compute case: \(error)", .normal) }
        var (all, again) = (ExtractionSettings(), ExtractionSettings())
        all.discretise = GreyLevelSetting(.width(25))
        all.families = FeatureFamily.allCases.filter { $0 != .shape2D }
        again.discretise = GreyLevelSetting(.count(32))
        again.families = all.families?.filter(\.usesGreyLevels)
        all.texture.aggregations = [.averaged3D, .merged3D, .volume]
        again.texture = all.texture
        let extractors = [Extractor(all), Extractor(again)]
        var values = 0
        do {
            let seconds = try Measurement.time(repeats: options.repeats) {
                values = try extractors.reduce(0) {
                    $0 + (try $1.features(of: scan.region, in: scan.volume, modality: scan.modality).values.count)
                }
            }
            var measurement = Measurement(name: "extract-compute", seconds: seconds, threads: 1)
            measurement.details = [("voxels", Double(scan.region.voxelCount)), ("values", Double(values))]
            options.report(measurement)
        } catch let error as ExtractionError { throw CommandFailure(.inputUnreadable, "\(input): \(error)") }
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
