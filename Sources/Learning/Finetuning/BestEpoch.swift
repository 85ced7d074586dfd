// How good an epoch is, by the images that were set aside to choose one.

import Foundation
import NumericalMethods
import Statistics

/// An epoch and what the images that choose measured after it.
struct BestEpoch: Hashable {
    /// From 0.
    var epoch: Int
    /// Cross entropy without smoothing.
    var loss: Double
    var accuracy: Double
    /// Of each class against the others, the mean; nil where only one class has images.
    var auroc: Double?

    /// - Parameter predictions: of at least one image.
    init(epoch: Int, of predictions: [Prediction], classes: Int) {
        precondition(!predictions.isEmpty, "nothing measured epoch \(epoch)")
        self.epoch = epoch
        accuracy = Prediction.accuracy(predictions)
        loss = predictions.reduce(0) { $0 - log($1.probabilities[$1.slice.label]) } / Double(predictions.count)
        let probabilities = Matrix(
            rows: predictions.count, columns: classes, values: predictions.flatMap(\.probabilities))
        auroc = CrossValidatedClassifier.areaUnderCurve(probabilities, predictions.map(\.slice.label), classes)
    }

    /// Ties go to the lower loss; where an area is not defined, the loss decides.
    func isBetter(than other: BestEpoch, by choice: EpochChoice) -> Bool {
        func higher(_ mine: Double?, _ its: Double?) -> Bool {
            guard let mine, let its, mine != its else { return loss < other.loss }
            return mine > its
        }
        return switch choice {
        case .loss, .last: loss < other.loss
        case .auroc: higher(auroc, other.auroc)
        case .accuracy: higher(accuracy, other.accuracy)
        }
    }

    // MARK: In a checkpoint

    var metadata: [String: String] {
        var metadata = ["best_epoch": "\(epoch)", "best_loss": "\(loss)", "best_accuracy": "\(accuracy)"]
        if let auroc { metadata["best_auroc"] = "\(auroc)" }
        return metadata
    }

    init?(_ metadata: [String: String]) {
        func number(_ key: String) -> Double? { metadata["best_" + key].flatMap { Double($0) } }
        guard let epoch = metadata["best_epoch"].flatMap({ Int($0) }), let loss = number("loss"),
            let accuracy = number("accuracy")
        else { return nil }
        (self.epoch, self.loss, self.accuracy, auroc) = (epoch, loss, accuracy, number("auroc"))
    }
}
