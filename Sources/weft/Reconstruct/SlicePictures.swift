import Files
import Foundation
import Imaging
import Ingestion
import Parallel
import Preparation
import Reconstruction
import Workflows

/// One slice as a network's square.
struct SlicePicture: Sendable {
    var origin: ReconstructedPicture.Origin
    var shownPath: String
    var image: ImageSource
    /// Values, in the image's unit, that become 0 and 65535.
    var limits: ClosedRange<Double>
    /// [side, side]
    var pixels: [UInt16]

    /// What decides about its hidden patches, and what its files are called after.
    var name: String { "\(origin.caseID) slice \(origin.slice)" }
}

/// Finds images as `weft extract --whole-image` does and cuts them into the squares that a network sees.
struct SlicePictures {
    let plan: CasePlan
    let options: ReconstructionOptions
    let running: RunningOptions
    /// Patients that are taken, by the keys of a cache of prepared slices; nil takes all.
    var patients: Set<String>?
    var pngPatient = PNGPatient.file

    init(_ input: [String], _ options: ReconstructionOptions, _ running: RunningOptions) throws {
        (self.options, self.running) = (options, running)
        plan = try CasePlan(
            input, regions: .wholeImage, identity: running.identity, jobs: running.jobs, observer: running.observer)
    }

    /// Calls with the pictures of one image after the other; returns how many images failed, each of which was said.
    func forEachImage(
        side: Int, intensity: IntensityMapping, _ body: ([SlicePicture]) throws -> Void
    ) throws -> Int {
        var (failed, leftOut, seen, taken) = (0, 0, 0, 0)
        let progress = Progress("reconstructing", unit: "images", total: plan.cases.count, verbosity: running.verbosity)
        defer { progress.finish() }
        for item in plan.cases {
            if Interruption.isRequested { throw CommandFailure(.interrupted, "interrupted") }
            switch item.work {
            case .failed(_, _, let reason):
                failed += 1
                Console.error("\(item.name): \(reason)")
            case .wholeImage(let image), .regions(let image, _, _):
                guard options.modality.isEmpty || options.modality.contains(image.identity.modality) else {
                    leftOut += 1
                    continue
                }
                if let patients {
                    let key = image.patientKey(pngPatient) { InputPath.relative($0, to: item.root) }
                    guard patients.contains(key.description) else {
                        seen += 1
                        continue
                    }
                }
                do {
                    let pictures = try pictures(item, image, side, intensity)
                    taken += pictures.count
                    try body(pictures)
                } catch let error as IngestionError {
                    failed += 1
                    Console.error("\(item.name): \(error.reason)")
                }
            }
            progress.advance()
        }
        if leftOut > 0 {
            Console.note(
                "\(leftOut) image(s) left out: not of modality \(options.modality.joined(separator: ", "))",
                running.verbosity)
        }
        if seen > 0 {
            Console.note("\(seen) image(s) left out: of patients that were not held out", running.verbosity)
        }
        guard taken > 0 || failed > 0 else {
            throw CommandFailure(
                .inputUnreadable, "no slice was chosen; look at --modality, --slice and --held-out")
        }
        return failed
    }

    /// Slices of one grey level are left out, as in pre-training.
    private func pictures(
        _ item: ImageCase, _ image: ImageSource, _ side: Int, _ intensity: IntensityMapping
    ) throws -> [SlicePicture] {
        if let failure = image.findings.first(where: { $0.severity == .failure }) {
            throw IngestionError.unreadable(path: image.path, reason: failure.text)
        }
        let volume = try image.load(jobs: running.jobs)
        guard let views = try SliceViews(volume, of: image, intensity: intensity) else {
            throw IngestionError.unreadable(path: image.path, reason: "the image has one grey level only")
        }
        let slices = options.slices(of: volume.geometry.size.z)
        let view = options.view
        let made = Workers(running.jobs).map(slices.count) { place -> [UInt16] in
            switch view {
            case .whole: return views.pixels(slices[place], size: side)
            case .centre:
                let larger = SliceFrame.enlarged(side)
                return centreCrop(
                    views.pixels(slices[place], size: larger), width: larger, height: larger, to: side)
            }
        }
        var origin = ReconstructedPicture.Origin(
            caseID: item.name, patient: image.identity.patient(running.identity))
        (origin.study, origin.series) = (image.identity.studyUID, image.identity.seriesUID)
        origin.modality = image.identity.modality
        return zip(slices, made).compactMap { slice, pixels in
            guard pixels.contains(where: { $0 != pixels[0] }) else { return nil }
            origin.slice = slice
            return SlicePicture(
                origin: origin, shownPath: item.shownPath, image: image, limits: views.limits, pixels: pixels)
        }
    }
}

/// Where the pixels of a network's square lie on the slice that it was made of.
struct SliceFrame {
    /// mm from one pixel of the square to the next, along columns' index x and rows' index y.
    let spacing: SIMD2<Double>
    /// mm from the centre of the slice's first pixel to that of the square's, along the same axes.
    let start: SIMD2<Double>

    /// The square that the middle is cropped from, as pre-training prepares slices: 8/7 of the side.
    static func enlarged(_ side: Int) -> Int { Int((Double(side) * 8 / 7).rounded()) }

    init(_ geometry: Geometry, side: Int, view: ReconstructionOptions.View) {
        let resized = view == .whole ? side : Self.enlarged(side)
        let size = SIMD2(Double(geometry.size.x), Double(geometry.size.y))
        let own = SIMD2(geometry.spacing.x, geometry.spacing.y)
        let margin = (Double(resized - side) / 2).rounded(.toNearestOrEven)
        spacing = own * size / Double(resized)
        start = (spacing - own) / 2 + spacing * margin
    }
}
