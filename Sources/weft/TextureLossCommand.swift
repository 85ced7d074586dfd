import ArgumentParser
import Encoding
import Files
import Foundation
import TextureCore
import Workflows

/// `weft texture-loss A B`: how far apart two images are for each loss that a model can be trained with.
struct TextureLossCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "texture-loss",
        abstract: "How different two images are: by pixels, by texture, by structure.",
        discussion: """
            A and B are images of equal size, PNG or DICOM (of a volume the slices are compared one by one and averaged). They \
            are cut into patches; each loss is the mean over patches: mse (pixels, as fractions of the range), glcm (soft \
            co-occurrence matrices, as they train), haralick (contrast, correlation, homogeneity, entropy, energy of those \
            matrices), ssim (1 - SSIM). The order matters to none but glcm, where A is clamped to the range.

              weft texture-loss original.png reconstruction.png
              weft texture-loss a.png b.png --bins 32 --sharpness 2.5 --offsets 1,0 0,1 1,1 2,0 --json
              weft texture-loss --convergence-figure figure.svg   soft counts against exact ones as bins narrow

            """)

    @Argument(help: "Two images, A (prediction) and B (target).", completion: .file())
    var images: [String] = []

    @Option(help: "Bins of the value range, 2 to 512.")
    var bins = 256

    @Option(help: "Bin length over bandwidth L: 0.5 wide, 5 smooth, 30 nearly exact.")
    var sharpness = 5.0

    @Option(parsing: .upToNextOption, help: "Steps to the neighbour as columns,rows; default 1,0 0,1.")
    var offsets: [String] = []

    @Option(help: "Side of the square patches in pixels.")
    var patch = 16

    @Option(help: "Value range LOW,HIGH of the bins; default: smallest and largest value of both images.")
    var range: String?

    @Flag(help: "One JSON object instead of a table.")
    var json = false

    @Option(
        help: "Write an SVG figure (and its numbers to stdout) of soft counts tending to exact ones; needs no images.",
        completion: .file(extensions: ["svg"]))
    var convergenceFigure: String?

    func validate() throws {
        guard images.count == (convergenceFigure == nil ? 2 : 0) else {
            throw ValidationError(
                "texture-loss needs two images (or --convergence-figure alone), found \(images.count)")
        }
        guard patch >= 2 else { throw ValidationError("--patch is \(patch), expected a number from 2") }
        _ = try steps()
    }

    func run() throws {
        if let convergenceFigure { return try write(SoftCountConvergence(), to: convergenceFigure) }
        let distance = TextureDistance(
            bins: bins, sharpness: sharpness, offsets: try steps(), patch: patch, range: try bounds())
        let value = try distance.between(images[0], images[1])
        let rows = [
            ("mse", value.pixel), ("glcm", value.cooccurrence), ("haralick", value.statistics),
            ("ssim", value.similarity),
        ]
        if json {
            var object = JSONObject(.spaced)
            for (name, loss) in rows { object.add(name, loss) }
            object.add("bins", bins)
            object.add("sharpness", sharpness)
            object.add("patch", patch)
            object.add("range", json: "[\(value.range.lowerBound), \(value.range.upperBound)]")
            Console.print(object.text + "\n")
        } else {
            for (name, loss) in rows {
                Console.print("\(name.padding(toLength: 10, withPad: " ", startingAt: 0))\(loss)\n")
            }
        }
    }

    private func write(_ figure: SoftCountConvergence, to path: String) throws {
        Console.print(figure.table)
        do throws(FileWritingError) {
            try writeWholeFile(at: path, figure.svg.utf8)
        } catch { throw CommandFailure(.outputUnwritable, error.description) }
    }

    private func steps() throws -> [Offset] {
        guard !offsets.isEmpty else { return [Offset(1, 0), Offset(0, 1)] }
        return try offsets.map { text in
            let parts = text.split(separator: ",").map { Int($0) }
            guard parts.count == 2, let x = parts[0], let y = parts[1] else {
                throw ValidationError("--offsets has \"\(text)\", expected COLUMNS,ROWS such as 1,0")
            }
            return Offset(x, y)
        }
    }

    private func bounds() throws -> ClosedRange<Double>? {
        guard let range else { return nil }
        let parts = range.split(separator: ",").map { Double($0) }
        guard parts.count == 2, let low = parts[0], let high = parts[1], low < high else {
            throw CommandFailure(.usage, "--range is \"\(range)\", expected LOW,HIGH with LOW below HIGH")
        }
        return low...high
    }
}
