import Imaging

// Slices that lie at the same position along the normal: copies, duplicates, and several images in one series.
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

    /// When positions repeat throughout, splits by the attribute that leaves the fewest repeats, and again as needed.
    static func split(_ slices: [SliceHeader]) -> [(slices: [SliceHeader], findings: [Finding])] {
        let (numbers, count) = positionNumbers(slices)
        let repeats = slices.count - count
        var slicesAt = [Int](repeating: 0, count: count)
        for number in numbers { slicesAt[number] += 1 }
        // A few slices sent twice are duplicates, not a second image.
        guard repeats > 0, slicesAt.count(where: { $0 > 1 }) * 2 >= count else { return [(slices, [])] }
        var best: (left: Int, separator: SliceHeader.Separator, parts: [String: [SliceHeader]])?
        for separator in SliceHeader.Separator.allCases {
            let parts = Dictionary(grouping: slices) { $0.separators[separator] ?? "" }
            guard parts.count > 1 else { continue }
            let left = parts.values.reduce(0) { $0 + $1.count - positionNumbers($1).count }
            // Splitting a stack into single slices separates nothing.
            guard parts.count <= slices.count / 2 || count == 1, left < best?.left ?? repeats else { continue }
            best = (left, separator, parts)
        }
        guard let best else { return [(slices, [])] }
        return best.parts.sorted { $0.key < $1.key }.flatMap { value, part in
            let shown = value.isEmpty ? "none" : value
            let note = Finding(
                .note,
                "the series holds \(best.parts.count) images at these places; this is \(best.separator.rawValue) \(shown)"
            )
            return split(part).map { ($0.slices, [note] + $0.findings) }
        }
    }

    // MARK: Duplicates

    /// Of slices at one position keeps the one with the lowest Instance Number, then UID.
    static func withoutDuplicates(_ slices: [SliceHeader], _ findings: inout [Finding]) -> [SliceHeader] {
        let (numbers, count) = positionNumbers(slices)
        var kept = [SliceHeader?](repeating: nil, count: count)
        var repeated: Set<Int> = []
        for (slice, number) in zip(slices, numbers) {
            guard let other = kept[number] else {
                kept[number] = slice
                continue
            }
            repeated.insert(number)
            if rank(slice) < rank(other) { kept[number] = slice }
        }
        let ordered = kept.compactMap { $0 }
        if !repeated.isEmpty {
            let shown = repeated.sorted().prefix(3).map { "\(rounded(height(ordered[$0])))" }.joined(separator: ", ")
            findings.append(
                Finding(
                    .warning,
                    "\(slices.count - count) duplicate slices left out, at \(repeated.count) places (\(shown)"
                        + "\(repeated.count > 3 ? ", …" : "") mm along the normal); kept the lowest Instance Number"
                )
            )
        }
        return ordered
    }

    static func rank(_ slice: SliceHeader) -> (Int, String, String) {
        (slice.instanceNumber ?? Int.max, slice.sopInstanceUID, slice.path)
    }
}
