// Moran's I and Geary's C compare every voxel of the region with every other, weighted by the inverse of their distance.
// Both follow from three sums over pairs i ≠ j with w(i,j) = 1 / |r_i - r_j| and deviations d = X - μ:
//     W = Σ w,   A = Σ w d_i d_j,   B = Σ w d_i²,   so that Σ w (X_i - X_j)² = 2 B - 2 A.
// The number of pairs grows with the square of the region: 8e9 for the 125,256 voxels of the IBSI phantom, 5e11 for a
// million. But w depends on the difference of positions alone, so that the sums over j are convolutions, Σ_j w m_j and
// Σ_j w d_j with the mask m, which the Fourier transform turns into products. That is no approximation: only rounding
// differs (1e-12 of the direct sums in the tests). Small regions are summed directly.

import Imaging
import NumericalMethods
import TextureCore

package struct SpatialAutocorrelation {
    /// Moran's I: N / W Σ w d_i d_j / Σ d², about 0 for noise, positive when neighbours are alike.
    package let moran: Measure
    /// Geary's C: (N - 1) / (2 W) Σ w (X_i - X_j)² / Σ d², about 1 for noise, smaller when neighbours are alike.
    package let geary: Measure

    package enum Method {
        case direct, fourier
        /// Whichever is faster.
        case automatic
    }

    /// - Parameters:
    ///   - inside: not 0 for voxels of the region; x fastest.
    ///   - intensities: of all voxels of the box, looked at inside only.
    ///   - edges: of a voxel. Where it leans the kernel is not even along each axis, so that a region is summed directly.
    package init(
        inside: [UInt8], intensities: [Double], size: SIMD3<Int>, edges: VoxelEdges, method: Method = .automatic
    ) {
        var (count, sum) = (0, 0.0)
        for (k, flag) in inside.enumerated() where flag != 0 {
            count += 1
            sum += intensities[k]
        }
        guard count > 1 else {
            (moran, geary) = (.undefined(.oneVoxel), .undefined(.oneVoxel))
            return
        }
        let mean = sum / Double(count)
        var deviations = [Double](repeating: 0, count: inside.count)
        var (squares, isFlat, first) = (0.0, true, Double?.none)
        for (k, flag) in inside.enumerated() where flag != 0 {
            deviations[k] = intensities[k] - mean
            squares += deviations[k] * deviations[k]
            if let first { if intensities[k] != first { isFlat = false } } else { first = intensities[k] }
        }
        guard !isFlat else {
            (moran, geary) = (.undefined(.oneIntensity), .undefined(.oneIntensity))
            return
        }
        let sums: PairSums
        let useDirect = method == .direct || (method == .automatic && count <= (edges.isUpright ? 2500 : 50_000))
        if useDirect {
            sums = PairSums(directly: inside, deviations, size, edges)
        } else if edges.isUpright, let transformed = PairSums(byFourier: inside, deviations, size, edges.sides) {
            sums = transformed
        } else {
            (moran, geary) = (.undefined(.regionTooLarge), .undefined(.regionTooLarge))
            return
        }
        let n = Double(count)
        moran = .value(n / sums.weights * sums.products / squares)
        geary = .value((n - 1) / sums.weights * (sums.squares - sums.products) / squares)
    }
}

/// W, A and B of the head of this file.
private struct PairSums {
    var weights = 0.0
    var products = 0.0
    var squares = 0.0
}

extension PairSums {
    init(directly inside: [UInt8], _ deviations: [Double], _ size: SIMD3<Int>, _ edges: VoxelEdges) {
        var places: [(position: SIMD3<Double>, deviation: Double)] = []
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    let k = (z * size.y + y) * size.x + x
                    guard inside[k] != 0 else { continue }
                    places.append((edges.way(SIMD3(x, y, z)), deviations[k]))
                }
            }
        }
        for i in places.indices {
            let (position, deviation) = places[i]
            var (weights, products, squares) = (0.0, 0.0, 0.0)
            for j in 0..<i {
                let weight = 1 / length(position - places[j].position)
                weights += weight
                products += weight * places[j].deviation
                squares += weight * (deviation * deviation + places[j].deviation * places[j].deviation)
            }
            self.weights += 2 * weights
            self.products += 2 * products * deviation
            self.squares += squares
        }
    }

    /// Nil when the transform would take more than 8 GiB.
    ///
    /// Mask and deviations travel as real and imaginary part of one transform; the kernel is even, so its transform is
    /// real and keeps them apart. First all rows along x; then, four of x's frequencies at a time, the planes of y and z
    /// forth, times the kernel, and back; then rows along x back. Rows and planes that hold nothing are left out.
    init?(byFourier inside: [UInt8], _ deviations: [Double], _ size: SIMD3<Int>, _ spacing: SIMD3<Double>) {
        let (nx, ny, nz) = (size.x, size.y, size.z)
        let alongX = FourierTransform(count: FourierTransform.size(atLeast: 2 * nx - 1))
        let alongY = FourierTransform(count: FourierTransform.size(atLeast: 2 * ny - 1))
        let alongZ = FourierTransform(count: FourierTransform.size(atLeast: 2 * nz - 1))
        let (fx, fy, fz) = (alongX.count, alongY.count, alongZ.count)
        let batches = (fx + 3) / 4
        guard batches * ny * nz * MemoryLayout<ComplexLanes>.stride < 8 << 30 else { return nil }

        let buffers = LaneBuffers(counts: [
            batches * nz * ny, nz * fy, max(fx, fy, fz), max(fx, fy, fz),
        ])
        let (spectrum, plane, line, scratch) = (buffers[0], buffers[1], buffers[2], buffers[3])
        let rows = RowTranspose(fx: fx, ny: ny, nz: nz)

        // Rows along x: lanes are four rows; in the spectrum, lanes are four frequencies.
        for z in 0..<nz {
            for y in stride(from: 0, to: ny, by: 4) {
                let lanes = min(4, ny - y)
                for x in 0..<nx {
                    var value = ComplexLanes.zero
                    for lane in 0..<lanes {
                        let k = (z * ny + y + lane) * nx + x
                        guard inside[k] != 0 else { continue }
                        value.re[lane] = 1
                        value.im[lane] = deviations[k]
                    }
                    line[x] = value
                }
                for x in nx..<fx { line[x] = .zero }
                alongX.transform(line, scratch: scratch)
                rows.scatter(line, lanes: lanes, y: y, z: z, to: spectrum)
            }
        }

        let kernel = DistanceKernel(alongX: alongX, alongY: alongY, alongZ: alongZ, spacing: spacing)
        for batch in 0..<batches {
            let weights = kernel.plane(batch)
            for z in 0..<nz {
                let row = plane + z * fy
                row.update(from: spectrum + (batch * nz + z) * ny, count: ny)
                for y in ny..<fy { row[y] = .zero }
                alongY.transform(row, scratch: scratch)
            }
            for y in 0..<fy {
                for z in 0..<nz { line[z] = plane[z * fy + y] }
                for z in nz..<fz { line[z] = .zero }
                alongZ.transform(line, scratch: scratch)
                let mirroredY = min(y, fy - y)
                for z in 0..<fz {
                    let weight = weights[min(z, fz - z) * (fy / 2 + 1) + mirroredY]
                    line[z] = ComplexLanes(re: line[z].im * weight, im: line[z].re * weight)
                }
                alongZ.transform(line, scratch: scratch)
                for z in 0..<nz { plane[z * fy + y] = line[z] }
            }
            for z in 0..<nz {
                let row = plane + z * fy
                alongY.transform(row, scratch: scratch)
                (spectrum + (batch * nz + z) * ny).update(from: row, count: ny)
            }
        }

        // Back along x; what comes out is swapped and fx fy fz times too large.
        let scale = 1 / (Double(fx) * Double(fy) * Double(fz))
        for z in 0..<nz {
            for y in stride(from: 0, to: ny, by: 4) {
                let lanes = min(4, ny - y)
                rows.gather(spectrum, lanes: lanes, y: y, z: z, to: line)
                alongX.transform(line, scratch: scratch)
                for lane in 0..<lanes {
                    for x in 0..<nx {
                        let k = (z * ny + y + lane) * nx + x
                        guard inside[k] != 0 else { continue }
                        let (ofMask, ofDeviations) = (line[x].im[lane], line[x].re[lane])
                        weights += ofMask
                        products += deviations[k] * ofDeviations
                        squares += deviations[k] * deviations[k] * ofMask
                    }
                }
            }
        }
        weights *= scale
        products *= scale
        squares *= scale
        buffers.free()
    }
}

/// Buffers of lanes, freed together.
private struct LaneBuffers {
    private let pointers: [UnsafeMutablePointer<ComplexLanes>]

    init(counts: [Int]) {
        pointers = counts.map { count in
            let pointer = UnsafeMutablePointer<ComplexLanes>.allocate(capacity: count)
            pointer.initialize(repeating: .zero, count: count)
            return pointer
        }
    }

    subscript(index: Int) -> UnsafeMutablePointer<ComplexLanes> { pointers[index] }

    func free() { for pointer in pointers { pointer.deallocate() } }
}

/// Four rows of frequencies to and from the layout of planes [batch of four frequencies, z, y].
private struct RowTranspose {
    let fx: Int
    let ny: Int
    let nz: Int

    func scatter(
        _ line: UnsafeMutablePointer<ComplexLanes>, lanes: Int, y: Int, z: Int,
        to planes: UnsafeMutablePointer<ComplexLanes>
    ) {
        for x in 0..<fx {
            let target = planes + ((x / 4) * nz + z) * ny + y
            for lane in 0..<lanes {
                target[lane].re[x & 3] = line[x].re[lane]
                target[lane].im[x & 3] = line[x].im[lane]
            }
        }
    }

    func gather(
        _ planes: UnsafeMutablePointer<ComplexLanes>, lanes: Int, y: Int, z: Int,
        to line: UnsafeMutablePointer<ComplexLanes>
    ) {
        for x in 0..<fx {
            let source = planes + ((x / 4) * nz + z) * ny + y
            for lane in 0..<lanes {
                line[x].re[lane] = source[lane].re[x & 3]
                line[x].im[lane] = source[lane].im[x & 3]
            }
        }
    }
}

/// The transform of 1 / distance, 0 at distance 0, on the grid of the transforms. It is real and even along every axis, so
/// two real planes travel as real and imaginary part, and half of each axis says everything.
private final class DistanceKernel {
    private let alongY: FourierTransform
    private let alongZ: FourierTransform
    private let fx: Int
    private let halfY: Int
    private let halfZ: Int
    /// [z, y, x frequency], z and y from 0 to half their period.
    private var rows: [Double]
    private let rowStride: Int
    private var pair: (first: Int, planes: [ComplexLanes])?

    init(alongX: FourierTransform, alongY: FourierTransform, alongZ: FourierTransform, spacing: SIMD3<Double>) {
        (self.alongY, self.alongZ, fx) = (alongY, alongZ, alongX.count)
        (halfY, halfZ) = (alongY.count / 2, alongZ.count / 2)
        let fx = alongX.count
        let padded = (fx + 7) / 8 * 8
        let count = (halfY + 1) * (halfZ + 1)
        let lines = LaneBuffers(counts: [fx, fx])
        rows = [Double](repeating: 0, count: count * padded)
        rowStride = padded
        for first in stride(from: 0, to: count, by: 8) {
            for x in 0..<fx {
                let dx = Double(min(x, fx - x)) * spacing.x
                var value = ComplexLanes.zero
                for lane in 0..<min(8, count - first) {
                    let (y, z) = ((first + lane) % (halfY + 1), (first + lane) / (halfY + 1))
                    let (dy, dz) = (Double(y) * spacing.y, Double(z) * spacing.z)
                    let square = dx * dx + dy * dy + dz * dz
                    let weight = square == 0 ? 0 : 1 / square.squareRoot()
                    if lane < 4 { value.re[lane] = weight } else { value.im[lane - 4] = weight }
                }
                lines[0][x] = value
            }
            alongX.transform(lines[0], scratch: lines[1])
            for lane in 0..<min(8, count - first) {
                for x in 0..<fx {
                    rows[(first + lane) * padded + x] = lane < 4 ? lines[0][x].re[lane] : lines[0][x].im[lane - 4]
                }
            }
        }
        lines.free()
    }

    /// Of four frequencies of x: [z, y] from 0 to half their period.
    func plane(_ batch: Int) -> [SIMD4<Double>] {
        let first = batch & ~1
        if pair?.first != first { pair = (first, transformed(first)) }
        guard let planes = pair?.planes else { return [] }
        return batch == first ? planes.map(\.re) : planes.map(\.im)
    }

    private func transformed(_ batch: Int) -> [ComplexLanes] {
        let (fy, fz) = (alongY.count, alongZ.count)
        let buffers = LaneBuffers(counts: [max(fy, fz), max(fy, fz), (halfZ + 1) * (halfY + 1)])
        let (line, scratch, planes) = (buffers[0], buffers[1], buffers[2])
        for z in 0...halfZ {
            for y in 0...halfY {
                let row = (z * (halfY + 1) + y) * rowStride + batch * 4
                var value = ComplexLanes.zero
                for lane in 0..<4 {
                    value.re[lane] = rows[row + lane]
                    value.im[lane] = rows[row + 4 + lane]
                }
                line[y] = value
                if y > 0 { line[fy - y] = value }
            }
            alongY.transform(line, scratch: scratch)
            (planes + z * (halfY + 1)).update(from: line, count: halfY + 1)
        }
        for y in 0...halfY {
            for z in 0...halfZ {
                line[z] = planes[z * (halfY + 1) + y]
                if z > 0 { line[fz - z] = line[z] }
            }
            alongZ.transform(line, scratch: scratch)
            for z in 0...halfZ { planes[z * (halfY + 1) + y] = line[z] }
        }
        let result = Array(UnsafeBufferPointer(start: planes, count: (halfZ + 1) * (halfY + 1)))
        buffers.free()
        return result
    }
}
