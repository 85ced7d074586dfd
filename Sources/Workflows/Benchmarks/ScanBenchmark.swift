import Ingestion

/// Reading headers, with one thread and with two.
package struct ScanBenchmark {
    /// Folder to scan.
    package var input: String
    /// Timed runs after one to warm up.
    package var repeats = 9

    package init(input: String) { self.input = input }

    package func run(_ report: (Measurement) -> Void) throws {
        for threads in [1, 2] {
            var files = 0
            let seconds = try Measurement.time(repeats: repeats) {
                let archive = try Archive.scan([input], jobs: threads)
                files = archive.images.reduce(0) { $0 + $1.slices.count } + archive.masks.count + archive.skipped.count
            }
            var measurement = Measurement(name: "scan", seconds: seconds, threads: threads)
            measurement.details = [
                ("files", Double(files)), ("files_per_second", Double(files) / measurement.median),
            ]
            report(measurement)
        }
    }
}
