import Imaging
import Ingestion
import PNG
import Preparation
import SeededRandom
import TestSupport
import Testing

@Suite("Tiles and scale")
struct TileTests {
    @Test("Nine tiles of 96 cover 256 by 256, and every grid covers what it is asked for with steps up to the stride")
    func grids() {
        #expect(
            TileGrid(of: SIMD2(256, 256), side: 96, stride: 96).origins.map { [$0.x, $0.y] }
                == [0, 80, 160].flatMap { y in [0, 80, 160].map { [$0, y] } })
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let (extent, side) = (1 + generator.integer(below: 300), 1 + generator.integer(below: 100))
            let stride = 1 + generator.integer(below: side)
            let lower = generator.integer(below: extent)
            let range = lower..<(lower + 1 + generator.integer(below: extent - lower))
            let grid = TileGrid(columns: range, rows: 0..<1, of: SIMD2(extent, 1), side: side, stride: stride)
            let starts = grid.origins.map(\.x)
            let what = "\(range) of \(extent) by tiles of \(side), stride \(stride): \(starts)"
            #expect(starts.first ?? 1 <= range.lowerBound && (starts.last ?? 0) + side >= range.upperBound, "\(what)")
            #expect(zip(starts, starts.dropFirst()).allSatisfy { (1...stride).contains($1 - $0) }, "\(what)")
            if extent >= side { #expect(starts.allSatisfy { $0 >= 0 && $0 + side <= extent }, "\(what)") }
        }
    }

    @Test("Cut around a region, a slice has the tiles over it that the whole has, and training draws tiles on it")
    func regions() {
        var generator = SeededGenerator(seed: 11)
        for number in 0..<300 {
            let (width, height) = (10 + generator.integer(below: 150), 10 + generator.integer(below: 150))
            let side = 8 + generator.integer(below: 40)
            let pixels = (0..<width * height).map { _ in UInt16(generator.integer(below: 65536)) }
            var region = [UInt8](repeating: 0, count: pixels.count)
            let (left, top) = (generator.integer(below: width), generator.integer(below: height))
            let (right, bottom) = (
                left + generator.integer(below: width - left), top + generator.integer(below: height - top)
            )
            for y in top...bottom {
                for x in left...right where generator.uniform() < 0.7 { region[y * width + x] = 1 }
            }
            region[top * width + left] = 1
            let whole = PreparedSlice(width: width, height: height, pixels: pixels, region: region)
            guard let cut = PreparedSlice(width: width, height: height, pixels: pixels).cut(around: region, side: side)
            else {
                Issue.record("no cut")
                continue
            }
            let views = FixedViews(.tiles, at: .pixels, size: side, stride: max(1, side / 2))
            let what = "\(number): \(left)...\(right), \(top)...\(bottom) of \(width) x \(height), tiles of \(side)"
            let (own, others) = (views.views(of: cut), views.views(of: whole))
            #expect(own.count == others.count, "\(what)")
            // Where a slice is smaller than a tile its border is mirrored, and that of the cut is elsewhere.
            guard width >= side, height >= side else { continue }
            for (mine, its) in zip(own, others) {
                #expect(mine.grey == its.grey && mine.region == its.region, "\(what)")
            }
            #expect(cut.region?.reduce(0) { $0 + Int($1) } == region.reduce(0) { $0 + Int($1) }, "\(what)")
            for _ in 0..<5 {
                // The region in white on black: a tile of it is never all black.
                var drawn = cut
                drawn.pixels = (cut.region ?? []).map { UInt16($0) * 65535 }
                let view = Augmentation(crop: .place, flip: .horizontal).view(of: drawn, size: side, &generator)
                #expect(view.grey.contains(1) && view.region.map { $0.map(Float.init) } == view.grey, "\(what)")
            }
        }
        #expect(PreparedSlice(width: 2, height: 2, pixels: [1, 2, 3, 4]).cut(around: [0, 0, 0, 0], side: 8) == nil)
    }

    @Test("Beyond its border a picture is mirrored as NumPy's reflect does it")
    func mirrored() {
        // np.pad([[0, 1, 2], [10, 11, 12]], 3, "reflect")[1]
        let slice = PreparedSlice(width: 3, height: 2, pixels: [0, 1, 2, 10, 11, 12])
        let tile = slice.tile(at: SIMD2(-3, -3), side: 8)
        #expect(Array(tile[8..<16]) == [1, 2, 1, 0, 1, 2, 1, 0])
        #expect(Array(tile[0..<8]) == [11, 12, 11, 10, 11, 12, 11, 10])
        #expect(
            PreparedSlice(width: 1, height: 1, pixels: [7]).tile(at: SIMD2(-2, 1), side: 4)
                == [UInt16](repeating: 7, count: 16))
    }

    @Test("At their own scale slices keep their sizes, and crops their scale")
    func store() throws {
        let folder = try TemporaryFolder()
        // Rows that tell where a crop came from: grey = 2 x + y, so that a step to the right is always 2.
        for (name, width, height) in [("a", 60, 40), ("b", 20, 50)] {
            let grey = (0..<width * height).map { UInt8($0 % width * 2 + $0 / width) }
            try PNGWriter.write(grey: grey, width: width, height: height, to: folder["\(name).png"])
        }
        var settings = PreparationSettings()
        (settings.scale, settings.selection.minimumSize) = (.pixels, 8)
        let prepared = try PreparedArchive(scanning: [folder["a.png"], folder["b.png"]], settings: settings, jobs: 1)
        let store = try prepared.cache(at: folder["cache"], jobs: 2).store
        #expect(Set((0..<2).map { store.size(of: $0) }) == [SIMD2(60, 40), SIMD2(20, 50)])
        let loader = BatchLoader(
            store: store, slices: [0, 1], augmentation: Augmentation(crop: .place),
            normalisation: ChannelNormalisation(mean: [0], deviation: [1]), size: 32, seed: 1)
        var corners: Set<Int> = []
        for epoch in 0..<40 {
            for place in 0..<2 {
                let values = try loader.batch([place], epoch: epoch).values.map { Int(($0 * 255).rounded()) }
                let isLarge = store.size(of: place).x == 60
                for row in 0..<32 where isLarge {
                    for x in 1..<32 { #expect(values[row * 32 + x] - values[row * 32 + x - 1] == 2) }
                }
                if isLarge { corners.insert(values[0]) }
            }
        }
        #expect(corners.count > 10, "\(corners.count) places in 40 draws")
        // The middle of the narrow one is padded on both sides, at its own scale.
        let middle = BatchLoader(
            store: store, slices: [0, 1], augmentation: Augmentation(),
            normalisation: ChannelNormalisation(mean: [0], deviation: [1]), size: 32, seed: 1)
        let narrow = store.size(of: 0).x == 20 ? 0 : 1
        let values = try middle.batch([narrow], epoch: 0).values.map { Int(($0 * 255).rounded()) }
        #expect(values[6] == 9 && values[5] == 11 && values[7] == 11 && values[25] == 47 && values[26] == 45)
    }

    @Test(
        "A series at two spacings has nearly the same pixels at 1 mm",
        .enabled(if: SharedFiles.exist, "\(SharedFiles.absence)"))
    func spacing() throws {
        let archive = try Archive.scan([SharedFiles.path("data/archive/STS_002")], jobs: 2)
        let image = try #require(archive.images.first { $0.identity.modality == "CT" })
        let volume = try image.load()
        let fine = try resampled(volume, to: 0.8)
        let views = try [volume, fine].map { volume in
            try #require(try SliceViews(volume, of: image, intensity: .standard, scale: .spacing(SIMD2(1, 1))))
        }
        let slice = volume.geometry.size.z / 2
        let (a, b) = (views[0].scaled(slice), views[1].scaled(slice))
        #expect(a.width <= b.width && b.width <= a.width + 2)
        // Both grids have the same centre.
        let side = 200
        let tiles = [a, b].map { $0.tile(at: SIMD2(($0.width - side) / 2, ($0.height - side) / 2), side: side) }
        let correlation = correlation(tiles[0].map(Double.init), tiles[1].map(Double.init))
        #expect(correlation > 0.98, "\(correlation)")
    }

    private func resampled(_ volume: Volume, to spacing: Double) throws -> Volume {
        let resampler = Resampler(centredOn: volume.geometry, spacing: SIMD3(spacing, spacing, 0))
        let all = VoxelBox(lower: .zero, size: resampler.target.size)
        return Volume(
            geometry: resampler.target, values: .float64(resampler.values(of: volume, in: all, by: .linear)),
            unit: volume.unit)
    }

    private func correlation(_ a: [Double], _ b: [Double]) -> Double {
        let (ma, mb) = (a.reduce(0, +) / Double(a.count), b.reduce(0, +) / Double(b.count))
        let product = zip(a, b).reduce(0) { $0 + ($1.0 - ma) * ($1.1 - mb) }
        let squares = (a.reduce(0) { $0 + ($1 - ma) * ($1 - ma) }, b.reduce(0) { $0 + ($1 - mb) * ($1 - mb) })
        return product / (squares.0 * squares.1).squareRoot()
    }
}
