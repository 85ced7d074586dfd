import Figures
import Foundation
import Imaging
import Ingestion
import Radiomics
import Reports
import Testing
import VolumeWriting

@Suite("pictures and files of feature maps")
struct MapPictureTests {
    /// A square of 4 × 4 voxels in an image of 8 × 8, with a voxel without a value.
    private func maps(at lower: SIMD3<Int> = [2, 3, 1], _ value: (Int) -> Float) throws -> FeatureMaps {
        let geometry = Geometry(size: [8, 8, 3], spacing: [1, 2, 4], origin: [10, 20, 30])
        let volume = Volume(
            geometry: geometry, values: .int16((0..<geometry.voxelCount).map { Int16($0 * 7 % 50) }))
        let region = Region(
            name: "r", label: 1, box: VoxelBox(lower: lower, size: [4, 4, 1]),
            voxels: [UInt8](repeating: 1, count: 16))
        var settings = FeatureMapSettings(ExtractionSettings())
        settings.extraction.texture.aggregations = [.merged3D]
        try settings.select(["stat_mean"])
        var maps = try FeatureMapper(settings).maps(of: region, in: volume, modality: "", jobs: 1)
        for k in 0..<16 { maps.maps[0].values[k] = value(k) }
        return maps
    }

    private func pictures(
        _ maps: FeatureMaps, window: GreyWindow = GreyWindow(0...50, .given), sides: PatientSides? = nil,
        polarity: GreyPolarity = .moreIsBrighter, title: String = "mean"
    ) -> MapPictures {
        MapPictures(
            maps, maps.maps[0], window: window,
            MapLabels(
                title: title, unit: "HU", making: ["stat_mean"], subject: ["case"], imageUnit: "HU", sides: sides,
                polarity: polarity
            ) { MapLabels.Slice(parts: ["slice \($0 + 1) of 3"], brief: ["\($0 + 1)"]) })
    }

    private func pixels(_ canvas: Canvas) -> [SIMD3<UInt8>] {
        stride(from: 0, to: canvas.samples.count, by: 3).map {
            SIMD3(canvas.samples[$0], canvas.samples[$0 + 1], canvas.samples[$0 + 2])
        }
    }

    @Test("colours go from the lowest value to the highest, in order of brightness, and a missing value is magenta")
    func colours() throws {
        let maps = try maps { $0 == 5 ? .nan : Float($0) }
        let drawn = pictures(maps)
        #expect(maps.slices == MapSlices(crossed: [1], largest: 1))
        #expect(drawn.range == 0...15)
        for canvas in [drawn.picture(of: 1), drawn.montage(of: [1], remark: "")] {
            let found = pixels(canvas)
            #expect(found.count == canvas.width * canvas.height)
            #expect(found.contains(ColourMap.viridis(0)) && found.contains(ColourMap.viridis(1)))
            #expect(found.contains(SIMD3(214, 39, 140)))
        }
        let brightness = (0...100).map { step -> Double in
            let colour = ColourMap.viridis(Double(step) / 100)
            return 0.2126 * Double(colour.x) + 0.7152 * Double(colour.y) + 0.0722 * Double(colour.z)
        }
        #expect(zip(brightness, brightness.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("a map without values, or with one value, has a picture", arguments: [Float.nan, 3])
    func flat(value: Float) throws {
        let drawn = pictures(try maps { _ in value })
        #expect((drawn.range == nil) == value.isNaN)
        for canvas in [drawn.picture(of: 1), drawn.montage(of: [1], remark: "")] {
            #expect(canvas.samples.count == 3 * canvas.width * canvas.height)
            // One colour for one value, none for none.
            #expect(pixels(canvas).contains(ColourMap.viridis(0.5)) == !value.isNaN)
        }
    }

    @Test(
        "a pixel of 1 × 2 mm is twice as high as wide, and the outline is closed where the region ends with the image",
        arguments: [[2, 3, 1], [4, 4, 1], [0, 0, 1]])
    func aspect(lower: [Int]) throws {
        let maps = try maps(at: SIMD3(lower[0], lower[1], lower[2])) { Float($0) }
        let view = maps.image.box
        #expect(view.size.x == 8 && view.size.y == 8, "the whole slice, which is less than 80 mm")
        let canvas = pictures(maps).picture(of: 1)
        let drawn = pixels(canvas)
        let outline = drawn.indices.filter { drawn[$0] == SIMD3(255, 214, 0) }
        let (columns, rows) = (Set(outline.map { $0 % canvas.width }), Set(outline.map { $0 / canvas.width }))
        // 4 voxels of 25 and of 50 pixels, and the line of two pixels on both sides.
        #expect((columns.max() ?? 0) - (columns.min() ?? 0) + 1 == 4 * 25 + 4)
        #expect((rows.max() ?? 0) - (rows.min() ?? 0) + 1 == 4 * 50 + 4)
    }

    @Test("uptake is dark on white, and its outline is not yellow")
    func polarity() throws {
        let maps = try maps { Float($0) }
        // Voxel (0, 0, 1) of the image is 64 · 7 mod 50 = 48: nearly the window's upper end.
        let value = UInt8((48.0 / 50 * 255).rounded())
        let bright = pixels(pictures(maps).picture(of: 1))
        let dark = pixels(pictures(maps, polarity: .moreIsDarker).picture(of: 1))
        // More than the strip of greys has of any.
        #expect(bright.count { $0 == SIMD3(repeating: value) } >= 2 * 25 * 50)
        #expect(dark.count { $0 == SIMD3(repeating: 255 - value) } >= 2 * 25 * 50)
        #expect(bright.contains(SIMD3(255, 214, 0)) && !dark.contains(SIMD3(255, 214, 0)))
        #expect(GreyPolarity(modality: "PT") == .moreIsDarker && GreyPolarity(modality: "CT") == .moreIsBrighter)
    }

    @Test("a voxel of the image that is no number is neither black nor white")
    func missing() throws {
        var maps = try maps { Float($0) }
        var values = maps.image.values(in: maps.image.box)
        values[maps.image.box.offset(0, 0, 1 - maps.image.box.lower.z)] = .nan
        maps.image = VolumeBlock(grid: maps.image.grid, box: maps.image.box, values: values)
        let drawn = pixels(pictures(maps).picture(of: 1))
        #expect(drawn.count { $0 == PictureRow.hiddenColour } >= 2 * 25 * 50)
    }

    @Test("letters take room at the sides, and a long title none")
    func letters() throws {
        let maps = try maps { Float($0) }
        let plain = pictures(maps).picture(of: 1)
        let lettered = pictures(maps, sides: PatientSides(.identity)).picture(of: 1)
        #expect(lettered.width > plain.width && lettered.height > plain.height)
        let long = pictures(maps, title: String(repeating: "Läsion 腫瘍 ", count: 60)).picture(of: 1)
        #expect(long.width < 4 * plain.width)
    }

    @Test("a montage has all slices up to 42; of more an even choice with the first and the last")
    func montageSlices() {
        #expect(MapPictures.montageSlices(of: [4, 5, 9]) == [4, 5, 9])
        #expect(MapPictures.montageSlices(of: Array(1...42)) == Array(1...42))
        for count in [43, 60, 300] {
            let chosen = MapPictures.montageSlices(of: Array(10..<10 + count))
            #expect(chosen.count == 42 && Set(chosen).count == 42)
            #expect(chosen.first == 10 && chosen.last == 9 + count)
            let steps = zip(chosen, chosen.dropFirst()).map { $1 - $0 }
            #expect((steps.max() ?? 9) - (steps.min() ?? 0) <= 1, "\(steps)")
        }
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

    @Test(
        "the box's NIfTI lies where the box lies, left-handed grids as well, with both forms and the floats themselves")
    func nifti() throws {
        let maps = try maps { Float($0) }
        for isLeftHanded in [false, true] {
            var grid = maps.image.grid
            if isLeftHanded { grid.direction.z = [0, 0, -1] }
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString).nii.gz")
                .path
            defer { unlink(path) }
            let voxels = MapVoxels(
                maps.maps[0].values, inside: maps.inside, box: maps.box, of: grid, extent: .box,
                background: -1)
            try NIfTIFile(voxels, description: "a\nb").write(to: path)
            let image = try #require(try Archive.scan([path], jobs: 1).images.first)
            #expect(
                image.findings.allSatisfy { $0.severity == .note } && image.findings[0].text.contains("agrees within"))
            let volume = try image.load()
            #expect(volume.geometry.size == voxels.grid.size && volume.geometry.spacing == voxels.grid.spacing)
            #expect(volume.geometry.origin == voxels.grid.origin && volume.geometry.direction == voxels.grid.direction)
            guard case .float32(let values) = volume.values else {
                Issue.record("no 32-bit floats")
                return
            }
            #expect(values.map(\.bitPattern) == voxels.values.map(\.bitPattern))
        }
    }
}
