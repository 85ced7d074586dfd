import TextureCore

extension ExtractionSettings {
    /// The settings as a file that ``init(yaml:)`` reads back to the same settings; also what the settings hash is
    /// taken of.
    public var yaml: String {
        var lines = ["convention: \(convention.rawValue)"]
        if imageUnit != .stored { lines.append("imageUnit: \(imageUnit.rawValue)") }
        if let resample {
            let spacing = [resample.spacing.x, resample.spacing.y, resample.spacing.z].map { "\($0)" }
            lines.append(
                "resample: {spacing: [\(spacing.joined(separator: ", "))], interpolation: \(resample.interpolation.rawValue)}")
        }
        var resegmentation: [String] = []
        if let range = resegment.range {
            resegmentation.append("range: [\(Self.number(range.lowerBound)), \(Self.number(range.upperBound))]")
        }
        if let sigma = resegment.outlierSigma { resegmentation.append("outlierSigma: \(sigma)") }
        if !resegmentation.isEmpty { lines.append("resegment: {\(resegmentation.joined(separator: ", "))}") }
        let bound = discretise.lowerBound.map { "lowerBound: \($0)" }
        switch discretise.bins {
        case .automatic: if let bound { lines.append("discretise: {\(bound)}") }
        case .width(let width):
            lines.append("discretise: {\((["binWidth: \(width)"] + [bound].compactMap { $0 }).joined(separator: ", "))}")
        case .count(let count): lines.append("discretise: {binCount: \(count)}")
        case .none: lines.append("discretise: none")
        }
        switch intensityVolume {
        case .automatic: break
        case .width(let width): lines.append("ivh: {binWidth: \(width)}")
        case .count(let count): lines.append("ivh: {binCount: \(count)}")
        case .none: lines.append("ivh: none")
        }
        let distances = texture.distances.map(String.init).joined(separator: ", ")
        var pairs = ["distances: [\(distances)]"]
        if convention == .ibsi {
            pairs.append("aggregations: [\(texture.aggregations.map(\.rawValue).joined(separator: ", "))]")
            if texture.directions == .each { pairs.append("directions: each") }
        }
        lines.append("texture: {\(pairs.joined(separator: ", "))}")
        if convention == .pyradiomics {
            let options = texture.pyradiomics
            var keys = [
                "symmetricalGLCM: \(options.symmetricalGLCM == .symmetric)",
                "weightingNorm: \(options.weightingNorm.rawValue)", "force2D: \(options.force2DDimension != nil)",
            ]
            if let dimension = options.force2DDimension { keys.append("force2Ddimension: \(dimension)") }
            if options.gldmA != 0 { keys.append("gldm_a: \(options.gldmA)") }
            lines.append("pyradiomics: {\(keys.joined(separator: ", "))}")
        }
        lines.append("families: [\(activeFamilies.map(\.rawValue).joined(separator: ", "))]")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func number(_ value: Double) -> String {
        value == .infinity ? ".inf" : value == -.infinity ? "-.inf" : "\(value)"
    }
}
