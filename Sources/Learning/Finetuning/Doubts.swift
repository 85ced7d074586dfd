// What is suspicious about a run that has trained: said, whatever its accuracy.

import Foundation

extension FinetuningSettings {
    /// What of the settings was not taken as it stands.
    var remarks: [String] {
        guard model.probe == .none, optimiser.usedWarmup < optimiser.warmup else { return [] }
        return [
            "a warm-up of \(optimiser.warmup) epochs is longer than a third of the run, which is of \(optimiser.epochs); it"
                + " takes a third"
        ]
    }
}

extension DatasetPart {
    /// What choosing the epoch lacks.
    func remarks(_ settings: FinetuningSettings) -> [String] {
        guard settings.model.probe == .none, settings.optimiser.choose != .last, validation.isEmpty else { return [] }
        let place = fold.map { "fold \($0): " } ?? ""
        return settings.data.validation > 0
            ? ["\(place)too few patients to set some aside that choose the epoch; the last one is the model"]
            : ["\(place)nothing is set aside to choose the epoch (--validation 0); the last one is the model"]
    }
}

extension Prediction {
    /// Why the predictions of a run may be worth nothing.
    package static func doubts(_ predictions: [Prediction], classes: [String]) -> [String] {
        guard !predictions.isEmpty else { return [] }
        var doubts: [String] = []
        let chosen = Set(predictions.map(\.choice))
        if chosen.count == 1, let only = chosen.first {
            doubts.append(
                "every held-out image is called '\(classes[only])': the classifier has not learned to tell classes apart; try"
                    + " more epochs, a higher --rate, or other weights")
        }
        let counts = classes.indices.map { name in predictions.count { $0.slice.label == name } }
        let usual = Double(counts.max() ?? 0) / Double(predictions.count)
        let accuracy = accuracy(predictions)
        if accuracy < usual, let name = classes.indices.first(where: { counts[$0] == counts.max() }) {
            doubts.append(
                String(
                    format: "accuracy %.3f is below that of calling every image '%@', which is %.3f", accuracy,
                    classes[name], usual))
        }
        return doubts
    }
}

/// The training loss of the latest epoch.
struct EpochLoss {
    private var epoch = -1
    private var sum = 0.0
    private var count = 0

    mutating func add(_ loss: Double, epoch: Int) {
        if epoch != self.epoch { (self.epoch, sum, count) = (epoch, 0, 0) }
        (sum, count) = (sum + loss, count + 1)
    }

    /// Why the training may have come to nothing: the loss of a classifier that gives all classes the same chance is ln C, with
    /// and without smoothing.
    func doubt(classes: Int) -> String? {
        let chance = log(Double(classes))
        guard count > 0, sum / Double(count) > 0.98 * chance else { return nil }
        return String(
            format:
                "the training loss of the last epoch, %.4f, is that of chance, ln %d = %.4f: nothing was learned; try a"
                + " higher --rate, more epochs, or other weights", sum / Double(count), classes, chance)
    }
}
