/// A region of interest on the grid of a volume: which voxels belong to it, kept for the region's bounding box only.
public struct Region: Sendable {
    /// The contour's, segment's or label's name, e.g. "GTV-1"; empty when the file gives none.
    public var name: String
    /// ROI number, segment number or value in the mask.
    public var label: Int
    /// Where `voxels` lies in the grid; of size zero when the region is empty.
    public var box: VoxelBox
    /// 1 inside, 0 outside; `box.voxelCount` of them, x fastest.
    public var voxels: [UInt8]

    public init(name: String, label: Int, box: VoxelBox, voxels: [UInt8]) {
        precondition(voxels.count == box.voxelCount, "\(voxels.count) voxels for a box of \(box.size)")
        (self.name, self.label, self.box, self.voxels) = (name, label, box, voxels)
    }

    public var voxelCount: Int { voxels.reduce(0) { $0 + Int($1) } }

    /// The smallest box that holds all voxels that are not 0; of size zero when there are none.
    public static func tightBox(of voxels: [UInt8], in box: VoxelBox) -> VoxelBox {
        var lower = box.size
        var upper = SIMD3<Int>.zero
        for z in 0..<box.size.z {
            for y in 0..<box.size.y {
                let row = box.offset(0, y, z)
                guard let first = voxels[row..<row + box.size.x].firstIndex(where: { $0 != 0 }),
                    let last = voxels[row..<row + box.size.x].lastIndex(where: { $0 != 0 })
                else { continue }
                lower = pointwiseMin(lower, SIMD3(first - row, y, z))
                upper = pointwiseMax(upper, SIMD3(last - row + 1, y + 1, z + 1))
            }
        }
        guard upper.x > 0 else { return VoxelBox(lower: .zero, size: .zero) }
        return VoxelBox(lower: box.lower &+ lower, size: upper &- lower)
    }

    /// The same region in the smallest box that holds it.
    public func cropped() -> Region {
        let small = Self.tightBox(of: voxels, in: box)
        guard small != box else { return self }
        let lower = small.lower &- box.lower
        var kept = [UInt8]()
        kept.reserveCapacity(small.voxelCount)
        for z in 0..<small.size.z {
            for y in 0..<small.size.y {
                let row = box.offset(lower.x, lower.y + y, lower.z + z)
                kept.append(contentsOf: voxels[row..<row + small.size.x])
            }
        }
        return Region(name: name, label: label, box: small, voxels: kept)
    }

    /// The region that holds every voxel of a grid.
    public static func whole(_ geometry: Geometry) -> Region {
        Region(
            name: "whole image", label: 1, box: VoxelBox(lower: .zero, size: geometry.size),
            voxels: [UInt8](repeating: 1, count: geometry.voxelCount))
    }
}

extension Region {
    /// Fingerprint of which voxels belong to the region, whatever its name.
    public var fingerprint: Fingerprint {
        let small = cropped()
        let content = small.voxels.withUnsafeBytes { Fingerprint(of: $0) }
        return Fingerprint(of: "\(small.box.lower) \(small.box.size) \(content)")
    }
}
