import Foundation
import Pretraining

/// How the run that weights come from measured texture.
struct TrainedTexture {
    var bins: Int
    var sharpness: Double

    init(bins: Int, sharpness: Double) { (self.bins, self.sharpness) = (bins, sharpness) }

    /// From the `config.yaml` beside the weights, or above a folder of checkpoints; nil where there is none.
    init?(weights path: String) throws {
        var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        for _ in 0..<2 {
            let run = RunFolder(folder.path)
            if FileManager.default.fileExists(atPath: run.config) {
                let settings = try run.readConfig()
                bins = settings.loss.bins
                sharpness = settings.loss.sharpness.last ?? 5
                return
            }
            folder.deleteLastPathComponent()
        }
        return nil
    }
}
