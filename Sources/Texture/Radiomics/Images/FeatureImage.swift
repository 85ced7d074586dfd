import Encoding
import Filters
import Imaging
import SettingsFile
import TextureCore

/// An image that features are computed of.
public struct FeatureImage: Hashable, Sendable {
    /// `original`, `log_s3`; in PyRadiomics' convention `log-sigma-3-0-mm-3D`.
    public let name: String
    /// Nil: the image as it is.
    public let filter: ImageFilter?
    let own: ImageItem.OwnSettings

    public var isOriginal: Bool { filter == nil }

    /// What has a value here. A shape has nothing to do with a filter, and a peak is one of intensities.
    func has(_ family: FeatureFamily) -> Bool { isOriginal || ![.morph, .shape2D, .loc].contains(family) }

    /// How a column begins.
    func columnName(_ name: String, in convention: Convention) -> String {
        switch convention {
        case .ibsi: isOriginal ? name : "\(self.name)__\(name)"
        case .pyradiomics:
            // A definition has the name of the original's column.
            isOriginal || !name.hasPrefix(Self.originalPrefix)
                ? name : "\(self.name)_\(name.dropFirst(Self.originalPrefix.count))"
        }
    }

    /// The column's name without its filtered image: `cm_contrast` of `log_s3__cm_contrast`, `original_glcm_Contrast` of
    /// `wavelet-LLH_glcm_Contrast`; nil for a name that has none.
    static func withoutImage(_ column: String) -> String? {
        if let mark = column.firstRange(of: "__"), mark.lowerBound > column.startIndex {
            return String(column[mark.upperBound...])
        }
        let parts = column.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, FeatureFamily.allCases.contains(where: { $0.pyradiomicsClass == String(parts[1]) })
        else { return nil }
        let types = [
            "log-sigma-", "wavelet", "square", "squareroot", "logarithm", "exponential", "gradient", "lbp-",
        ]
        return types.contains { parts[0].hasPrefix($0) } ? originalPrefix + parts[1] + "_" + parts[2] : nil
    }

    /// The filtered image that a column is of, and what made it; nil for one of the original.
    static func image(ofColumn column: String) -> (name: String, kind: ImageItem.Kind)? {
        guard withoutImage(column) != nil else { return nil }
        let name =
            column.firstRange(of: "__").map { String(column[..<$0.lowerBound]) }
            ?? String(column.prefix { $0 != "_" })
        let word = name.lowercased().replacing("lbp-2d", with: "lbp2d").replacing("lbp-3d", with: "lbp3d")
        let kinds = ImageItem.Kind.allCases.filter { word.hasPrefix($0.rawValue.lowercased()) }
        return kinds.max { $0.rawValue.count < $1.rawValue.count }.map { (name, $0) }
    }

    static let originalName = "original"
    private static let originalPrefix = "original_"

    /// The settings of this image. What is in the unit of the intensities says nothing about a response: IBSI's convention takes a
    /// number of bins for it, unless the item says how wide they are.
    func settings(of common: ExtractionSettings) -> ExtractionSettings {
        var settings = common
        switch common.convention {
        case .ibsi:
            guard !isOriginal else { break }
            settings.resegment = Resegmentation()
            settings.discretise.lowerBound = nil
            if let width = own.binWidth {
                settings.discretise.bins = .width(width)
            } else if let count = own.binCount {
                settings.discretise.bins = .count(count)
            } else if case .count = common.discretise.bins {
            } else {
                settings.discretise.bins = .automatic
            }
            if case .width = common.intensityVolume { settings.intensityVolume = .automatic }
        case .pyradiomics:
            // PyRadiomics looks at a count first, wherever it stands.
            if let count = own.binCount {
                settings.discretise.bins = .count(count)
            } else if let width = own.binWidth {
                if case .count = common.discretise.bins {} else { settings.discretise.bins = .width(width) }
            }
            if let distances = own.distances { settings.texture.distances = distances }
            if let isSymmetric = own.symmetricalGLCM {
                settings.texture.pyradiomics.symmetricalGLCM = isSymmetric ? .symmetric : .directed
            }
            if let norm = own.weightingNorm { settings.texture.pyradiomics.weightingNorm = norm }
            if let gldmA = own.gldmA { settings.texture.pyradiomics.gldmA = gldmA }
            if let shift = own.voxelArrayShift { settings.pyradiomics.voxelArrayShift = shift }
        }
        return settings
    }
}

extension ExtractionSettings {
    /// The images of a volume, in the order of the columns.
    public var featureImages: [FeatureImage] {
        images.flatMap { $0.images(in: convention, force2D: texture.pyradiomics.force2DDimension) }
    }
}

extension ImageItem {
    /// With what is left to the image decided.
    func resolved(for depth: ImageDepth) -> ImageItem {
        var item = self
        let isFilter = Self.names(of: kind, in: .ibsi).other.contains("dimension")
        if isFilter, dimension == nil, depth == .oneSlice { item.dimension = .slice }
        item.of = of.map { $0.resolved(for: depth) }
        return item
    }

    /// An image each for lists of values.
    func images(in convention: Convention, force2D: Int?) -> [FeatureImage] {
        func image(_ name: String, _ filter: ImageFilter?) -> FeatureImage {
            FeatureImage(name: name, filter: filter, own: own)
        }
        guard kind != .original else { return [image(FeatureImage.originalName, nil)] }
        return switch convention {
        case .ibsi:
            kinds.map { kind, name in
                image(
                    name,
                    ImageFilter(
                        kind, dimension: dimension ?? .volume, boundary: boundary, pooling: rotationInvariant))
            }
        case .pyradiomics: pyradiomics(force2D).map { image($0.name, ImageFilter(.pyradiomics($0.filter))) }
        }
    }

    // MARK: IBSI

    private var axes: Int { dimension == .slice ? 2 : 3 }

    /// Filters with the names of their images.
    private var kinds: [(ImageFilter.Kind, String)] {
        bare.map { kind, name in (kind, ([name] + suffixes).joined(separator: "_")) }
    }

    private var suffixes: [String] {
        (dimension == .slice ? ["2D"] : []) + (boundary == .mirror ? [] : [boundary.rawValue])
            + (isPooled ? [rotationInvariant.rawValue] : [])
    }

    /// Whether turns differ: a Laplacian of a Gaussian and Simoncelli's filter are the same in all directions.
    private var isPooled: Bool { rotationInvariant != .none && kind != .log && kind != .simoncelli }

    private var bare: [(ImageFilter.Kind, String)] {
        switch kind {
        case .original: []
        case .mean: support.map { (.mean(support: $0), "mean_\($0)") }
        case .log:
            sigma.map {
                (
                    .laplacianOfGaussian(sigma: $0.value, truncate: truncate),
                    "log_s\($0.value.shortestText)" + (truncate == 4 ? "" : "_t\(truncate.shortestText)")
                )
            }
        case .laws:
            kernels.compactMap { text in
                LawsKernel.list(text).map {
                    (
                        .laws($0, energyDistance: energyDistance),
                        "laws_\(text)" + (energyDistance.map { "_e\($0)" } ?? "")
                    )
                }
            }
        case .gabor:
            sigma.map { sigma in
                let all = dimension != .slice && rotationInvariant != .none
                let planes = self.planes ?? (all ? GaborFilter.Plane.allCases : [.xy])
                let filter = GaborFilter(
                    sigma: sigma.value, lambda: lambda, gamma: gamma, theta: theta, thetaStep: thetaStep,
                    planes: planes)
                var name = "gabor_s\(sigma.value.shortestText)_l\(lambda.shortestText)_g\(gamma.shortestText)"
                name += thetaStep == nil || theta != 0 ? "_t\(theta.shortestText)" : ""
                name += thetaStep.map { "_by\($0.shortestText)" } ?? ""
                if self.planes != nil { name += "_" + planes.map(\.rawValue).joined() }
                return (.gabor(filter), name)
            }
        case .wavelet:
            level.flatMap { level in
                (subbands?.compactMap { Subband($0) } ?? Subband.all(axes: axes)).compactMap { band in
                    WaveletFamily(family).map {
                        (
                            .wavelet($0, level: level, band),
                            "wavelet_\(family)_\(band)" + (level == 1 ? "" : "_l\(level)")
                        )
                    }
                }
            }
        case .simoncelli: level.map { (.simoncelli(level: $0), "simoncelli_l\($0)") }
        case .riesz:
            riesz
        case .square: [(.pyradiomics(.square), "square")]
        case .squareRoot: [(.pyradiomics(.squareRoot), "squareroot")]
        case .logarithm: [(.pyradiomics(.logarithm), "logarithm")]
        case .exponential: [(.pyradiomics(.exponential), "exponential")]
        case .gradient:
            [(.pyradiomics(.gradient(perMillimetre: useSpacing)), useSpacing ? "gradient" : "gradient_voxels")]
        case .lbp3D: spherical.map { (.pyradiomics($0.filter), "lbp3D_\($0.name)") }
        case .lbp2D:
            [
                (
                    .pyradiomics(.localBinaryPatterns(LocalBinaryPatterns(radius: radius, samples: samples))),
                    "lbp2D_r\(radius.shortestText)_p\(samples)"
                )
            ]
        }
    }

    private var riesz: [(ImageFilter.Kind, String)] {
        let order = SIMD3(order[0], order[1], order[2])
        let name = "riesz_\(order.x)_\(order.y)_\(order.z)"
        guard var inner = of.first else { return [(.riesz(order: order, of: nil), name)] }
        inner.dimension = dimension
        let pooled = inner.isPooled ? inner.rotationInvariant : .none
        let before = pooled == .none ? name : "\(name)_of_\(pooled.rawValue)"
        return inner.bare.map { (.riesz(order: order, of: $0.0, pooled: pooled), "\(before)_of_\($0.1)") }
    }

    // MARK: PyRadiomics

    private var spherical: [(filter: PyRadiomicsFilter, name: String)] {
        let parts = (0..<levels).map { (SphericalPatterns.Part.degree($0), "m\($0 + 1)") } + [(.kurtosis, "k")]
        return parts.filter { self.parts?.contains($0.1) ?? true }
            .map { (.sphericalPatterns(SphericalPatterns($0.0, subdivision: subdivision)), $0.1) }
    }

    /// - Parameter force2D: the axis that is left out, from z.
    private func pyradiomics(_ force2D: Int?) -> [(filter: PyRadiomicsFilter, name: String)] {
        switch kind {
        case .log:
            return sigma.map {
                (
                    .laplacianOfGaussian(sigma: $0.value),
                    "log-sigma-\($0.pythonText.replacing(".", with: "-"))-mm-3D"
                )
            }
        case .wavelet:
            guard let family = WaveletFamily(family) else { return [] }
            let axes = (0..<3).filter { force2D != 2 - $0 }
            let levels = level[0]
            return (1...levels).flatMap { number in
                // Details of every level, the approximation of the last alone.
                Subband.all(axes: axes.count).filter { number == levels || !$0.isApproximation }
                    .filter { band in subbands.map { $0.contains(band.description) } ?? true }
                    .map { band in
                        (
                            .wavelet(family, level: startLevel + number, band, axes: axes),
                            "wavelet\(number == 1 ? "" : String(number))-\(band)"
                        )
                    }
            }
        case .square: return [(.square, "square")]
        case .squareRoot: return [(.squareRoot, "squareroot")]
        case .logarithm: return [(.logarithm, "logarithm")]
        case .exponential: return [(.exponential, "exponential")]
        case .gradient: return [(.gradient(perMillimetre: useSpacing), "gradient")]
        case .lbp2D:
            let patterns = LocalBinaryPatterns(radius: radius, samples: samples, across: 2 - (force2D ?? 0))
            return [(.localBinaryPatterns(patterns), "lbp-2D")]
        case .lbp3D: return spherical.map { ($0.filter, "lbp-3D-\($0.name)") }
        case .original, .mean, .laws, .gabor, .simoncelli, .riesz: return []
        }
    }

    // MARK: What goes together

    /// - Parameter path: for the message.
    func validate(in convention: Convention, _ path: String) throws(SettingsError) {
        if convention == .pyradiomics, kind.isOfIBSIAlone {
            throw .conflict(
                "\(path): PyRadiomics has no filter \(kind.rawValue); leave it out, or choose convention: ibsi")
        }
        let usual = ImageItem(kind)
        let names = Self.names(of: kind, in: convention)
        let asked: [(String, Bool)] = [
            ("truncate", truncate != usual.truncate), ("dimension", dimension != nil),
            ("boundary", boundary != usual.boundary),
            ("rotationInvariant", rotationInvariant != usual.rotationInvariant),
            ("start_level", startLevel != 0), ("distances", own.distances != nil),
            ("symmetricalGLCM", own.symmetricalGLCM != nil), ("weightingNorm", own.weightingNorm != nil),
            ("gldm_a", own.gldmA != nil), ("voxelArrayShift", own.voxelArrayShift != nil),
        ]
        for (name, isAsked) in asked where isAsked && !(names.needed + names.other).contains(name) {
            throw .conflict(
                "\(path).\(name) is not taken in the convention \(convention.rawValue) by an image of kind \(kind.rawValue)"
            )
        }
        guard own.binWidth == nil || own.binCount == nil else {
            throw .conflict("\(path): a bin width and a bin count exclude each other; give one of them")
        }
        if convention == .pyradiomics, kind == .wavelet, level.count != 1 {
            throw .value(key: "\(path).level", found: "\(level)", expected: "how many levels, as PyRadiomics has it")
        }
        if kind == .lbp3D,
            let part = parts?.first(where: { $0 != "k" && !((1...levels).contains(Int($0.dropFirst()) ?? 0)) })
        {
            throw .value(
                key: "\(path).parts", found: part, expected: "m1 to m\(levels) (levels) or k")
        }
        guard convention == .ibsi else { return }
        try validateAxes(path)
        if kind == .gabor, rotationInvariant == .none, thetaStep != nil || (planes?.count ?? 1) > 1 {
            throw .conflict(
                "\(path): a Gabor filter of several directions or planes needs rotationInvariant: mean or max, which makes"
                    + " them one")
        }
        if kind == .riesz { try validateInner(path) }
        if let image = images(in: convention, force2D: nil).first(where: { $0.filter?.cancelsOut == true }) {
            throw .conflict(
                "\(path): \(image.name) is 0 everywhere, as the filter changes its sign when it is turned and the mean over"
                    + " all turns cancels out; take rotationInvariant: max, or even orders and kernels")
        }
    }

    /// The filter inside a Riesz transform.
    private func validateInner(_ path: String) throws(SettingsError) {
        guard var inner = of.first else { return }
        let usual = ImageItem()
        let apart = [
            ("dimension", inner.dimension != nil && inner.dimension != (dimension ?? .volume)),
            ("boundary", inner.boundary != usual.boundary && inner.boundary != boundary),
            ("binWidth or binCount", inner.own != usual.own),
        ]
        for (name, isApart) in apart where isApart {
            throw .conflict("\(path).of: \(name) is said once for the whole filter; put it beside order")
        }
        (inner.dimension, inner.boundary) = (dimension, boundary)
        try inner.validate(in: .ibsi, "\(path).of")
        guard inner.kind == .gabor else { return }
        if dimension == .slice, inner.planes.map({ $0 != [.xy] }) ?? false {
            throw .value(key: "\(path).of.planes", found: "planes across slices", expected: "xy, with dimension: 2D")
        }
        if rotationInvariant != .none, inner.rotationInvariant == .none {
            throw .conflict(
                "\(path): a Gabor filter turns in its planes alone; give it a rotationInvariant of its own within of")
        }
    }

    private func validateAxes(_ path: String) throws(SettingsError) {
        if kind == .laws || kind == .wavelet {
            let lengths = kind == .laws ? kernels.map { $0.count / 2 } : (subbands ?? []).map(\.count)
            if let found = lengths.first(where: { $0 != axes }) {
                throw .value(
                    key: "\(path).\(kind == .laws ? "kernels" : "subbands")", found: "\(found) axes",
                    expected: axes == 3
                        ? "three; within slices give dimension: 2D as well" : "two, with dimension: 2D")
            }
        }
        if kind == .riesz, dimension == .slice, order[2] != 0 {
            throw .value(key: "\(path).order", found: "\(order)", expected: "0 across slices, with dimension: 2D")
        }
    }
}
