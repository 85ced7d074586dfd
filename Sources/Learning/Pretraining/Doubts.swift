// What is suspicious about a run that has trained: said, whatever its loss.

import Foundation
import Training

extension Trainer {
    /// Why the run may have come to nothing, by its logs. Of the pixels' error the first phase is asked, where there is one: the second
    /// may give some of it for texture.
    public func doubts() throws -> [String] {
        let hasFirst = settings.loss.pixelEpochs > 0
        func counts(_ phase: LossSettings.Phase) -> Bool { !hasFirst || phase == .pixels }
        var (epoch, steps, own, guess) = (-1, 0.0, 0.0, 0.0)
        try LineLog.forEachLine(of: folder.log) { line in
            guard let record = StepRecord(json: line), let mse = record.mse, let mean = record.meanGuess,
                counts(record.phase)
            else { return }
            if record.epoch != epoch { (epoch, steps, own, guess) = (record.epoch, 0, 0, 0) }
            (steps, own, guess) = (steps + 1, own + mse, guess + mean)
        }
        var (held, last): (ValidationRecord?, ValidationRecord?)
        try LineLog.forEachLine(of: folder.validation) { line in
            guard let record = ValidationRecord(json: line) else { return }
            last = record
            if counts(record.phase) { held = record }
        }
        var doubts: [String] = []
        if epoch >= 0, own >= guess {
            doubts.append(
                Self.aboveMean("training images, epoch \(epoch + 1)", own / steps, guess / steps)
                    + "; it has not learned: train longer, or with a higher --rate")
        } else if let held, let mean = held.meanGuess, held.mse >= mean {
            doubts.append(
                Self.aboveMean("held-out images, epoch \(held.epoch + 1)", held.mse, mean)
                    + ", and that of the training images is better: it knows these by heart; take more images, or fewer epochs"
            )
        }
        if let rank = last?.effectiveRank, rank < 3 {
            doubts.append(
                String(
                    format:
                        "the embeddings of the images have an effective rank of %.2f, below 3: nearly all images look"
                        + " alike to the encoder; train longer, or with another --rate", rank))
        }
        return doubts
    }

    private static func aboveMean(_ images: String, _ own: Double, _ mean: Double) -> String {
        String(
            format:
                "%@: the mean squared error of the hidden patches, %.4g, is not below that of the mean of the visible ones,"
                + " %.4g", images, own, mean)
    }
}
