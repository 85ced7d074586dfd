// predictions.csv: what a run says of the images that it did not train on, for `weft evaluate` and anything that reads CSV.

import Encoding
import Foundation
import Statistics
import Training

/// One slice and the probabilities of its classes.
public struct Prediction: Hashable, Sendable {
    public var slice: LabelledSlice
    public var fold: Int?
    public var probabilities: [Double]

    public init(slice: LabelledSlice, fold: Int?, probabilities: [Double]) {
        (self.slice, self.fold, self.probabilities) = (slice, fold, probabilities)
    }

    /// The first of the most probable classes.
    public var choice: Int { classOfLargest(probabilities) }

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

    /// One line of the table.
    public struct Row: Hashable, Sendable {
        public var image: String
        public var patient: String
        public var caseName: String
        /// Nil: all slices of the case together.
        public var slice: Int?
        public var fold: Int?
        /// Nil where it is not known.
        public var label: String?
        public var probabilities: [Double]

        public init(
            image: String, patient: String, caseName: String, slice: Int?, fold: Int? = nil, label: String?,
            probabilities: [Double]
        ) {
            (self.image, self.patient, self.caseName, self.slice) = (image, patient, caseName, slice)
            (self.fold, self.label, self.probabilities) = (fold, label, probabilities)
        }
    }

    public static func text(_ rows: [Row], classes: [String]) -> String {
        let lines = rows.map { row in
            CSV.line(
                [
                    row.image, row.patient, row.caseName, row.slice.map { "\($0)" } ?? "",
                    row.fold.map { "\($0)" } ?? "", row.label ?? "", classes[classOfLargest(row.probabilities)],
                ] + row.probabilities.map { "\($0)" })
        }
        return ([CSV.line(columns(classes))] + lines).joined(separator: "\n") + "\n"
    }

    /// Appears whole or not at all.
    public static func write(_ predictions: [Prediction], classes: [String], to path: String) throws {
        let rows = predictions.map { prediction in
            let slice = prediction.slice
            return Row(
                image: slice.image, patient: slice.patient, caseName: slice.caseName, slice: slice.slice,
                fold: prediction.fold, label: classes[slice.label], probabilities: prediction.probabilities)
        }
        try RunFolder.write(text(rows, classes: classes), to: path)
    }
}
