import Imaging

/// What becomes of a label image whose grid is not the image's, and which lies in the same place.
public enum MaskGrid: String, CaseIterable, Sendable {
    /// It is refused, with what differs.
    case own
    /// Brought onto the image's grid: a voxel gets the label of the nearest voxel of the mask.
    case image
    /// The same by linear interpolation: the label that has at least half of the voxel.
    case imageLinear = "image-linear"
}

extension LabelVolume {
    /// The labels on another grid; 0 where the mask does not reach.
    ///
    /// - Parameter own: where the voxels of this one lie.
    func resampled(from own: Geometry, onto image: Geometry, linearly: Bool) -> LabelVolume {
        var labels = [Int32](repeating: 0, count: image.voxelCount * layers)
        // Steps in the mask's voxels for a step along each axis of the image.
        let origin = own.index(at: image.position(of: .zero))
        let steps = [SIMD3<Double>(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)].map {
            own.index(at: image.position(of: $0)) - origin
        }
        var target = 0
        for z in 0..<image.size.z {
            for y in 0..<image.size.y {
                let row = origin + steps[1] * Double(y) + steps[2] * Double(z)
                for x in 0..<image.size.x {
                    let place = row + steps[0] * Double(x)
                    for layer in 0..<layers {
                        labels[target] = linearly ? self.linear(at: place, layer) : nearest(to: place, layer)
                        target += 1
                    }
                }
            }
        }
        return LabelVolume(labels, size: image.size, layers: layers)
    }

    /// Of two as near the one with the higher index, as ITK.
    private func nearest(to place: SIMD3<Double>, _ layer: Int) -> Int32 {
        guard (0..<3).allSatisfy({ place[$0] >= -0.5 && place[$0] < Double(size[$0]) - 0.5 }) else { return 0 }
        return label(SIMD3<Int>((place + 0.5).rounded(.down)), layer)
    }

    private func linear(at place: SIMD3<Double>, _ layer: Int) -> Int32 {
        let low = SIMD3<Int>(
            pointwiseMin(pointwiseMax(place, SIMD3(repeating: -2)), SIMD3<Double>(size) + 1).rounded(.down))
        let part = place - SIMD3<Double>(low)
        var shares: [(label: Int32, share: Double)] = []
        for corner in 0..<8 {
            var voxel = low
            var weight = 1.0
            for axis in 0..<3 {
                let isUpper = corner >> axis & 1 == 1
                voxel[axis] += isUpper ? 1 : 0
                weight *= isUpper ? part[axis] : 1 - part[axis]
            }
            guard weight > 0, all(voxel .>= 0), all(voxel .< size) else { continue }
            let label = label(voxel, layer)
            guard label != 0 else { continue }
            if let known = shares.firstIndex(where: { $0.label == label }) {
                shares[known].share += weight
            } else {
                shares.append((label, weight))
            }
        }
        // Exactly one half may come out as a rounding less; of two halves the smaller label.
        return shares.filter { $0.share >= 0.5 - 1e-9 }.map(\.label).min() ?? 0
    }
}
