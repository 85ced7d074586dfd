import ArgumentParser
import Benchmarks

/// `weft bench soft-glcm`: the texture loss of one training step, forward and backward.
struct SoftGLCMBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soft-glcm",
        abstract: "Soft co-occurrence loss, and SSIM, of the masked patches of a batch: value and gradient.",
        discussion: """
            8 images of 224 × 224 cut into 16 × 16 patches, 147 of 196 masked in each; two directions, damped raw counts; \
            prediction and target counted, compared and differentiated. A pair is a pair of neighbouring pixels of one \
            patch at one offset; it is added up twice and gone back over once, in bands of 8 × 8 (L = 5) or 3 × 4 (L = 30) cells. \
            The work is bound by the second-level cache, where two planes of 270 KB a thread are touched at scattered places. \
            Measured once on another machine: the authors' program 76 s and 12.9 GB, the best PyTorch 1.2 s.
            """)

    @Option(help: "Threads; the results do not depend on it.")
    var threads = 2

    @Option(help: "Bin length over bandwidth L: 5 and 30 when left out.")
    var sharpness: Double?

    @Option(help: "Bins of the value range.")
    var bins = 256

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard JobCount.range.contains(threads) else {
            throw ValidationError("--threads is \(threads), expected a number from 1 to \(JobCount.range.upperBound)")
        }
    }

    func run() throws {
        var benchmark = SoftMatrixBenchmark()
        (benchmark.threads, benchmark.sharpness, benchmark.bins) = (threads, sharpness, bins)
        benchmark.repeats = options.repeats
        try benchmark.run(options.report)
    }
}

/// `weft bench train-step`: one optimiser step of pre-training.
struct TrainStepBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train-step",
        abstract: "One step of pre-training (forward, backward, AdamW), beside OpenBLAS' own rate in the same run.",
        discussion: """
            Images and weights are made from a seed. The step's rate counts matrix products only; its ratio to the rate \
            of a product of two 2048 × 2048 matrices by OpenBLAS, timed right before and after, says what is lost to \
            everything else, whatever the machine is busy with. --beside torch takes the same step by PyTorch in between (eager, \
            fused attention, fused AdamW, mean squared error) and gives the ratio.

              weft bench train-step --model vit-b16 --loss mse+glcm+ssim --json
              weft bench train-step --model vit-ti16 --image-size 128 --decoder 128,4,4 --batch-size 64
            """)

    @Option(help: "Encoder and patch side: vit- and one of ti s b l h, then the side.")
    var model = "vit-b16"

    @Option(help: "Rows and columns of an image.")
    var imageSize = 224

    @Option(help: "Channels of an image.")
    var channels = 3

    @Option(help: "Width, blocks and heads of the decoder.")
    var decoder = "512,8,16"

    @Option(help: "Images a step.")
    var batchSize = 8

    @Option(help: "Terms of the loss joined by +: mse, glcm, ssim.")
    var loss = "mse"

    @Option(help: "Timed steps after one to warm up; the median is reported.")
    var steps = 5

    /// What can be timed beside.
    enum Other: String, CaseIterable, ExpressibleByArgument { case torch }

    @Option(help: "Time PyTorch's step in the same run.")
    var beside: Other?

    @Option(help: "The Python that has torch, for --beside.")
    var python = "python3"

    @Option(help: "Threads; want as many as there are cores.")
    var threads = 2

    @Flag(help: "One JSON object instead of a line to read.")
    var json = false

    func validate() throws {
        for (name, value) in [
            ("--batch-size", batchSize), ("--steps", steps), ("--threads", threads), ("--channels", channels),
        ] where value < 1 {
            throw ValidationError("\(name) is \(value), expected a number from 1")
        }
        guard JobCount.range.contains(threads) else {
            throw ValidationError("--threads is \(threads), expected a number from 1 to \(JobCount.range.upperBound)")
        }
        do { try benchmark().validate() } catch let error as BenchmarkError {
            throw ValidationError(error.description)
        }
    }

    func run() throws {
        do {
            try benchmark().run { Console.print(json ? $0.json : $0.text) }
        } catch let error as BenchmarkError { throw CommandFailure(.inputUnreadable, error.description) }
    }

    private func benchmark() throws -> TrainingStepBenchmark {
        var benchmark = TrainingStepBenchmark()
        (benchmark.model, benchmark.imageSize, benchmark.channels) = (model, imageSize, channels)
        let numbers = decoder.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let width = numbers[0], let depth = numbers[1], let heads = numbers[2] else {
            throw ValidationError("--decoder is '\(decoder)', expected width, blocks and heads, e.g. 512,8,16")
        }
        (benchmark.decoder.width, benchmark.decoder.depth, benchmark.decoder.heads) = (width, depth, heads)
        (benchmark.batchSize, benchmark.loss, benchmark.threads) = (batchSize, loss, threads)
        (benchmark.repeats, benchmark.python) = (steps, beside == .torch ? python : nil)
        return benchmark
    }
}
