import TextureCore

/// Filters in words, for a person at a terminal.
extension FeatureText {
    /// What a filter is, and what can be said of it.
    package static func filter(_ kind: ImageItem.Kind) -> String {
        func keys(_ convention: Convention) -> String {
            let (needed, other) = ImageItem.names(of: kind, in: convention)
            let all = needed.map { "\($0) (needed)" } + other
            return all.isEmpty ? "none" : all.joined(separator: ", ")
        }
        let example = ImageItem(kind).example
        var lines = [
            "\(kind.rawValue): \(kind.about)", "  keys      \(keys(.ibsi))",
            "  with --convention pyradiomics",
            "            \(kind.isOfIBSIAlone ? "PyRadiomics has no such filter" : keys(.pyradiomics))",
            "  example   --images '\(example.text)'",
        ]
        if let image = example.images(in: .ibsi, force2D: nil).first {
            lines.append("  columns   \(image.name)__stat_mean, …")
        }
        lines.append("  more      weft-settings(5), images; weft filter writes the response")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension ImageItem.Kind {
    var isOfIBSIAlone: Bool { [.mean, .laws, .gabor, .simoncelli, .riesz].contains(self) }

    var about: String {
        switch self {
        case .original: "the image as it is"
        case .mean: "mean filter, over so many voxels along each axis (IBSI-2)"
        case .log:
            "Laplacian of a Gaussian of sigma mm: blobs and edges of that size (IBSI-2: the sampled formula; PyRadiomics: ITK's recursion)"
        case .laws: "Laws kernels, one an axis, with the mean absolute response around a voxel as energy (IBSI-2)"
        case .gabor:
            "Gabor filter, the modulus of a wave under a Gaussian: stripes of a wavelength and direction (IBSI-2)"
        case .wavelet:
            "separable undecimated wavelet, low (L) or high (H) frequencies along each axis (IBSI-2; PyRadiomics: PyWavelets')"
        case .simoncelli: "Simoncelli's non-separable wavelet: a band of frequencies in all directions (IBSI-2)"
        case .riesz: "Riesz transform of an order along x, y, z, of the image or of another filter's response (IBSI-2)"
        case .square: "squares of the intensities, scaled to their range (PyRadiomics)"
        case .squareRoot:
            "square roots of the absolute intensities with their sign, scaled to their range (PyRadiomics)"
        case .logarithm:
            "logarithms of the absolute intensities + 1 with their sign, scaled to their range (PyRadiomics)"
        case .exponential: "exponentials of the intensities, scaled to their range (PyRadiomics)"
        case .gradient: "size of the gradient by central differences, per mm unless useSpacing is false (PyRadiomics)"
        case .lbp2D: "uniform local binary patterns within slices (PyRadiomics)"
        case .lbp3D:
            "local binary patterns on a sphere: degrees m1, m2, … and kurtosis k (PyRadiomics, with its oddities)"
        }
    }
}

extension ImageItem {
    /// With usual values for what its kind needs.
    fileprivate var example: ImageItem {
        var item = self
        item.sigma = kind == .gabor ? [WrittenNumber(5)] : [WrittenNumber(3)]
        item.kernels = ["L5E5E5"]
        item.lambda = 4
        if kind == .riesz { item.of = [ImageItem(.log).example] }
        return item
    }
}
