// Filters that are defined by what they do to the frequencies of the whole image.

import Glibc
import Imaging
import Parallel

/// Factors of frequencies. As in the IBSI-2 reference, frequencies run from -1 to 1 along each axis with both ends on the
/// grid, so that its centre is at (n - 1) / 2: not the grid of the plain Fourier transform.
struct SpectralFilter: Hashable, Sendable {
    /// B map of a level of Simoncelli's pyramid; nil: all frequencies pass.
    var simoncelliLevel: Int?
    /// Order of the Riesz transform along x, y, z; nil: none.
    var rieszOrder: SIMD3<Int>?
    /// Whether frequencies across slices play no part, and each slice is one image.
    var isPlanar: Bool

    /// Of an image, for ``responses(of:_:)``.
    func spectrum(of image: consuming [Double], size: SIMD3<Int>, _ workers: Workers) -> FourierVolume {
        var volume = FourierVolume(size: size, real: image)
        volume.transform(axes: axes, workers)
        return volume
    }

    /// Responses of every voxel.
    func responses(of spectrum: consuming FourierVolume, _ workers: Workers) -> [Double] {
        let size = spectrum.size
        let frequencies = (0..<3).map { isPlanar && $0 == 2 ? [0] : Self.frequencies(size[$0]) }
        let last = isPlanar ? 0 : size.z - 1
        spectrum.multiply(workers) { x, y, z in
            factor(at: SIMD3(frequencies[0][x], frequencies[1][y], frequencies[2][min(z, last)]))
        }
        spectrum.invert(axes: axes, workers)
        return spectrum.real
    }

    private var axes: [Int] { isPlanar ? [0, 1] : [0, 1, 2] }

    /// Of each place of the transform, whose first is frequency 0 of an odd number of points.
    private static func frequencies(_ n: Int) -> [Double] {
        guard n > 1 else { return [0] }
        let centre = Double(n - 1) / 2
        return (0..<n).map { (Double(($0 + n / 2) % n) - centre) / centre }
    }

    /// The Riesz transform is (-i)^L √(L! / ∏ l!) ∏ ν^l / |ν|^L (IBSI-2).
    private func factor(at frequency: SIMD3<Double>) -> (c: Double, s: Double) {
        let distance = (frequency * frequency).sum().squareRoot()
        var size = 1.0
        if let level = simoncelliLevel {
            let top = 1 / Double(1 << (level - 1))
            guard distance >= top / 4, distance <= top else { return (0, 0) }
            size = cos(Double.pi / 2 * log2(2 * distance / top))
        }
        guard let order = rieszOrder else { return (size, 0) }
        let total = order.wrappedSum()
        guard total > 0 else { return (size, 0) }
        guard distance > 0 else { return (0, 0) }
        var share = Self.factorial(total)
        for axis in 0..<3 {
            share /= Self.factorial(order[axis])
            size *= pow(frequency[axis], Double(order[axis]))
        }
        size *= share.squareRoot() / pow(distance, Double(total))
        return [(size, 0), (0, -size), (-size, 0), (0, size)][total % 4]
    }

    private static func factorial(_ n: Int) -> Double { (1...max(1, n)).reduce(1) { $0 * Double($1) } }
}
