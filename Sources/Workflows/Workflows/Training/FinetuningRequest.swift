import Finetuning
import Foundation
import Imaging
import Ingestion
import MaskedAutoencoder
import Preparation
import Pretraining
import SettingsFile
import Training

/// A classifier that is trained from a pre-trained encoder, or a probe of the encoder, in a folder of its own.
public struct FinetuningRequest: Sendable {
    /// An ImageFolder tree, or a CSV of labelled images.
    public var dataset: String
    public var settings: FinetuningSettings
    /// Of the run; made when absent.
    public var folder: String
    /// What to do with a run that is in the folder.
    public var existing = RunFolder.Existing.refuse
    /// File of the prepared slices, to share it between runs; nil: in the run's folder.
    public var cache: String?
    public var jobs = ProcessInfo.processInfo.activeProcessorCount
    /// Pseudonyms of patients that no table names are made with it; nil: by the hash of the Patient ID, as in a table of
    /// ``IdentityDisclosure/pseudonym``.
    public var pseudonymKey: PseudonymKey?

    public init(of dataset: String, settings: FinetuningSettings = FinetuningSettings(), in folder: String) {
        (self.dataset, self.settings, self.folder) = (dataset, settings, folder)
    }

    /// Scans and prepares the images; the run that comes back has taken no step. Files that cannot be used are said as
    /// failures.
    /// - Throws: `DatasetError`, `RunError`, `PreparationError`, `CacheError`, `IngestionError` or an error of the settings or
    ///   the weights.
    public func begin(_ observer: WorkObserver = .silent) throws -> FinetuningRun {
        var settings = settings
        if pseudonymKey != nil { settings.data.pseudonyms = .keyed }
        guard pseudonymKey != nil || settings.data.pseudonyms == .hash else {
            throw SettingsError.conflict(
                "data.pseudonyms is keyed: the run's patients have pseudonyms by a secret key; give its file again with"
                    + " --pseudonym-key")
        }
        let source = try DatasetSource(path: dataset)
        let weights = settings.model.weights.isEmpty ? nil : try EncoderWeights(path: settings.model.weights)
        if settings.model.heads == 0, let guess = weights?.guesses.first(where: { $0.part == .encoder }) {
            observer.note("\(guess); --set model.heads=N says it")
        }
        settings.data.dataset = source.path
        var recorded = settings
        recorded.data.slices = cache ?? ""
        (settings.data.slices, settings.data.fingerprint) = ("", "")
        settings = try settings.resolved(with: weights)
        let folder = RunFolder(folder)
        let lock = try folder.claim(existing: existing, others: FinetuningRun.files(of: folder))
        try RunFolder.write(recorded.yaml, to: folder.beginning)
        let (prepared, store) = try prepare(source, settings, at: cache ?? folder.cache, observer)
        let names = CaseNames(prepared.images)
        let disclosure = pseudonymKey.map(IdentityDisclosure.keyedPseudonym)
        let labelled = try source.labels(
            for: store, prepared: prepared, caseName: { names.name(of: $0, under: source.root) },
            pseudonym: { identity in
                disclosure.flatMap { identity.patientID.isEmpty ? nil : identity.patient($0) }
            })
        sayUnusable(labelled, observer)
        return try FinetuningRun.begin(
            settings, in: folder, dataset: labelled, store: store, weights: weights, jobs: jobs, lock: lock)
    }

    /// Goes on with the run in a folder where its last checkpoint stands, or prepares its slices where it ended before that.
    ///
    /// - Parameters:
    ///   - epochs: to go on longer than was planned.
    ///   - changed: what to do where a run's file no longer says what a checkpoint was trained with.
    ///   - pseudonymKey: wanted by a run that was begun with one and ended while its slices were prepared.
    public static func resume(
        _ path: String, jobs: Int, epochs: Int? = nil, changed: ChangedSettings = .refuse,
        pseudonymKey: PseudonymKey? = nil, _ observer: WorkObserver = .silent
    ) throws -> FinetuningRun {
        let folder = RunFolder(path)
        guard let text = folder.unfinishedBeginning else {
            return try FinetuningRun.resume(folder, jobs: jobs, epochs: epochs, changed: changed)
        }
        let settings: FinetuningSettings
        do throws(SettingsError) {
            settings = try FinetuningSettings(yaml: text)
        } catch { throw RunError.config(path: folder.beginning, error) }
        var request = FinetuningRequest(of: settings.data.dataset, settings: settings, in: path)
        (request.cache, request.jobs) = (settings.data.slices.isEmpty ? nil : settings.data.slices, jobs)
        request.pseudonymKey = pseudonymKey
        return try request.begin(observer)
    }

    /// The slices of the images, or of their regions, in a store.
    private func prepare(
        _ source: DatasetSource, _ settings: FinetuningSettings, at path: String, _ observer: WorkObserver
    ) throws -> (PreparedArchive, SliceStore) {
        guard settings.data.roi.isEmpty else { return try prepareRegions(source, settings, at: path, observer) }
        let prepared = try PreparedArchive(
            scanning: source.inputs, relativeTo: [source.root], settings: settings.data.preparation, jobs: jobs,
            observer)
        return (prepared, try prepared.cache(at: path, jobs: jobs, observer).store)
    }

    /// Prepared anew by every run: which regions there are hangs on the masks as well as on the images.
    private func prepareRegions(
        _ source: DatasetSource, _ settings: FinetuningSettings, at path: String, _ observer: WorkObserver
    ) throws -> (PreparedArchive, SliceStore) {
        guard cache == nil else {
            throw SettingsError.conflict("--cache holds slices of whole images; leave it out with --roi")
        }
        let (data, preparation) = (settings.data, settings.data.preparation)
        let plan = try CasePlan(
            source.inputs, regions: .regions(masks: data.masks, RegionSelection(names: data.roi)),
            identity: .pseudonym, jobs: jobs, observer: observer)
        plan.say(to: observer)
        let relative = { PreparedArchive.relative($0, to: [source.root]) }
        let progress = observer.begin(WorkStep("preparing", unit: "images", total: plan.cases.count))
        defer { progress.finish() }
        var images: [ImageSource] = []
        var skipped = plan.imagesWithoutMask.map {
            SkippedFile(path: $0.path, reason: "has no mask beside it; --mask names a folder of masks")
        }
        let made = "\(preparation.fingerprint) roi \(data.roi) side \(settings.model.imageSize)"
        try SliceStoreWriter.write(
            to: path, settings: made, sources: Fingerprint(of: made).description, of: source.inputs
        ) { writer in
            for item in plan.cases {
                if observer.isCancelled() { throw PreparationError.cancelled }
                defer { progress.advance() }
                guard let image = item.image else {
                    if case .failed(_, _, let reason) = item.work {
                        skipped.append(SkippedFile(path: item.source, reason: reason))
                    }
                    continue
                }
                guard preparation.selection.refusal(of: image) == nil else { continue }
                let found: RegionSlices?
                do throws(LoadFailure) {
                    found = try RegionSlices(
                        of: item, intensity: preparation.intensity, scale: preparation.scale,
                        side: settings.model.imageSize, .pseudonym, jobs: jobs
                    ) { observer.note("\(item.name): \($0)") }
                } catch {
                    skipped.append(SkippedFile(path: image.path, reason: error.reason))
                    continue
                }
                guard let found else { continue }
                images.append(found.image)
                try writer.add(
                    PreparedImage(
                        of: found.image, size: found.size, limits: found.limits, slices: found.slices,
                        patients: PatientRule(png: preparation.pngPatient), relative: relative))
            }
        }
        let prepared = PreparedArchive(
            of: images, skipped: plan.skipped + skipped, masks: [], settings: preparation, relativeTo: [source.root])
        return (prepared, try SliceStore(path: path, jobs: jobs))
    }

    private func sayUnusable(_ dataset: LabelledDataset, _ observer: WorkObserver) {
        let unusable = dataset.unusable
        guard !unusable.isEmpty else { return }
        for file in unusable.prefix(10) { observer.failure("\(file.path): left out: \(file.reason)") }
        let rest = unusable.count > 10 ? "; the others are in dataset.json" : ""
        observer.failure("\(unusable.count) file(s) or row(s) cannot be used and are left out\(rest)")
    }
}
