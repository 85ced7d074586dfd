import Imaging
import SeededRandom
import Testing

/// Regions grown, shrunk, taken apart and filled, beside twins that look at every pair of voxels.
@Suite("regions by distance and by neighbours")
struct RegionDistanceTests {
    /// Some blobs in a part of a grid, and their grid: axes perpendicular or pushed against each other.
    private static func sample(_ seed: UInt64, leaning: Bool = false) -> (region: Region, grid: Geometry) {
        var chance = SeededGenerator(seed: seed)
        let size = SIMD3(7 + chance.integer(below: 6), 6 + chance.integer(below: 6), 4 + chance.integer(below: 5))
        var grid = Geometry(
            size: size,
            spacing: SIMD3(0.5 + chance.uniform(), 0.5 + chance.uniform(), 0.7 + 2 * chance.uniform()))
        if leaning {
            let way = SIMD3(0.3 * (chance.uniform() - 0.5), 0.6 * (chance.uniform() - 0.5), 1)
            grid.direction.z = way / length(way)
        }
        let share = [0.05, 0.3, 0.6][chance.integer(below: 3)]
        let lower = SIMD3(chance.integer(below: 3), chance.integer(below: 3), chance.integer(below: 2))
        let box = VoxelBox(lower: lower, size: size &- lower &- SIMD3(chance.integer(below: 3), 0, 0))
        var voxels = (0..<box.voxelCount).map { _ -> UInt8 in chance.uniform() < share ? 1 : 0 }
        voxels[chance.integer(below: voxels.count)] = 1
        return (Region(name: "r", label: 1, box: box, voxels: voxels), grid)
    }

    private static func voxels(_ size: SIMD3<Int>) -> [SIMD3<Int>] {
        (0..<size.z).flatMap { z in (0..<size.y).flatMap { y in (0..<size.x).map { SIMD3($0, y, z) } } }
    }

    private static func members(_ region: Region) -> Set<SIMD3<Int>> {
        Set(
            voxels(region.box.size).filter { region.voxels[region.box.offset($0.x, $0.y, $0.z)] != 0 }
                .map { $0 &+ region.box.lower })
    }

    /// By the centres of all pairs of voxels.
    private static func within(_ distance: Double, of set: Set<SIMD3<Int>>, _ grid: Geometry) -> Set<SIMD3<Int>> {
        let centres = set.map { grid.position(of: SIMD3<Double>($0)) }
        return Set(
            voxels(grid.size).filter { voxel in
                let own = grid.position(of: SIMD3<Double>(voxel))
                return centres.contains { length($0 - own) <= distance * (1 + 1e-6) }
            })
    }

    @Test("grown and shrunk as every pair of voxels has it, on upright and leaning grids", arguments: 1...60)
    func twin(seed: UInt64) {
        let (region, grid) = Self.sample(seed, leaning: seed % 3 == 0)
        let inside = Self.members(region)
        let outside = Set(Self.voxels(grid.size)).subtracting(inside)
        for distance in [0.4, 1.0, 2.3, 5.0] {
            let grown = Self.members(region.grown(by: distance, in: grid))
            #expect(grown == Self.within(distance, of: inside, grid), "seed \(seed), \(distance) mm")
            let shrunk = Self.members(region.shrunk(by: distance, in: grid))
            let taken = Self.within(distance, of: outside, grid)
            #expect(shrunk == inside.subtracting(taken), "seed \(seed), \(distance) mm")
            let ring = Self.members(region.ring(from: -distance / 2, to: distance, in: grid))
            let core = inside.subtracting(Self.within(distance / 2, of: outside, grid))
            #expect(ring == grown.subtracting(core), "seed \(seed), ring of \(distance) mm")
        }
    }

    @Test("a distance of whole voxels counts, however the spacing is rounded")
    func wholeSteps() {
        let grid = Geometry(size: SIMD3(21, 1, 1), spacing: SIMD3(Double(Float(0.3)), 1, 1))
        let region = Region(name: "", label: 1, box: VoxelBox(lower: SIMD3(10, 0, 0), size: .one), voxels: [1])
        #expect(region.grown(by: 0.3, in: grid).voxelCount == 3)
        #expect(region.grown(by: 0.9, in: grid).voxelCount == 7)
        #expect(region.grown(by: 0.89, in: grid).voxelCount == 5)
    }

    @Test("the edge of the image takes nothing away")
    func edge() {
        let grid = Geometry(size: SIMD3(5, 5, 5))
        #expect(Region.whole(grid).shrunk(by: 3, in: grid).voxelCount == 125)
        let half = Region(
            name: "", label: 1, box: VoxelBox(lower: .zero, size: SIMD3(3, 5, 5)),
            voxels: [UInt8](repeating: 1, count: 75))
        #expect(half.shrunk(by: 1, in: grid).box == VoxelBox(lower: .zero, size: SIMD3(2, 5, 5)))
        #expect(half.shrunk(by: 9, in: grid).voxels.isEmpty)
    }

    // MARK: Pieces

    /// Pieces by following neighbours from voxel to voxel.
    private static func pieces(_ set: Set<SIMD3<Int>>, _ connectivity: Connectivity) -> Set<Set<SIMD3<Int>>> {
        let most = connectivity == .faces ? 1 : connectivity == .edges ? 2 : 3
        let steps = voxels(SIMD3(3, 3, 3)).map { $0 &- 1 }.filter { (1...most).contains(($0 &* $0).wrappedSum()) }
        var (left, pieces) = (set, Set<Set<SIMD3<Int>>>())
        while let start = left.first {
            var (piece, open) = (Set([start]), [start])
            left.remove(start)
            while let voxel = open.popLast() {
                for step in steps where left.remove(voxel &+ step) != nil {
                    piece.insert(voxel &+ step)
                    open.append(voxel &+ step)
                }
            }
            pieces.insert(piece)
        }
        return pieces
    }

    @Test("pieces as neighbours are followed, from the largest", arguments: 1...60, Connectivity.allCases)
    func components(seed: UInt64, connectivity: Connectivity) {
        let (region, _) = Self.sample(seed)
        let found = region.components(connectivity)
        #expect(
            Set(found.map(Self.members)) == Self.pieces(Self.members(region), connectivity), "seed \(seed)")
        #expect(found.map(\.voxelCount) == found.map(\.voxelCount).sorted(by: >), "seed \(seed)")
        #expect(found.allSatisfy { $0.box == $0.cropped().box })
    }

    @Test("holes are what cannot be reached from outside", arguments: 1...60, [false, true])
    func holes(seed: UInt64, withinSlices: Bool) {
        let (region, _) = Self.sample(seed)
        let inside = Self.members(region)
        var around = Set(
            Self.voxels(region.box.size &+ 2).map { $0 &+ region.box.lower &- 1 })
        around.subtract(inside)
        let layers = withinSlices ? Dictionary(grouping: around, by: \.z).values.map(Set.init) : [around]
        let corner = region.box.lower &- 1
        // What lies beyond the slices of the box is no slice of the region.
        let closed = layers.flatMap { layer in
            Self.pieces(layer, .faces).filter { piece in !piece.contains { $0.x == corner.x } }
        }
        #expect(
            Self.members(region.filled(withinSlices: withinSlices)) == closed.reduce(inside) { $0.union($1) },
            "seed \(seed)")
    }

    // MARK: Sets

    @Test("union, intersection and difference are those of sets", arguments: 1...40)
    func sets(seed: UInt64) {
        let a = Self.sample(seed).region
        let b = Self.sample(seed + 1000).region
        let (x, y) = (Self.members(a), Self.members(b))
        #expect(Self.members(.union([a, b], name: "", label: 0)) == x.union(y))
        #expect(Self.members(.intersection([a, b], name: "", label: 0)) == x.intersection(y))
        #expect(Self.members(a.subtracting([b])) == x.subtracting(y))
        #expect(Self.members(a.slices(1..<3)) == x.filter { (1..<3).contains($0.z) })
    }
}
