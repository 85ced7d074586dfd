// The closed contours of one slice: which repeat another one, which are areas, holes and islands, and which cross.

/// What the contours of a slice are to each other. An outline wholly inside another one is a hole, one inside the hole an
/// island; outlines that cross are parts of one area, their union. PS3.3 C.8.8.6.3 knows no such case for CLOSED_PLANAR, and
/// even-odd, which it has for CLOSEDPLANAR_XOR, would cut out what was drawn twice.
struct ContourArrangement: Sendable {
    /// Positions of the distinct contours among those given, an area before its holes, these before their islands.
    private(set) var order: [Int] = []
    /// For each of ``order`` how many outlines lie around it, one within the other: even for an area, odd for a hole.
    private(set) var depths: [Int] = []
    /// Contours that are another one again, or lie less than a quarter of a voxel inside it.
    private(set) var repeatCount = 0
    /// Contours that cross another one.
    private(set) var crossingCount = 0

    init(_ contours: [[SIMD2<Double>]]) {
        var outlines: [(index: Int, outline: Outline)] = []
        /// `around[b]` has a where outline a lies around outline b.
        var around: [[Int]] = []
        var crosses: [Bool] = []
        guard contours.count > 1 else {
            (order, depths) = (Array(contours.indices), contours.map { _ in 0 })
            return
        }
        var unlimited: [Int] = []
        for (index, points) in contours.enumerated() {
            guard let outline = Outline(points) else {
                unlimited.append(index)
                continue
            }
            let relations = outlines.map { outline.relation(to: $0.outline) }
            guard !relations.contains(.same) else {
                repeatCount += 1
                continue
            }
            let number = outlines.count
            around.append(relations.indices.filter { relations[$0] == .inside })
            crosses.append(relations.contains(.crossing))
            for (other, relation) in relations.enumerated() {
                if relation == .around { around[other].append(number) }
                if relation == .crossing { crosses[other] = true }
            }
            outlines.append((index, outline))
        }
        crossingCount = crosses.count { $0 }
        (order, self.depths) = (unlimited, unlimited.map { _ in 0 })
        let depths = Self.depths(around)
        for number in outlines.indices.sorted(by: { (depths[$0], $0) < (depths[$1], $1) }) {
            order.append(outlines[number].index)
            self.depths.append(depths[number])
        }
    }

    /// The longest way outwards from each outline. Two crossing areas around one hole count once, being one area.
    private static func depths(_ around: [[Int]]) -> [Int] {
        var depths = [Int?](repeating: nil, count: around.count)
        // Outlines that lie around few others are looked at last, so a few rounds settle all.
        for _ in 0...around.count {
            var isSettled = true
            for number in around.indices where depths[number] == nil {
                let outer = around[number].map { depths[$0] }
                guard outer.allSatisfy({ $0 != nil }) else {
                    isSettled = false
                    continue
                }
                depths[number] = (outer.compactMap { $0 }.max() ?? -1) + 1
            }
            if isSettled { break }
        }
        // Only rounding could make outlines lie around each other in a ring.
        return depths.map { $0 ?? 0 }
    }
}
