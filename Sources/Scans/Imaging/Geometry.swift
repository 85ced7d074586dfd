/// Where a regular grid of voxels lies in the patient.
///
/// Index space counts voxels: x columns, y rows, z slices, (0, 0, 0) the centre of the first voxel.
/// Patient space is DICOM's: mm, x to the left, y to the back, z to the head (PS3.3 C.7.6.2.1.1).
public struct Geometry: Hashable, Sendable {
    /// Number of columns, rows and slices.
    public var size: SIMD3<Int>
    /// Distance between voxel centres along each index axis, mm.
    public var spacing: SIMD3<Double>
    /// Centre of voxel (0, 0, 0), mm.
    public var origin: SIMD3<Double>
    /// Unit vectors in which the three index axes point.
    public var direction: Direction

    /// The three unit vectors along columns' index x, rows' index y and slices' index z.
    public struct Direction: Hashable, Sendable {
        public var x: SIMD3<Double>
        public var y: SIMD3<Double>
        public var z: SIMD3<Double>

        public init(x: SIMD3<Double>, y: SIMD3<Double>, z: SIMD3<Double>) {
            (self.x, self.y, self.z) = (x, y, z)
        }

        public static let identity = Direction(x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1])
    }

    public init(
        size: SIMD3<Int>, spacing: SIMD3<Double> = .one, origin: SIMD3<Double> = .zero, direction: Direction = .identity
    ) {
        (self.size, self.spacing, self.origin, self.direction) = (size, spacing, origin, direction)
    }

    public var voxelCount: Int { size.x * size.y * size.z }

    /// mm³
    public var voxelVolume: Double { spacing.x * spacing.y * spacing.z }

    /// Patient position, mm, of a (fractional) index. Inverse of ``index(at:)``.
    public func position(of index: SIMD3<Double>) -> SIMD3<Double> {
        origin + direction.x * (index.x * spacing.x) + direction.y * (index.y * spacing.y)
            + direction.z * (index.z * spacing.z)
    }

    /// Fractional index of a patient position, mm. Inverse of ``position(of:)``; also for axes that are not
    /// perpendicular (gantry tilt).
    public func index(at position: SIMD3<Double>) -> SIMD3<Double> {
        let d = position - origin
        let yz = cross(direction.y, direction.z)
        let determinant = dot(direction.x, yz)
        let x = dot(d, yz) / determinant
        let y = dot(d, cross(direction.z, direction.x)) / determinant
        let z = dot(d, cross(direction.x, direction.y)) / determinant
        return SIMD3(x, y, z) / spacing
    }

    /// Position in memory of a voxel: x fastest, then y, then z.
    @inlinable
    public func offset(_ x: Int, _ y: Int, _ z: Int) -> Int { (z * size.y + y) * size.x + x }
}

@inlinable
public func dot(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { (a * b).sum() }

@inlinable
public func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

@inlinable
public func length(_ a: SIMD3<Double>) -> Double { dot(a, a).squareRoot() }

/// A box of voxels inside a grid: `lower` is its first voxel, `size` how many it spans along each axis.
public struct VoxelBox: Hashable, Sendable {
    public var lower: SIMD3<Int>
    public var size: SIMD3<Int>

    public init(lower: SIMD3<Int>, size: SIMD3<Int>) {
        (self.lower, self.size) = (lower, size)
    }

    public var voxelCount: Int { size.x * size.y * size.z }
    /// One past the last voxel.
    public var upper: SIMD3<Int> { lower &+ size }

    /// Position in memory, inside the box, of a voxel that is given relative to `lower`.
    @inlinable
    public func offset(_ x: Int, _ y: Int, _ z: Int) -> Int { (z * size.y + y) * size.x + x }
}

extension SIMD3 where Scalar == Int {
    /// A size for messages: `512 × 512 × 120`.
    package var shown: String { "\(x) × \(y) × \(z)" }
}
