import Encoding
import Training

/// One step as `log.jsonl` has it.
public struct StepRecord: Hashable, LogRecord {
    /// From 0.
    public var epoch: Int
    /// How many steps there were, this one included.
    public var step: Int
    public var phase: LossSettings.Phase
    /// The weighted sum that was minimised.
    public var loss: Double
    /// Terms before their weights; nil for one that took no part.
    public var mse: Double?
    public var glcm: Double?
    public var ssim: Double?
    public var haralick: Double?
    /// The pixels' term of the mean of what the encoder sees, in the place of the prediction; nil where that term takes no part.
    public var meanGuess: Double?
    /// Both in grey values, of which 0 is black and 1 white; nil where patches are normalised each by itself.
    public var greyMSE: Double?
    public var greyMeanGuess: Double?
    /// Of the sum of the lengths of the weighted terms' gradients at the prediction, by the terms' names; empty with one term.
    public var shares: [String: Double] = [:]
    /// The factors that balance the terms; empty where they are not balanced.
    public var weights: [String: Double] = [:]
    public var learningRate: Double
    public var gradientNorm: Double
    public var imagesPerSecond: Double

    public var json: String {
        var line = JSONObject(.spaced)
        line.add("epoch", epoch)
        line.add("step", step)
        line.add("phase", phase.rawValue)
        line.add("loss", loss)
        line.add("loss_mse", ifPresent: mse)
        line.add("loss_glcm", ifPresent: glcm)
        line.add("loss_ssim", ifPresent: ssim)
        line.add("loss_haralick", ifPresent: haralick)
        line.add("loss_mse_mean_guess", ifPresent: meanGuess)
        line.add("mse_grey", ifPresent: greyMSE)
        line.add("mse_grey_mean_guess", ifPresent: greyMeanGuess)
        for (name, share) in shares.sorted(by: { $0.key < $1.key }) { line.add("share_\(name)", share) }
        for (name, weight) in weights.sorted(by: { $0.key < $1.key }) { line.add("weight_\(name)", weight) }
        line.add("lr", learningRate)
        line.add("grad_norm", gradientNorm)
        line.add("images_per_second", (imagesPerSecond * 1000).rounded() / 1000)
        return line.text
    }

    /// Inverse of ``json``; nil for a line that is not whole.
    public init?(json: some StringProtocol) {
        guard let fields = JSON.numbers(of: json), let epoch = fields["epoch"].flatMap({ Int(exactly: $0) }),
            let step = fields["step"].flatMap({ Int(exactly: $0) }),
            let phase = fields["phase"].flatMap({ Int(exactly: $0).flatMap(LossSettings.Phase.init) }),
            let loss = fields["loss"],
            let rate = fields["lr"], let norm = fields["grad_norm"], let speed = fields["images_per_second"]
        else { return nil }
        self.init(
            epoch: epoch, step: step, phase: phase, loss: loss, mse: fields["loss_mse"],
            glcm: fields["loss_glcm"], ssim: fields["loss_ssim"], haralick: fields["loss_haralick"], learningRate: rate,
            gradientNorm: norm, imagesPerSecond: speed)
        meanGuess = fields["loss_mse_mean_guess"]
        (greyMSE, greyMeanGuess) = (fields["mse_grey"], fields["mse_grey_mean_guess"])
        for (key, number) in fields {
            if key.hasPrefix("share_") { shares[String(key.dropFirst(6))] = number }
            if key.hasPrefix("weight_") { weights[String(key.dropFirst(7))] = number }
        }
    }

    public init(
        epoch: Int, step: Int, phase: LossSettings.Phase, loss: Double, mse: Double?, glcm: Double?, ssim: Double?,
        haralick: Double?, learningRate: Double, gradientNorm: Double, imagesPerSecond: Double
    ) {
        (self.epoch, self.step, self.phase, self.loss) = (epoch, step, phase, loss)
        (self.mse, self.glcm, self.ssim, self.haralick) = (mse, glcm, ssim, haralick)
        (self.learningRate, self.gradientNorm, self.imagesPerSecond) = (learningRate, gradientNorm, imagesPerSecond)
    }
}

/// The held-out images after an epoch, as `validation.jsonl` has them: all three terms in both phases.
public struct ValidationRecord: Hashable, LogRecord {
    /// From 0, as in the log.
    public var epoch: Int
    public var step: Int
    public var phase: LossSettings.Phase
    /// The weighted sum of the phase.
    public var loss: Double
    public var mse: Double
    public var glcm: Double
    public var ssim: Double
    /// `mse` of the mean of what the encoder sees, in the place of the prediction.
    public var meanGuess: Double?
    /// Both in grey values, of which 0 is black and 1 white; nil where patches are normalised each by itself.
    public var greyMSE: Double?
    public var greyMeanGuess: Double?
    /// Of the images' mean tokens; see `EffectiveRank`.
    public var effectiveRank: Double?
    public var images: Int
    /// Memory of the process, MB.
    public var residentMB: Double

    public var json: String {
        var line = JSONObject(.spaced)
        line.add("epoch", epoch)
        line.add("step", step)
        line.add("phase", phase.rawValue)
        line.add("validation_loss", loss)
        line.add("validation_mse", mse)
        line.add("validation_glcm", glcm)
        line.add("validation_ssim", ssim)
        line.add("validation_mse_mean_guess", ifPresent: meanGuess)
        line.add("mse_grey", ifPresent: greyMSE)
        line.add("mse_grey_mean_guess", ifPresent: greyMeanGuess)
        line.add("effective_rank", ifPresent: effectiveRank)
        line.add("images", images)
        line.add("resident_mb", residentMB)
        return line.text
    }

    public init?(json: some StringProtocol) {
        guard let fields = JSON.numbers(of: json), let epoch = fields["epoch"].flatMap({ Int(exactly: $0) }),
            let step = fields["step"].flatMap({ Int(exactly: $0) }),
            let phase = fields["phase"].flatMap({ Int(exactly: $0).flatMap(LossSettings.Phase.init) }),
            let loss = fields["validation_loss"], let mse = fields["validation_mse"],
            let glcm = fields["validation_glcm"], let ssim = fields["validation_ssim"],
            let images = fields["images"].flatMap({ Int(exactly: $0) }),
            let resident = fields["resident_mb"]
        else { return nil }
        self.init(
            epoch: epoch, step: step, phase: phase, loss: loss, mse: mse, glcm: glcm, ssim: ssim,
            images: images, residentMB: resident)
        (meanGuess, effectiveRank) = (fields["validation_mse_mean_guess"], fields["effective_rank"])
        (greyMSE, greyMeanGuess) = (fields["mse_grey"], fields["mse_grey_mean_guess"])
    }

    public init(
        epoch: Int, step: Int, phase: LossSettings.Phase, loss: Double, mse: Double, glcm: Double, ssim: Double,
        images: Int, residentMB: Double
    ) {
        (self.epoch, self.step, self.phase, self.loss) = (epoch, step, phase, loss)
        (self.mse, self.glcm, self.ssim) = (mse, glcm, ssim)
        (self.images, self.residentMB) = (images, residentMB)
    }
}
