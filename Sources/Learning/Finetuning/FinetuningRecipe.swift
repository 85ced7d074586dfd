import Preparation
import SettingsFile
import Training

extension FinetuningSettings {
    /// The settings of a recipe; the others at their defaults.
    public init(recipe: Recipe) {
        self.init()
        switch recipe {
        case .small:
            // Steps of 32 images at 5e-4, as `weft pretrain --recipe small` takes them.
            (optimiser.batchSize, optimiser.rate, optimiser.epochs) = (32, 4e-3, 50)
        case .paper:
            // The program of the paper's authors, but that the epoch is chosen by images of its own (theirs: the test set).
            (data.scale, data.preparation.fit, data.channels) = (.resize, .shorterSide, 3)
            (data.views, data.preparation.side) = (.whole, 256)
            (data.operations, data.erasing) = (.randAugment, 0.25)
            (model.imageSize, model.pool) = (224, .mean)
            optimiser.choose = .accuracy
        }
    }

    /// What a recipe sets, one line a key.
    public static func lines(of recipe: Recipe) -> [String] {
        Self(recipe: recipe).differences(from: Self()).map { "\($0.path): \($0.now)" }
    }
}
