/// Regions made larger and smaller by a distance in mm, exactly: a voxel counts by its centre, and voxels may be longer along one
/// axis than along another.
extension Region {
    /// Every voxel of the image whose centre is no farther from the centre of one of the region's than a distance, mm.
    public func grown(by distance: Double, in grid: Geometry) -> Region {
        let edges = VoxelEdges(grid)
        let around = box.grown(by: edges.reach(of: distance, within: grid.size), within: grid.size)
        return Region(
            name: name, label: label, box: around,
            voxels: edges.voxels(within: distance, of: voxels(in: around), size: around.size)
        ).cropped()
    }

    /// Every voxel of the region whose centre is farther from that of each voxel outside than a distance, mm. What lies beyond the
    /// edge of the image is not known and takes nothing away.
    public func shrunk(by distance: Double, in grid: Geometry) -> Region {
        let edges = VoxelEdges(grid)
        // The nearest voxel outside touches the box, but for a leaning stack.
        let margin = edges.isUpright ? SIMD3(1, 1, 1) : edges.reach(of: distance, within: grid.size)
        let around = box.grown(by: margin, within: grid.size)
        let inside = voxels(in: around)
        let taken = edges.voxels(within: distance, of: inside.map { 1 - $0 }, size: around.size)
        return Region(name: name, label: label, box: around, voxels: zip(inside, taken).map { $0 & (1 - $1) }).cropped()
    }

    /// What lies between two distances from the region's border, mm: without the inner one (0: the region itself), with the outer
    /// one. Negative distances lie inside the region.
    public func ring(from inner: Double, to outer: Double, in grid: Geometry) -> Region {
        func moved(_ distance: Double) -> Region {
            distance > 0
                ? grown(by: distance, in: grid) : distance < 0 ? shrunk(by: -distance, in: grid) : self
        }
        return moved(outer).subtracting([moved(inner)])
    }
}

extension VoxelEdges {
    /// Distances count as equal within a millionth: headers hold spacings in 32 bits.
    private static let tolerance = 1e-6

    /// Voxels along each axis that a distance in mm may span.
    func reach(of distance: Double, within size: SIMD3<Int>) -> SIMD3<Int> {
        let limit = distance * (1 + Self.tolerance)
        func steps(_ length: Double, _ side: Double, most: Int) -> Int {
            let steps = length / side
            return steps < Double(most) ? Int(steps) : most
        }
        let z = steps(limit, sides.z, most: size.z)
        return SIMD3(
            steps(limit + abs(push.x) * Double(z), sides.x, most: size.x),
            steps(limit + abs(push.y) * Double(z), sides.y, most: size.y), z)
    }

    /// 1 for each voxel of a box that is no farther from a voxel of a set than a distance, mm.
    func voxels(within distance: Double, of set: [UInt8], size: SIMD3<Int>) -> [UInt8] {
        let limit = distance * (1 + Self.tolerance)
        guard isUpright else { return leaningVoxels(within: limit, of: set, size: size) }
        return squaredDistances(to: set, size: size, spacing: sides).map { $0 <= limit * limit ? 1 : 0 }
    }

    /// The same where slices are pushed against each other, so that no axis can be gone along by itself: each row of the set reaches
    /// to a stretch of the rows around it.
    private func leaningVoxels(within limit: Double, of set: [UInt8], size: SIMD3<Int>) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: set.count)
        let reach = reach(of: limit, within: size)
        var rows: [(y: Int, z: Int, x: ClosedRange<Int>)] = []
        for z in -reach.z...reach.z {
            for y in -reach.y...reach.y {
                let way = way(SIMD3(0, y, z))
                let rest = limit * limit - way.y * way.y - way.z * way.z
                guard rest >= 0 else { continue }
                let half = rest.squareRoot()
                let (low, high) = (((-half - way.x) / sides.x).rounded(.up), ((half - way.x) / sides.x).rounded(.down))
                let most = Double(size.x)
                guard low <= high, low <= most, high >= -most else { continue }
                rows.append((y, z, Int(max(low, -most))...Int(min(high, most))))
            }
        }
        // Steps up where a stretch begins, down behind its end.
        var steps = [Int32](repeating: 0, count: size.x + 1)
        for z in 0..<size.z {
            for y in 0..<size.y {
                for k in steps.indices { steps[k] = 0 }
                var isTouched = false
                for row in rows {
                    let (sourceY, sourceZ) = (y - row.y, z - row.z)
                    guard sourceY >= 0, sourceY < size.y, sourceZ >= 0, sourceZ < size.z else { continue }
                    let source = (sourceZ * size.y + sourceY) * size.x
                    for x in 0..<size.x where set[source + x] != 0 {
                        let (first, last) = (max(0, x + row.x.lowerBound), min(size.x - 1, x + row.x.upperBound))
                        guard first <= last else { continue }
                        steps[first] += 1
                        steps[last + 1] -= 1
                        isTouched = true
                    }
                }
                guard isTouched else { continue }
                var depth: Int32 = 0
                let target = (z * size.y + y) * size.x
                for x in 0..<size.x {
                    depth += steps[x]
                    result[target + x] = depth > 0 ? 1 : 0
                }
            }
        }
        return result
    }
}

/// The square of the distance of each voxel of a box from the nearest one of a set, mm²; infinite where the set is empty. Axis by
/// axis: the distance within a row, then the lowest of the parabolas of a column, then of a line across the slices (Felzenszwalb and
/// Huttenlocher, Theory of Computing 8, 2012).
///
/// - Parameter set: voxels that are not 0, x fastest.
func squaredDistances(to set: [UInt8], size: SIMD3<Int>, spacing: SIMD3<Double>) -> [Double] {
    var result = [Double](repeating: .infinity, count: set.count)
    result.withUnsafeMutableBufferPointer { result in
        for row in 0..<size.y * size.z {
            let start = row * size.x
            var nearest: Int?
            for x in 0..<size.x {
                if set[start + x] != 0 { nearest = x }
                if let nearest {
                    let way = Double(x - nearest) * spacing.x
                    result[start + x] = way * way
                }
            }
            nearest = nil
            for x in stride(from: size.x - 1, through: 0, by: -1) {
                if set[start + x] != 0 { nearest = x }
                if let nearest {
                    let way = Double(nearest - x) * spacing.x
                    result[start + x] = min(result[start + x], way * way)
                }
            }
        }
        var lower = LowerEnvelope(count: max(size.y, size.z))
        for z in 0..<size.z {
            for x in 0..<size.x {
                lower.pass(result, first: z * size.x * size.y + x, stride: size.x, count: size.y, spacing.y)
            }
        }
        for column in 0..<size.x * size.y {
            lower.pass(result, first: column, stride: size.x * size.y, count: size.z, spacing.z)
        }
    }
    return result
}

/// Replaces the numbers of a line, f, by the smallest f(q) + (distance to q)² over all q.
private struct LowerEnvelope {
    private var values: [Double]
    /// Where the parabolas of the envelope stand, what they start from, and from where on each is the lowest.
    private var places: [Int]
    private var bounds: [Double]

    init(count: Int) {
        values = [Double](repeating: 0, count: count)
        places = [Int](repeating: 0, count: count)
        bounds = [Double](repeating: 0, count: count + 1)
    }

    mutating func pass(
        _ numbers: UnsafeMutableBufferPointer<Double>, first: Int, stride: Int, count: Int, _ spacing: Double
    ) {
        guard count > 1 else { return }
        let square = spacing * spacing
        var parabolas = 0
        for q in 0..<count {
            let value = numbers[first + q * stride]
            values[q] = value
            guard value.isFinite else { continue }
            while parabolas > 0 {
                let other = places[parabolas - 1]
                // In voxels.
                let crossing =
                    ((value - values[other]) / square + Double(q * q - other * other)) / Double(2 * (q - other))
                guard crossing <= bounds[parabolas - 1] else {
                    bounds[parabolas] = crossing
                    break
                }
                parabolas -= 1
            }
            if parabolas == 0 { bounds[0] = -.infinity }
            places[parabolas] = q
            parabolas += 1
        }
        guard parabolas > 0 else { return }
        var k = 0
        for q in 0..<count {
            while k + 1 < parabolas, bounds[k + 1] < Double(q) { k += 1 }
            let way = Double(q - places[k]) * spacing
            numbers[first + q * stride] = values[places[k]] + way * way
        }
    }
}
