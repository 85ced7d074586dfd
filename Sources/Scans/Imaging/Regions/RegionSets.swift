/// Regions of one grid put together and taken apart.
extension Region {
    /// The region's voxels in another box: 0 for what it does not hold.
    func voxels(in other: VoxelBox) -> [UInt8] {
        guard other != box else { return voxels }
        var result = [UInt8](repeating: 0, count: other.voxelCount)
        let lower = pointwiseMax(box.lower, other.lower)
        let upper = pointwiseMin(box.upper, other.upper)
        guard all(lower .< upper) else { return result }
        for z in lower.z..<upper.z {
            for y in lower.y..<upper.y {
                let source = box.offset(lower.x - box.lower.x, y - box.lower.y, z - box.lower.z)
                let target = other.offset(lower.x - other.lower.x, y - other.lower.y, z - other.lower.z)
                let count = upper.x - lower.x
                result.replaceSubrange(target..<target + count, with: voxels[source..<source + count])
            }
        }
        return result
    }

    /// What lies in any of the regions; empty for none.
    public static func union(_ regions: [Region], name: String, label: Int) -> Region {
        let full = regions.filter { $0.box.voxelCount > 0 }
        guard let first = full.first else { return .empty(name: name, label: label) }
        var (lower, upper) = (first.box.lower, first.box.upper)
        for region in full {
            (lower, upper) = (pointwiseMin(lower, region.box.lower), pointwiseMax(upper, region.box.upper))
        }
        let box = VoxelBox(lower: lower, size: upper &- lower)
        var result = Region(name: name, label: label, box: box, voxels: first.voxels(in: box))
        for region in full.dropFirst() {
            region.forEachRow(in: box) { row, target in
                for (k, voxel) in row.enumerated() where voxel != 0 { result.voxels[target + k] = 1 }
            }
        }
        return result
    }

    /// What lies in each of the regions; empty for none.
    public static func intersection(_ regions: [Region], name: String, label: Int) -> Region {
        guard let first = regions.first else { return .empty(name: name, label: label) }
        var (lower, upper) = (first.box.lower, first.box.upper)
        for region in regions {
            (lower, upper) = (pointwiseMax(lower, region.box.lower), pointwiseMin(upper, region.box.upper))
        }
        guard all(lower .< upper) else { return .empty(name: name, label: label) }
        let box = VoxelBox(lower: lower, size: upper &- lower)
        var voxels = first.voxels(in: box)
        for region in regions.dropFirst() {
            for (k, voxel) in region.voxels(in: box).enumerated() where voxel == 0 { voxels[k] = 0 }
        }
        return Region(name: name, label: label, box: box, voxels: voxels).cropped()
    }

    /// What lies in none of the others.
    public func subtracting(_ others: [Region]) -> Region {
        var result = self
        for other in others where other.box.voxelCount > 0 {
            let (lower, upper) = (pointwiseMax(box.lower, other.box.lower), pointwiseMin(box.upper, other.box.upper))
            guard all(lower .< upper) else { continue }
            let shared = VoxelBox(lower: lower, size: upper &- lower)
            Region(name: "", label: 0, box: shared, voxels: other.voxels(in: shared)).forEachRow(in: box) {
                row, target in
                for (k, voxel) in row.enumerated() where voxel != 0 { result.voxels[target + k] = 0 }
            }
        }
        return result.cropped()
    }

    /// The voxels of the slices of a range of z.
    public func slices(_ range: Range<Int>) -> Region {
        let (low, high) = (max(range.lowerBound, box.lower.z), min(range.upperBound, box.upper.z))
        guard low < high else { return .empty(name: name, label: label) }
        let area = box.size.x * box.size.y
        let part = voxels[(low - box.lower.z) * area..<(high - box.lower.z) * area]
        return Region(
            name: name, label: label,
            box: VoxelBox(
                lower: SIMD3(box.lower.x, box.lower.y, low), size: SIMD3(box.size.x, box.size.y, high - low)),
            voxels: Array(part)
        ).cropped()
    }

    /// How many voxels each slice of the box has.
    public var sliceCounts: [Int] {
        let area = box.size.x * box.size.y
        return (0..<box.size.z).map { z in voxels[z * area..<(z + 1) * area].count { $0 != 0 } }
    }

    static func empty(name: String, label: Int) -> Region {
        Region(name: name, label: label, box: VoxelBox(lower: .zero, size: .zero), voxels: [])
    }

    /// Calls with each row of the region and where it starts in a box that holds the region's.
    private func forEachRow(in other: VoxelBox, _ body: (_ row: ArraySlice<UInt8>, _ target: Int) -> Void) {
        let shift = box.lower &- other.lower
        for z in 0..<box.size.z {
            for y in 0..<box.size.y {
                let start = box.offset(0, y, z)
                body(voxels[start..<start + box.size.x], other.offset(shift.x, shift.y + y, shift.z + z))
            }
        }
    }
}
