// Quickhull (Barber, Dobkin & Huhdanpaa 1996) on whole numbers: which side of a plane a point lies on is decided exactly,
// so the flat faces and edges full of points that voxels make need no tolerance.

import Imaging

/// The convex body around points of a lattice.
package struct ConvexHull {
    private struct Face {
        /// Anticlockwise as seen from outside.
        var corners: SIMD3<Int32>
        /// Over the edges from corner 0, 1, 2 to the next.
        var neighbours: SIMD3<Int32>
        var normal: SIMD3<Int>
        var offset: Int
        /// Points beyond this face that no other face has.
        var outside: [Int32] = []
        var isAlive = true

        func height(_ point: SIMD3<Int>) -> Int { dot(normal, point) - offset }
    }

    private let points: [SIMD3<Int>]
    private var faces: [Face] = []
    private let half: VoxelEdges

    /// - Parameters:
    ///   - points: in half voxels, not all in one plane (the points around a voxel never are).
    ///   - half: edges of half a voxel.
    package init(_ points: [SIMD3<Int>], half: VoxelEdges) {
        (self.points, self.half) = (points, half)
        guard startWithTetrahedron() else { return }
        var waiting = Array(faces.indices)
        while let index = waiting.popLast() {
            guard faces[index].isAlive, !faces[index].outside.isEmpty else { continue }
            waiting += add(farthestFrom: index)
        }
    }

    /// The points that are corners of the body.
    var corners: [SIMD3<Int>] {
        var isCorner = [Bool](repeating: false, count: points.count)
        for face in faces where face.isAlive {
            for k in 0..<3 { isCorner[Int(face.corners[k])] = true }
        }
        return points.indices.filter { isCorner[$0] }.map { points[$0] }
    }

    /// mm³
    package var volume: Double {
        var sixfold = 0
        for face in faces where face.isAlive {
            let (a, b, c) = (point(face, 0), point(face, 1), point(face, 2))
            sixfold += dot(a, cross(b, c))
        }
        return Double(sixfold) / 6 * half.sides.x * half.sides.y * half.sides.z
    }

    /// mm²
    var area: Double {
        var twofold = 0.0
        for face in faces where face.isAlive {
            let normal = face.normal
            twofold += length(half.area(SIMD3(Double(normal.x), Double(normal.y), Double(normal.z))))
        }
        return twofold / 2
    }

    /// A triangle of the surface in mm.
    package struct Triangle {
        /// Into the corners, anticlockwise as seen from outside.
        var corners: SIMD3<Int32>
        /// Over the edges from corner 0, 1, 2 to the next.
        var neighbours: SIMD3<Int32>
        /// Unit vector outwards.
        var normal: SIMD3<Double>
        /// The same for all triangles in parallel planes.
        var plane: SIMD3<Int>
    }

    /// The surface: corners in mm, and the triangles between them.
    package var mesh: (corners: [SIMD3<Double>], faces: [Triangle]) {
        var numberOf = [Int32](repeating: -1, count: points.count)
        var faceNumber = [Int32](repeating: -1, count: faces.count)
        var corners: [SIMD3<Double>] = []
        var count: Int32 = 0
        for index in faces.indices where faces[index].isAlive {
            faceNumber[index] = count
            count += 1
            for k in 0..<3 where numberOf[Int(faces[index].corners[k])] < 0 {
                numberOf[Int(faces[index].corners[k])] = Int32(corners.count)
                let place = point(faces[index], k)
                corners.append(half.way(place))
            }
        }
        let triangles = faces.filter(\.isAlive).map { face in
            let normal = half.area(SIMD3(Double(face.normal.x), Double(face.normal.y), Double(face.normal.z)))
            return Triangle(
                corners: SIMD3(
                    numberOf[Int(face.corners.x)], numberOf[Int(face.corners.y)], numberOf[Int(face.corners.z)]),
                neighbours: SIMD3(
                    faceNumber[Int(face.neighbours.x)], faceNumber[Int(face.neighbours.y)],
                    faceNumber[Int(face.neighbours.z)]),
                normal: normal / length(normal), plane: Self.plane(face.normal))
        }
        return (corners, triangles)
    }

    /// Without common factor, its first number that is not 0 positive.
    private static func plane(_ normal: SIMD3<Int>) -> SIMD3<Int> {
        func common(_ a: Int, _ b: Int) -> Int { b == 0 ? abs(a) : common(b, a % b) }
        let factor = common(common(normal.x, normal.y), normal.z)
        guard factor > 0 else { return normal }
        let first = normal.x != 0 ? normal.x : normal.y != 0 ? normal.y : normal.z
        let divisor = first < 0 ? -factor : factor
        return SIMD3(normal.x / divisor, normal.y / divisor, normal.z / divisor)
    }

    private func point(_ face: Face, _ k: Int) -> SIMD3<Int> { points[Int(face.corners[k])] }

    private func face(_ a: Int32, _ b: Int32, _ c: Int32) -> Face {
        let first = points[Int(a)]
        let normal = cross(points[Int(b)] &- first, points[Int(c)] &- first)
        return Face(
            corners: [a, b, c], neighbours: [-1, -1, -1], normal: normal, offset: dot(normal, first))
    }

    /// False when all points lie in one plane.
    private mutating func startWithTetrahedron() -> Bool {
        guard let a = points.indices.min(by: { points[$0].x < points[$1].x }),
            let b = points.indices.max(by: { points[$0].x < points[$1].x })
        else { return false }
        let edge = points[b] &- points[a]
        func distance(_ k: Int) -> Int {
            let across = cross(edge, points[k] &- points[a])
            return max(abs(across.x), abs(across.y), abs(across.z))
        }
        guard let c = points.indices.max(by: { distance($0) < distance($1) }), distance(c) > 0 else { return false }
        let normal = cross(edge, points[c] &- points[a])
        func height(_ k: Int) -> Int { dot(normal, points[k] &- points[a]) }
        guard let d = points.indices.max(by: { abs(height($0)) < abs(height($1)) }), height(d) != 0 else {
            return false
        }
        var base = [Int32(a), Int32(b), Int32(c)]
        if height(d) > 0 { base.swapAt(1, 2) }
        let top = Int32(d)
        faces = [
            face(base[0], base[1], base[2]), face(base[1], base[0], top), face(base[2], base[1], top),
            face(base[0], base[2], top),
        ]
        faces[0].neighbours = [1, 2, 3]
        faces[1].neighbours = [0, 3, 2]
        faces[2].neighbours = [0, 1, 3]
        faces[3].neighbours = [0, 2, 1]
        distribute(points.indices.map(Int32.init), among: [0, 1, 2, 3])
        return true
    }

    private mutating func distribute(_ candidates: [Int32], among indices: [Int]) {
        for candidate in candidates {
            let place = points[Int(candidate)]
            if let owner = indices.first(where: { faces[$0].height(place) > 0 }) {
                faces[owner].outside.append(candidate)
            }
        }
    }

    /// Replaces all faces that the point farthest beyond a face sees by a cone to that point; returns the new faces.
    private mutating func add(farthestFrom index: Int) -> [Int] {
        var apex = faces[index].outside[0]
        var highest = 0
        for candidate in faces[index].outside {
            let height = faces[index].height(points[Int(candidate)])
            if height > highest { (apex, highest) = (candidate, height) }
        }
        let place = points[Int(apex)]

        var orphans: [Int32] = []
        var horizon: [(from: Int32, to: Int32, beyond: Int)] = []
        var pending = [index]
        faces[index].isAlive = false
        while let visible = pending.popLast() {
            orphans += faces[visible].outside
            faces[visible].outside = []
            for k in 0..<3 {
                let neighbour = Int(faces[visible].neighbours[k])
                guard faces[neighbour].isAlive else { continue }
                if faces[neighbour].height(place) > 0 {
                    faces[neighbour].isAlive = false
                    pending.append(neighbour)
                }
            }
            visited.append(visible)
        }
        for visible in visited {
            for k in 0..<3 {
                let neighbour = Int(faces[visible].neighbours[k])
                guard faces[neighbour].isAlive else { continue }
                horizon.append((faces[visible].corners[k], faces[visible].corners[(k + 1) % 3], neighbour))
            }
        }
        visited.removeAll(keepingCapacity: true)

        var startingAt: [Int32: Int] = [:]
        let firstNew = faces.count
        for (k, edge) in horizon.enumerated() {
            startingAt[edge.from] = firstNew + k
            faces.append(face(edge.from, edge.to, apex))
            let beyond = faces[edge.beyond].corners
            for j in 0..<3 where beyond[j] == edge.to && beyond[(j + 1) % 3] == edge.from {
                faces[edge.beyond].neighbours[j] = Int32(firstNew + k)
            }
        }
        for (k, edge) in horizon.enumerated() {
            guard let next = startingAt[edge.to] else { preconditionFailure("the horizon of a convex body is closed") }
            faces[firstNew + k].neighbours[0] = Int32(edge.beyond)
            faces[firstNew + k].neighbours[1] = Int32(next)
            faces[next].neighbours[2] = Int32(firstNew + k)
        }
        let created = Array(firstNew..<faces.count)
        distribute(orphans, among: created)
        return created
    }

    /// Faces seen from the point that is being added; kept to spare allocations.
    private var visited: [Int] = []
}
