import Ingestion
import Preparation

extension PreparedArchive {
    /// Scans, and says what is left out.
    init(
        scanning inputs: [String], relativeTo roots: [String]? = nil, settings: PreparationSettings,
        patients: PatientTable? = nil, jobs: Int, _ observer: WorkObserver
    ) throws {
        let scan = observer.begin(WorkStep("scanning", unit: "files", total: nil))
        defer { scan.finish() }
        try self.init(scanning: inputs, relativeTo: roots, settings: settings, patients: patients, jobs: jobs) {
            scan.advance(to: $0)
        }
        scan.finish()
        if let namedModality {
            observer.note(
                "\(namedModality.count) image(s) do not say their modality and are taken for \(namedModality.modality) (--modality)"
            )
        }
        for (reason, count) in refusals { observer.note("\(count) image(s) left out: \(reason)") }
        if let first = masks.first {
            observer.note("\(masks.count) mask(s) left out, for they are no pictures to train on, e.g. \(first)")
        }
    }

    /// The prepared slices of the archive, made at `path` unless they are there already.
    func cache(at path: String, jobs: Int, _ observer: WorkObserver) throws -> (store: SliceStore, wasMade: Bool) {
        let progress = observer.begin(WorkStep("preparing", unit: "images", total: images.count))
        defer { progress.finish() }
        return try cache(
            at: path, jobs: jobs, isCancelled: observer.isCancelled, progress: { done, _ in progress.advance(to: done) }
        )
    }
}
