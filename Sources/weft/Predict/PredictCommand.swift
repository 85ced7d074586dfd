import ArgumentParser
import Workflows

/// `weft predict INPUT --weights RUN -o predictions.csv`
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a trained classifier makes of images.",
        discussion: """
            A row for each image, with the probability of each class; slices of a series are averaged. Of a run with folds all \
            classifiers are asked, and their probabilities averaged; likewise of several --weights. Images come to the network \
            as they did in training: scale, tiles, values and normalisation stand in its file.

              weft predict new/ --weights run -o predictions.csv
              weft predict new/ --weights run --labels labels.csv -o predictions.csv && weft evaluate predictions.csv

            The columns are those of predictions.csv of weft finetune; slice, fold and label are empty where there is none. An \
            image that cannot be read has no row, is named, and the exit status is 2.
            """)

    @Argument(help: "DICOM files or folders, PNGs, or a CSV manifest.", completion: .file())
    var input: [String]

    @Option(
        help: ArgumentHelp(
            "Folder of a run of weft finetune, or its model.safetensors. May be repeated.", valueName: "run"),
        completion: .file())
    var weights: [String]

    @Option(
        help: "True classes, a CSV with the columns image and label as weft finetune reads it.",
        completion: .file(extensions: ["csv"]))
    var labels: String?

    @Flag(help: "A row for each slice, its number (from 0) in the column slice.")
    var slices = false

    @Option(
        help: """
            Only with a classifier of regions (finetune --roi): regions with these names, where they are called otherwise than \
            in training. May be repeated.
            """)
    var roi: [String] = []

    @Option(
        help: "Mask of the regions, or a folder of masks, when it does not lie beside the images. May be repeated.",
        completion: .file())
    var mask: [String] = []

    @OptionGroup var images: ModalityOptions

    @Option(
        name: .shortAndLong, help: "Where the table goes: NAME.csv, or - for standard output (default).",
        completion: .file())
    var output: String?

    @Flag(help: "Replace an existing table.")
    var force = false

    @OptionGroup(title: "Many machines") var batch: BatchOptions
    @OptionGroup(title: "Running") var running: RunningOptions

    func validate() throws {
        if weights.isEmpty { throw ValidationError("Missing expected argument '--weights <run>'") }
    }

    func run() throws {
        Interruption.watch()
        let file = try OutputFile(output ?? "-", replacing: force)
        var prediction = ImagePrediction(of: input, by: weights)
        prediction.rows = slices ? .slices : .image
        (prediction.labels, prediction.jobs) = (labels, running.jobs)
        prediction.modalities = try images.codes
        (prediction.masks, prediction.roi) = (mask, roi)
        prediction.shard = batch.shard
        prediction.identity = try running.identity
        try LearningFailures.described {
            let watch = try batch.watch(running.observer)
            let result = try prediction.run(watch.observer)
            guard result.ending == .complete else {
                throw CommandFailure(.interrupted, "interrupted after \(result.rows.count) rows; nothing is written")
            }
            guard !result.rows.isEmpty || (batch.shard != nil && result.failures == 0) else {
                throw CommandFailure(.someCasesFailed, "none of the images could be predicted, see above")
            }
            try file.write(result.text)
            guard result.failures == 0 else {
                return try watch.end(
                    CommandFailure(
                        .someCasesFailed, "\(result.failures) image(s) failed, see above; they have no row"))
            }
        }
    }
}
