// From one ROI's contours in mm to a region on an image's grid, with everything that a reader of the table should know.
import Foundation
import Imaging

/// Decides which slice each contour belongs to and what about the contours is worth a word.
///
/// - A contour belongs to the nearest slice. Up to 0.1 of the slice spacing beside it is silent, up to half a spacing is
///   a warning, beyond that the image has no slice for the contour and it is left out with a warning.
/// - A contour whose points span more than half a spacing across the slices is oblique: the ROI fails.
/// - When contours are closer together than slices, each slice takes the nearest plane of contours only.
/// - Of the contours of a slice one that repeats another one counts once, one inside another one is a hole, and those that
///   cross are united (``ContourArrangement``); those of a ROI of CLOSEDPLANAR_XOR are combined by exclusive or.
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

    /// Contours in the order in which they are filled in.
    private struct Coat {
        enum Effect { case add, remove, toggle }

        var contour: PlanarContour
        var effect: Effect
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
        builder.noteEdgesAndHoles()
        let coats = builder.coats(combined: contours.contains { $0.kind == .exclusive } ? .byExclusiveOr : .byNesting)
        let region = Self.fill(coats, entry, size: planes.geometry.size).cropped()
        guard region.box.voxelCount > 0 else {
            return .failed(entry, reason: builder.reasonForEmptiness())
        }
        return .region(region, findings: builder.findings)
    }

    /// About how many voxels the box around contours has.
    static func boxVoxels(of contours: [PatientContour], on planes: SlicePlanes) -> Int {
        let points = contours.lazy.flatMap(\.points)
        guard let first = points.first(where: { _ in true }) else { return 0 }
        let (lower, upper) = points.reduce((first, first)) { (pointwiseMin($0.0, $1), pointwiseMax($0.1, $1)) }
        let sides = (upper - lower) / planes.geometry.spacing + 1
        let voxels = sides.x * sides.y * sides.z
        return voxels.isFinite ? Int(min(voxels, Double(planes.geometry.voxelCount))) : 0
    }

    // MARK: Contours to slices

    /// The reason why nothing can come of the ROI, nil when contours were assigned to slices.
    private mutating func assign(_ contours: [PatientContour]) -> String? {
        guard !contours.isEmpty else { return Self.noContour }
        let (areas, leftOut) = Self.usable(contours)
        if !leftOut.isEmpty {
            findings.append(Finding(.warning, "contours left out: " + leftOut.joined(separator: ", ")))
        }
        guard !areas.isEmpty else { return Self.noArea(contours, leftOut) }
        noteMiscounted(areas)
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

    private mutating func noteMiscounted(_ areas: [PatientContour]) {
        let counts = areas.compactMap { contour -> (found: Int, stated: Int)? in
            guard case .miscounted(let stated) = contour.condition else { return nil }
            return (contour.points.count, stated)
        }
        guard let first = counts.first else { return }
        findings.append(
            Finding(
                .warning,
                "\(counts.count) of \(areas.count) contours have another number of points than their Number of Contour Points "
                    + "says (\(first.found), expected \(first.stated)): points may have been lost; compare the contours with "
                    + "those in the program that drew them"
            )
        )
    }

    /// Why contours, none or points and lines, can give no region by what they are; nil when one encloses an area, or could
    /// not be read.
    static func reasonForNoArea(_ contours: [PatientContour]) -> String? {
        guard !contours.isEmpty else { return noContour }
        let (areas, leftOut) = usable(contours)
        guard areas.isEmpty, !contours.contains(where: { $0.condition == .damaged }) else { return nil }
        return noArea(contours, leftOut)
    }

    private static let noContour = "the ROI has no contour"

    private static func noArea(_ contours: [PatientContour], _ leftOut: [String]) -> String {
        "none of the ROI's \(contours.count) contours encloses an area: " + leftOut.joined(separator: ", ")
    }

    /// Contours that enclose an area, and what the others are.
    private static func usable(_ contours: [PatientContour]) -> (areas: [PatientContour], leftOut: [String]) {
        var reasons: [String: Int] = [:]
        let areas = contours.filter { contour in
            let reason: String? =
                switch contour.kind {
                case .open(let type): "of type \(type), which encloses no area"
                case _ where contour.condition == .damaged: "whose Contour Data is no list of finite x, y, z"
                case _ where contour.points.count < 3: "with fewer than 3 points"
                case _ where Self.isLine(contour.points): "whose points lie on a line"
                case .closed, .exclusive: nil
                }
            if let reason { reasons[reason, default: 0] += 1 }
            return reason == nil
        }
        return (areas, reasons.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" })
    }

    /// Whether no point lies more than a thousandth of a millimetre beside the line through the first and the farthest.
    private static func isLine(_ points: [SIMD3<Double>]) -> Bool {
        guard let first = points.first,
            let farthest = points.max(by: { length($0 - first) < length($1 - first) }), length(farthest - first) > 1e-3
        else { return true }
        let direction = (farthest - first) / length(farthest - first)
        return points.allSatisfy { length(cross($0 - first, direction)) <= 1e-3 }
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

    // MARK: Contours of one slice together

    private enum Combination { case byNesting, byExclusiveOr }

    /// The contours as they are to be filled in, slice by slice, and what there is to say about them.
    private mutating func coats(combined combination: Combination) -> [Coat] {
        var coats: [Coat] = []
        var (repeats, crossings, twice) = (0, 0, 0)
        var (crossed, overlapping): ([Int], [Int]) = ([], [])
        for (slice, contours) in Dictionary(grouping: assigned, by: \.slice).sorted(by: { $0.key < $1.key }) {
            let outlines = contours.map { Self.once($0.points) }
            let arrangement = ContourArrangement(outlines)
            repeats += arrangement.repeatCount
            if combination == .byNesting, arrangement.crossingCount > 0 {
                crossings += arrangement.crossingCount
                crossed.append(slice)
            }
            for (number, depth) in zip(arrangement.order, arrangement.depths) {
                let contour = PlanarContour(slice: slice, points: outlines[number])
                let effect: Coat.Effect =
                    combination == .byExclusiveOr ? .toggle : depth.isMultiple(of: 2) ? .add : .remove
                coats.append(Coat(contour: contour, effect: effect))
                let voxels = ContourRasteriser.voxelsEnclosedTwice(by: contour, size: planes.geometry.size)
                // The hand that drew it crossed its own line here and there; a hundredth of the area is more than that.
                if voxels > 0, voxels * 100 >= Self.voxelCount(of: contour, planes.geometry.size) {
                    twice += voxels
                    overlapping.append(slice)
                }
            }
        }
        if repeats > 0 {
            findings.append(Finding(.warning, "\(repeats) contours repeat another one and were counted once"))
        }
        if crossings > 0 {
            findings.append(
                Finding(
                    .warning,
                    "\(crossings) contours cross another one (slice \(sliceRanges(crossed))) and were united; expected contours "
                        + "beside or inside each other"
                )
            )
        }
        if twice > 0 {
            findings.append(
                Finding(
                    .warning,
                    "\(overlapping.count) contours cross themselves and go around \(twice) voxels twice (slice "
                        + "\(sliceRanges(Set(overlapping).sorted()))), which were left out (even-odd)"
                )
            )
        }
        return coats
    }

    /// The points of one turn, when they are those of two turns along the same way.
    private static func once(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
        let half = points.count / 2
        guard points.count.isMultiple(of: 2), half >= 3 else { return points }
        let isTwice = (0..<half).allSatisfy { k in
            let way = points[k] - points[k + half]
            return max(abs(way.x), abs(way.y)) <= Outline.tolerance
        }
        return isTwice ? Array(points[..<half]) : points
    }

    private static func voxelCount(of contour: PlanarContour, _ size: SIMD3<Int>) -> Int {
        ContourRasteriser.rasterise([contour], size: size).voxels.reduce(0) { $0 + Int($1) }
    }

    private static func fill(_ coats: [Coat], _ entry: MaskSource.Entry, size: SIMD3<Int>) -> Region {
        let box = ContourRasteriser.box(of: coats.map(\.contour), size: size)
        var voxels = [UInt8](repeating: 0, count: box.voxelCount)
        for coat in coats {
            let filled = ContourRasteriser.rasterise([coat.contour], size: size)
            let part = filled.box
            for y in 0..<part.size.y where part.size.z > 0 {
                let from = y * part.size.x
                let to = box.offset(
                    part.lower.x - box.lower.x, part.lower.y - box.lower.y + y, part.lower.z - box.lower.z)
                for x in 0..<part.size.x where filled.voxels[from + x] != 0 {
                    switch coat.effect {
                    case .add: voxels[to + x] = 1
                    case .remove: voxels[to + x] = 0
                    case .toggle: voxels[to + x] ^= 1
                    }
                }
            }
        }
        return Region(name: entry.name, label: entry.label, box: box, voxels: voxels)
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
