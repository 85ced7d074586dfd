import ArgumentParser
import Evaluation
import Foundation
import Imaging
import Workflows

struct PictureComparisonOptions: ParsableArguments {
    /// What the pictures are to each other.
    enum Relation: String, CaseIterable, ExpressibleByArgument { case images, reconstructions }

    @Argument(
        help: """
            Two images, series or folders of them, paired by name; or folders that weft reconstruct wrote, one a model; or, \
            with --weights, images to reconstruct.
            """, completion: .file())
    var input: [String] = []

    @Option(
        name: .customLong("as"),
        help: """
            What the inputs are: images (any two; differences are second minus first) or reconstructions (the first are \
            originals, the others what one or more models made of them). Default: reconstructions of folders of weft \
            reconstruct, with --weights and with --visible-patches, else images.
            """)
    var relation: Relation?

    @Option(
        parsing: .upToNextOption,
        help: "What the report calls the two sides, or the models. Default: by their files or folders.")
    var names: [String] = []

    @Option(
        parsing: .unconditional,
        help: """
            Values between which the grey levels lie: common (from the smallest to the largest of all, default), pair (of each \
            pair), each (of each image by itself: edges differ) or LOW,HIGH in the images' unit, which may be named and is then \
            checked: '-160,240 HU', '0,20 SUV'. What lies beyond counts in the first or last level.
            """)
    var window = WindowArgument.common

    @Option(
        help: """
            Grey levels over the window. Default: 32; of reconstructions as the first model was trained.
            """)
    var bins: Int?

    @OptionGroup var regions: RegionOptions

    @Option(help: "PET as SUV: bw (body weight), lbm (Janmahasatian), lbm-james, bsa (surface). Default: stored.")
    var suv: ImageUnit?

    @Option(
        parsing: .upToNextOption,
        help: "Networks that reconstruct the images on the spot, the same patches hidden from each.",
        completion: .file(extensions: ["safetensors", "pth"]))
    var weights: [String] = []

    @Flag(help: "With --weights of runs: only patients that none of them was trained on.")
    var heldOut = false

    @OptionGroup var reconstruction: ReconstructionOptions

    @Option(help: "Side of a patch of plain pictures, pixels.")
    var patch = 16

    @Option(help: "L of the differentiable path. Default: as the first model was trained, else 2.5.")
    var sharpness: Double?

    func validate() throws {
        guard (2...4096).contains(patch) else { throw ValidationError("--patch is \(patch), expected 2 to 4096") }
        if let bins, !(2...512).contains(bins) { throw ValidationError("--bins is \(bins), expected 2 to 512") }
        if let sharpness, !(0.01...1e6).contains(sharpness) {
            throw ValidationError("--sharpness is \(sharpness), expected 0.01 to 1000000")
        }
        if heldOut, weights.isEmpty { throw ValidationError("--held-out goes with --weights") }
        if !weights.isEmpty, input.isEmpty { throw ValidationError("--weights reconstruct images: name some") }
        guard !input.isEmpty else { return }
        switch self.kind {
        case .images:
            guard weights.isEmpty, reconstruction.visiblePatches == nil else {
                throw ValidationError(
                    "--as images goes without --weights and --visible-patches, which are of reconstructions")
            }
            if sharpness != nil {
                throw ValidationError("--sharpness is of reconstructions; leave it out, or say --as reconstructions")
            }
            guard names.isEmpty || names.count == 2 else {
                throw ValidationError(ImageComparisonError.names(found: names.count).description)
            }
            guard names.count < 2 || names[0] != names[1] else {
                throw ValidationError("--names are both '\(names[0])', expected two that differ")
            }
            guard input.count == 2 else {
                throw ValidationError(ImageComparisonError.inputs(found: input.count).description)
            }
        case .reconstructions:
            guard !namesRegions else {
                throw ValidationError(
                    "--mask, --roi and --label are of images; reconstructions are compared patch by patch")
            }
            guard suv == nil else { throw ValidationError("--suv is of images, not of reconstructions") }
            guard window.value == .common || isPairOfFolders else {
                throw ValidationError(
                    "--window is of plain pictures; a network's own range of values is that of its training")
            }
            guard window.value != .each else {
                throw ValidationError(
                    "--window each would hide what a reconstruction gets wrong; expected common, pair or LOW,HIGH")
            }
        }
    }

    var kind: Relation {
        if let relation { return relation }
        let isReconstructed =
            !weights.isEmpty || reconstruction.visiblePatches != nil
            || input.allSatisfy { ReconstructionComparison.isRecorded($0) }
        return isReconstructed ? .reconstructions : .images
    }

    /// Neither networks nor what they wrote down, but pictures that are said to be reconstructions.
    private var isPairOfFolders: Bool {
        weights.isEmpty && !input.allSatisfy { ReconstructionComparison.isRecorded($0) }
    }

    private var namesRegions: Bool {
        !regions.mask.isEmpty || !regions.roi.isEmpty || !regions.label.isEmpty || regions.maskKind != nil
            || !regions.regions.isEmpty
    }

    /// Without resamples, seed and how it runs, which the command has for both kinds of comparison.
    func request() throws -> ReconstructionComparison {
        var request = ReconstructionComparison(of: input)
        (request.weights, request.heldOut, request.names) = (weights, heldOut, names)
        (request.slices, request.patch, request.window) = (try reconstruction.slices(), patch, window.value)
        (request.bins, request.sharpness) = (bins, sharpness)
        return request
    }

    /// The same of two images.
    func imageRequest() throws -> ImageTextureComparison {
        var request = ImageTextureComparison(of: input[0], and: input[1])
        (request.names, request.slices, request.window) = (names, try reconstruction.slices(), window.value)
        (request.bins, request.imageUnit) = (bins ?? 32, suv ?? .stored)
        request.regions = namesRegions ? regions.choice : .wholeImage
        return request
    }
}

/// The value of `--window`.
struct WindowArgument: ExpressibleByArgument {
    let value: ComparisonWindow

    static let common = WindowArgument(value: .common)

    private init(value: ComparisonWindow) { self.value = value }

    init?(argument: String) {
        switch argument {
        case "common": value = .common
        case "pair": value = .pair
        case "each": value = .each
        default:
            let words = argument.split(separator: " ", maxSplits: 1)
            guard let first = words.first, let numbers = NumberList(argument: String(first))?.values,
                numbers.count == 2, numbers.allSatisfy(\.isFinite), numbers[0] < numbers[1]
            else { return nil }
            let unit = words.count > 1 ? words[1].trimmingCharacters(in: .whitespaces) : ""
            value = .given(numbers[0]...numbers[1], unit: unit.isEmpty ? nil : unit)
        }
    }

    var defaultValueDescription: String { "common" }
}
