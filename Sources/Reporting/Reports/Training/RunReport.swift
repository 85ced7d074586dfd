// report.html of a pre-training run: what was trained, its curves, and what the network makes of held-out images. One file
// that needs nothing else.

import Figures
import Foundation
import Pretraining
import Training

extension Trainer {
    /// Writes `report.html`, when the run has trained; an older one is replaced.
    /// - Throws: `FileWritingError` or `PNGEncodingError`.
    public func writeReport() throws {
        let curves = try RunCurves(folder, totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch)
        let panels = try reconstructions(count: 6).map { try ReconstructionPanel($0) }
        let page = try RunReportPage(
            title: URL(fileURLWithPath: folder.path).lastPathComponent, settings: settings, facts: facts,
            curves: curves,
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
                    + [("MSE", loss.mse), ("GLCM", loss.glcm), ("SSIM", loss.ssim), ("Haralick", loss.haralick)]
                    .filter { $0.1 > 0 }.map { "\($0.1) · \($0.0)" }.joined(separator: " + ")
            ),
            (
                "model",
                "\(settings.model.name) at \(settings.model.imageSize), \(parameterCount) parameters"
            ),
            ("training slices", "\(holdout.training.count) of \(holdout.trainingPatients) patients"),
            ("held-out slices", "\(holdout.validation.count) of \(holdout.validationPatients) patients"),
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
                ("speed", record.imagesPerSecond),
            ] {
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
    var curves: RunCurves
    var panels: [ReconstructionPanel]

    init(
        title: String, settings: PretrainingSettings, facts: [(String, String)], curves: RunCurves,
        panels: [ReconstructionPanel]
    ) throws {
        (self.title, self.settings, self.facts, self.curves, self.panels) = (title, settings, facts, curves, panels)
    }

    var html: String {
        HTML.page(
            title: "\(title): weft pretrain",
            body: """
                <h1>\(HTML.escaped(title))</h1>
                <table>\(rows(facts + results))</table>
                <h2>Curves</h2>
                <p>Lines: training, mean over a stretch of steps. Dots: held-out images after each epoch. The dashed line: where the
                second phase begins.</p>
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
                    "\(number(held.loss)) (MSE \(number(held.mse)), GLCM \(number(held.glcm)), 1 - SSIM \(number(held.ssim)))"
                ))
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
        return [
            term("loss (weighted sum of the phase)", "loss", 1) { $0.loss },
            term("pixels: mean squared error", "mse", 2) { $0.mse },
            term("texture: difference of co-occurrence matrices", "glcm", 3) { $0.glcm },
            term("structure: 1 - SSIM", "ssim", 4) { $0.ssim },
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
