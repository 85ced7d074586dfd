// Where the voxels of a mask's grid fall in the image's: FramePlacement for three axes at once.
import Foundation
import Imaging

/// Voxel (0, 0, 0) of a mask in the image's grid, and the image axes along which the mask's run.
struct GridPlacement: Hashable, Sendable {
    /// May lie outside the image.
    var first: SIMD3<Int>
    /// One of ±x, ±y, ±z for each axis of the mask.
    var steps: [SIMD3<Int>]

    /// How much of the image a mask has to cover.
    enum Extent: Sendable {
        /// All of it: one grid.
        case whole
        /// What was drawn on, as 3D Slicer stores a segmentation.
        case part
    }

    /// Finds the placement when every voxel centre of the mask is within ``GeometryDifference/tolerance`` voxels of one of the
    /// image's grid, whatever the order and the direction in which the two files store their axes; otherwise how they differ.
    static func find(
        _ mask: Geometry, on planes: SlicePlanes, _ extent: Extent
    ) -> Result<GridPlacement, GridMisfit> {
        let image = planes.geometry
        guard let first = whole(planes.index(at: mask.position(of: .zero))), let steps = steps(of: mask, on: image)
        else {
            return .failure(GridMisfit(mask, planes, extent))
        }
        let placement = GridPlacement(first: first, steps: steps)
        for corner in 0..<8 {
            var last = SIMD3<Int>.zero
            for axis in 0..<3 where corner >> axis & 1 == 1 { last[axis] = mask.size[axis] - 1 }
            let found = planes.index(at: mask.position(of: SIMD3<Double>(last)))
            let off = found - SIMD3<Double>(placement.voxel(last))
            guard (0..<3).allSatisfy({ abs(off[$0]) <= GeometryDifference.tolerance }) else {
                return .failure(GridMisfit(mask, planes, extent))
            }
        }
        let box = placement.box(of: VoxelBox(lower: .zero, size: mask.size))
        guard extent == .part || (box.lower == .zero && box.size == image.size) else {
            return .failure(GridMisfit(mask, planes, extent))
        }
        return .success(placement)
    }

    static let identity = GridPlacement(first: .zero, steps: [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)])

    static func isFound(_ mask: Geometry, on planes: SlicePlanes, _ extent: Extent) -> Bool {
        if case .success = find(mask, on: planes, extent) { true } else { false }
    }

    /// Of the image, for one of the mask.
    func voxel(_ index: SIMD3<Int>) -> SIMD3<Int> {
        first &+ steps[0] &* index.x &+ steps[1] &* index.y &+ steps[2] &* index.z
    }

    /// The voxels of the image that a box of the mask covers, also those outside.
    func box(of box: VoxelBox) -> VoxelBox {
        let (a, b) = (voxel(box.lower), voxel(box.upper &- 1))
        return VoxelBox(lower: pointwiseMin(a, b), size: pointwiseMax(a, b) &- pointwiseMin(a, b) &+ 1)
    }

    /// The image axes of the mask's, all three different. How long a step is counts only where there is one.
    private static func steps(of mask: Geometry, on image: Geometry) -> [SIMD3<Int>]? {
        let origin = image.index(at: mask.position(of: .zero))
        var steps: [SIMD3<Int>] = []
        for axis in 0..<3 {
            var index = SIMD3<Double>.zero
            index[axis] = 1
            let way = image.index(at: mask.position(of: index)) - origin
            guard let longest = (0..<3).max(by: { abs(way[$0]) < abs(way[$1]) }), way[longest].isFinite,
                way[longest] != 0
            else { return nil }
            var step = SIMD3<Int>.zero
            step[longest] = way[longest] < 0 ? -1 : 1
            if mask.size[axis] > 1 {
                guard abs(way[longest] - Double(step[longest])) < 0.5 else { return nil }
            }
            steps.append(step)
        }
        let used = steps.map { ($0 &* $0) }.reduce(SIMD3<Int>.zero, &+)
        return used == SIMD3(1, 1, 1) ? steps : nil
    }

    private static func whole(_ index: SIMD3<Double>) -> SIMD3<Int>? {
        guard (0..<3).allSatisfy({ abs(index[$0]) < 1e9 }) else { return nil }
        return SIMD3<Int>(index.rounded(.toNearestOrEven))
    }
}

/// Why a mask's grid is not the image's.
struct GridMisfit: Error, Hashable {
    private(set) var differences: [GeometryDifference] = []

    var reason: String {
        guard differences.isEmpty else { return GeometryDifference.reason(differences) }
        return
            "the mask's voxels fall between the image's although axes, spacing and origin agree: the image's slices are "
            + "unevenly spaced. What to do: give the image that the mask was drawn on"
    }

    /// The mask's axes are compared with those of the image that they run along most, whatever their sign.
    init(_ mask: Geometry, _ planes: SlicePlanes, _ extent: GridPlacement.Extent) {
        let image = planes.geometry
        let tolerance = GeometryDifference.tolerance
        for axis in GeometryDifference.Axis.allCases {
            let direction = image.direction.axes[axis.rawValue]
            let cosines = mask.direction.axes.map { dot($0, direction) }
            let own = (0..<3).max { abs(cosines[$0]) < abs(cosines[$1]) } ?? axis.rawValue
            let (size, spacing) = (mask.size[own], mask.spacing[own])
            let steps = Double(max(size - 1, 0))
            if extent == .whole, size != image.size[axis.rawValue] {
                differences.append(.size(axis: axis, found: size, expected: image.size[axis.rawValue]))
            }
            if abs(spacing - image.spacing[axis.rawValue]) * steps > tolerance * image.spacing[axis.rawValue] {
                differences.append(.spacing(axis: axis, found: spacing, expected: image.spacing[axis.rawValue]))
            }
            let angle = atan2(length(cross(mask.direction.axes[own], direction)), abs(cosines[own]))
            if 2 * sin(angle / 2) * spacing * steps > tolerance * image.spacing.min() {
                differences.append(.direction(axis: axis, degrees: angle * 180 / .pi))
            }
        }
        // The corner of the mask that lies nearest to the image's first voxel, since axes may be stored the other way round.
        let corners = (0..<8).map { corner -> SIMD3<Double> in
            var index = SIMD3<Double>.zero
            for axis in 0..<3 where corner >> axis & 1 == 1 { index[axis] = Double(mask.size[axis] - 1) }
            return planes.index(at: mask.position(of: index))
        }
        let nearest = corners.min { ($0 * $0).sum() < ($1 * $1).sum() } ?? .zero
        for axis in GeometryDifference.Axis.allCases {
            let voxels = nearest[axis.rawValue]
            let off = extent == .whole ? voxels : voxels - voxels.rounded()
            guard !(abs(off) <= tolerance) else { continue }
            differences.append(
                .origin(axis: axis, millimetres: voxels * image.spacing[axis.rawValue], voxels: voxels))
        }
    }
}
