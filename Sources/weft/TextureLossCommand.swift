import ArgumentParser
import Foundation
import Imaging
import Ingestion
import TextureCore

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
        if let convergenceFigure {
            let figure = try ConvergenceFigure()
            Console.print(figure.table)
            do {
                try figure.svg.write(toFile: convergenceFigure, atomically: true, encoding: .utf8)
            } catch {
                throw CommandFailure(.outputUnwritable, "\(convergenceFigure): \(error.localizedDescription)")
            }
            return
        }
        let (a, b) = (try load(images[0]), try load(images[1]))
        guard a.geometry.size == b.geometry.size else {
            throw CommandFailure(
                .inputUnreadable,
                "\(images[0]) has \(a.geometry.size) voxels and \(images[1]) \(b.geometry.size); expected equal sizes")
        }
        let size = a.geometry.size
        let box = VoxelBox(lower: .zero, size: size)
        let (x, y) = (a.values(in: box), b.values(in: box))
        let range = try bounds(x, y)
        let value: TextureLoss.Value
        do {
            let layout = try PatchLayout(
                images: size.z, imageWidth: size.x, imageHeight: size.y, channels: 1, width: patch, height: patch)
            value = try losses(range).value(
                prediction: x.map { Float($0) }, target: y.map { Float($0) }, layout: layout,
                threads: ProcessInfo.processInfo.activeProcessorCount)
        } catch let error as CustomStringConvertible & Error {
            throw CommandFailure(.usage, error.description)
        }
        let span = range.upperBound - range.lowerBound
        let rows = [
            ("mse", value.pixel / (span * span)), ("glcm", value.cooccurrence), ("haralick", value.statistics),
            ("ssim", value.similarity),
        ]
        if json {
            let fields = rows.map { "\"\($0.0)\": \($0.1.isFinite ? "\($0.1)" : "null")" }.joined(separator: ", ")
            Console.print(
                "{\(fields), \"bins\": \(bins), \"sharpness\": \(sharpness), \"patch\": \(patch), "
                    + "\"range\": [\(range.lowerBound), \(range.upperBound)]}\n")
        } else {
            for (name, loss) in rows {
                Console.print("\(name.padding(toLength: 10, withPad: " ", startingAt: 0))\(loss)\n")
            }
        }
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

    private func losses(_ range: ClosedRange<Double>) throws -> TextureLoss {
        let scale = CooccurrenceLoss.Scale(bins: bins, sharpness: sharpness, offsets: try steps())
        return TextureLoss(
            pixel: (1, PixelLoss()), cooccurrence: (1, try CooccurrenceLoss(range: range, scales: [scale])),
            statistics: (
                1,
                try CooccurrenceLoss(
                    range: range, scales: [scale], symmetry: .symmetric,
                    comparison: .statistics(CooccurrenceLoss.Statistic.usual))
            ),
            similarity: (1, try StructuralSimilarity(normalisation: .fixed(range))))
    }

    private func bounds(_ a: [Double], _ b: [Double]) throws -> ClosedRange<Double> {
        if let range {
            let parts = range.split(separator: ",").map { Double($0) }
            guard parts.count == 2, let low = parts[0], let high = parts[1], low < high else {
                throw CommandFailure(.usage, "--range is \"\(range)\", expected LOW,HIGH with LOW below HIGH")
            }
            return low...high
        }
        let finite = (a + b).filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max(), low < high else {
            throw CommandFailure(.inputUnreadable, "all values are equal, so there is no range; give --range LOW,HIGH")
        }
        return low...high
    }

    private func load(_ path: String) throws -> Volume {
        do {
            let archive = try Archive.scan([path], jobs: 1)
            guard let image = archive.images.first, archive.images.count == 1 else {
                throw CommandFailure(.inputUnreadable, "\(path): expected one image, found \(archive.images.count)")
            }
            return try image.load()
        } catch let error as IngestionError {
            throw CommandFailure(error)
        }
    }
}
