import Imaging
import Testing

/// Resampling of stacks that lean (gantry tilt) onto straight grids, against twins that look each point up by itself.
struct LeaningStackTests {
    /// A stack whose next slice is pushed by so many mm along rows and columns, turned about in the patient.
    private static func stack(
        size: SIMD3<Int> = [9, 8, 7], spacing: SIMD2<Double> = [1, 1.5], step: Double = 2, push: SIMD2<Double>
    ) -> Volume {
        let x = SIMD3(0.8, 0.6, 0.0)
        let y = SIMD3(0.0, 0.0, -1.0)
        let way = cross(x, y) * step + x * push.x + y * push.y
        let geometry = Geometry(
            size: size, spacing: SIMD3(spacing.x, spacing.y, length(way)), origin: [-30, 12, 5],
            direction: .init(x: x, y: y, z: way / length(way)))
        var values: [Int16] = []
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    values.append(Int16((x * 37 + y * 91 + z * 53 + x * y * 7 + y * z * 11) % 211 - 100))
                }
            }
        }
        return Volume(geometry: geometry, values: .int16(values))
    }

    private static let pushes: [SIMD2<Double>] = [[0.7, 0], [0, -1.3], [-0.9, 0.4], [3.2, 2.7]]

    private static func whole(_ geometry: Geometry) -> VoxelBox { VoxelBox(lower: .zero, size: geometry.size) }

    private static func voxels(_ size: SIMD3<Int>) -> [SIMD3<Int>] {
        (0..<size.z).flatMap { z in (0..<size.y).flatMap { y in (0..<size.x).map { SIMD3($0, y, z) } } }
    }

    /// The eight voxels around a point of the patient and their weights, in the scan's own axes; nil outside the stack.
    private static func linear(
        _ grid: Geometry, at position: SIMD3<Double>, _ value: (SIMD3<Int>) -> Double
    ) -> Double? {
        let place = grid.index(at: position)
        var sum = 0.0
        for axis in 0..<3 where place[axis] < -0.5 || place[axis] >= Double(grid.size[axis]) - 0.5 { return nil }
        for corner in 0..<8 {
            var (index, weight) = (SIMD3<Int>.zero, 1.0)
            for axis in 0..<3 {
                let t = min(max(place[axis], 0), Double(grid.size[axis] - 1))
                let below = min(Int(t), grid.size[axis] - 2)
                let above = corner >> axis & 1
                index[axis] = below + above
                weight *= above == 1 ? t - Double(below) : 1 - (t - Double(below))
            }
            sum += weight * value(index)
        }
        return sum
    }

    private static func isOnEdge(_ grid: Geometry, _ position: SIMD3<Double>) -> Bool {
        let place = grid.index(at: position)
        return (0..<3).contains { axis in
            min(abs(place[axis] + 0.5), abs(place[axis] - Double(grid.size[axis]) + 0.5)) < 1e-9
        }
    }

    @Test("each point of the straight grid is looked up in the leaning stack", arguments: pushes)
    func values(push: SIMD2<Double>) {
        let volume = Self.stack(push: push)
        for spacing in [SIMD3<Double>(0.7, 1.1, 1.3), .zero, [2.5, 0, 2]] {
            let resampler = Resampler(centredOn: volume.geometry, spacing: spacing)
            let new = resampler.target
            #expect(resampler.straightens && !resampler.isIdentity)
            let values = resampler.values(of: volume, in: Self.whole(new), by: .linear)
            var (worst, known) = (0.0, 0)
            for (voxel, found) in zip(Self.voxels(new.size), values) {
                let position = new.position(of: SIMD3(Double(voxel.x), Double(voxel.y), Double(voxel.z)))
                let expected = Self.linear(volume.geometry, at: position) {
                    volume.values[volume.geometry.offset($0.x, $0.y, $0.z)]
                }
                // On the very edge of a voxel rounding decides.
                #expect((expected == nil) == found.isNaN || Self.isOnEdge(volume.geometry, position), "\(voxel)")
                guard let expected, !found.isNaN else { continue }
                known += 1
                worst = max(worst, abs(found - expected))
            }
            #expect(worst < 1e-10, "worst difference \(worst)")
            #expect(known > values.count / 10)
        }
    }

    @Test("a region is looked up as the image is", arguments: pushes)
    func region(push: SIMD2<Double>) {
        let volume = Self.stack(push: push)
        let old = volume.geometry
        var inside = Self.voxels(old.size).map { ($0.x * 5 + $0.y * 3 + $0.z * 7) % 11 < 7 ? UInt8(1) : 0 }
        inside[0] = 1
        let region = Region(name: "", label: 1, box: Self.whole(old), voxels: inside)
        let resampler = Resampler(centredOn: old, spacing: [0.9, 1.2, 1.4])
        let found = resampler.region(region, by: .linear)
        var expected: Set<SIMD3<Int>> = []
        for voxel in Self.voxels(resampler.target.size) {
            let position = resampler.target.position(of: SIMD3(Double(voxel.x), Double(voxel.y), Double(voxel.z)))
            let fraction = Self.linear(old, at: position) { Double(inside[old.offset($0.x, $0.y, $0.z)]) } ?? 0
            if fraction >= 0.5 - 1e-9 { expected.insert(voxel) }
        }
        let voxels = Self.voxels(found.box.size)
        func isOnEdge(_ voxel: SIMD3<Int>) -> Bool {
            Self.isOnEdge(
                old, resampler.target.position(of: SIMD3(Double(voxel.x), Double(voxel.y), Double(voxel.z))))
        }
        let kept = zip(voxels, found.voxels).filter { $1 != 0 }.map { $0.0 &+ found.box.lower }
        let differing = expected.symmetricDifference(kept).filter { !isOnEdge($0) }
        #expect(differing.isEmpty, "\(differing) of \(expected.count) voxels")
        #expect(expected.count > 50)
    }

    /// Where slices are pushed by whole voxels and the spacing stays, every point of the new grid is a voxel of the old one.
    @Test("a push by whole voxels moves voxels and changes none", arguments: Interpolation.allCases)
    func wholeVoxels(interpolation: Interpolation) {
        let volume = Self.stack(push: [1, -3])
        let old = volume.geometry
        let resampler = Resampler(centredOn: old, spacing: .zero)
        #expect(resampler.target.size == [9 + 6, 8 + 12, 7])
        let values = resampler.values(of: volume, in: Self.whole(resampler.target), by: interpolation)
        var worst = 0.0
        for (voxel, found) in zip(Self.voxels(resampler.target.size), values) {
            let (x, y) = (voxel.x - voxel.z, voxel.y - 12 + 2 * voxel.z)
            guard x >= 0, x < 9, y >= 0, y < 8 else {
                #expect(found.isNaN, "\(voxel): \(found)")
                continue
            }
            worst = max(worst, abs(found - volume.values[old.offset(x, y, voxel.z)]))
        }
        #expect(worst < 1e-10, "worst difference \(worst)")
    }

    /// The cubic spline of a leaning stack is that of its lattice: along x alone, then y, then z, each by itself.
    @Test("a part of the grid has the values of the whole", arguments: Interpolation.allCases)
    func boxes(interpolation: Interpolation) {
        let volume = Self.stack(size: [90, 80, 70], push: [0.8, -0.5])
        let resampler = Resampler(centredOn: volume.geometry, spacing: [1.2, 1.3, 1.7])
        let grid = resampler.target
        let whole = resampler.values(of: volume, in: Self.whole(grid), by: interpolation)
        let box = VoxelBox(lower: grid.size / 2 &- [3, 2, 4], size: [6, 5, 7])
        let part = resampler.values(of: volume, in: box, by: interpolation)
        var worst = 0.0
        for (voxel, found) in zip(Self.voxels(box.size), part) {
            let place = box.lower &+ voxel
            worst = max(worst, abs(found - whole[grid.offset(place.x, place.y, place.z)]))
        }
        #expect(worst < 1e-10, "worst difference \(worst)")
    }

    @Test("the straight grid has the stack's rows and columns, their normal, its centre, and room for all of it")
    func grid() {
        for push in Self.pushes {
            let old = Self.stack(push: push).geometry
            let new = Resampler(centredOn: old, spacing: [1, 1, 1]).target
            #expect(new.direction.x == old.direction.x && new.direction.y == old.direction.y)
            #expect(abs(dot(new.direction.z, new.direction.x)) + abs(dot(new.direction.z, new.direction.y)) < 1e-12)
            let centres = [old, new].map {
                $0.position(of: (SIMD3(Double($0.size.x), Double($0.size.y), Double($0.size.z)) - 1) / 2)
            }
            #expect(length(centres[0] - centres[1]) < 1e-9)
            for corner in 0..<8 {
                var voxel = SIMD3<Double>.zero
                for axis in 0..<3 where corner >> axis & 1 == 1 { voxel[axis] = Double(old.size[axis] - 1) }
                let place = new.index(at: old.position(of: voxel))
                for axis in 0..<3 {
                    #expect(place[axis] > -0.5 && place[axis] < Double(new.size[axis]) - 0.5, "\(push), \(place)")
                }
            }
        }
    }

    @Test("less than a hundredth of a degree is no tilt: positions are rounded by their writers")
    func rounding() {
        for (push, leans) in [(0.0003, false), (0.0004, true)] {
            let stack = Self.stack(push: [push, 0]).geometry
            #expect(Resampler(centredOn: stack, spacing: [1, 1, 1]).straightens == leans)
            #expect(Resampler(pyradiomics: stack, spacing: [1, 1, 1], region: Self.whole(stack)).straightens == leans)
        }
    }
}
