/// Brings a scan and its regions from one grid onto another with the same axes but a different spacing. A stack that leans
/// (gantry tilt) comes onto a straight one: rows and columns are the stack's, slices follow each other along their normal.
public struct Resampler: Sendable {
    public let source: Geometry
    public let target: Geometry
    /// Of a leaning stack those of the straight grid around it.
    private let axes: [AxisSampling]
    /// Where the first voxel of the target lies, in voxels of the source.
    let firstVoxel: SIMD3<Double>
    private let leaning: LeaningStack?

    /// A grid of another spacing with the same centre, large enough for the whole scan (IBSI 2.4: align grid centres,
    /// n' = ⌈n s / s'⌉). Positions beyond the border voxels' centres get the border's value; beside a leaning stack there are
    /// no values (NaN) and no region.
    ///
    /// - Parameter spacing: mm along x, y, z; 0 keeps an axis, of a leaning stack the distance of its planes.
    public init(centredOn source: Geometry, spacing: SIMD3<Double>) {
        let leaning = LeaningStack(source)
        let straight = leaning?.straight ?? source
        let spacing = spacing.replacing(with: straight.spacing, where: spacing .<= 0)
        var (size, first) = (straight.size, SIMD3<Double>.zero)
        for axis in 0..<3 where spacing[axis] != straight.spacing[axis] {
            let old = Double(straight.size[axis])
            let ratio = spacing[axis] / straight.spacing[axis]
            // A hair less, because 60 * 3 / 2 must stay 90 when 3 is 3.0000000001 in the file.
            size[axis] = max(1, Int((old / ratio - 1e-6).rounded(.up)))
            first[axis] = (old - 1) / 2 - Double(size[axis] - 1) / 2 * ratio
        }
        self.init(source, leaning, size: size, spacing: spacing, first: first, .border)
    }

    /// PyRadiomics' grid (imageoperations.py: resampleImage, 3.0.1): the corner of the scan stays where it is, and the
    /// grid ends `padding` new voxels beyond the region. An axis on which the region is one voxel thick is kept.
    /// When no spacing changes the scan's own grid is kept.
    public init(pyradiomics source: Geometry, spacing: SIMD3<Double>, region: VoxelBox, padding: Int = 5) {
        let leaning = LeaningStack(source)
        let (straight, region) = (leaning?.straight ?? source, leaning?.box(around: region) ?? region)
        var spacing = spacing
        for axis in 0..<3 where spacing[axis] <= 0 || region.size[axis] == 1 { spacing[axis] = straight.spacing[axis] }
        let close = (0..<3).allSatisfy { abs(straight.spacing[$0] - spacing[$0]) <= 1e-8 + 1e-5 * abs(spacing[$0]) }
        guard !close else {
            self.init(source, leaning, size: straight.size, spacing: straight.spacing, first: .zero, .zero)
            return
        }
        var (size, first) = (SIMD3<Int>.zero, SIMD3<Double>.zero)
        for axis in 0..<3 {
            let ratio = straight.spacing[axis] / spacing[axis]
            let low = ((Double(region.lower[axis]) - 0.5) * ratio - Double(padding)).rounded(.down)
            let high = ((Double(region.upper[axis]) - 0.5) * ratio + Double(padding)).rounded(.up)
            let last = (Double(straight.size[axis]) * ratio).rounded(.up) - 1
            let lower = max(low, 0)
            size[axis] = max(1, Int(min(high, last) - lower) + 1)
            first[axis] = 0.5 * (spacing[axis] - straight.spacing[axis]) / straight.spacing[axis] + lower / ratio
        }
        self.init(source, leaning, size: size, spacing: spacing, first: first, .zero)
    }

    private init(
        _ source: Geometry, _ leaning: LeaningStack?, size: SIMD3<Int>, spacing: SIMD3<Double>, first: SIMD3<Double>,
        _ outside: AxisSampling.Outside
    ) {
        (self.source, self.leaning, firstVoxel) = (source, leaning, first)
        let straight = leaning?.straight ?? source
        target = Geometry(
            size: size, spacing: spacing, origin: straight.position(of: first), direction: straight.direction)
        axes = (0..<3).map { axis in
            AxisSampling(
                first: first[axis],
                step: spacing[axis] == straight.spacing[axis] ? 1 : spacing[axis] / straight.spacing[axis],
                oldCount: source.size[axis], newCount: size[axis], outside: outside)
        }
    }

    /// Whether the two grids are the same, so that nothing changes.
    public var isIdentity: Bool { leaning == nil && axes.allSatisfy(\.isIdentity) }

    /// Whether the scan leans and the new grid does not.
    public var straightens: Bool { leaning != nil }

    /// The values of a box of the target grid, unrounded. Only as much of the scan is looked at as decides about them.
    public func values(of volume: Volume, in box: VoxelBox, by interpolation: Interpolation) -> [Double] {
        precondition(
            volume.geometry.size == source.size, "a volume of \(volume.geometry.size) on a grid of \(source.size)")
        let needed = sources(of: box, interpolation)
        return interpolate(VolumeBlock(volume, box: needed), in: box, by: interpolation, beside: .unknown)
    }

    /// The region on the target grid: its mask of 0 and 1 is interpolated, and a voxel belongs to it where that gives at
    /// least one half (IBSI 2.4, partial volume fraction). Empty when no voxel of the target grid is reached.
    public func region(_ region: Region, by interpolation: Interpolation) -> Region {
        guard !isIdentity else { return region }
        var target = VoxelBox(lower: .zero, size: .zero)
        for axis in [2, 1, 0] {
            let old = region.box.lower[axis]..<region.box.upper[axis]
            let slices = target.lower.z..<target.upper.z
            let range = union(samplings(of: axis, inSlices: slices).map { $0.reach(of: old) })
            (target.lower[axis], target.size[axis]) = (range.lowerBound, range.count)
        }
        guard target.voxelCount > 0 else {
            return Region(
                name: region.name, label: region.label, box: VoxelBox(lower: .zero, size: .zero), voxels: [])
        }
        let needed = sources(of: target, interpolation)
        var mask = [Double](repeating: 0, count: needed.voxelCount)
        for z in 0..<region.box.size.z {
            for y in 0..<region.box.size.y {
                for x in 0..<region.box.size.x where region.voxels[region.box.offset(x, y, z)] != 0 {
                    let voxel = region.box.lower &+ SIMD3(x, y, z) &- needed.lower
                    guard all(voxel .>= 0), all(voxel .< needed.size) else { continue }
                    mask[needed.offset(voxel.x, voxel.y, voxel.z)] = 1
                }
            }
        }
        let fractions = interpolate(
            VolumeBlock(grid: source, box: needed, values: mask), in: target, by: interpolation, beside: .zero)
        // Exactly one half may come out as a rounding less.
        let voxels = fractions.map { (fraction: Double) -> UInt8 in fraction >= 0.5 - 1e-9 ? 1 : 0 }
        return Region(name: region.name, label: region.label, box: target, voxels: voxels).cropped()
    }

    private func sources(of box: VoxelBox, _ interpolation: Interpolation) -> VoxelBox {
        var needed = VoxelBox(lower: .zero, size: .zero)
        for axis in 0..<3 {
            let new = box.lower[axis]..<box.upper[axis]
            let old = union(
                samplings(of: axis, inSlices: box.lower.z..<box.upper.z).map {
                    $0.isIdentity ? new : $0.sources(of: new, interpolation)
                })
            (needed.lower[axis], needed.size[axis]) = (old.lowerBound, old.count)
        }
        return needed
    }

    /// How an axis of the scan is sampled in the first and the last of some slices of the target grid, and between them.
    private func samplings(of axis: Int, inSlices slices: Range<Int>) -> [AxisSampling] {
        guard let leaning, axis < 2, let first = slices.first, let last = slices.last else { return [axes[axis]] }
        return [first, last].map { axes[axis].moved(by: leaning.shift(atSlice: axes[2].position($0))[axis]) }
    }

    private func union(_ ranges: [Range<Int>]) -> Range<Int> {
        ranges.dropFirst().reduce(ranges[0]) {
            min($0.lowerBound, $1.lowerBound)..<max($0.upperBound, $1.upperBound)
        }
    }

    /// - Parameter beside: what lies beside a leaning stack, when the grid does not say it (``AxisSampling/Outside/border``).
    private func interpolate(
        _ block: VolumeBlock, in box: VoxelBox, by interpolation: Interpolation, beside: AxisSampling.Outside
    ) -> [Double] {
        guard let leaning else { return interpolate(block, in: box, by: interpolation) }
        var data = block.values(in: block.box)
        let size = block.box.size
        let planes = AxisPass(inner: size.x * size.y, outer: 1)
        if interpolation == .cubic {
            AxisPass(inner: 1, outer: size.y * size.z).splineCoefficients(&data, count: size.x)
            AxisPass(inner: size.x, outer: size.z).splineCoefficients(&data, count: size.y)
            planes.splineCoefficients(&data, count: size.z)
        }
        var result: [Double] = []
        result.reserveCapacity(box.voxelCount)
        for z in box.lower.z..<box.upper.z {
            var plane = planes.interpolated(
                data, count: size.z, first: block.box.lower.z, axes[2].taps(z..<z + 1, interpolation))
            let shift = leaning.shift(atSlice: axes[2].position(z))
            for axis in [1, 0] {
                let pass = AxisPass(inner: axis == 1 ? size.x : 1, outer: axis == 1 ? 1 : box.size.y)
                let sampling = axes[axis].moved(by: shift[axis], outside: beside)
                plane = pass.interpolated(
                    plane, count: size[axis], first: block.box.lower[axis],
                    sampling.taps(box.lower[axis]..<box.upper[axis], interpolation))
            }
            result += plane
        }
        return result
    }

    private func interpolate(_ block: VolumeBlock, in box: VoxelBox, by interpolation: Interpolation) -> [Double] {
        var data = block.values(in: block.box)
        var size = block.box.size
        for axis in 0..<3 where !axes[axis].isIdentity {
            let inner = axis == 0 ? 1 : axis == 1 ? size.x : size.x * size.y
            let outer = axis == 0 ? size.y * size.z : axis == 1 ? size.z : 1
            let pass = AxisPass(inner: inner, outer: outer)
            if interpolation == .cubic { pass.splineCoefficients(&data, count: size[axis]) }
            let taps = axes[axis].taps(box.lower[axis]..<box.upper[axis], interpolation)
            data = pass.interpolated(data, count: size[axis], first: block.box.lower[axis], taps)
            size[axis] = box.size[axis]
        }
        return data
    }
}
