import ArgumentParser
import Reconstruction
import Workflows

/// What of each slice the network sees, and which part is hidden from it.
struct ReconstructionOptions: ParsableArguments {
    @Option(help: "Share of the patches that is hidden.")
    var maskRatio = 0.75

    @Option(
        help: """
            The patches that are shown, the same of every slice: a text file with their numbers (from 0, row by row), or a \
            PNG with one pixel per patch, or as large as the network's square, not 0 where the encoder may look.
            """, completion: .file())
    var visiblePatches: String?

    @Option(
        help: """
            Part of a slice that the network gets: whole (default), resized to its square; centre, the middle 7/8 at the scale \
            of pre-training.
            """)
    var view = SliceView.whole

    @Option(help: "Only this slice of every image, its number from 0. May be repeated. Default: all.")
    var slice: [Int] = []

    @Option(help: "At most so many slices of an image, evenly spread.")
    var maxSlices: Int?

    @OptionGroup var images: ModalityOptions

    func validate() throws {
        guard (0..<1).contains(maskRatio) else {
            throw ValidationError("--mask-ratio is \(maskRatio), expected 0 to less than 1")
        }
        if let most = maxSlices, most < 1 { throw ValidationError("--max-slices is \(most), expected a number from 1") }
        if let bad = slice.first(where: { $0 < 0 }) { throw ValidationError("--slice is \(bad), expected 0 or more") }
    }

    func slices() throws -> SliceInput {
        var slices = SliceInput()
        (slices.maskRatio, slices.visiblePatches, slices.view) = (maskRatio, visiblePatches, view)
        (slices.slices, slices.maxSlices, slices.modalities) = (slice, maxSlices, try images.codes?.sorted() ?? [])
        return slices
    }
}

extension SliceView: ExpressibleByArgument {}
