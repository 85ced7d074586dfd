import Encoding
import Training

/// One step as `log.jsonl` has it.
public struct FinetuningStep: Hashable, LogRecord {
    /// From 0.
    public var epoch: Int
    /// How many steps there were, this one included.
    public var step: Int
    public var loss: Double
    public var learningRate: Double
    public var gradientNorm: Double
    public var imagesPerSecond: Double

    public var json: String {
        var line = JSONObject(.spaced)
        line.add("epoch", epoch)
        line.add("step", step)
        line.add("loss", loss)
        line.add("lr", learningRate)
        line.add("grad_norm", gradientNorm)
        line.add("images_per_second", (imagesPerSecond * 1000).rounded() / 1000)
        return line.text
    }

    /// Inverse of ``json``; nil for a line that is not whole.
    public init?(json: some StringProtocol) {
        guard let fields = JSON.numbers(of: json), let epoch = fields["epoch"].flatMap({ Int(exactly: $0) }),
            let step = fields["step"].flatMap({ Int(exactly: $0) }),
            let loss = fields["loss"], let rate = fields["lr"], let norm = fields["grad_norm"],
            let speed = fields["images_per_second"]
        else { return nil }
        self.init(
            epoch: epoch, step: step, loss: loss, learningRate: rate, gradientNorm: norm,
            imagesPerSecond: speed)
    }

    init(
        epoch: Int, step: Int, loss: Double, learningRate: Double, gradientNorm: Double, imagesPerSecond: Double
    ) {
        (self.epoch, self.step, self.loss) = (epoch, step, loss)
        (self.learningRate, self.gradientNorm, self.imagesPerSecond) = (learningRate, gradientNorm, imagesPerSecond)
    }
}

/// The images that choose the epoch, after one, as `validation.jsonl` has them.
public struct FinetuningValidation: Hashable, LogRecord {
    /// From 0.
    public var epoch: Int
    public var step: Int
    /// Cross entropy without smoothing.
    public var loss: Double
    public var accuracy: Double
    /// Of each class against the others, the mean; not a number where it is not defined.
    public var auroc: Double
    public var images: Int
    /// Whether its weights are the best so far.
    public var isBest: Bool

    public var json: String {
        var line = JSONObject(.spaced)
        line.add("epoch", epoch)
        line.add("step", step)
        line.add("validation_loss", loss)
        line.add("validation_accuracy", accuracy)
        line.add("validation_auroc", ifPresent: auroc.isNaN ? nil : auroc)
        line.add("images", images)
        line.add("best", isBest ? 1 : 0)
        return line.text
    }

    public init?(json: some StringProtocol) {
        guard let fields = JSON.numbers(of: json), let epoch = fields["epoch"].flatMap({ Int(exactly: $0) }),
            let step = fields["step"].flatMap({ Int(exactly: $0) }),
            let accuracy = fields["validation_accuracy"], let images = fields["images"].flatMap({ Int(exactly: $0) }),
            let best = fields["best"]
        else { return nil }
        self.init(
            epoch: epoch, step: step, loss: fields["validation_loss"] ?? .nan, accuracy: accuracy,
            auroc: fields["validation_auroc"] ?? .nan, images: images, isBest: best == 1)
    }

    init(epoch: Int, step: Int, loss: Double, accuracy: Double, auroc: Double, images: Int, isBest: Bool) {
        (self.epoch, self.step, self.loss) = (epoch, step, loss)
        (self.accuracy, self.auroc, self.images, self.isBest) = (accuracy, auroc, images, isBest)
    }
}

/// What a run tells while it works.
public struct FinetuningEvents: Sendable {
    /// After every step: the fold (nil without folds), the step, and the number of all steps of the fold.
    public var step: @Sendable (Int?, FinetuningStep, Int) -> Void = { _, _, _ in }
    public var validation: @Sendable (Int?, FinetuningValidation) -> Void = { _, _ in }
    public var note: @Sendable (String) -> Void = { _ in }
    /// What is amiss with the run's files, or suspicious about what it has learned, and does not stop it.
    public var remark: @Sendable (String) -> Void = { _ in }
    /// Asked after every step; true ends the run with a checkpoint.
    public var isInterrupted: @Sendable () -> Bool = { false }

    public init() {}

    /// Those of one part of the run.
    func events(ofFold fold: Int?) -> TrainingEvents<FinetuningStep, FinetuningValidation> {
        var events = TrainingEvents<FinetuningStep, FinetuningValidation>()
        events.step = { [step] in step(fold, $0, $1) }
        events.validation = { [validation] in validation(fold, $0) }
        events.isInterrupted = isInterrupted
        return events
    }
}
