import Imaging

/// What becomes of a label image whose grid is not the image's, and which lies in the same place.
public enum MaskGrid: String, CaseIterable, Sendable {
    /// It is refused, with what differs.
    case own
    /// Brought onto the image's grid: a voxel gets the label of the nearest voxel of the mask.
    case image
    /// The same by linear interpolation: the label that has at least half of the voxel.
    case imageLinear = "image-linear"

    /// For who did not ask for it.
    static let advice = "or bring it onto the image's grid (--mask-grid image)"

    /// What the row says of it.
    var finding: Finding {
        let how = self == .imageLinear ? "linear interpolation, from one half upwards" : "nearest voxel"
        return Finding(.note, "the mask lies on another grid and was brought onto the image's by \(how)")
    }
}

extension LabelVolume {
    /// The labels on another grid; 0 where the mask does not reach.
    ///
    /// - Parameter own: where the voxels of this one lie.
    func resampled(from own: Geometry, onto image: Geometry, linearly: Bool) -> LabelVolume {
        let source = SourceLabels(labels: dense, size: size, layers: layers)
        var labels = [Int32](repeating: 0, count: image.voxelCount * layers)
        // Steps in the mask's voxels for a step along each axis of the image.
        let origin = own.index(at: image.position(of: .zero))
        let steps = [SIMD3<Double>(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)].map {
            own.index(at: image.position(of: $0)) - origin
        }
        let reached = reached(of: image, origin, steps)
        for z in reached.lower.z..<reached.upper.z {
            for y in reached.lower.y..<reached.upper.y {
                let row = origin + steps[1] * Double(y) + steps[2] * Double(z)
                var target = image.offset(reached.lower.x, y, z) * layers
                for x in reached.lower.x..<reached.upper.x {
                    let place = row + steps[0] * Double(x)
                    for layer in 0..<layers {
                        labels[target] = linearly ? source.linear(at: place, layer) : source.nearest(to: place, layer)
                        target += 1
                    }
                }
            }
        }
        return LabelVolume(labels, size: image.size, layers: layers)
    }

    /// The voxels of the image that a label can come to: the box around all of them, turned into the image's grid.
    private func reached(of image: Geometry, _ origin: SIMD3<Double>, _ steps: [SIMD3<Double>]) -> VoxelBox {
        guard let first = boxes.values.first else { return VoxelBox(lower: .zero, size: .zero) }
        let own = boxes.values.reduce((first.lower, first.upper)) {
            (pointwiseMin($0.0, $1.lower), pointwiseMax($0.1, $1.upper))
        }
        // The image's index is a linear function of the mask's.
        let grid = Geometry(size: size, direction: .init(x: steps[0], y: steps[1], z: steps[2]))
        var (low, high) = (SIMD3(repeating: Double.infinity), SIMD3(repeating: -Double.infinity))
        for corner in 0..<8 {
            var place = SIMD3<Double>(own.0) - 1
            for axis in 0..<3 where corner >> axis & 1 == 1 { place[axis] = Double(own.1[axis]) }
            let found = grid.index(at: place - origin)
            (low, high) = (pointwiseMin(low, found), pointwiseMax(high, found))
        }
        let whole = VoxelBox(lower: .zero, size: image.size)
        guard (0..<3).allSatisfy({ abs(low[$0]) < 1e9 && abs(high[$0]) < 1e9 }) else { return whole }
        let lower = SIMD3<Int>(low.rounded(.down))
        return VoxelBox(lower: lower, size: SIMD3<Int>(high.rounded(.up)) &- lower &+ 1).clipped(to: image.size)
    }
}

/// The labels of each voxel of a mask's own grid.
private struct SourceLabels {
    let labels: [Int32]
    let size: SIMD3<Int>
    let layers: Int

    private func label(_ voxel: SIMD3<Int>, _ layer: Int) -> Int32 {
        labels[((voxel.z * size.y + voxel.y) * size.x + voxel.x) * layers + layer]
    }

    /// Of two as near the one with the higher index, as ITK.
    func nearest(to place: SIMD3<Double>, _ layer: Int) -> Int32 {
        guard (0..<3).allSatisfy({ place[$0] >= -0.5 && place[$0] < Double(size[$0]) - 0.5 }) else { return 0 }
        return label(SIMD3<Int>((place + 0.5).rounded(.down)), layer)
    }

    func linear(at place: SIMD3<Double>, _ layer: Int) -> Int32 {
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
