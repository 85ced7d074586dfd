import ArgumentParser
import Benchmarks
import Ingestion
import Radiomics

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time this machine on weft's own hot paths.",
        discussion: """
            Each case reports the median of several runs and stands beside something known that is timed in the same \
            run: compare ratios, for seconds move with the machine.
            """,
        subcommands: [
            GLCMBench.self, SoftGLCMBench.self, ExtractBench.self, ScanBench.self, FilterBench.self, MapBench.self,
            TrainStepBench.self,
        ])
}

struct BenchOptions: ParsableArguments {
    @Option(help: "Timed runs after one to warm up; the median is reported.")
    var repeats = 9

    @Flag(help: "One JSON object a case instead of a line to read.")
    var json = false

    func validate() throws {
        guard repeats >= 1 else { throw ValidationError("--repeats is \(repeats), expected a number from 1") }
    }

    func report(_ measurement: Measurement) { Console.print(json ? measurement.json : measurement.text) }

    /// What keeps a case from being timed, as a sentence and an exit status.
    func withFailures(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as IngestionError {
            throw CommandFailure(error)
        } catch let error as BenchmarkError {
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as FeatureMapError { throw CommandFailure(.inputUnreadable, error.description) }
    }
}
