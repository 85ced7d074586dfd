import Glibc

/// The Laplacian of a Gaussian, which is a sum of products of filters along the axes.
struct LaplacianOfGaussian {
    /// One a axis: its second derivative there, the Gaussian along the others.
    let terms: [SeparableTerm]

    /// Sampled to ⌊truncate σ + ½⌋ voxels and not renormalised, as in the IBSI-2 reference: Σ (x²/σ⁴ - 1/σ²) ∏ g(x), in units of
    /// one over a voxel's side squared; where voxels are not cubes, of their volume to the power of ⅔.
    ///
    /// - Parameters:
    ///   - sigma: mm
    ///   - axes: 3, or 2 within slices.
    init(sigma: Double, truncate: Double, spacing: SIMD3<Double>, axes: Int) {
        var volume = 1.0
        for axis in 0..<axes { volume *= spacing[axis] }
        let unit = pow(volume, 2 / Double(axes))
        var (smooth, curved) = ([AxisFilter](), [AxisFilter]())
        for axis in 0..<axes {
            let s = sigma / spacing[axis]
            let reach = Int((truncate * s + 0.5).rounded(.down))
            let places = (-reach...reach).map(Double.init)
            let gaussian = places.map { exp(-$0 * $0 / (2 * s * s)) / ((2 * Double.pi).squareRoot() * s) }
            smooth.append(.kernel(LineKernel(first: -reach, weights: gaussian)))
            let scale = unit / (spacing[axis] * spacing[axis])
            let second = zip(places, gaussian).map { ($0 * $0 / (s * s * s * s) - 1 / (s * s)) * scale * $1 }
            curved.append(.kernel(LineKernel(first: -reach, weights: second)))
        }
        terms = Self.terms(smooth, curved)
    }

    private static func terms(_ smooth: [AxisFilter], _ curved: [AxisFilter]) -> [SeparableTerm] {
        smooth.indices.map { axis in
            var filters = smooth
            filters[axis] = curved[axis]
            return SeparableTerm(filters[0], filters[1], filters.count > 2 ? filters[2] : .nothing)
        }
    }
}
