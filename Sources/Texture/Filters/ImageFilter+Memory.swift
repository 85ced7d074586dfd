import Imaging

extension ImageFilter {
    /// Bytes that are held at the same time for the responses in a box, they themselves among them and the image not.
    public func memory(for box: VoxelBox, in grid: Geometry) -> Double {
        func voxels(_ box: VoxelBox) -> Double { Double(box.size.x) * Double(box.size.y) * Double(box.size.z) }
        let (own, read) = (8 * voxels(box), 8 * voxels(sources(of: box, in: grid)))
        switch kind {
        case .mean, .laplacianOfGaussian, .wavelet, .laws(_, nil): return own
        // The responses whose energy is averaged reach over the box; at most the sources do.
        case .laws: return own + read
        case .gabor: return own + read
        case .simoncelli: return own + read + 2 * 8 * spectralVoxels(of: box, in: grid)
        case .riesz(_, let inner, _):
            // The image, what stands around it and both parts of a transform; pooled, a copy of them for each order. Another
            // filter's work is done before.
            let lengthened = 8 * spectralVoxels(of: box, in: grid)
            return own + read + (inner == nil ? 2 : 3) * lengthened + (pooling == .none ? 0 : 2 * lengthened)
        case .pyradiomics(let filter): return filter.memory(for: box, in: grid)
        }
    }
}

extension PyRadiomicsFilter {
    fileprivate func memory(for box: VoxelBox, in grid: Geometry) -> Double {
        let (own, source) = (Double(box.voxelCount), sources(of: box, in: grid))
        let read = Double(source.voxelCount)
        return switch self {
        case .laplacianOfGaussian:
            14 * Double(box.size.x) * Double(box.size.y) * Double(source.size.z)
                + (source.size.z > box.size.z ? 8 * own : 0)
        case .wavelet, .square, .squareRoot, .logarithm, .exponential: 8 * own
        case .gradient, .localBinaryPatterns: 8 * own + 8 * read
        case .sphericalPatterns: 8 * own + 16 * read
        }
    }
}
