// The smallest ellipsoid around a convex body: Khachiyan's algorithm with steps away (Todd & Yıldırım 2007), which gives
// each corner a weight; the ellipsoid's matrix is the weighted covariance of the corners times the dimension. Corners that are
// proved to lie inside the smallest ellipsoid are left out on the way (Harman & Pronzato 2007), nearly all of them early.

import Imaging

package struct EnclosingEllipsoid {
    /// Half axes in descending order, mm.
    package let halfAxes: SIMD3<Double>

    package var volume: Double { 4 * Double.pi / 3 * halfAxes.x * halfAxes.y * halfAxes.z }

    /// How far the weights may be from optimal: the volume is then at most 3/2 of this part too large.
    static let tolerance = 1e-7
    /// Bodies with many corners on one ellipsoid converge slowly; the result encloses the body however it ends.
    static let mostSteps = 20_000
    /// Steps between two looks for corners to leave out.
    static let stepsPerLook = 8

    /// - Parameter corners: mm, not all in one plane.
    package init(around corners: [SIMD3<Double>]) {
        // About their middle and to one size, so that the matrices are well conditioned.
        let (low, high) = corners.reduce((corners[0], corners[0])) {
            (pointwiseMin($0.0, $1), pointwiseMax($0.1, $1))
        }
        let (middle, scale) = ((low + high) / 2, (high - low) / 2)
        let all = corners.map { ($0 - middle) / scale }
        var points = all
        var weights = Self.start(points)
        let dimension = 3.0
        var distances = [Double](repeating: 0, count: points.count)
        var spread = MeanAndCovariance(points, weights)
        for step in 0..<Self.mostSteps {
            spread = MeanAndCovariance(points, weights)
            let inverse = spread.covariance.inverse
            var (farthest, nearest) = (0, -1)
            for k in points.indices {
                distances[k] = inverse.square(points[k] - spread.mean)
                if distances[k] > distances[farthest] { farthest = k }
                if weights[k] > 0, nearest < 0 || distances[k] < distances[nearest] { nearest = k }
            }
            // At the optimum the distance is 3 for every corner with a weight and at most 3 for the others.
            let beyond = (distances[farthest] - dimension) / (dimension + 1)
            let within = (dimension - distances[nearest]) / (dimension + 1)
            guard max(beyond, within) > Self.tolerance else { break }
            if step % Self.stepsPerLook == 0 {
                // Their theorem 1, of lifted points in four dimensions.
                let excess = beyond
                let root = (excess * (4 + excess - 4 / (dimension + 1))).squareRoot()
                let least = (dimension + 1) * (1 + (excess - root) / 2) - 1
                let kept = points.indices.filter { weights[$0] > 0 || $0 == farthest || distances[$0] >= least }
                if kept.count < points.count {
                    (farthest, nearest) = (kept.firstIndex(of: farthest) ?? 0, kept.firstIndex(of: nearest) ?? 0)
                    (points, weights, distances) = (
                        kept.map { points[$0] }, kept.map { weights[$0] }, kept.map { distances[$0] }
                    )
                }
            }
            // The lifted point (r, 1) has this distance plus 1, in four dimensions.
            if beyond >= within {
                let step = (distances[farthest] - dimension) / ((dimension + 1) * distances[farthest])
                for k in weights.indices { weights[k] *= 1 - step }
                weights[farthest] += step
            } else {
                let whole = weights[nearest] / (1 - weights[nearest])
                let best = (dimension - distances[nearest]) / ((dimension + 1) * distances[nearest])
                // At a distance of 0 the corner loses all its weight.
                let step = distances[nearest] > 0 ? min(whole, best) : whole
                for k in weights.indices { weights[k] *= 1 + step }
                weights[nearest] = step == whole ? 0 : weights[nearest] - step
            }
        }
        spread = MeanAndCovariance(points, weights)
        let inverse = spread.covariance.inverse
        let square = all.reduce(0) { max($0, inverse.square($1 - spread.mean)) }
        let squares = spread.covariance.stretched(by: scale).eigenvalues * square
        halfAxes = SIMD3(squares.x.squareRoot(), squares.y.squareRoot(), squares.z.squareRoot())
    }

    /// Equal weights on the corners that are outermost in three directions, each across the ones before (Kumar & Yıldırım
    /// 2005): they span space, and few corners have to lose their weight again.
    private static func start(_ points: [SIMD3<Double>]) -> [Double] {
        var weights = [Double](repeating: 0, count: points.count)
        var spanned: [SIMD3<Double>] = []
        for _ in 0..<3 {
            // Of the axes the one that is farthest from what is spanned, made perpendicular to it.
            let direction = [SIMD3(1.0, 0, 0), SIMD3(0, 1.0, 0), SIMD3(0, 0, 1.0)]
                .map { axis in spanned.reduce(axis) { $0 - dot($0, $1) * $1 } }
                .reduce(SIMD3.zero) { length($1) > length($0) ? $1 : $0 }
            var (low, high) = (0, 0)
            for k in points.indices {
                if dot(points[k], direction) < dot(points[low], direction) { low = k }
                if dot(points[k], direction) > dot(points[high], direction) { high = k }
            }
            (weights[low], weights[high]) = (1, 1)
            let difference = points[high] - points[low]
            let across = spanned.reduce(difference) { $0 - dot($0, $1) * $1 }
            spanned.append(across / length(across))
        }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }
}

/// Weighted mean and covariance.
private struct MeanAndCovariance {
    let mean: SIMD3<Double>
    let covariance: SymmetricMatrix

    init(_ points: [SIMD3<Double>], _ weights: [Double]) {
        var (sum, total) = (SIMD3<Double>.zero, 0.0)
        for k in points.indices where weights[k] > 0 {
            sum += weights[k] * points[k]
            total += weights[k]
        }
        let mean = sum / total
        var (squares, products) = (SIMD3<Double>.zero, SIMD3<Double>.zero)
        for k in points.indices where weights[k] > 0 {
            let r = points[k] - mean
            squares += weights[k] * r * r
            products += weights[k] * SIMD3(r.x * r.y, r.x * r.z, r.y * r.z)
        }
        squares /= total
        products /= total
        self.mean = mean
        covariance = SymmetricMatrix(
            xx: squares.x, yy: squares.y, zz: squares.z, xy: products.x, xz: products.y, yz: products.z)
    }
}

extension SymmetricMatrix {
    fileprivate var inverse: SymmetricMatrix {
        let (a, b, c) = (yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy)
        let determinant = xx * a + xy * b + xz * c
        return SymmetricMatrix(
            xx: a / determinant, yy: (xx * zz - xz * xz) / determinant, zz: (xx * yy - xy * xy) / determinant,
            xy: b / determinant, xz: c / determinant, yz: (xy * xz - xx * yz) / determinant)
    }

    /// rᵀ M r
    fileprivate func square(_ r: SIMD3<Double>) -> Double {
        xx * r.x * r.x + yy * r.y * r.y + zz * r.z * r.z + 2 * (xy * r.x * r.y + xz * r.x * r.z + yz * r.y * r.z)
    }

    /// S M S for the diagonal matrix S.
    fileprivate func stretched(by s: SIMD3<Double>) -> SymmetricMatrix {
        SymmetricMatrix(
            xx: xx * s.x * s.x, yy: yy * s.y * s.y, zz: zz * s.z * s.z, xy: xy * s.x * s.y, xz: xz * s.x * s.z,
            yz: yz * s.y * s.z)
    }
}
