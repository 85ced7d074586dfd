import Foundation
import Imaging

/// The steps from voxel to voxel in mm, LPS, as a header's matrix gives them.
struct VolumeAxes {
    var columns: [SIMD3<Double>]
    var origin: SIMD3<Double>

    /// Angles from which an axis that should be perpendicular to another is told, and beyond which nothing is measured, degrees.
    /// 0.01° is less than 32-bit headers round by; 1° moves the far end of 200 mm by 3.5 mm.
    static let (toldShear, mostShear) = (0.01, 1.0)

    /// The grid, and what is odd about its axes. Axes that are a little off stay as the file has them, so that image and mask
    /// agree.
    func geometry(size: SIMD3<Int>, field: String) throws(VolumeError) -> (geometry: Geometry, findings: [Finding]) {
        let lengths = columns.map(length)
        func shown(_ values: [Double]) -> String { values.map { shortest($0) }.joined(separator: " ") }
        guard lengths.allSatisfy({ $0.isFinite && $0 > 0 && $0 < 1e6 }) else {
            throw .badField(
                name: field, found: "a matrix with columns of \(shown(lengths)) mm", expected: "three lengths above 0")
        }
        guard [origin.x, origin.y, origin.z].allSatisfy({ abs($0) < 1e9 }) else {
            throw .badField(
                name: field, found: "the origin \(shown([origin.x, origin.y, origin.z]))", expected: "a position in mm")
        }
        let axes = zip(columns, lengths).map { $0 / $1 }
        let names = ["i and j", "i and k", "j and k"]
        let pairs = [(0, 1), (0, 2), (1, 2)].map { abs(asin(min(max(dot(axes[$0], axes[$1]), -1), 1))) * 180 / .pi }
        var findings: [Finding] = []
        if let worst = pairs.indices.max(by: { pairs[$0] < pairs[$1] }), pairs[worst] > Self.toldShear {
            guard pairs[worst] <= Self.mostShear else {
                throw .sheared(axes: names[worst], degrees: pairs[worst], allowed: Self.mostShear)
            }
            findings.append(
                Finding(
                    .warning,
                    "the axes \(names[worst]) are \(shortest(pairs[worst]))° away from perpendicular and are used as the file has "
                        + "them: distances across them are that little off"))
        }
        guard abs(dot(axes[0], cross(axes[1], axes[2]))) > 0.5 else {
            throw .badField(name: field, found: "axes in one plane", expected: "three that span the room")
        }
        return (
            Geometry(
                size: size, spacing: SIMD3(lengths[0], lengths[1], lengths[2]), origin: origin,
                direction: .init(x: axes[0], y: axes[1], z: axes[2])),
            findings
        )
    }

    /// The same with its coordinates turned, as from RAS to LPS.
    func turned(by signs: SIMD3<Double>) -> VolumeAxes {
        VolumeAxes(columns: columns.map { $0 * signs }, origin: origin * signs)
    }

    /// Along the patient's axes from 0: where nothing but spacings is known.
    static func unplaced(spacing: SIMD3<Double>) -> VolumeAxes {
        VolumeAxes(
            columns: [SIMD3(spacing.x, 0, 0), SIMD3(0, spacing.y, 0), SIMD3(0, 0, spacing.z)], origin: .zero)
    }

    /// The farthest that a corner of a grid lies apart, mm.
    func distance(to other: VolumeAxes, over size: SIMD3<Int>) -> Double {
        let last = SIMD3<Double>(size &- 1)
        return (0..<8).map { corner in
            var apart = origin - other.origin
            for axis in 0..<3 where corner >> axis & 1 == 1 {
                apart += (columns[axis] - other.columns[axis]) * last[axis]
            }
            return length(apart)
        }.max() ?? 0
    }
}

extension Finding {
    /// The file says how far apart voxels are, and not where they lie.
    static func unplaced(_ found: String) -> Finding {
        Finding(
            .warning,
            "\(found): where the image lies in the patient is not known; taken as if it began at 0 along the patient's axes "
                + "(to the left, to the back, to the head)")
    }
}
