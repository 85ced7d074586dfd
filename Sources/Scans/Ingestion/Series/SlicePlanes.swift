import Foundation
import Imaging

/// The planes of an image as its slices say where they are, so that a point finds its slice also where slices are
/// missing or unevenly placed. For evenly spaced slices it agrees with ``Imaging/Geometry/index(at:)``.
package struct SlicePlanes: Sendable {
    package let geometry: Geometry
    /// Unit vector across the slices, to the side on which the slice number grows.
    package let normal: SIMD3<Double>
    /// Centre of each slice's first pixel, mm.
    private let positions: [SIMD3<Double>]
    /// Distance of each slice from the first along the normal, mm, ascending.
    private let distances: [Double]

    package init(_ image: ImageSource) {
        let stated = image.slices.map(\.position)
        self.init(image.geometry, positions: !stated.isEmpty && stated.count == image.geometry.size.z ? stated : nil)
    }

    package init(_ geometry: Geometry, positions stated: [SIMD3<Double>]? = nil) {
        let across = cross(geometry.direction.x, geometry.direction.y)
        let towards: Double = dot(across, geometry.direction.z) < 0 ? -1 : 1
        let normal = across * (towards / length(across))
        let even = (0..<max(geometry.size.z, 1)).map { geometry.position(of: SIMD3(0, 0, Double($0))) }
        let positions = stated ?? even
        let distances = positions.map { dot($0 - geometry.origin, normal) }
        let ascending = zip(distances, distances.dropFirst()).allSatisfy { $0 < $1 }
        (self.geometry, self.normal) = (geometry, normal)
        self.positions = ascending ? positions : even
        self.distances = ascending ? distances : even.map { dot($0 - geometry.origin, normal) }
    }

    /// Distance of a point from the first slice along the normal, mm.
    package func distance(of point: SIMD3<Double>) -> Double { dot(point - geometry.origin, normal) }

    /// Distance between the first and the last slice, mm.
    package var extent: Double { (distances.last ?? 0) - (distances.first ?? 0) }

    /// The nearest slice and how far the point lies beside it along the normal, mm (positive: towards the next slice).
    package func nearestSlice(to point: SIMD3<Double>) -> (slice: Int, offset: Double) {
        let distance = distance(of: point)
        let after = firstSlice(beyond: distance)
        let candidates = [after - 1, after].filter(distances.indices.contains)
        let slice = candidates.min { abs(distances[$0] - distance) < abs(distances[$1] - distance) } ?? 0
        return (slice, distance - distances[slice])
    }

    /// Whether a point lies between two slices of which neither is near: where a slice is missing.
    package func isInGap(_ point: SIMD3<Double>) -> Bool {
        let distance = distance(of: point)
        guard let first = distances.first, let last = distances.last, distance > first, distance < last else {
            return false
        }
        return abs(nearestSlice(to: point).offset) > 0.55 * geometry.spacing.z
    }

    /// Fractional column and row of a point seen along the normal onto a slice.
    package func pixel(of point: SIMD3<Double>, onSlice slice: Int) -> SIMD2<Double> {
        inPlane(point - positions[slice])
    }

    /// Fractional index of a point, z interpolated between the slices that there are.
    package func index(at point: SIMD3<Double>) -> SIMD3<Double> {
        let distance = distance(of: point)
        guard positions.count > 1 else {
            let pixel = inPlane(point - positions[0])
            return SIMD3(pixel.x, pixel.y, distance / geometry.spacing.z)
        }
        let k = min(max(firstSlice(beyond: distance) - 1, 0), positions.count - 2)
        let step = distances[k + 1] - distances[k]
        // Beyond the first and last slice the stack goes on at its spacing.
        let outside = distance < distances[0] || distance > distances[positions.count - 1]
        let from = distance > distances[k + 1] ? k + 1 : k
        let t = (distance - distances[from]) / (outside ? geometry.spacing.z : step)
        let plane = positions[from] + (positions[k + 1] - positions[k]) * ((distance - distances[from]) / step)
        let pixel = inPlane(point - plane)
        return SIMD3(pixel.x, pixel.y, Double(from) + t)
    }

    /// Number of the first slice that lies beyond a distance, mm.
    private func firstSlice(beyond distance: Double) -> Int {
        var (low, high) = (0, distances.count)
        while low < high {
            let middle = (low + high) / 2
            if distances[middle] <= distance { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Rows and columns are perpendicular in DICOM (PS3.3 C.7.6.2.1.1), so each is a projection.
    private func inPlane(_ d: SIMD3<Double>) -> SIMD2<Double> {
        SIMD2(dot(d, geometry.direction.x) / geometry.spacing.x, dot(d, geometry.direction.y) / geometry.spacing.y)
    }
}
