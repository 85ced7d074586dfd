import Files
import Finetuning
import Foundation
import Imaging
import Ingestion
import MaskedAutoencoder
import Parallel
import Preparation
import Tables
import Training

/// What the classifiers of a run say of images: the mean of their probabilities.
public struct ImagePrediction: Sendable {
    /// DICOM files and folders of them, PNGs, or CSV manifests, as of ``ImageEmbedding``.
    public var inputs: [String]
    /// Folders of runs of fine-tuning, whose folds count each, and files of classifiers.
    public var weights: [String]
    public var rows = EmbeddingRows.image
    /// Masks, or folders of them, that do not lie beside the images; of classifiers of regions.
    public var masks: [String] = []
    /// Patterns for the names of the regions, where they are called otherwise than in training.
    public var roi: [String] = []
    /// Of which the images are taken, by DICOM's code; nil: of any.
    public var modalities: Set<String>?
    /// A table of labelled images, so that the predictions can be evaluated.
    public var labels: String?
    public var identity = IdentityDisclosure.pseudonym
    public var jobs = ProcessInfo.processInfo.activeProcessorCount
    /// Which of the cases are worked on; nil: all.
    public var shard: Shard?

    public init(of inputs: [String], by weights: [String]) { (self.inputs, self.weights) = (inputs, weights) }

    /// The predictions, in the order of the cases.
    public struct Result: Sendable {
        public var classes: [String]
        public var rows: [PredictionTable.Row] = []
        public var failures = 0
        public var ending = WorkEnding.complete

        /// Of a shard; of each row the number of its case among those of the shard.
        var marks: ShardMarks?
        var caseNumbers: [Int] = []

        public var text: String {
            let text = PredictionTable.text(rows, classes: classes)
            guard let marks else { return text }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
            return marks.marked(csv: lines, cases: caseNumbers).joined(separator: "\n") + "\n"
        }
    }

    /// A case that fails has no row: the observer hears why.
    /// - Throws: ``WorkflowError``, or an error of the weights or the table of labels.
    public func run(_ observer: WorkObserver = .silent) throws -> Result {
        let classifiers = try classifiers()
        let labels = try labels.map { try LabelTable(path: $0) }
        try check(labels, classes: classifiers[0].classes)
        let plan = try CasePlan(
            inputs, regions: try regions(of: classifiers), modalities: modalities, identity: identity, jobs: jobs,
            observer: observer)
        plan.say(to: observer)
        plan.sayUnknownModalities(classifiers[0].intensity, to: observer)
        sayWhatWasTrainedOn(plan, observer)
        let share = CaseShare(plan, shard, settings: try settings(of: classifiers), identity)
        let progress = observer.begin(WorkStep("predicting", unit: "cases", total: share.cases.count))
        defer { progress.finish() }
        var result = Result(classes: classifiers[0].classes)
        result.marks = share.marks
        let clock = CaseClock()
        for (number, item) in share.cases.enumerated() {
            guard !observer.isCancelled() else {
                result.ending = .interrupted
                return result
            }
            let start = clock.begin()
            var record = CaseRecord(item.name)
            do {
                let rows = try rows(of: item, by: classifiers, labels, observer)
                result.rows += rows
                result.caseNumbers += rows.map { _ in number }
                for _ in rows { record.add(.ok) }
            } catch let error as LoadFailure {
                result.failures += 1
                record.add(.failed)
                observer.failure("\(item.name): \(error.reason)")
            }
            clock.end(start, record, observer)
            progress.advance()
        }
        return result
    }

    // MARK: One case

    /// Where the classifiers look: at whole images, or at the regions that they were trained on.
    private func regions(of classifiers: [TrainedClassifier]) throws(WorkflowError) -> RegionChoice {
        let trained = classifiers[0].roi
        if let other = classifiers.first(where: { $0.roi.isEmpty != trained.isEmpty }) {
            throw .impossible(
                "\(classifiers[0].path) looks at \(trained.isEmpty ? "whole images" : "regions"), and \(other.path) at "
                    + (trained.isEmpty ? "regions" : "whole images") + "; give classifiers of one kind")
        }
        guard !trained.isEmpty else {
            guard masks.isEmpty, roi.isEmpty else {
                throw .impossible(
                    "\(classifiers[0].path) looks at whole images; leave out --mask and --roi, or train with --roi")
            }
            return .wholeImage
        }
        return .regions(masks: masks, RegionSelection(names: roi.isEmpty ? trained : roi))
    }

    private func rows(
        of item: ImageCase, by classifiers: [TrainedClassifier], _ labels: LabelTable?, _ observer: WorkObserver
    ) throws -> [PredictionTable.Row] {
        guard let image = item.image else {
            if case .failed(_, _, let reason) = item.work { throw LoadFailure(reason) }
            throw LoadFailure("there is no image")
        }
        let known = try labels?.row(case: item.name, image: item.shownPath)?.row
        var sums: [Int: [Double]] = [:]
        for classifier in classifiers {
            let prepared = try slices(of: item, image, for: classifier, observer)
            let probabilities = try classifier.probabilities(of: Array(prepared.indices)) { prepared[$0].slice }
            for (slice, values) in zip(prepared.map(\.number), probabilities) {
                let sum = sums[slice] ?? [Double](repeating: 0, count: values.count)
                sums[slice] = zip(sum, values).map { $0 + $1 / Double(classifiers.count) }
            }
        }
        let slices = sums.sorted { $0.key < $1.key }
        guard !slices.isEmpty else { throw LoadFailure("the image has one grey level only") }
        guard slices.allSatisfy({ $0.value.allSatisfy(\.isFinite) }) else {
            throw LoadFailure(
                "the network gives a value that is not finite; look at the image's values, or take other weights")
        }
        func row(_ slice: Int?, _ probabilities: [Double]) throws -> PredictionTable.Row {
            // Slices of one series may have labels of their own.
            let own = try slice.flatMap { try labels?.row(case: "", image: image.slices[$0].path)?.row } ?? known
            return PredictionTable.Row(
                image: item.shownPath, patient: own?.patient ?? image.identity.patient(identity), caseName: item.name,
                slice: slice, label: own?.label, probabilities: probabilities)
        }
        switch rows {
        case .slices: return try slices.map { try row($0.key, $0.value) }
        case .image:
            let mean = slices[0].value.indices.map { name in
                slices.reduce(0) { $0 + $1.value[name] } / Double(slices.count)
            }
            return [try row(nil, mean)]
        }
    }

    /// The slices that a classifier looks at, as it was trained.
    private func slices(
        of item: ImageCase, _ image: ImageSource, for classifier: TrainedClassifier, _ observer: WorkObserver
    ) throws(LoadFailure) -> [(number: Int, slice: PreparedSlice)] {
        let scale = classifier.views.scale
        guard classifier.roi.isEmpty else {
            let regions = try RegionSlices(
                of: item, intensity: classifier.intensity, scale: scale, side: classifier.views.size, identity,
                jobs: jobs
            ) { observer.note("\(item.name): \($0)") }
            return regions?.slices ?? []
        }
        let volume = try LoadFailure.catching { () throws(IngestionError) in try image.load(jobs: jobs) }
        let views = try LoadFailure.catching { () throws(IngestionError) in
            try SliceViews(volume, of: image, intensity: classifier.intensity, scale: scale)
        }
        guard let views else { throw LoadFailure("the image has one grey level only") }
        let (side, fit) = (classifier.side, classifier.fit)
        let prepared = Workers(jobs).map(volume.geometry.size.z) { views.prepared($0, side: side, fit) }
        return prepared.enumerated().compactMap { number, slice in slice.map { (number, $0) } }
    }

    private func check(_ labels: LabelTable?, classes: [String]) throws {
        guard let row = labels?.rows.first(where: { !classes.contains($0.label) }) else { return }
        throw WorkflowError.impossible(
            "\(self.labels ?? ""): row \(row.number) has the label '\(row.label)', the classifier knows "
                + classes.joined(separator: ", "))
    }

    /// What the probabilities hang on, of runs that are parts of one.
    private func settings(of classifiers: [TrainedClassifier]) throws -> String {
        guard shard != nil else { return "" }
        let weights = try classifiers.map { classifier in
            try mapWholeFile(at: classifier.path).withUnsafeBytes { Fingerprint(of: $0) }.description
        }
        return "\(rows) \(labels ?? "") \(weights)"
    }

    // MARK: Classifiers

    private func classifiers() throws -> [TrainedClassifier] {
        var found: [TrainedClassifier] = []
        for path in try weights.flatMap(Self.models) {
            let classifier = try TrainedClassifier(path: path, workers: Workers(jobs))
            if let first = found.first, classifier.classes != first.classes {
                throw WorkflowError.impossible(
                    "\(classifier.path) knows the classes \(classifier.classes.joined(separator: ", ")), and \(first.path) "
                        + "\(first.classes.joined(separator: ", ")); give classifiers of the same classes")
            }
            found.append(classifier)
        }
        return found
    }

    /// The model of a run, or those of its folds.
    private static func models(of path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        let folder = RunFolder(path)
        if FileManager.default.fileExists(atPath: folder.model) { return [folder.model] }
        var models: [String] = []
        for number in 1... {
            let fold = folder.fold(number)
            guard FileManager.default.fileExists(atPath: fold.path) else { break }
            guard FileManager.default.fileExists(atPath: fold.model) else {
                throw WorkflowError.impossible(
                    "\(fold.model) is not there: the run is not finished; go on with weft finetune --resume \(path)")
            }
            models.append(fold.model)
        }
        guard !models.isEmpty else {
            throw WorkflowError.impossible(
                "\(path): found neither model.safetensors nor folds, expected the folder of a run of weft finetune")
        }
        return models
    }

    /// What a network has learned it knows too well.
    private func sayWhatWasTrainedOn(_ plan: CasePlan, _ observer: WorkObserver) {
        var trained: Set<String> = []
        for path in weights {
            let file = RunFolder(path).dataset
            // A model without its run says nothing of its images.
            guard let data = FileManager.default.contents(atPath: file) else { continue }
            do {
                let dataset = try JSONDecoder().decode(LabelledDataset.self, from: data)
                trained.formUnion(dataset.slices.compactMap { $0?.split == .test ? nil : $0?.image })
            } catch {
                observer.note("\(file) cannot be read: whether the run was trained on these images is not known")
            }
        }
        guard !trained.isEmpty else { return }
        let names = ImageNames(trained)
        let known = plan.cases.filter { item in
            guard let image = item.image else { return false }
            return ([image.path] + image.slices.map(\.path)).contains { path in
                let (places, match) = names.matching(path)
                return !places.isEmpty && match != .folder
            }
        }
        guard !known.isEmpty else { return }
        observer.note(
            "\(known.count) of \(plan.cases.count) image(s) go by the names of images that the run has worked with, e.g. "
                + "\(known[0].name): what it was trained on it predicts too well; a run's own predictions.csv is of images"
                + " that it had not seen")
    }
}
