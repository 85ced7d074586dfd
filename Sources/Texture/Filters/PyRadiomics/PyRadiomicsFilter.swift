import Glibc
import Imaging
import Parallel

/// An image type of PyRadiomics 3.0.1 (imageoperations.py).
public enum PyRadiomicsFilter: Hashable, Sendable {
    /// ITK's recursion, edges repeated; sigma in mm.
    case laplacianOfGaussian(sigma: Double)
    /// One step a level with the same kernels, without holes; axes of odd length are lengthened by one sample, wrapped. `axes`
    /// are those with a letter, x first.
    case wavelet(WaveletFamily, level: Int, Subband, axes: [Int])
    /// Scaled by the largest absolute value of the whole image.
    case square
    case squareRoot
    case logarithm
    case exponential
    /// Size of the gradient by central differences, per mm or per voxel.
    case gradient(perMillimetre: Bool)
    /// Uniform local binary patterns, plane by plane across an axis.
    case localBinaryPatterns(LocalBinaryPatterns)
    /// Its local binary patterns in the volume.
    case sphericalPatterns(SphericalPatterns)
}

extension PyRadiomicsFilter {
    /// In which type it leaves its response.
    public enum Precision: Sendable { case ofImage, float32, float64 }

    public var precision: Precision {
        switch self {
        case .laplacianOfGaussian, .gradient: .float32
        case .wavelet, .square, .squareRoot, .logarithm, .exponential, .sphericalPatterns: .float64
        case .localBinaryPatterns: .ofImage
        }
    }

    var looksAcrossSlices: Bool {
        switch self {
        case .laplacianOfGaussian, .gradient, .sphericalPatterns: true
        case .wavelet(_, _, _, let axes): axes.contains(2)
        case .localBinaryPatterns(let patterns): patterns.across != 2
        case .square, .squareRoot, .logarithm, .exponential: false
        }
    }

    /// Whether PyRadiomics computes it of an image of this size: not where an axis has fewer than 4 voxels or than σ and one more.
    func fits(_ size: SIMD3<Int>, spacing: SIMD3<Double>) -> Bool {
        guard case .laplacianOfGaussian(let sigma) = self else { return true }
        return (0..<3).allSatisfy {
            size[$0] >= 4 && Double(size[$0]) >= (sigma / spacing[$0]).rounded(.up) + 1
        }
    }

    func sources(of box: VoxelBox, in grid: Geometry) -> VoxelBox {
        switch self {
        case .gradient: box.grown(by: .one, within: grid.size)
        case .localBinaryPatterns(let patterns): patterns.sources(of: box, in: grid)
        case .sphericalPatterns(let patterns): patterns.sources(of: box, in: grid)
        case .wavelet: bank?.sources(of: box, axes(of: grid.size)) ?? box
        case .laplacianOfGaussian(let sigma):
            RecursiveLaplacian(sigma: sigma, spacing: grid.spacing).sources(of: box, within: grid.size)
        case .square, .squareRoot, .logarithm, .exponential: VoxelBox(lower: .zero, size: grid.size)
        }
    }

    func responses(in box: VoxelBox, of block: VolumeBlock, _ workers: Workers) -> [Double] {
        switch self {
        case .laplacianOfGaussian(let sigma):
            return RecursiveLaplacian(sigma: sigma, spacing: block.grid.spacing)
                .responses(in: box, of: block, workers)
        case .wavelet:
            return bank?.responses(in: box, of: block, axes(of: block.grid.size), workers) ?? []
        case .gradient(let perMillimetre):
            return gradient(in: box, of: block, spacing: perMillimetre ? block.grid.spacing : .one, workers)
        case .localBinaryPatterns(let patterns): return patterns.responses(in: box, of: block, workers)
        case .sphericalPatterns(let patterns): return patterns.responses(in: box, of: block, workers)
        case .square, .squareRoot, .logarithm, .exponential:
            return pointwise(in: box, of: block, largest: largest(of: block, workers), workers)
        }
    }

    private func axes(of size: SIMD3<Int>) -> [FilterAxis] {
        (0..<3).map { axis in
            var result = FilterAxis(count: size[axis], boundary: .nearest)
            if case .wavelet(_, _, _, let axes) = self {
                result.boundary = .periodic
                result.lengthened = axes.contains(axis) ? size[axis] % 2 : 0
            }
            return result
        }
    }

    /// Of a wavelet.
    private var bank: SeparableBank? {
        guard case .wavelet(let family, let level, let subband, let axes) = self else { return nil }
        var term = SeparableTerm(.nothing, .nothing, .nothing)
        for (axis, pass) in zip(axes, subband.passes) {
            term[axis] = .kernels(
                [LineKernel](repeating: family.kernel(.low, level: 1), count: level - 1)
                    + [family.kernel(pass, level: 1)])
        }
        return SeparableBank([term])
    }

    // MARK: Voxel by voxel

    private func largest(of block: VolumeBlock, _ workers: Workers) -> Double {
        let size = block.grid.size
        return workers.map(size.z) { z in
            var largest = 0.0
            block.forEachRow(of: VoxelBox(lower: SIMD3(0, 0, z), size: SIMD3(size.x, size.y, 1))) {
                (row: UnsafeBufferPointer<Double>, _: Int) in
                for value in row where value.isFinite && abs(value) > largest { largest = abs(value) }
            }
            return largest
        }.max() ?? 0
    }

    /// In PyRadiomics' order of operations.
    private func pointwise(
        in box: VoxelBox, of block: VolumeBlock, largest: Double, _ workers: Workers
    ) -> [Double] {
        func each(_ value: (Double) -> Double) -> [Double] {
            box.rows(workers) { first, row in
                block.copy(box.size.x, from: first, to: row)
                for x in 0..<box.size.x { row[x] = value(row[x]) }
            }
        }
        guard largest > 0 else { return each { self == .exponential ? 1 : $0 } }
        switch self {
        case .square:
            let factor = 1 / largest.squareRoot()
            return each { (factor * $0) * (factor * $0) }
        case .squareRoot:
            return each {
                $0 > 0 ? ($0 * largest).squareRoot() : $0 < 0 ? -(-$0 * largest).squareRoot() : $0.isNaN ? $0 : 0
            }
        case .logarithm:
            let factor = largest / log(largest + 1)
            return each { factor * ($0 > 0 ? log($0 + 1) : $0 < 0 ? -log(-($0 - 1)) : $0.isNaN ? $0 : 0) }
        case .exponential:
            let factor = log(largest) / largest
            return each { exp(factor * $0) }
        case .laplacianOfGaussian, .wavelet, .gradient, .localBinaryPatterns, .sphericalPatterns: return []
        }
    }

    /// As ITK: in double, edges repeated, the result in float.
    private func gradient(
        in box: VoxelBox, of block: VolumeBlock, spacing: SIMD3<Double>, _ workers: Workers
    ) -> [Double] {
        let around = sources(of: box, in: block.grid)
        let values = block.values(in: around)
        let factors = SIMD3<Double>(repeating: 0.5) / spacing
        let last = block.grid.size &- .one
        return box.rows(workers) { first, row in
            for x in 0..<box.size.x {
                let voxel = first &+ SIMD3(x, 0, 0)
                var squares = 0.0
                for axis in 0..<3 {
                    var (before, after) = (voxel, voxel)
                    before[axis] = max(0, voxel[axis] - 1)
                    after[axis] = min(last[axis], voxel[axis] + 1)
                    let (a, b) = (before &- around.lower, after &- around.lower)
                    let difference =
                        values[around.offset(b.x, b.y, b.z)] - values[around.offset(a.x, a.y, a.z)]
                    squares += (difference * factors[axis]) * (difference * factors[axis])
                }
                row[x] = Double(Float(squares.squareRoot()))
            }
        }
    }
}

extension VoxelBox {
    /// A value for each voxel, x fastest: rows along x spread over the threads, each written by one of them.
    ///
    /// - Parameter write: is given the first voxel of a row and where its values belong.
    func rows(
        _ workers: Workers, _ write: (_ first: SIMD3<Int>, _ row: UnsafeMutablePointer<Double>) -> Void
    ) -> [Double] {
        var result = [Double](unwritten: voxelCount)
        let target = result.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        workers.forEachRange(of: size.y * size.z, size: Workers.rowsPerTask(width: size.x)) { range, _ in
            for row in range {
                write(lower &+ SIMD3(0, row % size.y, row / size.y), target.pointer + row * size.x)
            }
        }
        return result
    }
}
