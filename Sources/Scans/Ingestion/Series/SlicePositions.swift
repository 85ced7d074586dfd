import Imaging

// Slices that lie at the same position along the normal, and copies of files. SliceVolumes.swift tells volumes apart.
extension SliceStack {
    /// Leaves out files that hold an object that is there already. The same UID at another position is another slice,
    /// whatever its writer did.
    static func withoutCopies(_ slices: [SliceHeader]) -> ([SliceHeader], [Finding]) {
        var seen: [String: [SIMD3<Double>]] = [:]
        var shared = 0
        let kept = slices.filter { slice in
            guard !slice.sopInstanceUID.isEmpty, let plane = slice.plane else { return true }
            let name = "\(slice.sopInstanceUID) \(slice.frame)"
            let known = seen[name, default: []]
            guard !known.contains(where: { farthest($0 - plane.position) <= samePosition }) else { return false }
            if !known.isEmpty { shared += 1 }
            seen[name] = known + [plane.position]
            return true
        }
        let left = slices.count - kept.count
        var findings: [Finding] = []
        if left > 0 { findings.append(Finding(.warning, "\(left) copies of slices (same SOP Instance UID) left out")) }
        if shared > 0 {
            findings.append(
                Finding(
                    .warning,
                    "\(shared) slices have the SOP Instance UID of another slice at a different position; all were kept"
                )
            )
        }
        return (kept, findings)
    }

    // MARK: Several images at the same positions

    /// Numbers the positions along the normal: slices of equal numbers lie at one position.
    static func positionNumbers(_ slices: [SliceHeader]) -> (numbers: [Int], count: Int) {
        let heights = slices.map(height)
        let reach = reach(of: heights.sorted(), spacing: slices.compactMap(\.sliceSpacing).min())
        var numbers = [Int](repeating: 0, count: slices.count)
        var last = -Double.infinity
        var count = 0
        for index in heights.indices.sorted(by: { heights[$0] < heights[$1] }) {
            if heights[index] - last > reach {
                count += 1
                last = heights[index]
            }
            numbers[index] = count - 1
        }
        return (numbers, count)
    }

    /// How far apart slices of one position may lie, mm. Writers compute positions anew for each volume of a series, and a patient
    /// table does not come back exactly: slices in pairs (or more) with next to nothing in a pair and a whole step between pairs
    /// are volumes at the same positions, not one stack.
    ///
    /// - Parameters:
    ///   - heights: ascending, mm.
    ///   - spacing: the distance or thickness of slices that their headers state.
    private static func reach(of heights: [Double], spacing: Double?) -> Double {
        let spacing = spacing ?? 0.4
        for (share, fewest) in [(0.25, 0.5), (0.02, 0)] where share * spacing > samePosition {
            var clusters: [(first: Double, last: Double, count: Int)] = []
            for height in heights {
                if let last = clusters.last, height - last.last <= share * spacing {
                    clusters[clusters.count - 1] = (last.first, height, last.count + 1)
                } else {
                    clusters.append((height, height, 1))
                }
            }
            let widest = clusters.map { $0.last - $0.first }.max() ?? 0
            let nearest = zip(clusters, clusters.dropFirst()).map { $1.first - $0.last }.min() ?? 0
            let shared = clusters.reduce(0) { $0 + ($1.count > 1 ? $1.count : 0) }
            if widest > samePosition, widest * 3 <= nearest, Double(shared) > fewest * Double(heights.count) {
                return widest
            }
        }
        return samePosition
    }

    static func height(_ slice: SliceHeader) -> Double {
        guard let plane = slice.plane else { return 0 }
        return dot(plane.position, plane.normal)
    }
}
