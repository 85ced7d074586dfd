// How good an epoch is, by the images that were set aside to choose one.

import Foundation
import Statistics

/// An epoch and what the images that choose measured after it.
struct BestEpoch: Hashable {
    /// From 0.
    var epoch: Int
    /// Cross entropy without smoothing.
    var loss = Double.nan
    var accuracy = Double.nan
    /// Of each class against the others, the mean; not a number where a class has no image, or all.
    var auroc = Double.nan

    /// One that nothing was measured after.
    init(epoch: Int) { self.epoch = epoch }

    init(epoch: Int, of predictions: [Prediction], classes: Int) {
        self.epoch = epoch
        accuracy = Prediction.accuracy(predictions)
        loss =
            predictions.reduce(0) { $0 - log($1.probabilities[$1.slice.label]) } / Double(max(1, predictions.count))
        // The last of two classes is the positive one; with the first it is the same area.
        let areas = (classes == 2 ? 1..<2 : 0..<classes).map { name in
            ScoredSample(
                isPositive: predictions.map { $0.slice.label == name },
                scores: predictions.map { $0.probabilities[name] }
            ).auroc().value ?? .nan
        }
        auroc = areas.reduce(0, +) / Double(areas.count)
    }

    /// Ties go to the lower loss; where an area is not defined, the loss decides.
    func isBetter(than other: BestEpoch, by choice: EpochChoice) -> Bool {
        func higher(_ mine: Double, _ its: Double) -> Bool {
            mine == its || mine.isNaN ? loss < other.loss : mine > its
        }
        return switch choice {
        case .loss, .last: loss < other.loss
        case .auroc: higher(auroc, other.auroc)
        case .accuracy: higher(accuracy, other.accuracy)
        }
    }

    // MARK: In a checkpoint

    var metadata: [String: String] {
        [
            "best_epoch": "\(epoch)", "best_loss": "\(loss)", "best_accuracy": "\(accuracy)", "best_auroc": "\(auroc)",
        ]
    }

    init?(_ metadata: [String: String]) {
        func number(_ key: String) -> Double? { metadata["best_" + key].flatMap { Double($0) } }
        guard let epoch = metadata["best_epoch"].flatMap({ Int($0) }), let loss = number("loss"),
            let accuracy = number("accuracy"), let auroc = number("auroc")
        else { return nil }
        (self.epoch, self.loss, self.accuracy, self.auroc) = (epoch, loss, accuracy, auroc)
    }
}
