import Imaging
import Ingestion
import SeededRandom
import Testing

/// Stored values of a frame into a box: each voxel against the definition, sizes of which no row fills whole bytes.
@Suite struct FrameRasterTests {
    static let size: SIMD3<Int> = [43, 41, 12]

    static let placements: [FramePlacement] = [
        .init(first: [0, 0, 5], alongRow: [1, 0, 0], alongColumn: [0, 1, 0]),
        .init(first: [42, 40, 5], alongRow: [-1, 0, 0], alongColumn: [0, -1, 0]),
        .init(first: [3, 2, 0], alongRow: [0, 1, 0], alongColumn: [1, 0, 0]),
        .init(first: [0, 17, 11], alongRow: [1, 0, 0], alongColumn: [0, 0, -1]),
        .init(first: [9, 40, 0], alongRow: [0, -1, 0], alongColumn: [0, 0, 1]),
        .init(first: [-5, -7, 11], alongRow: [1, 0, 0], alongColumn: [0, 1, 0]),
        .init(first: [50, 45, 0], alongRow: [-1, 0, 0], alongColumn: [0, -1, 0]),
        .init(first: [0, 0, 12], alongRow: [1, 0, 0], alongColumn: [0, 1, 0]),
        .init(first: [0, 0, -1], alongRow: [1, 0, 0], alongColumn: [0, 1, 0]),
        .init(first: [100, 0, 3], alongRow: [1, 0, 0], alongColumn: [0, 1, 0]),
    ]

    @Test(arguments: placements, [SegmentMembership.binary, .label, .fractional(maximum: 200)])
    func agreesWithTheDefinition(placement: FramePlacement, membership: SegmentMembership) {
        var random = SplitMix64(state: 77)
        let (columns, rows, label) = (43, 41, 3)
        let values = (0..<columns * rows).map { _ -> UInt8 in
            switch membership {
            case .binary: UInt8.random(in: 0...1, using: &random)
            case .label: UInt8.random(in: 0...4, using: &random)
            case .fractional: UInt8.random(in: 0...200, using: &random)
            }
        }
        var expected = [UInt8](repeating: 0, count: Self.size.x * Self.size.y * Self.size.z)
        var outside = 0
        for row in 0..<rows {
            for column in 0..<columns {
                let value = values[row * columns + column]
                let isMember =
                    switch membership {
                    case .binary: value == 1
                    case .label: value == 3
                    case .fractional: Double(value) / 200 >= 0.5
                    }
                guard isMember else { continue }
                let voxel = placement.first &+ placement.alongRow &* column &+ placement.alongColumn &* row
                if all(voxel .>= 0) && all(voxel .< Self.size) {
                    expected[(voxel.z * Self.size.y + voxel.y) * Self.size.x + voxel.x] = 1
                } else {
                    outside += 1
                }
            }
        }
        var voxels = [UInt8](repeating: 0, count: expected.count)
        var tally = FrameTally()
        let raster = FrameRaster(
            columns: columns,
            rows: rows,
            placement: placement,
            box: VoxelBox(lower: .zero, size: Self.size),
            size: Self.size
        )
        values.withUnsafeBufferPointer { raster.add($0, membership, label: label, to: &voxels, &tally) }
        let wrong = voxels.indices.filter { voxels[$0] != expected[$0] }
        #expect(wrong.isEmpty, "\(wrong.count) voxels differ, first \(wrong.prefix(5))")
        #expect(tally.outside == outside)
        #expect(tally.beyondMaximum == 0)
        if membership == .fractional(maximum: 200) {
            var other = FrameTally()
            values.withUnsafeBufferPointer {
                raster.add($0, .fractional(maximum: 150), label: label, to: &voxels, &other)
            }
            #expect(other.beyondMaximum == values.max().map { Int($0) })
            #expect(tally.belowHalf == values.count { $0 > 0 && $0 < 100 })
        }
    }

    /// Two frames at one place are united, in a box that is smaller than the image.
    @Test func framesAtOnePlaceAreUnited() {
        let box = VoxelBox(lower: [2, 3, 4], size: [2, 2, 1])
        let placement = FramePlacement(first: [2, 3, 4], alongRow: [1, 0, 0], alongColumn: [0, 1, 0])
        let raster = FrameRaster(columns: 2, rows: 2, placement: placement, box: box, size: Self.size)
        var voxels = [UInt8](repeating: 0, count: 4)
        var tally = FrameTally()
        for values: [UInt8] in [[1, 0, 1, 0], [1, 1, 0, 0]] {
            values.withUnsafeBufferPointer { raster.add($0, .binary, label: 1, to: &voxels, &tally) }
        }
        #expect(voxels == [1, 1, 1, 0])
        #expect(tally == FrameTally())
    }

    /// The half itself is in, also where the maximum is odd.
    @Test(arguments: [(200, 100), (255, 128), (1, 1)])
    func halfIsIn(maximum: Int, first: Int) {
        let placement = FramePlacement(first: .zero, alongRow: [1, 0, 0], alongColumn: [0, 1, 0])
        let box = VoxelBox(lower: .zero, size: [2, 1, 1])
        let raster = FrameRaster(columns: 2, rows: 1, placement: placement, box: box, size: [2, 1, 1])
        var voxels: [UInt8] = [0, 0]
        var tally = FrameTally()
        [UInt8(first - 1), UInt8(first)].withUnsafeBufferPointer {
            raster.add($0, .fractional(maximum: maximum), label: 1, to: &voxels, &tally)
        }
        #expect(voxels == [0, 1])
    }
}
