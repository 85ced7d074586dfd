import Glibc

/// The three edges of a voxel in mm, in a frame of its own: x along a row, y down a column, z across the slices. The edge to the
/// next slice is upright, except under gantry tilt, where slices are pushed sideways against each other and the voxel leans.
public struct VoxelEdges: Hashable, Sendable {
    /// Lengths of the edges along a row and down a column, and the distance between the planes of two slices, mm.
    public let sides: SIMD3<Double>
    /// How far the next slice is pushed along a row (x) and down a column (y), mm; 0 without gantry tilt.
    public let push: SIMD2<Double>

    /// Upright voxels.
    public init(spacing: SIMD3<Double>) { (sides, push) = (spacing, .zero) }

    /// Below an angle of 0.01° a stack is upright: positions are rounded by their writers.
    public init(_ geometry: Geometry) {
        let lean = SIMD2(
            dot(geometry.direction.z, geometry.direction.x), dot(geometry.direction.z, geometry.direction.y))
        let sine = (lean * lean).sum()
        guard sine > 3e-8, sine < 1 else {
            self.init(spacing: geometry.spacing)
            return
        }
        let spacing = geometry.spacing
        self.init(
            sides: SIMD3(spacing.x, spacing.y, spacing.z * (1 - sine).squareRoot()), push: lean * spacing.z)
    }

    private init(sides: SIMD3<Double>, push: SIMD2<Double>) { (self.sides, self.push) = (sides, push) }

    public var isUpright: Bool { push == .zero }

    /// How far the stack leans away from the slices' normal, degrees.
    public var tilt: Double { atan2((push * push).sum().squareRoot(), sides.z) * 180 / Double.pi }

    /// mm³
    public var volume: Double { sides.x * sides.y * sides.z }

    /// The edges of half a voxel.
    public var halved: VoxelEdges { VoxelEdges(sides: sides * 0.5, push: push * 0.5) }

    /// A way in voxels as a way in mm.
    @inlinable
    public func way(_ voxels: SIMD3<Double>) -> SIMD3<Double> {
        let upright = voxels * sides
        return isUpright ? upright : upright + SIMD3(push.x * voxels.z, push.y * voxels.z, 0)
    }

    public func way(_ voxels: SIMD3<Int>) -> SIMD3<Double> {
        way(SIMD3(Double(voxels.x), Double(voxels.y), Double(voxels.z)))
    }

    /// The cross product of two ways in mm, from their cross product in voxels: as long as the area that they span.
    public func area(_ voxels: SIMD3<Double>) -> SIMD3<Double> {
        let upright = voxels * SIMD3(sides.y * sides.z, sides.z * sides.x, sides.x * sides.y)
        guard !isUpright else { return upright }
        return SIMD3(
            upright.x, upright.y,
            upright.z - push.x * sides.y * voxels.x - push.y * sides.x * voxels.y)
    }
}
