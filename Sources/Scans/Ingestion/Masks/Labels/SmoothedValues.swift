// Whether the values of a mask are labels, or those of a mask that was smoothed, resized or saved as JPEG.
import Imaging

/// What smoothing leaves in a mask: values around that of its region, values near 0, and values in between along the edges.
struct SmoothedValues {
    enum Judgement: Hashable {
        case labels
        /// One value at the white end holds most of what is not 0, and many others the rest.
        case whiteWithEdges
        /// Values that are hardly labels: many whose pixels are scattered, or ones that lie between a lower and a higher
        /// neighbour wherever they are.
        case doubtful
        /// One region, of the pixels from a threshold upwards.
        case region(value: Int, threshold: Int)

        /// Whether regions are made of values that may be none.
        var isDoubtful: Bool { self == .whiteWithEdges || self == .doubtful }
    }

    private(set) var judgement = Judgement.labels
    /// Pixels of each value.
    private let counts: [Int]

    /// - Parameter white: the largest value that pixels may have.
    init(_ samples: [UInt16], width: Int, white: Int) {
        var counts = [Int](repeating: 0, count: white + 1)
        for value in samples where Int(value) <= white { counts[Int(value)] += 1 }
        self.counts = counts
        judgement = whiteAndBlack(white: white, inside: samples.count - counts[0])
        if judgement == .labels || judgement == .whiteWithEdges,
            let found = edges(samples, width: width, inside: samples.count - counts[0])
        {
            judgement = found
        }
    }

    private func present(_ values: ClosedRange<Int>) -> [Int] { values.filter { counts[$0] > 0 } }

    /// Values near 0 and near white alone: noise, no labels.
    private func whiteAndBlack(white: Int, inside: Int) -> Judgement {
        let margin = white / 8
        let (dark, light) = (present(1...margin), present(white - margin...white - 1))
        let between = present(margin + 1...white - margin - 1)
        let (darkPixels, whitePixels) = (dark.reduce(0) { $0 + counts[$1] }, counts[white])
        let otherwise: Judgement =
            dark.count + light.count + between.count > 8 && whitePixels * 2 > inside ? .whiteWithEdges : .labels
        guard between.isEmpty, let brightest = whitePixels > 0 ? white : light.last,
            !dark.isEmpty || light.count > 1 || (whitePixels > 0 && !light.isEmpty)
        else { return otherwise }
        // A few dark labels beside white ones are labels ("void" is white in some data sets), unless they are specks.
        guard !light.isEmpty || (dark.count >= 3 && darkPixels < whitePixels) || darkPixels * 20 < whitePixels else {
            return otherwise
        }
        return .region(value: brightest, threshold: (white + 1) / 2)
    }

    /// The same whatever value the region has, and with values in between along its edges; nil when there is no sign of it.
    private func edges(_ samples: [UInt16], width: Int, inside: Int) -> Judgement? {
        let present = counts.indices.dropFirst().filter { counts[$0] > 0 }
        // Labels that are counted 1, 2, 3 … are labels, however small.
        guard let value = present.max(by: { counts[$0] < counts[$1] }), present.count > 1, let last = present.last,
            last * 4 > present.count * 5
        else { return nil }
        let pixels = Neighbours(samples, width: width, highest: last)
        let others = present.filter { $0 != value }
        let mixed = others.filter { pixels.between[$0] * 10 >= counts[$0] * 9 }
        let solid = others.filter { pixels.joined[$0] * 2 >= counts[$0] && !mixed.contains($0) }
        let region = value - value / 8...value + value / 8
        func count(_ isMeant: (Int) -> Bool) -> Int { present.reduce(0) { $0 + (isMeant($1) ? counts[$1] : 0) } }
        // What lies between the noise of the region and that of the background, and which of it does so in the picture.
        let beside = present.filter { $0 > value / 8 && $0 < region.lowerBound }
        let besidePixels = beside.reduce(0) { $0 + counts[$1] }
        let explained = beside.reduce(0) { $0 + pixels.between[$1] }
        if others.count >= 3, solid.isEmpty, count(region.contains) * 2 > inside, explained * 10 >= besidePixels * 9,
            count({ $0 > region.upperBound }) * 50 <= inside
        {
            return .region(value: value, threshold: (value + 1) / 2)
        }
        let scattered = others.count - solid.count - mixed.count
        let areEdges = !mixed.isEmpty && solid.count + 1 <= max(2, mixed.count)
        return (others.count > 8 && (scattered + mixed.count) * 2 > others.count) || areEdges ? .doubtful : nil
    }

    /// How the pixels of each value lie among others.
    private struct Neighbours {
        /// Pixels that have a lower and a higher value among their eight neighbours.
        private(set) var between: [Int]
        /// Pixels that have their own value among their four neighbours.
        private(set) var joined: [Int]

        init(_ samples: [UInt16], width: Int, highest: Int) {
            (between, joined) = (Array(repeating: 0, count: highest + 1), Array(repeating: 0, count: highest + 1))
            let height = samples.count / width
            for y in 0..<height {
                for x in 0..<width {
                    let value = samples[y * width + x]
                    guard value != 0, Int(value) <= highest else { continue }
                    var (hasLower, hasHigher, hasSame) = (false, false, false)
                    for row in max(y - 1, 0)...min(y + 1, height - 1) {
                        for column in max(x - 1, 0)...min(x + 1, width - 1) {
                            let other = samples[row * width + column]
                            if other < value { hasLower = true }
                            if other > value { hasHigher = true }
                            if other == value, (row == y) != (column == x) { hasSame = true }
                        }
                    }
                    if hasLower, hasHigher { between[Int(value)] += 1 }
                    if hasSame { joined[Int(value)] += 1 }
                }
            }
        }
    }

    /// What was decided, with the values that stand beside the region's and 0.
    func finding(value: Int, threshold: Int) -> Finding {
        let others = counts.indices.dropFirst().filter { counts[$0] > 0 && $0 != value }
        let groups = [others.filter { $0 < threshold }, others.filter { $0 >= threshold }].compactMap { values in
            values.first.map { $0 == values.last ? "\($0)" : "\($0)–\(values.last ?? $0)" }
        }
        return Finding(
            .warning,
            "the mask has values beside 0 and \(value) (\(groups.joined(separator: " and "))) as one that was smoothed, resized or "
                + "saved as JPEG has; pixels from \(threshold) upwards are taken as one region"
        )
    }
}
