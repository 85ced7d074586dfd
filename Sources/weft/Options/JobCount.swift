import ArgumentParser
import Foundation

/// The value of `--jobs`: how many things are worked on at the same time.
struct JobCount: ExpressibleByArgument, Sendable {
    let count: Int

    /// More than any machine has cores; some memory is set aside for each.
    static let range = 1...1024

    static let allCores = JobCount(count: min(ProcessInfo.processInfo.activeProcessorCount, range.upperBound))

    private init(count: Int) { self.count = count }

    init?(argument: String) {
        guard let count = Int(argument), Self.range.contains(count) else { return nil }
        self.count = count
    }

    /// The same text on every machine.
    var defaultValueDescription: String { "all cores" }
}
