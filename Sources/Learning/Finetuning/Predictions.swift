// predictions.csv: what a run says of the images that it did not train on, for `weft evaluate` and anything that reads CSV.

import Encoding
import Foundation
import Training

/// One slice and the probabilities of its classes.
public struct Prediction: Hashable, Sendable {
    public var slice: LabelledSlice
    public var fold: Int?
    public var probabilities: [Double]

    /// The first of the most probable classes.
    public var choice: Int {
        probabilities.indices.reduce(0) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
    }

    /// By case, slice and file: the order of the table.
    static func ordered(_ predictions: [Prediction]) -> [Prediction] {
        predictions.sorted {
            ($0.slice.caseName, $0.slice.slice, $0.slice.image) < ($1.slice.caseName, $1.slice.slice, $1.slice.image)
        }
    }

    public static func accuracy(_ predictions: [Prediction]) -> Double {
        Double(predictions.count { $0.choice == $0.slice.label }) / Double(max(1, predictions.count))
    }
}

public enum PredictionTable {
    /// `image,patient,case,slice,fold,label,prediction`, then `p_` and the class for each class; label and prediction by name.
    public static func columns(_ classes: [String]) -> [String] {
        ["image", "patient", "case", "slice", "fold", "label", "prediction"] + classes.map { "p_" + $0 }
    }

    public static func text(_ predictions: [Prediction], classes: [String]) -> String {
        var lines = [CSV.line(columns(classes))]
        for prediction in predictions {
            let slice = prediction.slice
            let cells =
                [
                    slice.image, slice.patient, slice.caseName, "\(slice.slice)", prediction.fold.map { "\($0)" } ?? "",
                    classes[slice.label], classes[prediction.choice],
                ] + prediction.probabilities.map { "\($0)" }
            lines.append(CSV.line(cells))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Appears whole or not at all.
    public static func write(_ predictions: [Prediction], classes: [String], to path: String) throws {
        try RunFolder.write(text(predictions, classes: classes), to: path)
    }
}
