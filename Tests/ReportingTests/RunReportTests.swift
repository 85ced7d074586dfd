import Foundation
import Preparation
import Pretraining
import Reports
import TestSupport
import Testing
import Training

@Suite("The report of a pre-training run")
struct RunReportTests {
    @Test("The report stands alone, shows every term, and escapes what it is told")
    func pageOfARun() throws {
        let archive = try TestArchive(images: 12)
        let folder = try TemporaryFolder()
        var preparation = PreparationSettings()
        preparation.side = 36
        let store = try PreparedArchive(scanning: archive.classFolders, settings: preparation, jobs: 1)
            .cache(at: folder["slices"], jobs: 1).store
        var settings = try PretrainingSettings(
            yaml: """
                data: {resize: 36, holdout: 0.2}
                model: {name: vit-ti8, imageSize: 32, decoderWidth: 32, decoderDepth: 1, decoderHeads: 2}
                loss: {pixelEpochs: 1, textureEpochs: 1, bins: 32}
                optimiser: {batchSize: 4, warmup: 1}
                """)
        settings.data.archive = ["<script>alert(1)</script>"]
        let run = RunFolder(folder["a&b"])
        try run.prepare(existing: .refuse)
        let trainer = try Trainer.start(settings, in: run, store: store, jobs: 1)
        #expect(try trainer.train() == .finished)
        try trainer.writeReport(version: "0.0.7", command: "weft pretrain <b>")
        let page = String(decoding: try Data(contentsOf: URL(fileURLWithPath: run.report)), as: UTF8.self)
        #expect(!page.contains("<script"))
        #expect(page.contains("&lt;script&gt;"))
        #expect(page.contains("<title>a&amp;b"))
        for outside in ["http://", "https://", "src=\"/", "@import", "url("] { #expect(!page.contains(outside)) }
        #expect(page.components(separatedBy: "data:image/png;base64,").count == 3)
        #expect(page.components(separatedBy: "<svg").count >= 7)
        #expect(page.contains("prefers-color-scheme:dark"))
        // Which weft, how it was called, whose images are whose, and what the mean grey comes to.
        let parts = ["0.0.7", "weft pretrain &lt;b&gt;", "each file name of 12 PNGs is taken", "mean grey"]
        for part in parts { #expect(page.contains(part), "\(part)") }
    }
}
