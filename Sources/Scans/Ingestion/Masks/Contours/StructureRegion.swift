// From one ROI's contours in mm to a region on an image's grid, with everything that a reader of the table should know.
import Foundation
import Imaging

/// Decides which slice each contour belongs to and what about the contours is worth a word.
///
/// - A contour belongs to the nearest slice. Up to 0.1 of the slice spacing beside it is silent, up to half a spacing is
///   a warning, beyond that the image has no slice for the contour and it is left out with a warning.
/// - A contour whose points span more than half a spacing across the slices is oblique: the ROI fails.
/// - When contours are closer together than slices, each slice takes the nearest plane of contours only.
/// - A contour that repeats another one of its slice, point for point, counts once (even-odd would erase both).
package struct StructureRegion {
    let planes: SlicePlanes
    let entry: MaskSource.Entry
    private var findings: [Finding] = []
    private var assigned: [AssignedContour] = []

    private struct AssignedContour {
        var slice: Int
        /// Distance beside the slice, mm.
        var offset: Double
        var points: [SIMD2<Double>]
    }

    private init(_ entry: MaskSource.Entry, _ planes: SlicePlanes) {
        (self.entry, self.planes) = (entry, planes)
    }

    package static func outcome(
        of entry: MaskSource.Entry, contours: [PatientContour], on planes: SlicePlanes
    ) -> RegionOutcome {
        var builder = StructureRegion(entry, planes)
        if let reason = builder.assign(contours) { return .failed(entry, reason: reason) }
        builder.keepNearestPlanes()
        builder.dropRepeats()
        builder.noteEdgesAndHoles()
        let planar = builder.assigned.map { PlanarContour(slice: $0.slice, points: $0.points) }
        let filled = ContourRasteriser.rasterise(planar, size: planes.geometry.size)
        let region = Region(name: entry.name, label: entry.label, box: filled.box, voxels: filled.voxels).cropped()
        guard region.box.voxelCount > 0 else {
            return .failed(entry, reason: builder.reasonForEmptiness())
        }
        return .region(region, findings: builder.findings)
    }

    // MARK: Contours to slices

    /// The reason why nothing can come of the ROI, nil when contours were assigned to slices.
    private mutating func assign(_ contours: [PatientContour]) -> String? {
        guard !contours.isEmpty else { return "the ROI has no contour" }
        let (areas, leftOut) = usable(contours)
        if !leftOut.isEmpty {
            findings.append(Finding(.warning, "contours left out: " + leftOut.joined(separator: ", ")))
        }
        guard !areas.isEmpty else {
            return "none of the ROI's \(contours.count) contours encloses an area: " + leftOut.joined(separator: ", ")
        }
        let spacing = planes.geometry.spacing.z
        var (besideStack, worst) = (0, 0.0)
        for (number, contour) in areas.enumerated() {
            let distances = contour.points.map(planes.distance)
            let (low, high) = (distances.min() ?? 0, distances.max() ?? 0)
            if high - low > 0.5 * spacing, let angle = angleToSlices(contour.points) {
                return "contour \(number + 1) of \(areas.count) lies at \(shortest(angle))° to the slices "
                    + "(\(shortest(high - low)) mm across them), expected contours in the slices' plane; "
                    + "give the image that the ROI was drawn on"
            }
            let middle = contour.points.reduce(.zero, +) / Double(contour.points.count)
            let (slice, offset) = planes.nearestSlice(to: middle)
            guard abs(offset) <= 0.5 * spacing * (1 + 1e-6) else {
                besideStack += 1
                continue
            }
            let distance = planes.distance(of: middle) - offset
            worst = max(worst, abs(low - distance), abs(high - distance))
            assigned.append(
                AssignedContour(
                    slice: slice, offset: offset, points: contour.points.map { planes.pixel(of: $0, onSlice: slice) }))
        }
        if assigned.isEmpty { return reasonForBeingOutside(areas) }
        if besideStack > 0 {
            findings.append(
                Finding(
                    .warning,
                    "\(besideStack) of \(areas.count) contours lie where the image has no slice and were left out"
                )
            )
        }
        if worst > 0.1 * spacing {
            findings.append(
                Finding(
                    .warning,
                    "contours lie up to \(shortest(worst)) mm beside their slices (slice spacing \(shortest(spacing)) mm)"
                )
            )
        }
        return nil
    }

    /// Contours that enclose an area, and what the others are.
    private func usable(_ contours: [PatientContour]) -> (areas: [PatientContour], leftOut: [String]) {
        var reasons: [String: Int] = [:]
        let areas = contours.filter { contour in
            let reason: String? =
                switch contour.kind {
                case .open(let type): "of type \(type), which encloses no area"
                case .closed where contour.condition == .damaged: "whose Contour Data is no list of finite x, y, z"
                case .closed where contour.points.count < 3: "with fewer than 3 points"
                case .closed: nil
                }
            if let reason { reasons[reason, default: 0] += 1 }
            return reason == nil
        }
        return (areas, reasons.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" })
    }

    /// Angle between a contour's plane and the slices, degrees, by Newell's normal; nil when the contour has no area.
    private func angleToSlices(_ points: [SIMD3<Double>]) -> Double? {
        guard let first = points.first else { return nil }
        var normal = SIMD3<Double>.zero
        for (a, b) in zip(points, points.dropFirst() + [first]) { normal += cross(a - first, b - first) }
        guard length(normal) > 0 else { return nil }
        return atan2(length(cross(normal, planes.normal)), abs(dot(normal, planes.normal))) * 180 / .pi
    }

    /// Contours of several planes may fall to one slice (drawn on thinner slices); even-odd must not mix them.
    private mutating func keepNearestPlanes() {
        var nearest: [Int: Double] = [:]
        for contour in assigned {
            let best = nearest[contour.slice] ?? .infinity
            if abs(contour.offset) < abs(best) { nearest[contour.slice] = contour.offset }
        }
        let samePlane = 0.1 * planes.geometry.spacing.z
        let kept = assigned.filter { abs($0.offset - (nearest[$0.slice] ?? 0)) <= samePlane }
        if kept.count < assigned.count {
            findings.append(
                Finding(
                    .warning,
                    "contours are closer together than the image's slices: \(assigned.count - kept.count) of "
                        + "\(assigned.count) were left out, each slice takes the nearest"
                )
            )
        }
        assigned = kept
    }

    private mutating func dropRepeats() {
        var seen: Set<PlanarContour> = []
        let kept = assigned.filter { seen.insert(PlanarContour(slice: $0.slice, points: $0.points)).inserted }
        if kept.count < assigned.count {
            findings.append(
                Finding(.warning, "\(assigned.count - kept.count) contours repeat another one and were counted once"))
        }
        assigned = kept
    }

    // MARK: What to say

    private mutating func noteEdgesAndHoles() {
        let size = planes.geometry.size
        let upper = SIMD2(Double(size.x), Double(size.y)) - 0.5
        let cut = assigned.count { contour in
            contour.points.contains { $0.x < -0.5 || $0.y < -0.5 || $0.x > upper.x || $0.y > upper.y }
        }
        if cut > 0 {
            findings.append(
                Finding(
                    .warning,
                    "\(cut) of \(assigned.count) contours reach beyond the image's edge and were cut off there"
                )
            )
        }
        let slices = Set(assigned.map(\.slice)).sorted()
        let empty = zip(slices, slices.dropFirst()).flatMap { Array($0 + 1..<$1) }
        if !empty.isEmpty {
            findings.append(
                Finding(
                    .warning,
                    "\(empty.count) slices between the first and the last contour have none "
                        + "(slice \(sliceRanges(empty))); they were left empty"
                )
            )
        }
    }

    private func reasonForBeingOutside(_ contours: [PatientContour]) -> String {
        let distances = contours.flatMap(\.points).map(planes.distance)
        let last = planes.distance(of: planes.geometry.origin) + planes.extent
        return "all \(contours.count) contours lie outside the image: \(shortest(distances.min() ?? 0)) to "
            + "\(shortest(distances.max() ?? 0)) mm across the slices, the image spans 0 to \(shortest(last)) mm; "
            + "give the image that the ROI was drawn on"
    }

    private func reasonForEmptiness() -> String {
        let points = assigned.flatMap(\.points)
        let low = points.reduce(SIMD2(repeating: Double.infinity), pointwiseMin)
        let high = points.reduce(SIMD2(repeating: -Double.infinity), pointwiseMax)
        let size = planes.geometry.size
        if high.x < 0 || high.y < 0 || low.x > Double(size.x - 1) || low.y > Double(size.y - 1) {
            return "all contours lie outside the image: columns \(shortest(low.x)) to \(shortest(high.x)), rows "
                + "\(shortest(low.y)) to \(shortest(high.y)), the image has \(size.x) x \(size.y); "
                + "give the image that the ROI was drawn on"
        }
        return "the contours enclose no voxel centre: they span \(shortest(high.x - low.x)) x "
            + "\(shortest(high.y - low.y)) voxels; use an image with smaller voxels"
    }
}
