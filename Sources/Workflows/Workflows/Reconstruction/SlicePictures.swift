import Files
import Imaging
import Ingestion
import Parallel
import Preparation
import Reconstruction

/// One slice as a network's square.
struct SlicePicture: Sendable {
    var origin: ReconstructedPicture.Origin
    var shownPath: String
    var image: ImageSource
    /// Values, in the image's unit, that become 0 and 65535.
    var limits: ClosedRange<Double>
    /// Share of the image's voxels that lie beyond them.
    var cutShare: Double
    /// [side, side]
    var pixels: [UInt16]

    /// What decides about its hidden patches, and what its files are called after.
    var name: String { "\(origin.caseID) slice \(origin.slice)" }
}

/// Finds images as ``FeatureExtraction`` does with ``RegionChoice/wholeImage`` and cuts them into the squares that a network
/// sees.
struct SlicePictures {
    let plan: CasePlan
    let input: SliceInput
    let identity: IdentityDisclosure
    let jobs: Int
    /// Patients that are taken, by the keys of a cache of prepared slices; nil takes all.
    var patients: Set<String>?
    var patientRule = PatientRule()

    init(
        _ inputs: [String], _ input: SliceInput, identity: IdentityDisclosure, jobs: Int, _ observer: WorkObserver
    ) throws(WorkflowError) {
        (self.input, self.identity, self.jobs) = (input, identity, jobs)
        plan = try CasePlan(inputs, regions: .wholeImage, identity: identity, jobs: jobs, observer: observer)
    }

    /// Calls with the pictures of one image after the other; returns how many images failed, each of which was said.
    func forEachImage(
        side: Int, intensity: IntensityMapping, _ observer: WorkObserver, _ body: ([SlicePicture]) throws -> Void
    ) throws -> Int {
        var (failed, otherModality, notHeldOut, taken) = (0, 0, 0, 0)
        let progress = observer.begin(WorkStep("reconstructing", unit: "images", total: plan.cases.count))
        defer { progress.finish() }
        for item in plan.cases {
            if observer.isCancelled() { throw ReconstructionError.interrupted }
            switch item.work {
            case .failed(_, _, let reason):
                failed += 1
                observer.failure("\(item.name): \(reason)")
            case .wholeImage(let image), .regions(let image, _, _):
                guard input.modalities.isEmpty || input.modalities.contains(image.identity.modality) else {
                    otherModality += 1
                    continue
                }
                if let patients {
                    let key = image.patientKey(patientRule) { InputPath.relative($0, to: item.root) }
                    guard patients.contains(key.description) else {
                        notHeldOut += 1
                        continue
                    }
                }
                do {
                    let pictures = try pictures(item, image, side, intensity)
                    taken += pictures.count
                    try body(pictures)
                } catch let error as IngestionError {
                    failed += 1
                    observer.failure("\(item.name): \(error.reason)")
                }
            }
            progress.advance()
        }
        if otherModality > 0 {
            observer.note(
                "\(otherModality) image(s) left out: not of modality \(input.modalities.joined(separator: ", "))")
        }
        if notHeldOut > 0 { observer.note("\(notHeldOut) image(s) left out: of patients that were not held out") }
        guard taken > 0 || failed > 0 else { throw ReconstructionError.noSlice }
        return failed
    }

    /// Slices of one grey level are left out, as in pre-training.
    private func pictures(
        _ item: ImageCase, _ image: ImageSource, _ side: Int, _ intensity: IntensityMapping
    ) throws -> [SlicePicture] {
        if let failure = image.findings.first(where: { $0.severity == .failure }) {
            throw IngestionError.unreadable(path: image.path, reason: failure.text)
        }
        let volume = try image.load(jobs: jobs)
        guard let views = try SliceViews(volume, of: image, intensity: intensity) else {
            throw IngestionError.unreadable(path: image.path, reason: "the image has one grey level only")
        }
        let slices = input.numbers(of: volume.geometry.size.z)
        let view = input.view
        let made = Workers(jobs).map(slices.count) { index -> [UInt16] in
            switch view {
            case .whole: return views.pixels(slices[index], size: side)
            case .centre:
                let larger = SliceFrame.enlarged(side)
                return centreCrop(
                    views.pixels(slices[index], size: larger), width: larger, height: larger, to: side)
            }
        }
        var origin = ReconstructedPicture.Origin(
            caseID: item.name, patient: image.identity.patient(identity))
        (origin.study, origin.series) = (image.identity.studyUID, image.identity.seriesUID)
        origin.modality = image.identity.modality
        let cut = (0..<volume.values.count).count { !(views.limits.contains(volume.values[$0])) }
        let cutShare = Double(cut) / Double(max(1, volume.values.count))
        return zip(slices, made).compactMap { slice, pixels in
            guard pixels.contains(where: { $0 != pixels[0] }) else { return nil }
            origin.slice = slice
            return SlicePicture(
                origin: origin, shownPath: item.shownPath, image: image, limits: views.limits,
                cutShare: cutShare, pixels: pixels)
        }
    }
}
