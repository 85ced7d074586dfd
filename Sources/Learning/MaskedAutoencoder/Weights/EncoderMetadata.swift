import Preparation
import SettingsFile

extension EncoderWeights {
    /// How the images were normalised that it was trained on: as the file says, or ImageNet's statistics for three channels.
    /// Nil when a file of one channel does not say.
    public var normalisation: ChannelNormalisation? {
        func numbers(_ key: String) -> [Double] {
            (metadata[key] ?? "").split(separator: ",").compactMap { Double($0) }
        }
        let (mean, deviation) = (numbers("mean"), numbers("deviation"))
        guard mean.count == channels, deviation.count == channels, deviation.allSatisfy({ $0 > 0 }) else {
            return channels == 3 ? .imageNet : nil
        }
        return ChannelNormalisation(mean: mean, deviation: deviation)
    }

    /// Ranges of values by modality, as the file says; nil when it does not.
    public func intensity() throws(SettingsError) -> IntensityMapping? {
        guard let text = metadata["intensity"] else { return nil }
        return try IntensityMapping(yaml: text)
    }

    /// Rows and columns that it was trained with, as the file says.
    public var imageSize: Int? { metadata["image_size"].flatMap { Int($0) } ?? gridSide.map { $0 * patchSide } }
}
