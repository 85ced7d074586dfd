import Imaging
import Ingestion
import Radiomics
import TestSupport
import Testing

/// A scan with one region, by the same route as `weft extract` takes.
struct LoadedCase {
    var image: ImageSource
    var volume: Volume
    var region: Region

    /// The only image of the folders and the region of this name (or the only one) among their masks.
    init(_ folders: [String], roi: String? = nil) throws {
        let archive = try Archive.scan(folders.map(SharedFiles.path), jobs: 1)
        image = try #require(archive.images.first)
        #expect(archive.images.count == 1)
        volume = try image.load()
        let mask = try #require(masks(for: image, among: archive.masks).first)
        var found: Region?
        for outcome in try mask.regions(on: image, matching: RegionSelection(names: roi.map { [$0] } ?? [])) {
            if case .region(let region, _) = outcome { found = region }
        }
        region = try #require(found)
    }

    /// Leaves one slice of the region, counted in the volume.
    mutating func keep(slice: Int) {
        let (area, inner) = (region.box.size.x * region.box.size.y, slice - region.box.lower.z)
        region = Region(
            name: region.name, label: region.label,
            box: VoxelBox(
                lower: SIMD3(region.box.lower.x, region.box.lower.y, slice),
                size: SIMD3(region.box.size.x, region.box.size.y, 1)),
            voxels: Array(region.voxels[inner * area..<(inner + 1) * area]))
    }

    /// Reverses the order of the slices of image and region.
    mutating func turnUpsideDown() {
        func reversed<Element>(_ values: [Element], _ size: SIMD3<Int>) -> [Element] {
            let slice = size.x * size.y
            return (0..<size.z).reversed().flatMap { values[$0 * slice..<($0 + 1) * slice] }
        }
        let size = volume.geometry.size
        guard case .int16(let values) = volume.values else { return }
        volume.values = .int16(reversed(values, size))
        region.box.lower.z = size.z - region.box.upper.z
        region.voxels = reversed(region.voxels, region.box.size)
    }
}
