import ArgumentParser
import Workflows

struct PictureComparisonOptions: ParsableArguments {
    @Argument(
        help: """
            Folders that weft reconstruct wrote, one a model; or originals and one or more sets of reconstructions, files or \
            folders paired by name; or, with --weights, images to reconstruct.
            """, completion: .file())
    var input: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: "Networks that reconstruct the images on the spot, the same patches hidden from each.",
        completion: .file(extensions: ["safetensors", "pth"]))
    var weights: [String] = []

    @Flag(help: "With --weights of runs: only patients that none of them was trained on.")
    var heldOut = false

    @Option(parsing: .upToNextOption, help: "What the report calls the models. Default: by their files or folders.")
    var names: [String] = []

    @OptionGroup var reconstruction: ReconstructionOptions

    @Option(help: "Side of a patch of plain pictures, pixels.")
    var patch = 16

    @Option(
        help: "Grey levels of both paths, over the whole range. Default: as the first model was trained, else 32.")
    var bins: Int?

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
    }

    /// Without resamples, seed and how it runs, which the command has for both kinds of comparison.
    var request: ReconstructionComparison {
        var request = ReconstructionComparison(of: input)
        (request.weights, request.heldOut, request.names) = (weights, heldOut, names)
        (request.slices, request.patch) = (reconstruction.slices, patch)
        (request.bins, request.sharpness) = (bins, sharpness)
        return request
    }
}
