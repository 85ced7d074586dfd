import Evaluation
import Foundation
import Imaging
import Ingestion
import Parallel

/// How the texture of one image differs from that of another, or of the images of a folder from their partners in another, as a
/// whole or region by region: any two, of one size or not.
public struct ImageTextureComparison: Sendable {
    /// Two files or folders: PNGs, DICOM series.
    public var inputs: [String]
    /// What the result calls the two; empty: after their paths.
    public var names: [String] = []
    /// Whole images, or regions of masks.
    public var regions = RegionChoice.wholeImage
    /// Which slices and modalities are taken.
    public var slices = SliceInput()
    /// Of PET.
    public var imageUnit = ImageUnit.stored
    public var window = ComparisonWindow.common
    /// Grey levels over the window.
    public var bins = 32
    /// Of the patients, or of the pairs, for the intervals.
    public var resamples = 2000
    public var seed: UInt64 = 0
    /// How the patient appears in the result.
    public var identity = IdentityDisclosure.pseudonym
    public var jobs = ProcessInfo.processInfo.activeProcessorCount
    /// What the result says of how it was made.
    public var command = ""

    public init(of first: String, and second: String) { inputs = [first, second] }

    /// - Throws: ``ImageComparisonError`` or `IngestionError`. A pair that fails throws nothing: it is among the failures.
    public func compare(_ observer: WorkObserver = .silent) throws -> ImageComparison {
        observer.willStart()
        let progress = observer.begin(WorkStep("scanning", unit: "files", total: nil))
        let given = try GivenMasks(regions.masks, regions.selection, jobs: jobs)
        let sides = try inputs.map { path in
            try ComparedSide(path, regions.selection, given, modalities: slices.modalities, jobs: jobs)
        }
        progress.finish()
        let pairing = ImagePairing(sides, identity)
        guard !pairing.pairs.isEmpty else {
            throw ImageComparisonError.noPairs(inputs: inputs, counts: sides.map(\.images.count))
        }
        let titles = names.isEmpty ? ComparedSide.titles(of: inputs) : names
        var compared = ComparedImages(names: titles)
        compared.bins = bins
        compared.notes = pairing.notes
        compared.failures = pairing.unpaired(titles)
        let reader = PairReader(
            titles: titles, masks: try PairMasks(sides, regions, given, isSinglePair: pairing.isSingle, jobs: jobs),
            slices: slices, unit: imageUnit, greys: try GreyDepths(pairing.pairs))
        try measure(pairing.pairs, reader, into: &compared, observer)
        guard !compared.pairs.isEmpty else {
            throw ImageComparisonError.nothingCompared(compared.failures.map { "\($0.name): \($0.reason)" })
        }
        for failure in compared.failures {
            observer.failure("\(failure.name)\(failure.region.isEmpty ? "" : ", " + failure.region): \(failure.reason)")
        }
        for warning in compared.warnings { observer.note("warning: \(warning)") }
        for note in compared.notes { observer.note(note) }
        return ImageComparison(compared, resamples: resamples, seed: seed, command: command)
    }

    // MARK: Two passes: what range the values have, then their texture

    private func measure(
        _ pairs: [ImagePairing.Pair], _ reader: PairReader, into compared: inout ComparedImages,
        _ observer: WorkObserver
    ) throws {
        // One pair is kept from pass to pass, many would not fit into memory.
        let isAlone = pairs.count == 1
        let kept = isAlone ? reader.read(pairs[0], jobs: jobs) : nil
        let workers = Workers(isAlone ? 1 : jobs)
        let (titles, identity) = (compared.names, identity)
        let looking = observer.begin(WorkStep("looking for ranges", unit: "pairs", total: pairs.count))
        let looks = workers.map(pairs.count) { index -> ReadPair.Look in
            defer { looking.advance() }
            return (kept ?? reader.read(pairs[index], jobs: 1)).look
        }
        looking.finish()
        if observer.isCancelled() { throw ImageComparisonError.interrupted }
        let scales = try CommonScale.byModality(looks, pairs, window: window, bins: bins, titles: compared.names)
        let measuring = observer.begin(WorkStep("measuring", unit: "pairs", total: pairs.count))
        let measured = workers.map(pairs.count) { index -> MeasuredPairs in
            defer { measuring.advance() }
            return MeasuredPairs(
                kept ?? reader.read(pairs[index], jobs: 1), pairs[index], scales[pairs[index].modality], titles,
                identity)
        }
        measuring.finish()
        for item in measured {
            compared.pairs += item.pairs
            compared.failures += item.failures
        }
        compared.things = ComparedSide.things(pairs)
        compared.about = ComparedSide.about(pairs, compared.names, looks)
        compared.warnings =
            scales.sorted { $0.key < $1.key }.flatMap(\.value.warnings) + reader.greys.warnings
            + Self.merged(measured.flatMap(\.warnings), compared.pairs.count)
        compared.notes += Self.merged(measured.flatMap(\.notes), compared.pairs.count)
    }

    /// What is said of several pairs is said once, with how many it is said of.
    private static func merged(_ texts: [String], _ count: Int) -> [String] {
        var order: [String] = []
        var counts: [String: Int] = [:]
        for text in texts {
            if counts[text] == nil { order.append(text) }
            counts[text, default: 0] += 1
        }
        return order.map { counts[$0] == 1 || count == 1 ? $0 : "\($0) (\(counts[$0] ?? 0) of \(count))" }
    }
}

/// Why two images cannot be compared.
public enum ImageComparisonError: Error, Equatable, CustomStringConvertible {
    case interrupted
    case inputs(found: Int)
    case names(found: Int)
    case noImage(path: String, reason: String)
    /// With the number of images of each side.
    case noPairs(inputs: [String], counts: [Int])
    case nothingCompared([String])
    /// The window was given in another unit than an image has.
    case otherUnit(given: String, found: String, image: String)

    public var description: String {
        switch self {
        case .interrupted: "interrupted"
        case .inputs(let found):
            "found \(found) input\(found == 1 ? "" : "s"), expected two images, series or folders; originals and several sets of "
                + "reconstructions are compared with --as reconstructions, images that networks reconstruct with --weights"
        case .names(let found): "--names has \(found) names, expected two, one for each side"
        case .noImage(let path, let reason): "\(path): no image found\(reason.isEmpty ? "" : ", \(reason)")"
        case .noPairs(let inputs, let counts):
            "no image of \(inputs[0]) (\(counts[0])) has a partner in \(inputs[1]) (\(counts[1])): expected files of the same "
                + "name in both, or series of the same patient and modality; or name one image on each side"
        case .nothingCompared(let reasons):
            "nothing could be compared: \(reasons.prefix(3).joined(separator: "; "))"
                + (reasons.count > 3 ? "; and \(reasons.count - 3) more" : "")
        case .otherUnit(let given, let found, let image):
            "--window is in \(given), \(image) has \(found); give the window in that unit, or leave it out"
        }
    }
}
