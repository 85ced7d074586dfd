// report.html of a fine-tuning run: what it says of images that it has not seen, how it came there, and how to start it again.

import Evaluation
import Figures
import Finetuning
import Foundation
import Statistics
import Training

extension FinetuningRun {
    /// Writes `report.html` of a run that has its predictions; an older one is replaced.
    ///
    /// - Parameters:
    ///   - version: of weft.
    ///   - jobs: threads; the page does not depend on them.
    /// - Throws: an error of the table of predictions, or `FileWritingError`.
    public func writeReport(version: String, jobs: Int) throws {
        let file = try PredictionFile(path: folder.predictions)
        let result = try EvaluationResult(of: [file], settings: EvaluationSettings(), jobs: jobs)
        let histories = try parts.map { part in
            try TrainingHistory(part.fold.map(folder.fold) ?? folder, name: part.fold.map { "fold \($0)" } ?? "")
        }
        let page = FinetuningReportPage(
            title: URL(fileURLWithPath: folder.path).lastPathComponent, facts: facts, settings: settings.yaml,
            result: result, histories: histories, version: version)
        try RunFolder.write(page.html, to: folder.report)
    }

    /// Whether the run was killed before its report: nothing but that is left to do.
    public var lacksOnlyReport: Bool { isDone && !FileManager.default.fileExists(atPath: folder.report) }

    private var facts: [(String, String)] {
        let labelled = dataset.slices.compactMap { $0 }
        let classes = dataset.classes.enumerated().map { number, name in
            "\(labelled.count { $0.label == number }) \(name)"
        }
        let model = settings.model
        let views = settings.data.views?.rawValue ?? "whole"
        return [
            ("images", "\(labelled.count) (\(classes.joined(separator: ", ")))"),
            ("patients", "\(Set(labelled.map(\.patient)).count)\(Self.nameNote(labelled))"),
            ("parts", parts.map(Self.sizes).joined(separator: "; ")),
            (
                "encoder",
                "\(model.depth) blocks, \(model.width) wide, patches of \(model.patchSide), views of \(model.imageSize): "
                    + views + ", read by \(model.pool.rawValue)"
            ),
            ("begun from", model.weights.isEmpty ? "random weights" : model.weights),
            (
                "trained",
                model.probe == .none
                    ? "\(settings.optimiser.epochs) epochs; the model is chosen by \(settings.optimiser.choose.rawValue)"
                    : "a probe: \(model.probe.rawValue)"
            ),
        ]
    }

    /// A PNG does not say whose it is: without a column patient its name stands for one, so that pictures of one patient may lie on
    /// both sides of a split.
    private static func nameNote(_ labelled: [LabelledSlice]) -> String {
        let named = labelled.count { "\($0.patient).png".lowercased() == $0.image.lowercased() }
        guard named > 0 else { return "" }
        return named == labelled.count
            ? ": names of files as patients (no table says whose they are)"
            : ", for \(named) of \(labelled.count) images names of files as patients (no table says whose they are)"
    }

    private static func sizes(of part: DatasetPart) -> String {
        (part.fold.map { "fold \($0): " } ?? "")
            + "\(part.training.count) trained on, \(part.validation.count) chose the epoch, \(part.test.count) held out"
    }
}

/// The log of one part of a run.
struct TrainingHistory {
    var name: String
    /// Mean of the steps' loss; x counts epochs.
    private(set) var loss: [(x: Double, y: Double)] = []
    private(set) var validation: [FinetuningValidation] = []

    init(_ folder: RunFolder, name: String) throws {
        self.name = name
        var sums: [Int: (sum: Double, count: Int)] = [:]
        try LineLog.forEachLine(of: folder.log) { line in
            guard let step = FinetuningStep(json: line) else { return }
            let sum = sums[step.epoch] ?? (0, 0)
            sums[step.epoch] = (sum.sum + step.loss, sum.count + 1)
        }
        loss = sums.sorted { $0.key < $1.key }.map { (Double($0.key + 1), $0.value.sum / Double($0.value.count)) }
        var held: [FinetuningValidation] = []
        try LineLog.forEachLine(of: folder.validation) { line in
            if let record = FinetuningValidation(json: line) { held.append(record) }
        }
        validation = held
    }
}

struct FinetuningReportPage {
    var title: String
    var facts: [(String, String)]
    /// As YAML.
    var settings: String
    var result: EvaluationResult
    var histories: [TrainingHistory]
    var version: String

    var html: String {
        var body = "<h1>\(HTML.escaped(title))</h1>\n"
        body += result.answer.map { "<p><strong>\(HTML.escaped($0))</strong></p>\n" }.joined()
        body += "<p>Of held-out images, each predicted once by a model that has not seen it.</p>\n"
        for note in result.notes { body += "<p><strong>Note:</strong> \(HTML.escaped(note))</p>\n" }
        body += result.curves
        body += "<h2>Figures</h2>\n" + result.models.map(result.tables).joined()
        body += byFold
        let plots = trainingPlots.map(\.svg).filter { !$0.isEmpty }
        if !plots.isEmpty {
            body +=
                "<h2>Training</h2>\n<p>Lines: mean training loss of an epoch. Dots: the images that choose the epoch.</p>\n"
            body += plots.joined(separator: "\n")
        }
        body += "<h2>The run</h2>\n" + HTML.table(header: ["", ""], rows: facts.map { [$0.0, $0.1] })
        body += """

            <h2>Settings</h2>
            <p>config.yaml of the run: <code>weft finetune DATASET --settings config.yaml -o NEW</code> starts another one like it.
            weft \(HTML.escaped(version)).</p>
            <pre>\(HTML.escaped(settings))</pre>

            """
        return HTML.page(title: "\(title): weft finetune", body: body)
    }

    /// Confusion of each fold.
    private var byFold: String {
        guard let set = result.models.first?.set, let folds = set.folds else { return "" }
        let names = Set(folds).sorted { (Double($0) ?? .infinity, $0) < (Double($1) ?? .infinity, $1) }
        let tables = names.map { name in
            let part = set.selecting(folds.indices.filter { folds[$0] == name })
            let confusion = ConfusionMatrix(
                classes: set.classes.count, labels: part.labels, predictions: part.predictions)
            let rows = confusion.counts.enumerated().map { label, row in
                [set.classes[label]] + row.map { String(Int($0)) }
            }
            return HTML.table(header: ["fold \(name): true \\ predicted"] + set.classes, rows: rows)
        }
        return "<h2>Confusion by fold</h2>\n" + tables.joined(separator: "\n") + "\n"
    }

    private var trainingPlots: [CurvePlot] {
        func curves(
            _ lines: (TrainingHistory) -> [(x: Double, y: Double)], _ dots: (FinetuningValidation) -> Double
        ) -> [Curve] {
            histories.enumerated().flatMap { index, history in
                [
                    Curve(name: history.name, colour: index % 5 + 1, points: lines(history)),
                    Curve(
                        name: "", colour: index % 5 + 1,
                        points: history.validation.map { (Double($0.epoch + 1), dots($0)) }, style: .dots),
                ]
            }
        }
        return [
            CurvePlot(title: "cross entropy", curves: curves(\.loss, \.loss)),
            CurvePlot(title: "accuracy of the images that choose", curves: curves({ _ in [] }, \.accuracy)),
            CurvePlot(title: "AUROC of the images that choose", curves: curves({ _ in [] }, \.auroc)),
        ]
    }
}
