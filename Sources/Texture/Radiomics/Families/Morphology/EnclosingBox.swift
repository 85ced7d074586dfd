// The smallest box around a convex body. It has two adjacent faces that each hold an edge of the body (O'Rourke 1985), but
// trying all pairs of edges costs too much for the 10³ edges of a lesion. For a given direction of one edge of the box the
// rest is exact: the smallest rectangle around the outline seen along it (rotating calipers; one of its sides holds a side
// of the outline, Freeman & Shapira 1975). So directions are searched: all face normals of the body, the axes and a
// fan over the hemisphere; the best few are turned in shrinking steps as long as the box shrinks, first about their own axes,
// then about the edges of the body that lie in their faces: the volume has valleys along these turns, narrow ones with bends,
// in which steps along fixed axes go astray by the hundred thousand.

import Glibc
import Imaging

package struct EnclosingBox {
    /// mm, in no order.
    package let extent: SIMD3<Double>

    package var volume: Double { extent.x * extent.y * extent.z }
    package var area: Double { 2 * (extent.x * extent.y + extent.y * extent.z + extent.z * extent.x) }

    package init(_ hull: ConvexHull) {
        let body = ConvexBody(hull)
        var directions = body.normals + [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
        // Points of a golden spiral, evenly spread over the half sphere, about 6° apart.
        let fan = 600
        for k in 0..<fan {
            let z = (Double(k) + 0.5) / Double(fan)
            let (radius, angle) = ((1 - z * z).squareRoot(), Double(k) * Double.pi * (3 - 5.0.squareRoot()))
            directions.append(SIMD3(radius * cos(angle), radius * sin(angle), z))
        }
        var boxes = directions.map { Candidate(body, along: $0) }
        boxes.sort { $0.volume < $1.volume }
        var starts: [Candidate] = []
        for box in boxes where starts.count < 6 {
            // One start for each box: three directions see the same one, and neighbours slide into each other.
            if starts.allSatisfy({ !$0.resembles(box) }) { starts.append(box) }
        }
        let turned = starts.map { $0.shrunk(body, .aboutAxes) }.sorted { $0.volume < $1.volume }
        var best = turned[0].shrunk(body, .aboutEdges)
        for other in turned.dropFirst() where other.volume < best.volume * 1.01 && !other.resembles(best) {
            let settled = other.shrunk(body, .aboutEdges)
            if settled.volume < best.volume { best = settled }
        }
        extent = body.extent(along: best.axes)
    }
}

/// A box given by its axes.
private struct Candidate {
    let axes: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)
    let volume: Double

    /// The smallest with an edge along a unit vector.
    init(_ body: ConvexBody, along w: SIMD3<Double>) {
        let side = abs(w.x) < 0.6 ? SIMD3(1.0, 0, 0) : SIMD3(0, 1.0, 0)
        let across = cross(w, side)
        let u = across / length(across)
        let v = cross(w, u)
        let (area, turned) = smallestRectangle(around: body.outline(along: w, u, v))
        volume = area * body.width(along: w)
        axes = (w, turned.x * u + turned.y * v, turned.x * v - turned.y * u)
    }

    /// Whether some axis of the one lies within 3° of each axis of the other.
    func resembles(_ other: Candidate) -> Bool {
        [axes.0, axes.1, axes.2].allSatisfy { axis in
            max(abs(dot(axis, other.axes.0)), abs(dot(axis, other.axes.1)), abs(dot(axis, other.axes.2))) > 0.9986
        }
    }

    /// Turned in shrinking steps as long as the box shrinks.
    func shrunk(_ body: ConvexBody, _ turns: Turns) -> Candidate {
        var best = self
        var step = turns.first
        while step > turns.last {
            let before = best.volume
            // The calipers settle the turn about the first axis, so that each axis is the first once.
            let (a, b, c) = best.axes
            for (w, u, v) in [(a, b, c), (b, c, a), (c, a, b)] {
                for direction in turns.directions(beside: w, u, v, by: step, body) {
                    let box = Candidate(body, along: direction / length(direction))
                    if box.volume < best.volume * (1 - 1e-13) { best = box }
                }
            }
            step = best.volume < before ? min(turns.first, turns.growth * step) : step / 4
        }
        return best
    }
}

/// How boxes are turned in search of a smaller one.
private enum Turns {
    /// About their own axes, to find the valley.
    case aboutAxes
    /// About edges of the body, to its lowest place.
    case aboutEdges

    /// Steps, radians, and what becomes of one that led to a smaller box.
    var first: Double { self == .aboutAxes ? Double.pi / 90 : 2e-3 }
    var last: Double { self == .aboutAxes ? 1e-3 : 1e-9 }
    var growth: Double { self == .aboutAxes ? 1 : 2 }

    /// Directions of the edge w of a box, turned towards its other edges or about edges of the body that lie in its plane after a
    /// turn by less than two steps.
    func directions(
        beside w: SIMD3<Double>, _ u: SIMD3<Double>, _ v: SIMD3<Double>, by step: Double, _ body: ConvexBody
    ) -> [SIMD3<Double>] {
        switch self {
        case .aboutAxes: [w + step * u, w - step * u, w + step * v, w - step * v]
        case .aboutEdges:
            body.edges(touching: w, within: 2 * step).flatMap { edge in
                let level = w - dot(w, edge) * edge
                let aside = step * cross(edge, level)
                let turned = [level + aside, level - aside]
                return abs(dot(w, edge)) > 1e-12 ? [level] + turned : turned
            }
        }
    }
}

/// A convex hull in mm.
private struct ConvexBody {
    let corners: [SIMD3<Double>]
    /// Two faces and the edge between them, from its begin to its end as the left one sees it anticlockwise.
    let edges: [(left: Int32, right: Int32, begin: Int32, end: Int32)]
    let faceNormals: [SIMD3<Double>]
    /// Unit normals, triangles of one plane and opposite planes counted once.
    let normals: [SIMD3<Double>]
    /// Unit vectors from each corner along its edges.
    let edgesAt: [[SIMD3<Double>]]

    init(_ hull: ConvexHull) {
        let mesh = hull.mesh
        corners = mesh.corners
        faceNormals = mesh.faces.map(\.normal)
        var edges: [(left: Int32, right: Int32, begin: Int32, end: Int32)] = []
        var edgesAt = [[SIMD3<Double>]](repeating: [], count: corners.count)
        for (index, face) in mesh.faces.enumerated() {
            for k in 0..<3 {
                let (begin, end) = (face.corners[k], face.corners[(k + 1) % 3])
                let way = corners[Int(end)] - corners[Int(begin)]
                edgesAt[Int(begin)].append(way / length(way))
                if index < face.neighbours[k] { edges.append((Int32(index), face.neighbours[k], begin, end)) }
            }
        }
        (self.edges, self.edgesAt) = (edges, edgesAt)
        var seen: Set<SIMD3<Int>> = []
        normals = mesh.faces.filter { seen.insert($0.plane).inserted }.map(\.normal)
    }

    /// Unit vectors along the edges at the corners that lie farthest along w and against it, those that a turn by `angle` lays into
    /// the planes there.
    func edges(touching w: SIMD3<Double>, within angle: Double) -> [SIMD3<Double>] {
        var (lowest, highest) = (0, 0)
        var (low, high) = (Double.infinity, -Double.infinity)
        for (k, corner) in corners.enumerated() {
            let height = dot(w, corner)
            if height < low { (low, lowest) = (height, k) }
            if height > high { (high, highest) = (height, k) }
        }
        return (edgesAt[lowest] + edgesAt[highest]).filter { abs(dot($0, w)) < angle }
    }

    func width(along w: SIMD3<Double>) -> Double {
        var (low, high) = (Double.infinity, -Double.infinity)
        for corner in corners {
            let height = dot(w, corner)
            (low, high) = (min(low, height), max(high, height))
        }
        return high - low
    }

    func extent(along axes: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)) -> SIMD3<Double> {
        SIMD3(width(along: axes.0), width(along: axes.1), width(along: axes.2))
    }

    /// Corners of the body seen along w, in coordinates along u and v: where faces to the front meet faces to the back.
    func outline(along w: SIMD3<Double>, _ u: SIMD3<Double>, _ v: SIMD3<Double>) -> [SIMD2<Double>] {
        let isFront = faceNormals.map { dot($0, w) > 0 }
        var points: [SIMD2<Double>] = []
        isFront.withUnsafeBufferPointer { isFront in
            // Going round the outline each corner begins one edge of a front face.
            for edge in edges where isFront[Int(edge.left)] != isFront[Int(edge.right)] {
                let corner = corners[Int(isFront[Int(edge.left)] ? edge.begin : edge.end)]
                points.append(SIMD2(dot(u, corner), dot(v, corner)))
            }
        }
        return points
    }
}

/// Area of the smallest rectangle around points, mm², and the direction of one of its sides.
private func smallestRectangle(around points: [SIMD2<Double>]) -> (area: Double, side: SIMD2<Double>) {
    let polygon = withoutTwins(convexOutline(points))
    let count = polygon.count
    var best = (area: Double.infinity, side: SIMD2(1.0, 0))
    guard count > 2 else { return best }
    func along(_ direction: SIMD2<Double>, _ k: Int) -> Double {
        let point = polygon[k % count]
        return direction.x * point.x + direction.y * point.y
    }
    // Farthest corners forwards, across and backwards of the side; they only move on as the side turns.
    var (front, top, back) = (1, 1, 1)
    for k in 0..<count {
        let difference = polygon[(k + 1) % count] - polygon[k]
        let size = (difference.x * difference.x + difference.y * difference.y).squareRoot()
        guard size > 0 else { continue }
        let side = difference / size
        let across = SIMD2(-side.y, side.x)
        front = max(front, k + 1)
        while along(side, front + 1) > along(side, front) { front += 1 }
        top = max(top, front)
        while along(across, top + 1) > along(across, top) { top += 1 }
        back = max(back, top)
        while along(side, back + 1) < along(side, back) { back += 1 }
        let area = (along(side, front) - along(side, back)) * (along(across, top) - along(across, k))
        if area < best.area { best = (area, side) }
    }
    return best
}

/// Leaves out corners that a rounding alone keeps apart: along such an edge the calipers would stop too early.
private func withoutTwins(_ polygon: [SIMD2<Double>]) -> [SIMD2<Double>] {
    let size = polygon.reduce(0) { max($0, abs($1.x - polygon[0].x) + abs($1.y - polygon[0].y)) }
    var kept: [SIMD2<Double>] = []
    func isTwin(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Bool { abs(a.x - b.x) + abs(a.y - b.y) < 1e-9 * size }
    for corner in polygon where kept.last.map({ !isTwin($0, corner) }) ?? true { kept.append(corner) }
    if kept.count > 1, isTwin(kept[0], kept[kept.count - 1]) { kept.removeLast() }
    return kept
}

/// Anticlockwise corners of the convex polygon around points.
private func convexOutline(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    convexPolygon(points.sorted { $0.x != $1.x ? $0.x < $1.x : $0.y < $1.y }) { a, b in a.x * b.y - a.y * b.x > 0 }
}
