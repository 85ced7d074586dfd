import Imaging

/// The voxels of a file of a map, a mask or grey levels: those of a box, on a grid that may be larger.
public struct MapVoxels: Sendable {
    /// As what each is written, little-endian.
    public enum Element: Sendable { case float32, uint8, int16, uint16 }

    public let element: Element
    /// Of the box's own size when only the box is written.
    public let grid: Geometry
    /// Where `values` lie on the grid.
    public let box: VoxelBox
    /// x fastest
    public let values: [Float]
    /// The value of every other voxel.
    public let background: Float

    /// How much of the grid is written.
    public enum Extent: Sendable { case box, grid }

    /// - Parameter values: of the box; those where `inside` is 0 become `background`, as all outside the box do. Whole numbers from 0
    ///   that the element holds, where that is no float.
    public init(
        _ values: [Float], inside: [UInt8], box: VoxelBox, of grid: Geometry, extent: Extent, background: Float,
        as element: Element = .float32
    ) {
        self.element = element
        precondition(values.count == box.voxelCount && inside.count == box.voxelCount)
        self.values = zip(values, inside).map { $1 == 0 ? background : $0 }
        self.background = background
        switch extent {
        case .grid: (self.grid, self.box) = (grid, box)
        case .box:
            var small = grid
            small.size = box.size
            small.origin = grid.position(of: SIMD3(Double(box.lower.x), Double(box.lower.y), Double(box.lower.z)))
            (self.grid, self.box) = (small, VoxelBox(lower: .zero, size: box.size))
        }
    }

    /// One slice of the grid, so that a large grid takes no memory.
    public func slice(_ z: Int) -> [Float] {
        var slice = [Float](repeating: background, count: grid.size.x * grid.size.y)
        guard (box.lower.z..<box.upper.z).contains(z) else { return slice }
        for y in 0..<box.size.y {
            let source = box.offset(0, y, z - box.lower.z)
            let target = (box.lower.y + y) * grid.size.x + box.lower.x
            for x in 0..<box.size.x { slice[target + x] = values[source + x] }
        }
        return slice
    }
}

extension MapVoxels: WrittenVoxels {}

/// What a file of voxels is written from, slice by slice, so that a large grid takes no memory.
public protocol WrittenVoxels {
    var grid: Geometry { get }
    var element: MapVoxels.Element { get }
    /// x fastest; whole numbers that the element holds, where that is no float.
    func slice(_ z: Int) -> [Float]
}

extension WrittenVoxels {
    /// One slice as the file has it.
    func bytes(ofSlice z: Int) -> [UInt8] {
        let slice = slice(z)
        switch element {
        case .float32: return slice.map(\.bitPattern.littleEndian).withUnsafeBytes { Array($0) }
        case .uint8: return slice.map { UInt8($0) }
        case .int16: return slice.map { Int16($0).littleEndian }.withUnsafeBytes { Array($0) }
        case .uint16: return slice.map { UInt16($0).littleEndian }.withUnsafeBytes { Array($0) }
        }
    }
}
