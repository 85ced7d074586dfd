import Imaging
import Parallel

/// A filter of an image, after the image biomarker standardisation initiative's reference manual of filters (IBSI-2).
public struct ImageFilter: Hashable, Sendable {
    public var kind: Kind
    public var dimension: Dimension
    public var boundary: Boundary
    /// What becomes of the responses of all turns of the grid: 24, within slices 4. Of a Gabor filter, of all directions and
    /// planes.
    public var pooling: Pooling

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
        /// Riesz transform of another filter's response; nil: of the image.
        case riesz(order: SIMD3<Int>, of: Kind?)
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
                SpectralFilter(simoncelliLevel: level, isPlanar: dimension == .slice), of: nil, in: box, block, workers)
        case .riesz(let order, let inner):
            var filter = SpectralFilter(rieszOrder: order, isPlanar: dimension == .slice)
            guard case .simoncelli(let level) = inner else {
                return spectral(filter, of: inner, in: box, block, workers)
            }
            filter.simoncelliLevel = level
            return spectral(filter, of: nil, in: box, block, workers)
        case .pyradiomics(let filter): return filter.responses(in: box, of: block, workers)
        }
    }

    private func axes(of size: SIMD3<Int>) -> [FilterAxis] {
        (0..<3).map { FilterAxis(count: size[$0], boundary: boundary) }
    }

    /// Nil for what does not fall apart into filters along the axes.
    private func bank(_ spacing: SIMD3<Double>) -> SeparableBank? {
        func oriented(_ filters: [AxisFilter]) -> SeparableBank {
            let term = SeparableTerm(filters[0], filters[1], filters.count > 2 ? filters[2] : .nothing)
            guard pooling != .none else { return SeparableBank([term]) }
            let turns = dimension == .volume ? GridTurn.ofVolume : GridTurn.ofPlane
            return SeparableBank(turns.map { $0.applied(to: term) }, pooling)
        }
        let axes = dimension == .volume ? 3 : 2
        switch kind {
        case .mean(let support):
            let kernel = LineKernel(
                convolving: [Double](repeating: 1 / Double(support), count: support), centre: support / 2)
            return oriented([AxisFilter](repeating: .kernel(kernel), count: axes))
        case .laplacianOfGaussian(let sigma, let truncate):
            return SeparableBank(
                LaplacianOfGaussian(sigma: sigma, truncate: truncate, spacing: spacing, axes: axes).terms)
        case .laws(let kernels, _): return oriented(kernels.map { .kernel($0.kernel) })
        case .wavelet(let family, let level, let subband):
            return oriented(
                subband.passes.map { pass in
                    .kernels((1..<level).map { family.kernel(.low, level: $0) } + [family.kernel(pass, level: level)])
                })
        case .gabor, .simoncelli, .riesz, .pyradiomics: return nil
        }
    }

    private func energyBank(_ distance: Int) -> SeparableBank {
        let support = 2 * distance + 1
        let kernel = AxisFilter.kernel(
            LineKernel(first: -distance, weights: [Double](repeating: 1 / Double(support), count: support)))
        return SeparableBank([SeparableTerm(kernel, kernel, dimension == .volume ? kernel : .nothing)])
    }

    /// A Riesz transform reaches far: unless the image is periodic it is continued by this many voxels first, as in the IBSI-2
    /// reference.
    private var margin: SIMD3<Int> {
        guard case .riesz = kind, boundary != .periodic else { return .zero }
        return SIMD3(16, 16, dimension == .slice ? 0 : 16)
    }

    /// Of the grid that is transformed.
    func spectralVoxels(of box: VoxelBox, in grid: Geometry) -> Double {
        let size = sources(of: box, in: grid).size &+ 2 &* margin
        return Double(size.x) * Double(size.y) * Double(size.z)
    }

    private func spectral(
        _ filter: SpectralFilter, of inner: Kind?, in box: VoxelBox, _ block: VolumeBlock, _ workers: Workers
    ) -> [Double] {
        let sources = sources(of: box, in: block.grid)
        let margin = margin
        let size = sources.size &+ 2 &* margin
        let axes = axes(of: block.grid.size)
        let image = block.values(in: sources)
        var extended = [Double](repeating: 0, count: size.x * size.y * size.z)
        let columns = (0..<size.x).map { axes[0].voxel(at: $0 - margin.x) }
        for z in 0..<size.z {
            let slice = dimension == .slice ? z : axes[2].voxel(at: z - margin.z)
            for y in 0..<size.y {
                guard let slice, let row = axes[1].voxel(at: y - margin.y) else { continue }
                let (from, to) = ((slice * sources.size.y + row) * sources.size.x, (z * size.y + y) * size.x)
                for (x, column) in columns.enumerated() { extended[to + x] = column.map { image[from + $0] } ?? 0 }
            }
        }
        if let inner {
            var grid = block.grid
            grid.size = size
            let whole = VoxelBox(lower: .zero, size: size)
            extended = ImageFilter(inner, dimension: dimension, boundary: boundary, pooling: pooling)
                .responses(in: whole, of: VolumeBlock(grid: grid, box: whole, values: extended), workers)
        }
        let responses = filter.responses(of: extended, size: size, workers)
        let first = box.lower &- sources.lower &+ margin
        return VolumeBlock(
            grid: block.grid, box: VoxelBox(lower: .zero, size: size), values: responses
        ).values(in: VoxelBox(lower: first, size: box.size))
    }
}
