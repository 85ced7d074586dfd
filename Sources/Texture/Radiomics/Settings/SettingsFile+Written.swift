import TextureCore

extension ExtractionSettings {
    /// The settings as a file that ``init(yaml:)`` reads back to the same settings; also what the settings hash is
    /// taken of.
    public var yaml: String {
        var lines = ["convention: \(convention.rawValue)"]
        lines.append("imageUnit: \(imageUnit.rawValue)")
        if let resample {
            let spacing = [resample.spacing.x, resample.spacing.y, resample.spacing.z].map { "\($0)" }
            lines.append(
                "resample: {spacing: [\(spacing.joined(separator: ", "))], interpolation: \(resample.interpolation.rawValue)}"
            )
        } else {
            lines.append("resample: none")
        }
        var resegmentation: [String] = []
        if let range = resegment.range {
            resegmentation.append("range: [\(Self.number(range.lowerBound)), \(Self.number(range.upperBound))]")
        }
        if let sigma = resegment.outlierSigma { resegmentation.append("outlierSigma: \(sigma)") }
        lines.append("resegment: " + (resegmentation.isEmpty ? "none" : "{\(resegmentation.joined(separator: ", "))}"))
        let bound = discretise.lowerBound.map { "lowerBound: \($0)" }
        switch discretise.bins {
        case .automatic: lines.append("discretise: " + (bound.map { "{\($0)}" } ?? "automatic"))
        case .width(let width):
            lines.append(
                "discretise: {\((["binWidth: \(width)"] + [bound].compactMap { $0 }).joined(separator: ", "))}")
        case .count(let count):
            lines.append(
                "discretise: {\((["binCount: \(count)"] + [bound].compactMap { $0 }).joined(separator: ", "))}")
        case .none: lines.append("discretise: none")
        }
        switch intensityVolume {
        case .automatic: lines.append("ivh: automatic")
        case .width(let width): lines.append("ivh: {binWidth: \(width)}")
        case .count(let count): lines.append("ivh: {binCount: \(count)}")
        case .none: lines.append("ivh: none")
        }
        let distances = texture.distances.map(String.init).joined(separator: ", ")
        var pairs = ["distances: [\(distances)]"]
        if convention == .ibsi {
            pairs.append("aggregations: [\(texture.aggregations.map(\.rawValue).joined(separator: ", "))]")
            pairs.append("directions: \(texture.directions.rawValue)")
        }
        lines.append("texture: {\(pairs.joined(separator: ", "))}")
        if convention == .pyradiomics { lines.append("pyradiomics: \(pyradiomicsYAML)") }
        lines.append("families: [\(activeFamilies.map(\.rawValue).joined(separator: ", "))]")
        let named = activeFamilies.flatMap { family in (features[family] ?? []).map { fullName(of: $0, in: family) } }
        if !named.isEmpty { lines.append("features: [\(named.joined(separator: ", "))]") }
        return lines.joined(separator: "\n") + "\n"
    }

    static func number(_ value: Double) -> String {
        value == .infinity ? ".inf" : value == -.infinity ? "-.inf" : "\(value)"
    }
}
