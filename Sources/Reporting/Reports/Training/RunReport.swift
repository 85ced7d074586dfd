// report.html of a pre-training run: what was trained, its curves, and what the network makes of held-out images. One file
// that needs nothing else.

import Figures
import Foundation
import Pretraining
import Training

extension Trainer {
    /// Writes `report.html`, when the run has trained; an older one is replaced.
    ///
    /// - Parameters:
    ///   - version: of weft.
    ///   - command: that made the run, as it may be shown.
    /// - Throws: `FileWritingError` or `PNGEncodingError`.
    public func writeReport(version: String, command: String) throws {
        let curves = try RunCurves(folder, totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch)
        let panels = try reconstructions(count: 6).map { try ReconstructionPanel($0) }
        let page = try RunReportPage(
            title: URL(fileURLWithPath: folder.path).lastPathComponent, settings: settings,
            facts: facts + [("weft", version), ("command", command)], doubts: try doubts(), curves: curves,
            panels: panels)
        try RunFolder.write(page.html, to: folder.report)
    }

    private var facts: [(String, String)] {
        let loss = settings.loss
        return [
            ("steps", "\(step) of \(totalSteps), \(stepsPerEpoch) an epoch"),
            (
                "epochs",
                "\(loss.pixelEpochs) with MSE, then \(loss.textureEpochs) with "
                    + (loss.balance == .none ? "" : "shares of the gradient ")
                    + [("MSE", loss.mse), ("GLCM", loss.glcm), ("SSIM", loss.ssim), ("Haralick", loss.haralick)]
                    .filter { $0.1 > 0 }.map { "\($0.1) · \($0.0)" }.joined(separator: " + ")
            ),
            (
                "model",
                "\(settings.model.name) at \(settings.model.imageSize), \(parameterCount) parameters"
            ),
            ("training slices", "\(holdout.training.count) of \(holdout.trainingPatients) patients"),
            ("held-out slices", "\(holdout.validation.count) of \(holdout.validationPatients) patients"),
            ("patients", patientsInWords ?? "by Patient ID"),
            ("images", modalities.isEmpty ? "none" : modalities),
        ]
    }
}

/// Three pictures side by side.
struct ReconstructionPanel {
    var caption: String
    var width: Int
    var height: Int
    /// As an image element of a page has it.
    var source: String

    init(_ reconstruction: HeldOutReconstruction) throws {
        caption = reconstruction.source
        (width, height) = (3 * reconstruction.side, reconstruction.side)
        source = try InlinePicture.source(grey: reconstruction.pixels, width: width, height: height)
    }
}

/// The log of a run, a few hundred points per curve.
struct RunCurves {
    private(set) var training: [String: [(x: Double, y: Double)]] = [:]
    private(set) var validation: [ValidationRecord] = []
    private(set) var lastStep: StepRecord?

    /// Means over equal stretches of the log; x is in epochs.
    init(_ folder: RunFolder, totalSteps: Int, stepsPerEpoch: Int) throws {
        let stretch = max(1, totalSteps / 400)
        var sums: [String: (sum: Double, count: Int)] = [:]
        var first = 0
        var points: [String: [(x: Double, y: Double)]] = [:]
        var last: StepRecord?
        func close(_ step: Int) {
            let x = (Double(first + step) / 2) / Double(stepsPerEpoch)
            for (name, value) in sums { points[name, default: []].append((x, value.sum / Double(value.count))) }
            sums = [:]
            first = step
        }
        try LineLog.forEachLine(of: folder.log) { line in
            guard let record = StepRecord(json: line) else { return }
            last = record
            for (name, value) in [
                ("loss", record.loss), ("mse", record.mse), ("glcm", record.glcm), ("ssim", record.ssim),
                ("haralick", record.haralick), ("lr", record.learningRate), ("norm", record.gradientNorm),
                ("speed", record.imagesPerSecond), ("mse_grey", record.greyMSE), ("mean_grey", record.greyMeanGuess),
                ("mean_guess", record.meanGuess),
            ] + record.shares.map({ ("share \($0.key)", $0.value) }) {
                if let value {
                    sums[name, default: (0, 0)] = ((sums[name]?.sum ?? 0) + value, (sums[name]?.count ?? 0) + 1)
                }
            }
            if record.step - first >= stretch { close(record.step) }
        }
        if let last, last.step > first { close(last.step) }
        (training, lastStep) = (points, last)
        var held: [ValidationRecord] = []
        try LineLog.forEachLine(of: folder.validation) { line in
            if let record = ValidationRecord(json: line) { held.append(record) }
        }
        validation = held
    }
}

struct RunReportPage {
    var title: String
    var settings: PretrainingSettings
    var facts: [(String, String)]
    /// Why the run may have come to nothing.
    var doubts: [String]
    var curves: RunCurves
    var panels: [ReconstructionPanel]

    init(
        title: String, settings: PretrainingSettings, facts: [(String, String)], doubts: [String], curves: RunCurves,
        panels: [ReconstructionPanel]
    ) throws {
        (self.title, self.settings, self.facts, self.doubts) = (title, settings, facts, doubts)
        (self.curves, self.panels) = (curves, panels)
    }

    var html: String {
        HTML.page(
            title: "\(title): weft pretrain",
            body: """
                <h1>\(HTML.escaped(title))</h1>
                \(doubts.map { "<p><strong>Note:</strong> \(HTML.escaped($0))</p>" }.joined(separator: "\n"))
                <table>\(rows(facts + results))</table>
                <h2>Curves</h2>
                <p>Lines: training, mean over a stretch of steps. Dots: held-out images after each epoch. The dashed line: where the
                second phase begins. Mean grey: what a guess by the mean of the visible patches comes to.</p>
                \(plots.map(\.svg).filter { !$0.isEmpty }.joined(separator: "\n"))
                <h2>Reconstructions</h2>
                <p>Left to right: the image, what the encoder sees, the reconstruction pasted into the masked patches.</p>
                \(panels.map(figure).joined(separator: "\n"))
                <h2>Settings</h2>
                <pre>\(HTML.escaped(settings.yaml))</pre>
                """)
    }

    private var results: [(String, String)] {
        guard let last = curves.lastStep else { return [] }
        var rows = [("last training loss", number(last.loss))]
        if let held = curves.validation.last {
            rows.append(
                (
                    "held-out loss after epoch \(held.epoch + 1)",
                    "\(number(held.loss)) (GLCM \(number(held.glcm)), 1 - SSIM \(number(held.ssim)))"
                ))
            if let own = held.greyMSE, let mean = held.greyMeanGuess {
                rows.append(
                    (
                        "held-out mean squared error",
                        "\(number(own)), that of the mean grey \(number(mean)) (grey values 0 to 1)"
                    ))
            }
            if let rank = held.effectiveRank { rows.append(("effective rank of the embeddings", number(rank))) }
            rows.append(("memory then", "\(held.residentMB.rounded(.towardZero).shortestText) MB"))
        }
        return rows
    }

    private var plots: [CurvePlot] {
        let mark =
            settings.loss.pixelEpochs > 0 && settings.loss.textureEpochs > 0 ? Double(settings.loss.pixelEpochs) : nil
        func held(_ value: (ValidationRecord) -> Double) -> [(x: Double, y: Double)] {
            curves.validation.map { (Double($0.epoch + 1), value($0)) }
        }
        func term(_ title: String, _ name: String, _ colour: Int, _ value: @escaping (ValidationRecord) -> Double)
            -> CurvePlot
        {
            CurvePlot(
                title: title,
                curves: [
                    Curve(name: "training", colour: colour, points: curves.training[name] ?? []),
                    Curve(name: "held out", colour: colour, points: held(value), style: .dots),
                ], scale: .logarithmic, mark: mark)
        }
        func one(_ title: String, _ name: String, _ scale: CurvePlot.Scale) -> CurvePlot {
            CurvePlot(
                title: title, curves: [Curve(name: "", colour: 5, points: curves.training[name] ?? [])], scale: scale,
                mark: mark)
        }
        let isGrey = curves.training["mse_grey"] != nil
        let pixels = CurvePlot(
            title: isGrey ? "mean squared error, grey values 0 to 1" : "mean squared error, patches normalised",
            curves: [
                Curve(name: "training", colour: 2, points: curves.training[isGrey ? "mse_grey" : "mse"] ?? []),
                Curve(name: "held out", colour: 2, points: held { isGrey ? $0.greyMSE ?? .nan : $0.mse }, style: .dots),
                Curve(
                    name: "mean grey", colour: 5, points: curves.training[isGrey ? "mean_grey" : "mean_guess"] ?? [],
                    style: .dashes),
            ], scale: .logarithmic, mark: mark)
        return [
            term("loss (weighted sum of the phase)", "loss", 1) { $0.loss },
            pixels,
            term("texture: difference of co-occurrence matrices", "glcm", 3) { $0.glcm },
            term("structure: 1 - SSIM", "ssim", 4) { $0.ssim },
            CurvePlot(
                title: "share of each term of the gradient at the prediction",
                curves: curves.training.keys.filter { $0.hasPrefix("share ") }.sorted().enumerated().map {
                    place, name in
                    Curve(
                        name: String(name.dropFirst(6)), colour: place % 5 + 1, points: curves.training[name] ?? [],
                        style: place < 5 ? .line : .dashes)
                }, mark: mark),
            CurvePlot(
                title: "effective rank of the embeddings of the held-out images",
                curves: [Curve(name: "", colour: 5, points: held { $0.effectiveRank ?? .nan }, style: .dots)],
                mark: mark),
            one("learning rate", "lr", .linear), one("norm of the gradient", "norm", .logarithmic),
            one("images a second", "speed", .linear),
        ]
    }

    private func rows(_ pairs: [(String, String)]) -> String {
        pairs.map { "<tr><th>\(HTML.escaped($0.0))</th><td>\(HTML.escaped($0.1))</td></tr>" }.joined()
    }

    private func figure(_ panel: ReconstructionPanel) -> String {
        """
        <figure><img width="\(panel.width)" height="\(panel.height)" alt="image, visible patches, reconstruction" \
        src="\(panel.source)"><figcaption>\(HTML.escaped(panel.caption))\
        </figcaption></figure>
        """
    }

    private func number(_ value: Double) -> String { String(format: "%.5g", value) }
}
