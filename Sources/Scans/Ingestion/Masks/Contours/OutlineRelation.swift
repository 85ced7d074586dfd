// How two closed outlines of one slice lie to each other. ContourArrangement.swift decides what that makes of them.
import Foundation

/// How one outline lies to another one.
enum OutlineRelation: Hashable, Sendable {
    /// Neither encloses anything of the other; they may touch.
    case apart
    /// The same outline, whatever its direction and first point, and however many points it has.
    case same
    /// The first lies wholly inside the second, or inside and along its edge.
    case inside
    /// The second lies so in the first.
    case around
    /// Each has a part inside and a part outside the other, or is crossed by it; or one lies in the other and runs along the
    /// whole of its edge, as an outline and the keyhole of it with its hole do.
    case crossing
}

/// A closed polygon in fractional indices of its slice, with its edges sorted by row, so that what lies near a point is
/// found at once.
struct Outline: Sendable {
    /// Points nearer than this to an edge lie on it, in voxels. Files round to some hundredths of a millimetre.
    static let tolerance = 0.05
    /// Two outlines with less than this between them, one in the other, are one that was written twice, in voxels: no mask of
    /// voxels can show a wall so thin.
    static let thinnestWall = 0.25

    let points: [SIMD2<Double>]
    let lower: SIMD2<Double>
    let upper: SIMD2<Double>
    /// For each row band (a voxel high, from `firstBand`): the edges that reach into it, by their first point.
    private let bands: [[Int32]]
    private let firstBand: Int

    /// Nil without points, and for one that leads far beyond any image.
    init?(_ points: [SIMD2<Double>]) {
        guard let first = points.first, points.allSatisfy({ abs($0.x) < 1e5 && abs($0.y) < 1e5 }) else { return nil }
        self.points = points
        lower = points.reduce(first, pointwiseMin)
        upper = points.reduce(first, pointwiseMax)
        firstBand = Int(lower.y.rounded(.down))
        var bands = [[Int32]](repeating: [], count: Int(upper.y.rounded(.down)) - firstBand + 1)
        for (k, start) in points.enumerated() {
            let end = points[k + 1 < points.count ? k + 1 : 0]
            let low = Int(min(start.y, end.y).rounded(.down)) - firstBand
            let high = Int(max(start.y, end.y).rounded(.down)) - firstBand
            for band in low...high { bands[band].append(Int32(k)) }
        }
        self.bands = bands
    }

    private func edge(_ k: Int32) -> (start: SIMD2<Double>, end: SIMD2<Double>) {
        let next = Int(k) + 1
        return (points[Int(k)], points[next < points.count ? next : 0])
    }

    // MARK: Where a point lies

    private enum Place { case inside, outside, onEdge }

    private func place(of point: SIMD2<Double>) -> Place {
        let tolerance = Self.tolerance
        if point.x < lower.x - tolerance || point.y < lower.y - tolerance || point.x > upper.x + tolerance
            || point.y > upper.y + tolerance
        {
            return .outside
        }
        let low = max(Int((point.y - tolerance).rounded(.down)) - firstBand, 0)
        let high = min(Int((point.y + tolerance).rounded(.down)) - firstBand, bands.count - 1)
        if low <= high {
            for band in low...high {
                for k in bands[band] where isNear(point, edge(k)) { return .onEdge }
            }
        }
        return encloses(point) ? .inside : .outside
    }

    private func isNear(_ point: SIMD2<Double>, _ edge: (start: SIMD2<Double>, end: SIMD2<Double>)) -> Bool {
        let along = edge.end - edge.start
        let square = (along * along).sum()
        let share = square > 0 ? min(max(((point - edge.start) * along).sum() / square, 0), 1) : 0
        let away = point - edge.start - along * share
        return (away * away).sum() <= Self.tolerance * Self.tolerance
    }

    /// By the even-odd rule.
    func encloses(_ point: SIMD2<Double>) -> Bool {
        let band = Int(point.y.rounded(.down)) - firstBand
        guard bands.indices.contains(band) else { return false }
        var isInside = false
        for k in bands[band] {
            let (start, end) = edge(k)
            guard (start.y <= point.y) != (end.y <= point.y) else { continue }
            let crossing = start.x + (point.y - start.y) * (end.x - start.x) / (end.y - start.y)
            if crossing < point.x { isInside.toggle() }
        }
        return isInside
    }

    // MARK: Against another outline

    private struct Sides { var (inside, outside) = (false, false) }

    /// On which sides of `other` this outline runs, looked at every half voxel along it.
    private func sides(of other: Outline) -> Sides {
        var sides = Sides()
        for k in points.indices {
            let (start, end) = edge(Int32(k))
            let way = end - start
            let steps = max(Int((max(abs(way.x), abs(way.y)) * 2).rounded(.up)), 1)
            for step in 0..<steps {
                switch other.place(of: start + way * (Double(step) / Double(steps))) {
                case .inside: sides.inside = true
                case .outside: sides.outside = true
                case .onEdge: continue
                }
                if sides.inside, sides.outside { return sides }
            }
        }
        return sides
    }

    func relation(to other: Outline) -> OutlineRelation {
        let reach = Self.tolerance
        if lower.x > other.upper.x + reach || lower.y > other.upper.y + reach || other.lower.x > upper.x + reach
            || other.lower.y > upper.y + reach
        {
            return .apart
        }
        let (mine, theirs) = (sides(of: other), other.sides(of: self))
        if mine.inside && mine.outside || theirs.inside && theirs.outside { return .crossing }
        switch (mine.inside, theirs.inside) {
        case (true, true): return .crossing
        case (true, false):
            return isThin(in: other) ? .same : theirs.outside ? .inside : .crossing
        case (false, true):
            return other.isThin(in: self) ? .same : mine.outside ? .around : .crossing
        case (false, false):
            if !mine.outside, !theirs.outside { return .same }
            // One runs along the other's edge: what it encloses tells the side.
            if !mine.outside, let point = innerPoint {
                return !other.encloses(point) ? .apart : isThin(in: other) ? .same : .inside
            }
            if !theirs.outside, let point = other.innerPoint {
                return !encloses(point) ? .apart : other.isThin(in: self) ? .same : .around
            }
            return .apart
        }
    }

    /// Whether next to nothing lies between this outline and the one that it lies in: the mean width of that is
    /// the difference of the areas by the outer one's length.
    private func isThin(in outer: Outline) -> Bool {
        let between = outer.area - area
        return between >= 0 && between < Self.thinnestWall * outer.length
    }

    /// In square voxels, whatever the direction.
    private var area: Double {
        let twice = points.indices.reduce(0.0) { sum, k in
            let (start, end) = edge(Int32(k))
            return sum + start.x * end.y - start.y * end.x
        }
        return abs(twice) / 2
    }

    private var length: Double {
        points.indices.reduce(0) { sum, k in
            let (start, end) = edge(Int32(k))
            let way = end - start
            return sum + (way * way).sum().squareRoot()
        }
    }

    /// A point that the outline encloses: the middle of the widest piece of the row halfway up; nil when there is none.
    private var innerPoint: SIMD2<Double>? {
        let y = (lower.y + upper.y) / 2
        let band = Int(y.rounded(.down)) - firstBand
        guard bands.indices.contains(band) else { return nil }
        let crossings = bands[band].compactMap { k -> Double? in
            let (start, end) = edge(k)
            guard (start.y <= y) != (end.y <= y) else { return nil }
            return start.x + (y - start.y) * (end.x - start.x) / (end.y - start.y)
        }.sorted()
        let pieces = stride(from: 0, to: crossings.count - 1, by: 2).map { (crossings[$0], crossings[$0 + 1]) }
        guard let widest = pieces.max(by: { $0.1 - $0.0 < $1.1 - $1.0 }), widest.1 > widest.0 else { return nil }
        return SIMD2((widest.0 + widest.1) / 2, y)
    }
}
