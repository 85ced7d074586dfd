import Synchronization

/// Regions that have no row and need none, told once at the end of a run. Any thread may add to it.
package final class LeftOutRegions: Sendable {
    private let regions = Mutex<[String]>([])

    package init() {}

    package func add(_ item: ImageCase, _ region: CaseFailure) {
        let name = region.entry.map { $0.name.isEmpty ? " \($0.label)" : " '\($0.name)'" } ?? ""
        regions.withLock { $0.append("\(item.name)\(name): \(region.reason)") }
    }

    /// The first by name, whatever the threads did.
    package func say(to observer: WorkObserver) {
        let said = regions.withLock { $0.sorted() }
        guard !said.isEmpty else { return }
        let more = said.count > 3 ? "; and \(said.count - 3) more" : ""
        observer.note(
            "\(said.count) region(s) left out (--roi NAME makes a row of one): "
                + said.prefix(3).joined(separator: "; ") + more)
    }
}
