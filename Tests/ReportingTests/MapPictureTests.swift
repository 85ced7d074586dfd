import Figures
import Foundation
import Imaging
import Radiomics
import Reports
import Testing

@Suite("pictures and files of feature maps")
struct MapPictureTests {
    /// A square of 4 × 4 voxels in an image of 8 × 8, with a voxel without a value.
    private func maps(_ value: (Int) -> Float) throws -> FeatureMaps {
        let geometry = Geometry(size: [8, 8, 3], spacing: [1, 2, 4], origin: [10, 20, 30])
        let volume = Volume(
            geometry: geometry, values: .int16((0..<geometry.voxelCount).map { Int16($0 * 7 % 50) }))
        let region = Region(
            name: "r", label: 1, box: VoxelBox(lower: [2, 3, 1], size: [4, 4, 1]),
            voxels: [UInt8](repeating: 1, count: 16))
        var settings = FeatureMapSettings(ExtractionSettings())
        settings.extraction.texture.aggregations = [.merged3D]
        try settings.select(["stat_mean"])
        var maps = try FeatureMapper(settings).maps(of: region, in: volume, modality: "", jobs: 1)
        for k in 0..<16 { maps.maps[0].values[k] = value(k) }
        return maps
    }

    @Test("colours go from the lowest value to the highest, in order of brightness, and a missing value is magenta")
    func colours() throws {
        let maps = try maps { $0 == 5 ? .nan : Float($0) }
        let picture = MapPicture(
            maps, maps.maps[0], MapPicture.Labels(title: "stat_mean", subtitle: "case", unit: "HU"))
        #expect(picture.slice == 1)
        #expect(picture.range == 0...15)
        let pixels = stride(from: 0, to: picture.canvas.samples.count, by: 3).map {
            SIMD3(picture.canvas.samples[$0], picture.canvas.samples[$0 + 1], picture.canvas.samples[$0 + 2])
        }
        #expect(pixels.count == picture.canvas.width * picture.canvas.height)
        let found = Set(pixels)
        #expect(found.contains(ColourMap.viridis(0)) && found.contains(ColourMap.viridis(1)))
        #expect(found.contains(SIMD3(214, 39, 140)))
        let brightness = (0...100).map { step -> Double in
            let colour = ColourMap.viridis(Double(step) / 100)
            return 0.2126 * Double(colour.x) + 0.7152 * Double(colour.y) + 0.0722 * Double(colour.z)
        }
        #expect(zip(brightness, brightness.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("a map without values, or with one value, has a picture", arguments: [Float.nan, 3])
    func flat(value: Float) throws {
        let maps = try maps { _ in value }
        let picture = MapPicture(maps, maps.maps[0], MapPicture.Labels(title: "a", subtitle: "b", unit: ""))
        #expect((picture.range == nil) == value.isNaN)
        #expect(picture.canvas.samples.count == 3 * picture.canvas.width * picture.canvas.height)
    }

    @Test("the box's NRRD starts where its first voxel lies; text cannot add a line to the header")
    func nrrd() throws {
        let maps = try maps { Float($0) }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString).nrrd").path
        defer { unlink(path) }
        let file = NRRDFile(
            MapVoxels(
                maps.maps[0].values, inside: maps.inside, box: maps.box, of: maps.image.grid, extent: .box,
                background: 0),
            content: "a\ntype: short", notes: [("unit", "HU")])
        try file.write(to: path)
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let end = try #require(data.range(of: Data("\n\n".utf8)))
        let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self).split(separator: "\n")
        #expect(lines.contains("space origin: (12.0,26.0,34.0)"))
        #expect(lines.contains("space directions: (1.0,0.0,0.0) (0.0,2.0,0.0) (0.0,0.0,4.0)"))
        #expect(lines.filter { $0.hasPrefix("type:") } == ["type: float"])
        #expect(data.count - end.upperBound == 16 * 4)
    }
}
