import Encoding
import Foundation
import Radiomics
import Reconstruction
import Statistics
import TextureCore
import Workflows

/// What `weft compare` says of originals and reconstructions.
struct PictureComparison {
    let compared: ComparedPictures
    let texture: TextureComparison
    let command: String
    let resamples: Int
    let seed: UInt64
    let notes: [String]

    /// The figure that stands first: one matrix a picture, where the network had to guess.
    let mainView: TextureView
    /// Views whose errors are summed up, in the order of the report, each with a row a feature.
    let summaries: [(view: TextureView, rows: [TextureComparison.Row])]
    /// A row a distance.
    let distances: [TextureComparison.Row]

    static let features = TextureMeasurement.features.map { feature -> (tag: String, title: String) in
        let definition = FeatureDefinition.cooccurrence.first { $0.0 == feature }?.1
        return (definition?.tag ?? "\(feature)", definition?.title ?? "\(feature)")
    }
    /// Names, and whether more is better.
    static let distanceNames = [
        (tag: "mse", title: "Mean squared error of pixels (0…1)"),
        (tag: "one_minus_ssim", title: "1 - SSIM of patches"),
        (tag: "glcm", title: "GLCM distance (the training's loss)"),
        (tag: "one_minus_ssim_image", title: "1 - SSIM of the picture"),
    ]

    init(
        _ options: PictureComparisonOptions, seed: UInt64, resamples: Int, running: RunningOptions
    ) throws {
        compared = try ComparedPictures(options, seed: seed, running: running)
        for note in compared.notes { Console.note(note, running.verbosity) }
        let measurement: TextureMeasurement
        do {
            measurement = try TextureMeasurement(
                bins: options.bins ?? compared.trained?.bins ?? 32,
                sharpness: options.sharpness ?? compared.trained?.sharpness ?? 2.5)
        } catch let error as SoftLevelsError { throw CommandFailure(.usage, error.description) }
        let progress = Progress(
            "measuring", unit: "pictures", total: compared.pictures.count, verbosity: running.verbosity)
        texture = try TextureComparison(compared.pictures, measurement: measurement, jobs: running.jobs) {
            progress.advance()
        }
        progress.finish()
        command = GivenCommand.text(running.identity)
        (self.resamples, self.seed) = (resamples, seed)
        let texture = texture
        mainView = TextureView(.image, texture.masksAreKnown ? .masked : .whole, .exact)
        summaries = texture.views.map { ($0, texture.rows($0, resamples: resamples, seed: seed)) }
        let values = texture.distances
        let columns: [(TextureMeasurement.Distances) -> Double] = [
            { $0.meanSquaredError }, { 1 - $0.similarity }, { $0.cooccurrence }, { 1 - $0.imageSimilarity },
        ]
        distances = texture.rows(
            columns.map { column in values.map { model in model.map { $0.map(column) } } }, resamples: resamples,
            seed: seed)
        var notes = compared.notes
        let patients = Set(texture.patients).count
        if texture.modelCount > 1, patients < TextureComparison.fewestPatients {
            notes.append(
                "\(patients) patient(s), fewer than \(TextureComparison.fewestPatients): the tests count pictures, which are "
                    + "alike within a patient; read their p as a description of these pictures only.")
        }
        if compared.failed > 0 { notes.append("\(compared.failed) image(s) failed and are left out.") }
        self.notes = notes
    }

    func rows(_ view: TextureView) -> [TextureComparison.Row] { summaries.first { $0.view == view }?.rows ?? [] }

    var summary: String {
        let patients = Set(texture.patients).count
        return
            "\(texture.origins.count) pictures of \(patients) patients, \(compared.models.joined(separator: " and ")); "
            + "\(texture.measurement.bins) grey levels, L = \(shown(texture.measurement.sharpness))"
    }

    // MARK: Text

    /// For a person: distances, then the median relative error of each feature.
    var text: String {
        var text = summary + "\n\n" + table(distances, Self.distanceNames.map(\.title), median: false).text + "\n"
        text += "Relative error of features, \(Self.words(mainView)): median over pictures\n"
        text += table(rows(mainView), Self.features.map(\.tag), median: true).text
        text += verdict(mainView).map { "\n" + $0 + "\n" } ?? ""
        return text
    }

    /// "of 25 features, mse is closer in 3, glcm in 22 (20 of them with p < 0.05 after Holm's correction)".
    func verdict(_ view: TextureView) -> String? {
        guard texture.modelCount > 1 else { return nil }
        return (1..<texture.modelCount).map { model in
            let differences = rows(view).compactMap { row -> (Double, Double)? in
                let difference = row.differences[model - 1]
                return difference.mean.value.map { ($0, difference.corrected) }
            }
            func part(_ name: String, _ chosen: [(Double, Double)]) -> String {
                "\(name) is closer in \(chosen.count) (\(chosen.count { $0.1 < 0.05 }) of them with p < 0.05)"
            }
            return "Of \(differences.count) features, "
                + part(compared.models[0], differences.filter { $0.0 > 0 }) + ", "
                + part(compared.models[model], differences.filter { $0.0 < 0 })
                + "; by mean error, p after Holm's correction."
        }.joined(separator: " ")
    }

    /// A row a name: each model's median (or mean), then the differences of means from the first model.
    func table(_ rows: [TextureComparison.Row], _ names: [String], median: Bool) -> PlainTable {
        var header = [""]
        for name in compared.models { header += median ? [name, "quartiles"] : [name, "95 %"] }
        for model in compared.models.dropFirst() {
            header += ["\(model) − \(compared.models[0])", "95 %", "p", "p (Holm)"]
        }
        var table = PlainTable(header)
        table.rows = zip(names, rows).map { name, row in
            var cells = [name]
            for model in row.models {
                if median {
                    cells.append(model.quantile(0.5).map { shown($0) } ?? "-")
                    cells.append(
                        model.quantile(0.25).flatMap { low in
                            model.quantile(0.75).map { "\(shown(low)) to \(shown($0))" }
                        } ?? "-")
                } else {
                    cells += [shown(model.mean), shown(model.interval.interval)]
                }
            }
            for difference in row.differences {
                cells += [
                    shown(difference.mean), shown(difference.interval.interval),
                    shownProbability(difference.probability), shownProbability(difference.corrected),
                ]
            }
            return cells
        }
        return table
    }

    static func words(_ view: TextureView) -> String {
        let scope =
            switch view.scope {
            case .masked: "masked patches"
            case .visible: "visible patches"
            case .whole: "whole picture"
            }
        let level = view.level == .image ? "one matrix a picture" : "mean over patches"
        return "\(scope), \(level), \(view.path == .exact ? "exact counts" : "differentiable counts")"
    }

    // MARK: Data

    /// One figure of one picture, model and feature.
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

    /// A row a figure.
    var csv: String {
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
    func json() throws -> String {
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
            var p: Double
            var pHolm: Double
            var unit: String
        }
        struct Summary: Encodable {
            var level: String
            var scope: String
            var path: String
            var feature: String
            var models: [Model]
            var differences: [Difference]
        }
        struct Document: Encodable {
            var weft = Weft.version
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
                        pHolm: $0.corrected, unit: $0.unit.rawValue)
                })
        }
        var document = Document(
            command: command, about: compared.about, bins: texture.measurement.bins,
            sharpness: texture.measurement.sharpness, resamples: resamples, seed: seed, notes: notes, summary: [],
            rows: [])
        for (view, rows) in summaries {
            let words = (view.level.rawValue, view.scope.rawValue, view.path.rawValue)
            document.summary += zip(Self.features, rows).map { summary(words, $0.tag, $1) }
        }
        document.summary += zip(Self.distanceNames, distances).map {
            summary(("patch", mainView.scope.rawValue, "distance"), $0.tag, $1)
        }
        forEachLine { document.rows.append($0) }
        return String(decoding: try JSON.document(document, layout: []), as: UTF8.self)
    }
}
