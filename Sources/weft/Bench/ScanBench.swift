import ArgumentParser
import Ingestion

/// `weft bench scan`: reading headers.
struct ScanBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Headers of an archive read a second, with one thread and with two.")

    @Argument(help: "Folder to scan.", completion: .directory)
    var input: String

    @OptionGroup var options: BenchOptions

    func run() throws {
        for threads in [1, 2] {
            var files = 0
            let seconds: [Double]
            do {
                seconds = try Measurement.time(repeats: options.repeats) {
                    let archive = try Archive.scan([input], jobs: threads)
                    files =
                        archive.images.reduce(0) { $0 + $1.slices.count } + archive.masks.count + archive.skipped.count
                }
            } catch let error as IngestionError { throw CommandFailure(error) }
            var measurement = Measurement(name: "scan", seconds: seconds, threads: threads)
            measurement.details = [
                ("files", Double(files)), ("files_per_second", Double(files) / measurement.median),
            ]
            options.report(measurement)
        }
    }
}
