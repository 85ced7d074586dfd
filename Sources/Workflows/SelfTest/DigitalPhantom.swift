import Imaging

/// The digital phantom of IBSI-1 (Zwanenburg, CC BY 4.0): 5 × 4 × 4 voxels of 2 mm, grey levels without discretisation.
package enum DigitalPhantom {
    package static let geometry = Geometry(size: [5, 4, 4], spacing: [2, 2, 2])

    package static let volume = Volume(geometry: geometry, values: .int16(greyLevels))

    /// 74 voxels.
    package static let region = Region(
        name: "phantom", label: 1, box: VoxelBox(lower: .zero, size: geometry.size), voxels: mask)

    /// x fastest, then y, then z: four slices of four rows.
    package static let greyLevels: [Int16] = [
        1, 4, 4, 1, 1,
        1, 4, 6, 1, 1,
        4, 1, 6, 4, 1,
        4, 4, 6, 4, 1,

        1, 4, 4, 1, 1,
        1, 1, 6, 1, 1,
        1, 1, 3, 1, 1,
        4, 4, 6, 1, 1,

        1, 4, 4, 1, 1,
        1, 1, 1, 1, 1,
        1, 1, 9, 1, 1,
        1, 1, 6, 1, 1,

        1, 4, 4, 1, 1,
        1, 1, 1, 1, 1,
        1, 1, 1, 1, 1,
        1, 1, 6, 1, 1,
    ]

    package static let mask: [UInt8] = [
        1, 1, 1, 1, 1,
        1, 1, 1, 1, 1,
        1, 1, 1, 1, 1,
        1, 1, 1, 1, 1,

        1, 1, 1, 1, 1,
        1, 1, 1, 1, 1,
        0, 1, 1, 1, 1,
        1, 1, 1, 1, 1,

        1, 1, 1, 0, 0,
        1, 1, 1, 1, 1,
        1, 1, 0, 1, 1,
        1, 1, 1, 1, 1,

        1, 1, 1, 0, 0,
        1, 1, 1, 1, 1,
        1, 1, 1, 1, 1,
        1, 1, 1, 1, 1,
    ]
}
