// Pictures in, Haralick features of original and reconstruction out: by the exact path, which counts pairs of grey levels,
// and by the differentiable path, which trained the network, over the same levels and offsets.

import Reconstruction
import TextureCore

/// How texture is measured.
public struct TextureMeasurement: Sendable {
    /// Grey levels of both paths, over the whole range of the pictures: a level means the same in every picture.
    public let bins: Int
    /// L of the differentiable path, see ``TextureCore/SoftLevels``.
    public let sharpness: Double
    private let soft: SoftLevels
    private let patchLoss: TextureLoss
    private let imageLoss: TextureLoss

    /// All of IBSI's; not the maximal correlation coefficient, which has no derivative.
    public static let features: [HaralickFeature] = HaralickFeature.allCases.filter(\.isDifferentiable)
    /// The offsets of features: Haralick's four directions, counted both ways, merged into one matrix.
    public static let offsets = Directions.planar

    public init(bins: Int, sharpness: Double) throws {
        (self.bins, self.sharpness) = (bins, sharpness)
        soft = try SoftLevels(range: 0...1, bins: bins, sharpness: sharpness)
        let scale = CooccurrenceLoss.Scale(bins: bins, sharpness: sharpness)
        let similarity = try StructuralSimilarity(normalisation: .fixed(0...1))
        patchLoss = TextureLoss(
            pixel: (1, PixelLoss()), cooccurrence: (1, try CooccurrenceLoss(range: 0...1, scales: [scale])),
            similarity: (1, similarity))
        imageLoss = TextureLoss(similarity: (1, similarity))
    }

    // MARK: Matrices and features

    /// The grey level of a pixel, from 1.
    func level(_ pixel: UInt16) -> UInt16 { UInt16((Int(pixel) * bins) >> 16) + 1 }

    /// The exact co-occurrence matrix of the pixels that `inside` marks (nil: of all): both pixels of a pair lie there.
    public func matrix(_ pixels: [UInt16], width: Int, inside: [Bool]? = nil) -> CooccurrenceMatrix {
        let levels = pixels.indices.map { inside?[$0] == false ? 0 : level(pixels[$0]) }
        let grid = LevelGrid(
            size: SIMD3(width, pixels.count / width, 1), levels: levels, greyLevelCount: bins)
        return VoxelPairs(grid, reach: 1).count(along: Self.offsets).merged(.symmetric)
    }

    /// The differentiable one: expected counts.
    public func softMatrix(_ pixels: [UInt16], width: Int) -> CooccurrenceMatrix {
        let values = pixels.map { Float($0) / 65535 }
        var cells = [Double](repeating: 0, count: bins * bins)
        for offset in Self.offsets {
            let matrix = soft.cooccurrence(of: values, width: width, offset: offset, symmetry: .symmetric)
            for k in matrix.counts.indices {
                cells[Int(matrix.rows[k]) * bins + Int(matrix.columns[k])] += matrix.counts[k]
            }
        }
        let filled = cells.indices.filter { cells[$0] != 0 }
        return CooccurrenceMatrix(
            symmetry: .symmetric, levels: Array(1...bins), greyLevelCount: bins,
            rows: filled.map { UInt16($0 / bins) }, columns: filled.map { UInt16($0 % bins) },
            counts: filled.map { cells[$0] })
    }

    /// In the order of ``features``; nil where one is undefined.
    public static func features(of matrix: CooccurrenceMatrix) -> [Double?] {
        var values = [Double?](repeating: nil, count: features.count)
        HaralickFeatures.forEach(of: features, matrix, convention: .ibsi) { place, measure in
            values[place] = measure.value
        }
        return values
    }

    // MARK: Distances

    /// How far a reconstruction is from its original, without features. Grey values count 0...1.
    public struct Distances: Hashable, Sendable {
        /// Of pixels.
        public var meanSquaredError: Double
        /// Mean over patches, Gaussian window of 11 (or what fits), data range 1.
        public var similarity: Double
        /// The training's loss: mean squared difference of damped soft counts, right and lower neighbour.
        public var cooccurrence: Double
        /// SSIM of the whole picture with the reconstruction pasted.
        public var imageSimilarity: Double
    }

    /// Over the patches `chosen`; nil when there are none.
    func distances(_ picture: ReconstructedPicture, model: Int, chosen: [Int]) throws -> Distances? {
        guard !chosen.isEmpty else { return nil }
        let grid = picture.grid
        func grey(_ pixels: [UInt16]) -> [Float] { pixels.map { Float($0) / 65535 } }
        let original = grey(picture.original)
        let patches = try PatchLayout(
            images: 1, imageWidth: grid.width, imageHeight: grid.height, channels: 1, width: grid.side,
            height: grid.side, chosen: chosen)
        let whole = try PatchLayout(
            images: 1, imageWidth: grid.width, imageHeight: grid.height, channels: 1, width: grid.width,
            height: grid.height)
        let value = patchLoss.value(
            prediction: grey(picture.reconstructions[model]), target: original, layout: patches)
        let image = imageLoss.value(prediction: grey(picture.pasted(model)), target: original, layout: whole)
        return Distances(
            meanSquaredError: value.pixel, similarity: 1 - value.similarity, cooccurrence: value.cooccurrence,
            imageSimilarity: 1 - image.similarity)
    }

    // MARK: One picture

    /// Features of one version of a picture.
    struct Values: Sendable {
        /// By view of level image: one value per feature.
        var images: [TextureView: [Double?]] = [:]
        /// By path: patches × features, NaN where undefined.
        var patches: [TextureView.Path: [Double]] = [:]
    }

    /// - Parameter version: what is measured in place of the original.
    func values(_ version: [UInt16], pasted: [UInt16], of picture: ReconstructedPicture) -> Values {
        var values = Values()
        let grid = picture.grid
        if let visible = picture.visible, let masked = picture.masked {
            for (scope, patches) in [(TextureView.Scope.masked, masked), (.visible, visible)] where !patches.isEmpty {
                let matrix = matrix(version, width: grid.width, inside: grid.pixels(of: patches))
                values.images[TextureView(.image, scope, .exact)] = Self.features(of: matrix)
            }
        }
        values.images[TextureView(.image, .whole, .exact)] = Self.features(of: matrix(pasted, width: grid.width))
        for path in TextureView.Path.allCases {
            var list: [Double] = []
            list.reserveCapacity(grid.count * Self.features.count)
            for patch in 0..<grid.count {
                let pixels = self.pixels(version, grid, patch)
                let matrix =
                    path == .exact ? matrix(pixels, width: grid.side) : softMatrix(pixels, width: grid.side)
                list += Self.features(of: matrix).map { $0 ?? .nan }
            }
            values.patches[path] = list
        }
        return values
    }

    private func pixels(_ version: [UInt16], _ grid: PatchGrid, _ patch: Int) -> [UInt16] {
        let (x, y) = (patch % grid.columns * grid.side, patch / grid.columns * grid.side)
        return (y..<y + grid.side).flatMap { row in
            version[row * grid.width + x..<row * grid.width + x + grid.side]
        }
    }
}

/// Where and how features were measured.
public struct TextureView: Hashable, Sendable {
    public enum Level: String, Sendable, CaseIterable {
        /// One matrix for the whole scope.
        case image
        /// A matrix for each patch; figures are means over patches.
        case patch
    }

    public enum Scope: String, Sendable, CaseIterable {
        /// Patches that the encoder did not see.
        case masked
        case visible
        /// The picture with the reconstruction pasted into the masked patches; the whole reconstruction when
        /// these are not known.
        case whole
    }

    public enum Path: String, Sendable, CaseIterable { case exact, soft }

    public var level: Level
    public var scope: Scope
    public var path: Path

    public init(_ level: Level, _ scope: Scope, _ path: Path) {
        (self.level, self.scope, self.path) = (level, scope, path)
    }

    /// Those that a comparison has, with known masks or without.
    static func all(masksAreKnown: Bool) -> [TextureView] {
        let scopes: [Scope] = masksAreKnown ? [.masked, .visible] : [.whole]
        return (masksAreKnown ? Scope.allCases : [.whole]).map { TextureView(.image, $0, .exact) }
            + Path.allCases.flatMap { path in scopes.map { TextureView(.patch, $0, path) } }
    }
}
