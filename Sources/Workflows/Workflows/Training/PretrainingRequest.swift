import Foundation
import Ingestion
import MaskedAutoencoder
import Preparation
import Pretraining
import SettingsFile
import Training

/// A pre-training of a masked autoencoder on an archive, in a folder of its own.
public struct PretrainingRequest: Sendable {
    /// DICOM or PNG files, folders or archives.
    public var archive: [String]
    public var settings: PretrainingSettings
    /// Of the run; made when absent.
    public var folder: String
    /// What to do with a run that is in the folder.
    public var existing = RunFolder.Existing.refuse
    /// File of the prepared slices, to share it between runs; nil: in the run's folder.
    public var cache: String?
    public var jobs = ProcessInfo.processInfo.activeProcessorCount

    public init(of archive: [String], settings: PretrainingSettings = PretrainingSettings(), in folder: String) {
        (self.archive, self.settings, self.folder) = (archive, settings, folder)
    }

    /// Goes on with the run in a folder where its newest checkpoint stands, or prepares its slices where it ended before that.
    ///
    /// - Parameters:
    ///   - epochs: of the two phases, to go on longer than was planned.
    ///   - changed: what to do where the run's file no longer says what the checkpoint was trained with.
    public static func resume(
        _ path: String, jobs: Int, epochs: PhaseEpochs? = nil, changed: ChangedSettings = .refuse,
        _ observer: WorkObserver = .silent
    ) throws -> Trainer {
        let folder = RunFolder(path)
        guard let text = folder.unfinishedBeginning else {
            return try Trainer.resume(folder, jobs: jobs, epochs: epochs, changed: changed)
        }
        let settings: PretrainingSettings
        do throws(SettingsError) {
            settings = try PretrainingSettings(yaml: text)
        } catch { throw RunError.config(path: folder.beginning, error) }
        var request = PretrainingRequest(of: settings.data.archive, settings: settings, in: path)
        (request.cache, request.jobs) = (settings.data.slices.isEmpty ? nil : settings.data.slices, jobs)
        return try request.begin(observer)
    }

    /// Scans and prepares the archive; the trainer that comes back has taken no step.
    /// - Throws: `RunError`, `PreparationError`, `CacheError`, `IngestionError` or an error of the settings or the weights.
    public func begin(_ observer: WorkObserver = .silent) throws -> Trainer {
        var settings = settings
        settings.data.archive = archive
        // A run's own file may be given as settings.
        (settings.data.slices, settings.data.fingerprint) = ("", "")
        let folder = RunFolder(folder)
        let lock = try folder.claim(existing: existing)
        var recorded = settings
        recorded.data.slices = cache ?? ""
        recorded.data.patients =
            settings.data.patients.isEmpty || settings.data.patients == "none"
            ? settings.data.patients : URL(fileURLWithPath: settings.data.patients).path
        try RunFolder.write(recorded.yaml, to: folder.beginning)
        let weights = try settings.model.weights.isEmpty ? nil : EncoderWeights(path: settings.model.weights)
        let table = try patientTable(settings, observer)
        settings.data.patients = table?.path ?? ""
        let scanned = try PreparedArchive(
            scanning: archive, settings: settings.data.preparation, patients: table, jobs: jobs, observer)
        if let table {
            observer.note(
                "patients are those of \(table.path), which names \(scanned.namedByTable) of \(scanned.images.count) images"
            )
        }
        let given = settings
        settings = try settings.resolved(with: weights, slices: scanned.sliceCount)
        let prepared = scanned.with(side: settings.data.preparation.side)
        let (store, wasMade) = try prepared.cache(at: cache ?? folder.cache, jobs: jobs, observer)
        for image in store.contents.skipped { observer.note("\(image.path): left out: \(image.reason)") }
        observer.note(
            "\(store.path): \(store.count) slices of \(store.contents.series.count) images"
                + (wasMade ? "" : ", prepared earlier"))
        let trainer = try Trainer.start(
            settings, in: folder, store: store, jobs: jobs, lock: lock, decidedFor: given)
        for line in trainer.decisions { observer.note(line) }
        return trainer
    }

    /// The table that the settings name, or labels.csv beside or above the images where it says whose they are.
    private func patientTable(
        _ settings: PretrainingSettings, _ observer: WorkObserver
    ) throws(IngestionError) -> PatientTable? {
        let named = settings.data.patients
        guard named.isEmpty else {
            return named == "none" ? nil : try PatientTable(path: URL(fileURLWithPath: named).path)
        }
        for input in archive {
            let folder = URL(fileURLWithPath: input)
            for place in [folder, folder.deletingLastPathComponent()] {
                let path = place.appendingPathComponent("labels.csv").path
                guard FileManager.default.fileExists(atPath: path) else { continue }
                do throws(IngestionError) { return try PatientTable(path: path) } catch {
                    observer.note(
                        "\(path) does not say whose the images are: \(error.reason); what is held out is chosen without it"
                            + " (--patients names a table)")
                }
            }
        }
        return nil
    }
}
