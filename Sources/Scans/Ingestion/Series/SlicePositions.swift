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
        var numbers = [Int](repeating: 0, count: slices.count)
        var last = -Double.infinity
        var count = 0
        for index in heights.indices.sorted(by: { heights[$0] < heights[$1] }) {
            if heights[index] - last > samePosition {
                count += 1
                last = heights[index]
            }
            numbers[index] = count - 1
        }
        return (numbers, count)
    }

    static func height(_ slice: SliceHeader) -> Double {
        guard let plane = slice.plane else { return 0 }
        return dot(plane.position, plane.normal)
    }
}
