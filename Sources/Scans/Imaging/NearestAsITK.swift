// A mask brought to another grid by its nearest voxels, in the order of operations of ITK 5.4 (ResampleImageFilter,
// ImageBase, NearestNeighborInterpolateImageFunction). Where a new voxel lies half-way between two old ones the rounding of its
// place decides which of them it takes, and only the same arithmetic takes the same one: 6.5 mm slices brought to 1 mm are such
// a case. PyRadiomics' numbers hang on it.

/// Index to place and back, as ITK's images have it.
private struct ITKGrid {
    let origin: SIMD3<Double>
    /// Rows of direction times spacing, and of its inverse.
    private let rows: [SIMD3<Double>]
    private let inverse: [SIMD3<Double>]

    init(origin: SIMD3<Double>, direction: Geometry.Direction, spacing: SIMD3<Double>) {
        self.origin = origin
        let columns = [direction.x * spacing.x, direction.y * spacing.y, direction.z * spacing.z]
        rows = (0..<3).map { SIMD3(columns[0][$0], columns[1][$0], columns[2][$0]) }
        let isAligned = rows.allSatisfy { row in (0..<3).count { row[$0] != 0 } == 1 }
        if isAligned {
            inverse = (0..<3).map { axis in
                var row = SIMD3<Double>.zero
                for k in 0..<3 where columns[axis][k] != 0 { row[k] = 1 / columns[axis][k] }
                return row
            }
        } else {
            let determinant = dot(columns[0], cross(columns[1], columns[2]))
            inverse = [
                cross(columns[1], columns[2]) / determinant, cross(columns[2], columns[0]) / determinant,
                cross(columns[0], columns[1]) / determinant,
            ]
        }
    }

    func place(ofVoxel index: SIMD3<Double>) -> SIMD3<Double> {
        var place = origin
        for i in 0..<3 { for j in 0..<3 { place[i] += rows[i][j] * index[j] } }
        return place
    }

    func place(ofFraction index: SIMD3<Double>) -> SIMD3<Double> {
        var place = SIMD3<Double>.zero
        for i in 0..<3 {
            for j in 0..<3 { place[i] += rows[i][j] * index[j] }
            place[i] += origin[i]
        }
        return place
    }

    func index(of place: SIMD3<Double>) -> SIMD3<Double> {
        let way = place - origin
        var index = SIMD3<Double>.zero
        for i in 0..<3 { for j in 0..<3 { index[i] += inverse[i][j] * way[j] } }
        return index
    }
}

extension Resampler {
    /// The region on the target grid of ``init(pyradiomics:spacing:region:padding:)``. A leaning stack has no counterpart in ITK.
    public func regionAsITK(_ region: Region) -> Region {
        guard !straightens, !isIdentity else { return self.region(region, by: .nearest) }
        let old = ITKGrid(origin: source.origin, direction: source.direction, spacing: source.spacing)
        let new = ITKGrid(
            origin: old.place(ofFraction: firstVoxel), direction: source.direction, spacing: target.spacing)
        let size = target.size
        var voxels = [UInt8](repeating: 0, count: target.voxelCount)
        for z in 0..<size.z {
            for y in 0..<size.y {
                let start = old.index(of: new.place(ofVoxel: SIMD3(0, Double(y), Double(z))))
                let end = old.index(of: new.place(ofVoxel: SIMD3(Double(size.x), Double(y), Double(z))))
                for x in 0..<size.x {
                    let alpha = Double(x) / Double(size.x)
                    let place = start + alpha * (end - start)
                    var voxel = SIMD3<Int>.zero
                    for axis in 0..<3 {
                        // ITK's RoundHalfIntegerUp.
                        voxel[axis] = Int((2 * place[axis] + 0.5).rounded(.toNearestOrEven)) >> 1
                    }
                    let inner = voxel &- region.box.lower
                    guard all(inner .>= 0), all(inner .< region.box.size) else { continue }
                    voxels[target.offset(x, y, z)] = region.voxels[region.box.offset(inner.x, inner.y, inner.z)]
                }
            }
        }
        return Region(
            name: region.name, label: region.label, box: VoxelBox(lower: .zero, size: size), voxels: voxels
        ).cropped()
    }
}
