/// A stack whose slices are pushed sideways against each other (gantry tilt), in the straight grid that stands around it.
///
/// The straight grid has the rows, columns and planes of the slices, but its planes stand above each other along their normal.
/// Column and row of a position in the stack are those in the straight grid and a shift that grows from plane to plane, so that
/// interpolation in the leaning stack separates into its axes as in any other, with columns and rows shifted for each plane.
package struct LeaningStack: Sendable {
    let stack: Geometry
    /// With the centre, the rows and columns and the planes of the stack, and as many columns and rows as hold all of it.
    package let straight: Geometry
    /// Columns and rows by which the next slice is pushed.
    private let push: SIMD2<Double>

    /// Beyond it a grid is nothing that anybody has scanned, and indices stay far from where they overflow.
    private static let mostVoxels = 1 << 30

    /// Nil when the stack stands straight.
    package init?(_ stack: Geometry) {
        let edges = VoxelEdges(stack)
        guard !edges.isUpright else { return nil }
        self.stack = stack
        push = edges.push / SIMD2(edges.sides.x, edges.sides.y)
        var normal = cross(stack.direction.x, stack.direction.y)
        normal /= dot(normal, stack.direction.z) < 0 ? -length(normal) : length(normal)

        var size = stack.size
        for axis in 0..<2 {
            let more = abs(push[axis]) * Double(stack.size.z - 1)
            size[axis] = more < Double(Self.mostVoxels) ? stack.size[axis] + Int(more.rounded(.up)) : Self.mostVoxels
        }
        var grid = Geometry(
            size: size, spacing: edges.sides,
            direction: .init(x: stack.direction.x, y: stack.direction.y, z: normal))
        grid.origin = stack.position(of: Self.centre(stack.size)) - grid.position(of: Self.centre(size))
        straight = grid
    }

    private static func centre(_ size: SIMD3<Int>) -> SIMD3<Double> {
        (SIMD3(Double(size.x), Double(size.y), Double(size.z)) - 1) / 2
    }

    /// What is added to column and row in the straight grid for those in the stack, at a (fractional) slice.
    func shift(atSlice z: Double) -> SIMD2<Double> {
        let difference = (Self.centre(stack.size) - Self.centre(straight.size))
        return SIMD2(difference.x, difference.y) - push * (z - Self.centre(stack.size).z)
    }

    /// The voxels of the straight grid around a box of the stack.
    package func box(around box: VoxelBox) -> VoxelBox {
        var (lower, upper) = (box.lower, box.upper)
        let shifts = [box.lower.z, max(box.lower.z, box.upper.z - 1)].map { shift(atSlice: Double($0)) }
        for axis in 0..<2 {
            let (least, most) = (
                min(shifts[0][axis], shifts[1][axis]), max(shifts[0][axis], shifts[1][axis])
            )
            let size = Double(straight.size[axis])
            lower[axis] = Int(min(max((Double(lower[axis]) - most).rounded(.down), 0), size))
            upper[axis] = Int(min(max((Double(upper[axis]) - least).rounded(.up), Double(lower[axis])), size))
        }
        return VoxelBox(lower: lower, size: upper &- lower)
    }
}
