/// Which neighbours of a voxel hang together with it.
public enum Connectivity: Int, CaseIterable, Sendable {
    case faces = 6
    /// And those that share an edge.
    case edges = 18
    /// And those that share a corner.
    case corners = 26

    /// Along how many axes two such neighbours differ at most.
    private var axes: Int {
        switch self {
        case .faces: 1
        case .edges: 2
        case .corners: 3
        }
    }

    /// Rows of voxels along x that come before a row and touch it, and how far beyond its ends two runs of voxels may lie and touch
    /// still.
    ///
    /// - Parameter dimension: whether neighbours in other slices count.
    func rowsBefore(_ dimension: Dimension) -> [(y: Int, z: Int, reach: Int)] {
        let rows: [(y: Int, z: Int)] =
            switch dimension {
            case .volume: [(-1, 0), (-1, -1), (0, -1), (1, -1)]
            case .slice: [(-1, 0)]
            }
        return rows.compactMap { row in
            let differing = abs(row.y) + abs(row.z)
            return differing > axes ? nil : (row.y, row.z, differing < axes ? 1 : 0)
        }
    }

    /// Whether what lies in different slices hangs together.
    enum Dimension { case volume, slice }
}

/// The connected pieces of a set of voxels, as runs along x: a run belongs to the piece of its root.
struct ConnectedRuns {
    struct Run {
        /// y + z · size.y
        var row: Int
        var start: Int
        var end: Int
    }

    private(set) var runs: [Run] = []
    /// For each run the number of its piece, from 0 in the order of their first voxels.
    private(set) var pieces: [Int] = []
    private(set) var pieceCount = 0

    /// - Parameter voxels: those that are not 0, x fastest.
    init(_ voxels: [UInt8], size: SIMD3<Int>, _ connectivity: Connectivity, in dimension: Connectivity.Dimension) {
        var rowStarts = [Int](repeating: 0, count: size.y * size.z + 1)
        for row in 0..<size.y * size.z {
            rowStarts[row] = runs.count
            var x = row * size.x
            let end = x + size.x
            while x < end {
                guard voxels[x] != 0 else {
                    x += 1
                    continue
                }
                let start = x
                repeat { x += 1 } while x < end && voxels[x] != 0
                runs.append(Run(row: row, start: start - row * size.x, end: x - row * size.x))
            }
        }
        rowStarts[size.y * size.z] = runs.count

        var parents = Array(runs.indices)
        func root(of run: Int) -> Int {
            var run = run
            while parents[run] != run {
                parents[run] = parents[parents[run]]
                run = parents[run]
            }
            return run
        }
        let before = connectivity.rowsBefore(dimension)
        for z in 0..<size.z {
            for y in 0..<size.y {
                let row = z * size.y + y
                for neighbour in before {
                    let (otherY, otherZ) = (y + neighbour.y, z + neighbour.z)
                    guard otherY >= 0, otherY < size.y, otherZ >= 0 else { continue }
                    let other = otherZ * size.y + otherY
                    var (a, b) = (rowStarts[row], rowStarts[other])
                    while a < rowStarts[row + 1], b < rowStarts[other + 1] {
                        if runs[a].start < runs[b].end + neighbour.reach, runs[b].start < runs[a].end + neighbour.reach
                        {
                            let (first, second) = (root(of: a), root(of: b))
                            // The root is the run that comes first.
                            parents[max(first, second)] = min(first, second)
                        }
                        if runs[a].end < runs[b].end { a += 1 } else { b += 1 }
                    }
                }
            }
        }
        pieces = [Int](repeating: 0, count: runs.count)
        for run in runs.indices {
            let root = root(of: run)
            if root == run {
                pieces[run] = pieceCount
                pieceCount += 1
            } else {
                pieces[run] = pieces[root]
            }
        }
    }
}

extension Region {
    /// The connected pieces, the largest first, and of as large ones that whose first voxel comes first in memory.
    public func components(_ connectivity: Connectivity = .corners) -> [Region] {
        let found = ConnectedRuns(voxels, size: box.size, connectivity, in: .volume)
        var counts = [Int](repeating: 0, count: found.pieceCount)
        var lower = [SIMD3<Int>](repeating: box.size, count: found.pieceCount)
        var upper = [SIMD3<Int>](repeating: .zero, count: found.pieceCount)
        for (run, piece) in zip(found.runs, found.pieces) {
            let (y, z) = (run.row % box.size.y, run.row / box.size.y)
            counts[piece] += run.end - run.start
            lower[piece] = pointwiseMin(lower[piece], SIMD3(run.start, y, z))
            upper[piece] = pointwiseMax(upper[piece], SIMD3(run.end, y + 1, z + 1))
        }
        var regions = zip(lower, upper).map { lower, upper in
            let box = VoxelBox(lower: box.lower &+ lower, size: upper &- lower)
            return Region(name: name, label: label, box: box, voxels: [UInt8](repeating: 0, count: box.voxelCount))
        }
        for (run, piece) in zip(found.runs, found.pieces) {
            let first = lower[piece]
            let start = regions[piece].box.offset(
                run.start - first.x, run.row % box.size.y - first.y, run.row / box.size.y - first.z)
            for x in start..<start + run.end - run.start { regions[piece].voxels[x] = 1 }
        }
        return regions.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }.map { regions[$0] }
    }

    /// With the holes filled that the region encloses: what of its surroundings cannot be reached from outside over faces of
    /// voxels, through the volume or within each slice. An opening at the edge of the image is one.
    public func filled(withinSlices: Bool = false) -> Region {
        // A margin all around hangs together and is outside.
        let size = box.size &+ SIMD3(2, 2, withinSlices ? 0 : 2)
        let shift = SIMD3(1, 1, withinSlices ? 0 : 1)
        let around = VoxelBox(lower: box.lower &- shift, size: size)
        let background = Region(name: "", label: 0, box: around, voxels: voxels(in: around)).voxels.map { 1 - $0 }
        let found = ConnectedRuns(background, size: size, .faces, in: withinSlices ? .slice : .volume)
        // The margin of a slice starts with its first row, which is one run.
        let outside = Set(
            zip(found.runs, found.pieces).filter { run, _ in
                run.row % size.y == 0 && (withinSlices || run.row == 0)
            }.map(\.1))
        var filled = self
        for (run, piece) in zip(found.runs, found.pieces) where !outside.contains(piece) {
            let (y, z) = (run.row % size.y, run.row / size.y)
            let start = box.offset(run.start - shift.x, y - shift.y, z - shift.z)
            for x in start..<start + run.end - run.start { filled.voxels[x] = 1 }
        }
        return filled
    }
}
