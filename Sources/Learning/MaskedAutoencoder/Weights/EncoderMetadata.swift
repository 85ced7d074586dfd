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

    /// The scale of the images, as the file says; nil when it does not.
    public func scale() throws(SettingsError) -> ImageScale? {
        guard let text = metadata["scale"] else { return nil }
        return try ImageScale(yaml: text)
    }

    /// Rows and columns that it was trained with, as the file says.
    public var imageSize: Int? { metadata["image_size"].flatMap { Int($0) } ?? gridSide.map { $0 * patchSide } }

    /// Whether what the file says of its images can be so.
    func checkMetadata() throws(WeightsFileError) {
        for (key, isRight, expected) in [
            (
                "image_size", { (text: String) in Int(text).map { (1...1 << 16).contains($0) } ?? false },
                "1 to 65536 pixels"
            ),
            ("mean", { numbers($0, where: \.isFinite) }, "\(channels) number(s), one a channel"),
            (
                "deviation", { numbers($0) { $0 > 0 && $0.isFinite } }, "\(channels) number(s) above 0, one a channel"
            ),
        ] {
            guard let text = metadata[key], !isRight(text) else { continue }
            throw .metadata(path: path, key: key, found: text, expected: expected)
        }
    }

    private func numbers(_ text: String, where accepts: (Double) -> Bool) -> Bool {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        return parts.count == channels && parts.allSatisfy { $0.map(accepts) ?? false }
    }
}
