/// Which sides of the patient lie at the four sides of a slice, in the letters that stand on pictures: R right, L left, A front,
/// P back, H head, F feet (Patient Orientation, PS3.3 C.7.6.1.1.1).
public struct PatientSides: Hashable, Sendable {
    /// One letter, or two with the stronger first where the direction leans by more than 15° to a second axis.
    public let left: String
    public let right: String
    public let top: String
    public let bottom: String
    public let plane: Plane

    public enum Plane: String, Sendable {
        case axial, coronal, sagittal
        /// More than 15° from each of the three.
        case oblique
    }

    /// Across the slices: the unit normal, pointing to where most of its axis grows (left, back or head).
    private let normal: SIMD3<Double>

    /// The sine of 15°.
    private static let leaning = 0.258_819

    /// Of a slice whose columns' index grows along `direction.x` (to the right of the picture) and its rows' along
    /// `direction.y` (downward).
    public init(_ direction: Geometry.Direction) {
        (left, right) = (Self.letters(-direction.x), Self.letters(direction.x))
        (top, bottom) = (Self.letters(-direction.y), Self.letters(direction.y))
        let upright = cross(direction.x, direction.y)
        let axis = Self.axes(upright)[0]
        normal = upright[axis] < 0 ? -upright : upright
        let isAlongAxis = Self.axes(upright)[1...].allSatisfy { abs(upright[$0]) <= Self.leaning }
        plane = isAlongAxis ? [.sagittal, .coronal, .axial][axis] : .oblique
    }

    /// Where a point lies across the slices: `z -12.5 mm` on slices that stand upright on an axis, otherwise how far from the
    /// scanner's origin along the normal.
    public func position(of point: SIMD3<Double>, _ number: (Double) -> String) -> String {
        let axis = Self.axes(normal)[0]
        let isUpright = normal[axis] > 0.999_99
        let name = isUpright ? ["x", "y", "z"][axis] : "along the normal"
        return "\(name) \(number(isUpright ? point[axis] : dot(point, normal))) mm"
    }

    /// The axes by how much of a direction lies along them.
    private static func axes(_ direction: SIMD3<Double>) -> [Int] {
        (0..<3).sorted { (-abs(direction[$0]), $0) < (-abs(direction[$1]), $1) }
    }

    private static func letters(_ direction: SIMD3<Double>) -> String {
        let axes = axes(direction)
        let shown = axes.prefix(1) + axes.dropFirst().prefix(1).filter { abs(direction[$0]) > leaning }
        return shown.map { axis in
            let (grows, shrinks) = [("L", "R"), ("P", "A"), ("H", "F")][axis]
            return direction[axis] < 0 ? shrinks : grows
        }.joined()
    }
}
