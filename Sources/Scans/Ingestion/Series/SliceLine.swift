import Foundation
import Imaging

/// The line on which the positions of ordered slices lie: its direction, the step, and where it is not regular.
struct SliceLine {
    /// mm
    var spacing: Double
    var direction: SIMD3<Double>
    /// Slice numbers after which slices are missing.
    var gapsAfter: [Int] = []
    /// Slice numbers after which the step is another than ``spacing`` by more than a tenth.
    var unevenAfter: [Int] = []
    var findings: [Finding] = []

    /// Below this the stack counts as perpendicular: positions are rounded by their writers, degrees.
    static let smallestTilt = 0.01
    /// From here a reader of the table should know, degrees.
    static let reportedTilt = 0.1

    /// `planes` are ordered along the normal and lie apart; `fallback` is the spacing of a single slice, mm.
    init(planes: [SliceHeader.Plane], fallback: Double?) {
        let normal = planes[0].normal / length(planes[0].normal)
        direction = normal
        spacing = fallback ?? 1
        guard planes.count > 1, let last = planes.last else {
            if fallback == nil { findings.append(Finding(.note, "one slice without thickness; 1 mm assumed")) }
            return
        }
        let displacement = last.position - planes[0].position
        let distance = length(displacement)
        let tilt = acos(min(1, dot(displacement, normal) / distance)) * 180 / Double.pi
        if tilt > Self.smallestTilt { direction = displacement / distance }
        if tilt >= Self.reportedTilt {
            // What it means for a number hangs on what is asked for: PreparedRegion warns.
            findings.append(Finding(.note, "gantry tilt: slices are stacked \(rounded(tilt))° away from their normal"))
        }
        let along = direction
        let steps = zip(planes, planes.dropFirst()).map { dot($1.position - $0.position, along) }
        let median = steps.sorted()[(steps.count - 1) / 2]
        spacing = median
        if steps.allSatisfy({ abs($0 - median) <= max(0.1 * median, 0.01) }) {
            // The rounding of single positions would add up over a stack; the mean of regular steps is free of it. Of steps
            // that differ a little it gives the same volume as slices of their own thickness.
            let mean = distance / Double(steps.count)
            if abs(mean - median) > 1e-6 * median { spacing = mean }
        }
        if !steps.allSatisfy({ abs($0 - median) <= Self.tolerance(median) }) {
            measure(steps, median: median, heights: planes.map { dot($0.position, normal) })
        }
        checkStraight(planes)
    }

    /// 1 % or 0.01 mm, whichever allows more.
    private static func tolerance(_ median: Double) -> Double { max(0.01 * median, 0.01) }

    private mutating func measure(_ steps: [Double], median: Double, heights: [Double]) {
        var missing = 0
        var isUneven = false
        for (index, step) in steps.enumerated() where abs(step - median) > Self.tolerance(median) {
            let multiple = (step / median).rounded()
            if multiple >= 2, abs(step / median - multiple) <= 0.1 {
                gapsAfter.append(index)
                missing += Int(min(multiple, 1e6)) - 1
            } else {
                isUneven = true
                if abs(step - median) > max(0.1 * median, 0.01) { unevenAfter.append(index) }
            }
        }
        if !gapsAfter.isEmpty {
            let shown = gapsAfter.prefix(3).map { "\(rounded(heights[$0]))" }.joined(separator: ", ")
            findings.append(
                Finding(
                    .warning,
                    "\(missing) missing slices, after \(gapsAfter.count) places (\(shown)\(gapsAfter.count > 3 ? ", …" : "")"
                        + " mm along the normal); spacing \(rounded(median)) mm"
                )
            )
        }
        if isUneven {
            let low = rounded(steps.min() ?? median)
            let high = rounded(steps.max() ?? median)
            findings.append(
                Finding(.warning, "uneven spacing between slices: \(low) to \(high) mm, median \(rounded(median)) mm"))
        }
    }

    /// Slices may also step sideways from one to the next, which no regular grid can hold.
    private mutating func checkStraight(_ planes: [SliceHeader.Plane]) {
        let worst =
            planes.map { plane in
                let way = plane.position - planes[0].position
                return length(way - direction * dot(way, direction))
            }.max() ?? 0
        if worst > 0.1 {
            findings.append(
                Finding(.warning, "slices lie up to \(rounded(worst)) mm beside the line from the first to the last"))
        }
    }
}
