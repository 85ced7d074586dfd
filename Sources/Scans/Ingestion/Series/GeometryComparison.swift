// How a mask's grid can differ from its image's: which axis, by how much, and what to do about it.
import Foundation
import Imaging

/// One way in which a mask's grid does not fit its image's.
public enum GeometryDifference: Hashable, Sendable {
    /// Number of voxels along an axis.
    case size(axis: Axis, found: Int, expected: Int)
    /// Distance between voxel centres, mm.
    case spacing(axis: Axis, found: Double, expected: Double)
    /// First voxel's centre beside the image's grid, mm and voxels along the image's axis.
    case origin(axis: Axis, millimetres: Double, voxels: Double)
    /// Angle between the two grids' axes, degrees.
    case direction(axis: Axis, degrees: Double)

    public enum Axis: Int, Sendable, CaseIterable {
        case x, y, z

        /// As a user knows it.
        var title: String {
            switch self {
            case .x: "x (columns)"
            case .y: "y (rows)"
            case .z: "z (slices)"
            }
        }
    }

    /// What was found and what was expected.
    public var description: String {
        switch self {
        case .size(let axis, let found, let expected):
            return "size along \(axis.title): \(found) voxels, the image has \(expected)"
        case .spacing(let axis, let found, let expected):
            let difference = shortest(abs(found - expected))
            return "spacing along \(axis.title): \(shortest(found)) mm, the image has \(shortest(expected)) mm "
                + "(\(difference) mm apart)"
        case .origin(let axis, let millimetres, let voxels):
            return "origin along \(axis.title): \(shortest(abs(millimetres))) mm "
                + "(\(shortest(abs(voxels))) voxels) \(millimetres < 0 ? "before" : "after") the image's"
        case .direction(let axis, let degrees):
            return "direction of \(axis.title): turned by \(shortest(degrees))°"
        }
    }

    /// What the user can do.
    public var advice: String {
        switch self {
        case .size:
            "give the image that the mask was drawn on, or export the mask again on this image's grid"
        case .spacing:
            "resample the mask to the image's spacing (nearest neighbour), or give the image that it was drawn on"
        case .origin:
            "check that mask and image come from the same acquisition, then export or resample the mask on this image"
        case .direction:
            "reorient or resample the mask to the image's axes, or give the image that it was drawn on"
        }
    }

    /// All differences in a sentence, then what to do about the first of each kind.
    public static func reason(_ differences: [GeometryDifference]) -> String {
        var advice: [String] = []
        for difference in differences where !advice.contains(difference.advice) { advice.append(difference.advice) }
        return "the mask's grid does not fit the image: " + differences.map(\.description).joined(separator: "; ")
            + ". What to do: " + advice.joined(separator: "; or ")
    }

    /// How far, in voxels of the image, two grids may lie apart at their far ends before it counts: the decimal text of
    /// DICOM's positions and spacings moves centres by far less, a real mismatch by far more.
    public static let tolerance = 0.05
}

extension Geometry.Direction {
    var axes: [SIMD3<Double>] { [x, y, z] }
}
