import Imaging
import Parallel

/// A filter of an image, after the image biomarker standardisation initiative's reference manual of filters (IBSI-2).
public struct ImageFilter: Hashable, Sendable {
    public var kind: Kind
    public var dimension: Dimension
    public var boundary: Boundary
    /// What becomes of the responses of all turns of the grid: 24, within slices 4. Of a Gabor filter, of all directions and
    /// planes. A Laplacian of a Gaussian and Simoncelli's filter are the same in each turn.
    public var pooling: Pooling
    /// Of a product of filters along the axes that is not pooled: how it is turned.
    var turn: GridTurn?

    public init(
        _ kind: Kind, dimension: Dimension = .volume, boundary: Boundary = .mirror, pooling: Pooling = .none
    ) {
        (self.kind, self.dimension, self.boundary, self.pooling) = (kind, dimension, boundary, pooling)
    }

    /// Whether slices are images of their own.
    public enum Dimension: String, CaseIterable, Sendable {
        case volume = "3D"
        case slice = "2D"
    }

    public indirect enum Kind: Hashable, Sendable {
        /// Of `support` voxels along each axis.
        case mean(support: Int)
        /// Laplacian of a Gaussian; sigma in mm, the kernel ends at `truncate` sigmas.
        case laplacianOfGaussian(sigma: Double, truncate: Double)
        /// A kernel an axis; then the mean of the absolute response, so many voxels on each side.
        case laws([LawsKernel], energyDistance: Int?)
        case gabor(GaborFilter)
        /// Undecimated: of the approximation of the level before, with holes in the kernels.
        case wavelet(WaveletFamily, level: Int, Subband)
        case simoncelli(level: Int)
        /// Riesz transform of another filter's response, which may be pooled by itself first; nil: of the image.
        case riesz(order: SIMD3<Int>, of: Kind?, pooled: Pooling = .none)
        /// PyRadiomics' own.
        case pyradiomics(PyRadiomicsFilter)
    }
}

extension ImageFilter {
    /// Whether a response hangs on voxels of other slices.
    public var looksAcrossSlices: Bool {
        switch kind {
        case .gabor(let gabor): gabor.planes.contains { $0 != .xy }
        case .pyradiomics(let filter): filter.looksAcrossSlices
        case .mean, .laplacianOfGaussian, .laws, .wavelet, .simoncelli, .riesz: dimension == .volume
        }
    }

    /// Why the filter has no responses in an image.
    public enum Misfit: Error {
        /// PyRadiomics leaves the image type out.
        case imageTooSmall
        /// A part of the filter lies across slices, of which there is one: all that it would find are roundings.
        case oneSlice
    }

    /// Nil where it fits.
    public func misfit(with grid: Geometry) -> Misfit? {
        switch kind {
        case .pyradiomics(let filter): filter.fits(grid.size, spacing: grid.spacing) ? nil : .imageTooSmall
        case .laws(let kernels, _): kernels.count == 3 && grid.size.z == 1 ? .oneSlice : nil
        case .wavelet(_, _, let subband): subband.passes.count == 3 && grid.size.z == 1 ? .oneSlice : nil
        case .riesz(let order, let inner, _):
            order.z > 0 && grid.size.z == 1
                ? .oneSlice
                : inner.flatMap { ImageFilter($0, dimension: dimension).misfit(with: grid) }
        case .mean, .laplacianOfGaussian, .gabor, .simoncelli: nil
        }
    }

    /// In which type responses are left: IBSI says none, so that the full one it is.
    public var precision: PyRadiomicsFilter.Precision {
        if case .pyradiomics(let filter) = kind { filter.precision } else { .float64 }
    }

    /// What of the image the responses in a box are made of.
    public func sources(of box: VoxelBox, in grid: Geometry) -> VoxelBox {
        let whole = VoxelBox(lower: .zero, size: grid.size)
        let axes = axes(of: grid.size)
        switch kind {
        case .mean, .laplacianOfGaussian, .wavelet: return bank(grid.spacing)?.sources(of: box, axes) ?? whole
        case .laws(_, let distance):
            let inner = distance.map { energyBank($0).sources(of: box, axes) } ?? box
            return bank(grid.spacing)?.sources(of: inner, axes) ?? whole
        case .gabor(let gabor): return gabor.sources(of: box, axes, spacing: grid.spacing)
        case .simoncelli, .riesz:
            guard dimension == .slice else { return whole }
            return VoxelBox(lower: SIMD3(0, 0, box.lower.z), size: SIMD3(grid.size.x, grid.size.y, box.size.z))
        case .pyradiomics(let filter): return filter.sources(of: box, in: grid)
        }
    }

    /// The responses in a box, x fastest.
    ///
    /// Where a voxel that holds no number has weight the response is none (NaN); a filter of frequencies has it everywhere.
    ///
    /// - Parameter block: holds ``sources(of:in:)`` of it.
    public func responses(in box: VoxelBox, of block: VolumeBlock, _ workers: Workers = Workers(1)) -> [Double] {
        let axes = axes(of: block.grid.size)
        switch kind {
        case .mean, .laplacianOfGaussian, .wavelet:
            return bank(block.grid.spacing)?.responses(in: box, of: block, axes, workers) ?? []
        case .laws(_, let distance):
            guard let bank = bank(block.grid.spacing) else { return [] }
            guard let distance else { return bank.responses(in: box, of: block, axes, workers) }
            let energy = energyBank(distance)
            let inner = energy.sources(of: box, axes)
            var responses = bank.responses(in: inner, of: block, axes, workers)
            for k in responses.indices { responses[k] = abs(responses[k]) }
            return energy.responses(
                in: box, of: VolumeBlock(grid: block.grid, box: inner, values: responses), axes, workers)
        case .gabor(let gabor): return gabor.responses(in: box, of: block, axes, pooling, workers)
        case .simoncelli(let level):
            return spectral(
                SpectralFilter(simoncelliLevel: level, isPlanar: dimension == .slice), in: box, block, workers)
        case .riesz: return riesz(in: box, block, workers)
        case .pyradiomics(let filter): return filter.responses(in: box, of: block, workers)
        }
    }

    private func axes(of size: SIMD3<Int>) -> [FilterAxis] {
        (0..<3).map { FilterAxis(count: size[$0], boundary: boundary) }
    }

    /// Nil for what does not fall apart into filters along the axes.
    private func bank(_ spacing: SIMD3<Double>) -> SeparableBank? {
        if case .laplacianOfGaussian(let sigma, let truncate) = kind {
            let axes = dimension == .volume ? 3 : 2
            return SeparableBank(
                LaplacianOfGaussian(sigma: sigma, truncate: truncate, spacing: spacing, axes: axes).terms)
        }
        guard let product else { return nil }
        guard pooling != .none else { return SeparableBank([turn?.applied(to: product) ?? product]) }
        return SeparableBank(turns.map { $0.applied(to: product) }, pooling)
    }

    /// Of a filter that is one product of filters along the axes.
    var product: SeparableTerm? {
        let filters: [AxisFilter]
        switch kind {
        case .mean(let support):
            let kernel = LineKernel(
                convolving: [Double](repeating: 1 / Double(support), count: support), centre: support / 2)
            filters = [AxisFilter](repeating: .kernel(kernel), count: dimension == .volume ? 3 : 2)
        case .laws(let kernels, _): filters = kernels.map { .kernel($0.kernel) }
        case .wavelet(let family, let level, let subband):
            filters = subband.passes.map { pass in
                .kernels((1..<level).map { family.kernel(.low, level: $0) } + [family.kernel(pass, level: level)])
            }
        case .laplacianOfGaussian, .gabor, .simoncelli, .riesz, .pyradiomics: return nil
        }
        return SeparableTerm(filters[0], filters[1], filters.count > 2 ? filters[2] : .nothing)
    }

    /// Over which responses are pooled.
    var turns: [GridTurn] { dimension == .volume ? GridTurn.ofVolume : GridTurn.ofPlane }

    /// Whether the mean over all turns is nothing but roundings: of a filter that changes its sign when it is turned.
    public var cancelsOut: Bool {
        struct Turned: Hashable {
            var product: SeparableTerm?
            var order: SIMD3<Int>
        }
        guard pooling == .mean else { return false }
        var (product, order, isSigned) = (product, SIMD3<Int>.zero, true)
        if case .riesz(let own, let inner, let pooled) = kind {
            order = own
            product = pooled == .none ? inner.flatMap { ImageFilter($0, dimension: dimension).product } : nil
            if case .laws(_, .some) = inner { isSigned = false }
        } else if product == nil {
            return false
        }
        var sums: [Turned: Int] = [:]
        for turn in turns {
            let (turned, isNegative) = turn.applied(to: order)
            let canonical = product.map { turn.applied(to: $0).withoutSign }
            let isOdd = isNegative != (isSigned && canonical?.isNegative == true)
            sums[Turned(product: canonical?.term, order: turned), default: 0] += isOdd ? -1 : 1
        }
        return sums.values.allSatisfy { $0 == 0 }
    }

    private func energyBank(_ distance: Int) -> SeparableBank {
        let support = 2 * distance + 1
        let kernel = AxisFilter.kernel(
            LineKernel(first: -distance, weights: [Double](repeating: 1 / Double(support), count: support)))
        return SeparableBank([SeparableTerm(kernel, kernel, dimension == .volume ? kernel : .nothing)])
    }
}
