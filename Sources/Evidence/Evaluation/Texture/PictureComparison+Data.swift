import Encoding
import Foundation

extension PictureComparison {
    /// One value of one picture, model and feature.
    struct Line: Encodable {
        var model: String
        var name: String
        var patient: String
        var study: String
        var series: String
        var modality: String
        var slice: Int
        var level: String
        var scope: String
        var path: String
        var feature: String
        var original: Double?
        var reconstruction: Double
        var relativeError: Double?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case model
            case name = "case"
            case patient, study, series, modality, slice, level, scope, path, feature, original, reconstruction
            case relativeError = "relative_error"
        }
    }

    func forEachLine(_ body: (Line) -> Void) {
        for (number, model) in compared.models.enumerated() {
            for (picture, origin) in texture.origins.enumerated() {
                func line(_ view: (String, String, String), _ feature: String, _ value: Double) -> Line {
                    Line(
                        model: model, name: origin.caseID, patient: origin.patient, study: origin.study,
                        series: origin.series, modality: origin.modality, slice: origin.slice, level: view.0,
                        scope: view.1, path: view.2, feature: feature, original: nil, reconstruction: value,
                        relativeError: nil)
                }
                for view in texture.views {
                    let words = (view.level.rawValue, view.scope.rawValue, view.path.rawValue)
                    for (feature, figure) in zip(Self.features, texture.figures[view]?[number][picture] ?? []) {
                        guard let figure else { continue }
                        var line = line(words, feature.tag, figure.reconstruction)
                        (line.original, line.relativeError) = (figure.original, figure.error)
                        body(line)
                    }
                }
                if let distance = texture.distances[number][picture] {
                    let words = ("patch", mainView.scope.rawValue, "distance")
                    body(line(words, "mse", distance.meanSquaredError))
                    body(line(words, "ssim", distance.similarity))
                    body(line(words, "glcm", distance.cooccurrence))
                    body(line(("image", "whole", "distance"), "ssim", distance.imageSimilarity))
                }
            }
        }
    }

    /// One row per value.
    package var csv: String {
        var table = PlainTable(Line.CodingKeys.allCases.map(\.rawValue))
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        forEachLine { line in
            table.rows.append([
                line.model, line.name, line.patient, line.study, line.series, line.modality, "\(line.slice)",
                line.level, line.scope, line.path, line.feature, text(line.original), text(line.reconstruction),
                text(line.relativeError),
            ])
        }
        return table.csv
    }

    /// Settings, sums and the rows of the CSV.
    /// - Parameter version: of weft.
    package func json(version: String) throws -> String {
        struct Model: Encodable {
            var model: String
            var median: Double?
            var mean: Double?
            var low: Double?
            var high: Double?
            var pictures: Int
        }
        struct Difference: Encodable {
            var a: String
            var b: String
            var mean: Double?
            var low: Double?
            var high: Double?
            var p: Double?
            var pHolm: Double?
            var unit: String
        }
        struct Summary: Encodable {
            var level: String
            var scope: String
            var path: String
            var feature: String
            var models: [Model]
            var differences: [Difference]
            /// Of distances: what one grey, the mean of what is visible, has.
            var meanGrey: Double?
        }
        struct Document: Encodable {
            var weft: String
            var command: String
            var about: String
            var bins: Int
            var sharpness: Double
            var resamples: Int
            var seed: UInt64
            var notes: [String]
            var summary: [Summary]
            var rows: [Line]
        }
        func summary(_ words: (String, String, String), _ feature: String, _ row: TextureComparison.Row) -> Summary {
            Summary(
                level: words.0, scope: words.1, path: words.2, feature: feature,
                models: zip(compared.models, row.models).map { name, model in
                    Model(
                        model: name, median: model.quantile(0.5), mean: model.mean.value,
                        low: model.interval.interval?.low, high: model.interval.interval?.high,
                        pictures: model.errors.count)
                },
                differences: row.differences.map {
                    Difference(
                        a: compared.models[$0.a], b: compared.models[$0.b], mean: $0.mean.value,
                        low: $0.interval.interval?.low, high: $0.interval.interval?.high, p: $0.probability,
                        pHolm: $0.corrected, unit: texture.unit.rawValue)
                })
        }
        var document = Document(
            weft: version, command: command, about: compared.about, bins: texture.measurement.bins,
            sharpness: texture.measurement.sharpness, resamples: resamples, seed: seed, notes: notes, summary: [],
            rows: [])
        for (view, rows) in summaries {
            let words = (view.level.rawValue, view.scope.rawValue, view.path.rawValue)
            document.summary += zip(Self.features, rows).map { summary(words, $0.tag, $1) }
        }
        document.summary += zip(Self.distanceNames, zip(distances, meanGrey)).map { name, rows in
            var found = summary(("patch", mainView.scope.rawValue, "distance"), name.tag, rows.0)
            found.meanGrey = rows.1.models[0].mean.value
            return found
        }
        forEachLine { document.rows.append($0) }
        return String(decoding: try JSON.document(document, layout: []), as: UTF8.self)
    }
}
