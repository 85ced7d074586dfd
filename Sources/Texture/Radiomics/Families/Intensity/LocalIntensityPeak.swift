// The local intensity peak of IBSI 3.2: the mean in a sphere of 1 cm³ around a voxel of the region. The sphere takes in all
// voxels of the image whose centres it holds, whether or not they belong to the region.

import Glibc
import Imaging
import TextureCore

public enum LocalIntensityFeature: Hashable, CaseIterable, Sendable {
    /// Around the brightest voxel of the region; of several as bright the highest peak counts.
    case localPeak
    /// Around whichever voxel of the region gives the highest.
    case globalPeak
}

struct LocalIntensityPeak {
    let localPeak: Measure
    let globalPeak: Measure

    /// (3 / 4π)^(1/3) cm, in mm: about 6.2.
    static let radius = cbrt(3 / (4 * Double.pi)) * 10

    /// How many voxels beyond the region the sphere reaches, at most all that a grid has.
    static func margin(in grid: Geometry) -> SIMD3<Int> { margin(VoxelEdges(grid), size: grid.size) }

    fileprivate static func margin(_ edges: VoxelEdges, size: SIMD3<Int>) -> SIMD3<Int> {
        let (sides, slices) = (edges.sides, steps(radius, edges.sides.z, most: size.z))
        let (x, y) = (abs(edges.push.x) * Double(slices), abs(edges.push.y) * Double(slices))
        return SIMD3(
            steps(radius + x, sides.x, most: size.x), steps(radius + y, sides.y, most: size.y), slices)
    }

    /// Whole voxels in a length: a spacing of next to nothing makes more of them than an integer holds.
    private static func steps(_ length: Double, _ spacing: Double, most: Int) -> Int {
        let steps = length / spacing
        return steps < Double(most) ? Int(steps) : most
    }

    /// - Parameters:
    ///   - region: box of the intensity mask `inside`, which must not be empty.
    ///   - block: holds the region and, as far as the image goes, the margin around it.
    init(_ region: VoxelBox, inside: [UInt8], block: VolumeBlock) {
        let rows = Self.sphere(VoxelEdges(block.grid), size: block.box.size)
        let intensities = block.values(in: block.box)
        let sums = RunningSums(block, intensities)
        let brightest = Self.maximum(region, inside, block)
        let size = region.size
        var (local, global) = (-Double.infinity, -Double.infinity)
        var total = [Double](repeating: 0, count: size.x)
        var count = [Double](repeating: 0, count: size.x)
        let first = region.lower &- block.box.lower
        for z in 0..<size.z {
            for y in 0..<size.y {
                let row = region.offset(0, y, z)
                guard inside[row..<row + size.x].contains(where: { $0 != 0 }) else { continue }
                for x in 0..<size.x { (total[x], count[x]) = (0, 0) }
                for part in rows {
                    sums.add(
                        y: first.y + y + part.y, z: first.z + z + part.z, from: first.x, part.reach, to: &total,
                        &count)
                }
                let values = block.box.offset(first.x, first.y + y, first.z + z)
                for x in 0..<size.x where inside[row + x] != 0 {
                    let peak = total[x] / count[x]
                    global = max(global, peak)
                    if intensities[values + x] == brightest { local = max(local, peak) }
                }
            }
        }
        (localPeak, globalPeak) = (.value(local), .value(global))
    }

    func measure(_ feature: LocalIntensityFeature) -> Measure {
        switch feature {
        case .localPeak: localPeak
        case .globalPeak: globalPeak
        }
    }

    private static func maximum(_ region: VoxelBox, _ inside: [UInt8], _ block: VolumeBlock) -> Double {
        zip(inside, block.values(in: region)).reduce(-Double.infinity) { $1.0 != 0 ? max($0, $1.1) : $0 }
    }

    /// The sphere as rows along x: how far each reaches to both sides, no farther than a block of `size` is long.
    private static func sphere(_ edges: VoxelEdges, size: SIMD3<Int>) -> [(y: Int, z: Int, reach: ClosedRange<Int>)] {
        let (sides, push) = (edges.sides, edges.push)
        let margin = Self.margin(edges, size: size)
        // A hair more, so that a centre exactly on the sphere is inside whatever the rounding.
        let limit = radius * radius * (1 + 1e-12)
        var rows: [(y: Int, z: Int, reach: ClosedRange<Int>)] = []
        for z in -margin.z...margin.z {
            for y in -margin.y...margin.y {
                let (dy, dz) = (Double(y) * sides.y + Double(z) * push.y, Double(z) * sides.z)
                let rest = limit - dy * dy - dz * dz
                guard rest >= 0 else { continue }
                guard push.x != 0 else {
                    let reach = steps(rest.squareRoot(), sides.x, most: size.x)
                    rows.append((y, z, -reach...reach))
                    continue
                }
                let centre = -Double(z) * push.x
                let low = ((centre - rest.squareRoot()) / sides.x).rounded(.up)
                let high = ((centre + rest.squareRoot()) / sides.x).rounded(.down)
                let most = Double(margin.x)
                guard low <= high, low <= most, high >= -most else { continue }
                rows.append((y, z, Int(max(low, -most))...Int(min(high, most))))
            }
        }
        return rows
    }
}

/// Sums and numbers of the values of each row up to each voxel, so that the sum of any stretch is a difference. Voxels that
/// hold no finite number are left out. With ends of the row on either side repeated as far as a sphere can reach.
private struct RunningSums {
    private let size: SIMD3<Int>
    private let margin: Int
    private let width: Int
    private var sums: [Double]
    private var counts: [Double]

    init(_ block: VolumeBlock, _ intensities: [Double]) {
        size = block.box.size
        margin = LocalIntensityPeak.margin(VoxelEdges(block.grid), size: block.box.size).x
        width = size.x + 1 + 2 * margin
        sums = [Double](repeating: 0, count: width * size.y * size.z)
        counts = sums
        for row in 0..<size.y * size.z {
            var (sum, count) = (0.0, 0.0)
            for x in 0..<size.x {
                let value = intensities[row * size.x + x]
                if value.isFinite {
                    sum += value
                    count += 1
                }
                sums[row * width + margin + x + 1] = sum
                counts[row * width + margin + x + 1] = count
            }
            for x in margin + size.x + 1..<width {
                sums[row * width + x] = sum
                counts[row * width + x] = count
            }
        }
    }

    /// Adds the stretch that reaches from x so far to both sides, for x = first, first + 1, …
    func add(
        y: Int, z: Int, from first: Int, _ reach: ClosedRange<Int>, to total: inout [Double], _ count: inout [Double]
    ) {
        guard y >= 0, z >= 0, y < size.y, z < size.z else { return }
        let low = (z * size.y + y) * width + margin + first + reach.lowerBound
        let high = low + reach.count
        sums.withUnsafeBufferPointer { sums in
            counts.withUnsafeBufferPointer { counts in
                total.withUnsafeMutableBufferPointer { total in
                    count.withUnsafeMutableBufferPointer { count in
                        for x in 0..<total.count {
                            total[x] += sums[high + x] - sums[low + x]
                            count[x] += counts[high + x] - counts[low + x]
                        }
                    }
                }
            }
        }
    }
}
