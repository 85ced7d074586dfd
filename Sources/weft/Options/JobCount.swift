import ArgumentParser
import Foundation

/// The value of `--jobs`: how many things are worked on at the same time.
struct JobCount: ExpressibleByArgument, Sendable {
    let count: Int

    static let allCores = JobCount(count: ProcessInfo.processInfo.activeProcessorCount)

    private init(count: Int) { self.count = count }

    init?(argument: String) {
        guard let count = Int(argument), count >= 1 else { return nil }
        self.count = count
    }

    /// The same text on every machine.
    var defaultValueDescription: String { "all cores" }
}
