import Evaluation
import Foundation
import Imaging
import Ingestion

/// How the grids of two images that are compared differ, axis by axis.
enum GridDifference {
    private static let axes = ["x (columns)", "y (rows)", "z (slices)"]

    /// Whether voxels of equal index are the same place, as far as the files say.
    static func isSameGrid(_ images: [ImageSource]) -> Bool { differences(images).isEmpty }

    /// Pixels of other size change what a neighbour is: a warning. The rest only keeps voxels from being compared one by one.
    static func findings(_ images: [ImageSource], _ titles: [String]) -> [Finding] {
        var findings: [Finding] = []
        if images[0].format != images[1].format {
            findings.append(
                Finding(
                    .warning,
                    "a PNG has no pixel spacing: whether pixels of \(titles[0]) and \(titles[1]) are of one size is not known"
                ))
        }
        let differences = differences(images)
        guard !differences.isEmpty else { return findings }
        let inPlane = differences.filter { $0.kind == .spacing && $0.axis < 2 }
        if !inPlane.isEmpty {
            findings.append(
                Finding(
                    .warning,
                    "pixels of different size, \(titles[0]) and \(titles[1]): \(inPlane.map(\.words).joined(separator: "; ")): "
                        + "neighbours lie at other distances, and texture changes with that; resample both to one spacing first"
                ))
        }
        let rest = differences.filter { $0.kind != .spacing || $0.axis == 2 }
        if !rest.isEmpty {
            findings.append(
                Finding(
                    .note,
                    "the grids of \(titles[0]) and \(titles[1]) differ: \(rest.map(\.words).joined(separator: "; ")); voxels are "
                        + "not compared one by one"))
        }
        return findings
    }

    private struct Difference {
        enum Kind { case size, spacing, direction, origin }
        var kind: Kind
        var axis: Int
        var words: String
    }

    private static func differences(_ images: [ImageSource]) -> [Difference] {
        let (a, b) = (images[0].geometry, images[1].geometry)
        var found: [Difference] = []
        for axis in 0..<3 where a.size[axis] != b.size[axis] {
            found.append(
                Difference(
                    kind: .size, axis: axis,
                    words: "size along \(axes[axis]) \(a.size[axis]) and \(b.size[axis]) voxels"))
        }
        guard images.allSatisfy({ $0.format == .dicom }) else { return found }
        for axis in 0..<3 where axis < 2 || min(a.size.z, b.size.z) > 1 {
            let (x, y) = (a.spacing[axis], b.spacing[axis])
            // By the far end of the longer grid as much as counts of a mask.
            guard abs(x - y) * Double(max(a.size[axis], b.size[axis])) > GeometryDifference.tolerance * min(x, y) else {
                continue
            }
            found.append(
                Difference(
                    kind: .spacing, axis: axis,
                    words: "spacing along \(axes[axis]) \(shownBriefly(x)) and \(shownBriefly(y)) mm"))
        }
        guard images.allSatisfy({ $0.patientPosition == .stated }) else { return found }
        let frames = Set(images.map(\.identity.frameOfReferenceUID).filter { !$0.isEmpty })
        guard frames.count < 2 else {
            return found + [Difference(kind: .origin, axis: 2, words: "they lie in different frames of reference")]
        }
        let directions = [
            (a.direction.x, b.direction.x), (a.direction.y, b.direction.y), (a.direction.z, b.direction.z),
        ]
        for (axis, (x, y)) in directions.enumerated() where dot(x, y) < 0.99999 {
            found.append(
                Difference(
                    kind: .direction, axis: axis,
                    words: "direction of \(axes[axis]) turned by \(shownBriefly(degrees(x, y)))°"))
        }
        let offset = a.index(at: b.origin)
        for axis in 0..<3 where abs(offset[axis]) > GeometryDifference.tolerance {
            found.append(
                Difference(
                    kind: .origin, axis: axis,
                    words:
                        "first voxel \(shownBriefly(abs(offset[axis] * a.spacing[axis]))) mm apart along \(axes[axis])")
            )
        }
        return found
    }

    private static func degrees(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
        acos(min(1, max(-1, dot(a, b)))) * 180 / .pi
    }
}
