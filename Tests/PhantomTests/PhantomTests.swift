import DICOM
import Files
import Foundation
import Imaging
import Ingestion
import PNG
import Phantoms
import TestSupport
import Testing

/// A folder that goes when the test does.
private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-phantom-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try! FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}

/// Every file below a folder, by its path inside it.
private func contents(of folder: String) throws -> [String: Data] {
    var files = [String: Data]()
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        let path = "\(folder)/\(name)"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            continue
        }
        files[name] = try Data(contentsOf: URL(fileURLWithPath: path))
    }
    return files
}

private func png(_ path: String) throws -> [Int] {
    let volume = try ImageSource(png: path).load()
    return (0..<volume.values.count).map { Int(volume.values[$0]) }
}

@Suite("Phantoms as files")
struct PhantomFileTests {
    @Test("the same seed gives the same bytes, another seed others", arguments: PhantomKind.allCases)
    func repeatable(kind: PhantomKind) throws {
        func files(seed: UInt64) throws -> [String: Data] {
            var files = [String: Data]()
            try withFolder {
                try PhantomRequest(kind, seed: seed, size: 40, slices: 9).write(to: $0)
                files = try contents(of: $0)
            }
            return files
        }
        let first = try files(seed: 5)
        #expect(try files(seed: 5) == first)
        #expect(try files(seed: 6) != first)
        #expect(first.keys.allSatisfy { !$0.contains(".part") })
    }

    /// All but the PET/CT, which README makes anew, and the organs, which are for benchmarks.
    @Test(
        "samples/ is what the command makes now",
        arguments: PhantomKind.allCases.filter { ![.petCT, .organs].contains($0) })
    func samples(kind: PhantomKind) throws {
        let stored = SharedFiles.packageRoot.appendingPathComponent("samples/\(kind.rawValue)").path
        try withFolder { folder in
            try PhantomRequest(kind).write(to: folder)
            let (made, kept) = (try contents(of: folder), try contents(of: stored))
            #expect(made.keys.sorted() == kept.keys.sorted())
            for name in made.keys.sorted() {
                // zlib may pack the same pixels differently from one version to the next.
                if name.hasSuffix(".png") {
                    #expect(try png("\(folder)/\(name)") == png("\(stored)/\(name)"), "\(kind.rawValue)/\(name)")
                } else {
                    #expect(made[name] == kept[name], "\(kind.rawValue)/\(name)")
                }
            }
        }
    }

    @Test("a size or a number of slices that cannot be made is refused")
    func refusals() {
        #expect(throws: PhantomError.size(found: 31, expected: 32...512)) { try PhantomRequest(.ctLesion, size: 31) }
        #expect(throws: PhantomError.slices(found: 7, expected: 8...128)) { try PhantomRequest(.ctLesion, slices: 7) }
    }

    @Test("a file whose folder is absent is refused and leaves nothing behind")
    func absentFolder() throws {
        try withFolder { folder in
            #expect(throws: FileWritingError.self) {
                try PNGWriter.write(grey: [UInt8(0)], width: 1, height: 1, to: "\(folder)/absent/a.png")
            }
            #expect(throws: FileWritingError.self) { try DICOMWriter().write(to: "\(folder)/no-uid.dcm") }
            let left = try contents(of: folder)
            #expect(left.isEmpty)
        }
    }
}

@Suite("CT lesion")
struct LesionSeriesTests {
    /// Mean, population variance and extremes by the textbook's two passes, from the files as our reader sees them.
    @Test("truth.json is what the files hold", arguments: [(UInt64(1), 96, 24), (9, 43, 11)])
    func truth(seed: UInt64, size: Int, slices: Int) throws {
        try withFolder { folder in
            let truth = try PhantomRequest(.ctLesion, seed: seed, size: size, slices: slices).write(to: folder)
            let json = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/truth.json"))
            #expect(try JSONDecoder().decode(PhantomTruth.self, from: json) == truth)

            let values = try stackedValues(folder, size: size, slices: slices)
            #expect(values == LesionSeries(seed: seed, size: size, slices: slices).hounsfield.map { Double($0) })
            let segments = try segmentVoxels(folder, size: size, slices: slices)
            for region in truth.regions {
                guard let number = region.masks["seg.dcm"] else { continue }
                let inside = try #require(segments[number])
                let drawn = inside.map { values[$0] }
                let mean = drawn.reduce(0, +) / Double(drawn.count)
                let variance = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(drawn.count)
                #expect(drawn.count == region.voxels)
                #expect(abs(mean - region.mean) < 1e-10, "\(region.name): \(mean)")
                #expect(abs(variance - region.variance) < 1e-9, "\(region.name): \(variance)")
                #expect(drawn.min() == Double(region.minimum) && drawn.max() == Double(region.maximum))
            }
        }
    }

    /// HU, x fastest, slices put in order by their position.
    private func stackedValues(_ folder: String, size: Int, slices: Int) throws -> [Double] {
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/ct").sorted()
        #expect(names.count == slices)
        let read = try names.map { name in
            let file = try DICOMFile(path: "\(folder)/ct/\(name)")
            var stored = [Int16](repeating: 0, count: size * size)
            try stored.withUnsafeMutableBytes { try file.readFrames(0..<1, into: $0) }
            let z = try #require(file.root.vector(.imagePositionPatient)?.z)
            let (slope, intercept) = (file.double(.rescaleSlope), file.double(.rescaleIntercept))
            return try (z, stored.map { try Double($0) * #require(slope) + #require(intercept) })
        }
        #expect(read.map { $0.0 } != read.map { $0.0 }.sorted(), "names must not be in slice order")
        return read.sorted { $0.0 < $1.0 }.flatMap { $0.1 }
    }

    /// Offsets of the voxels of each segment.
    private func segmentVoxels(_ folder: String, size: Int, slices: Int) throws -> [Int: [Int]] {
        let file = try DICOMFile(path: "\(folder)/seg.dcm")
        let frames = file.items(.perFrameFunctionalGroupsSequence)
        var voxels = [UInt8](repeating: 0, count: frames.count * size * size)
        try voxels.withUnsafeMutableBytes { try file.readFrames(0..<frames.count, into: $0) }
        let bottom = -Double(slices - 1) * 3 / 2
        var segments = [Int: [Int]]()
        for (number, frame) in frames.enumerated() {
            let place = try #require(frame.item(.planePositionSequence)?.vector(.imagePositionPatient))
            let segment = try #require(frame.item(.segmentIdentificationSequence)?.integer(.referencedSegmentNumber))
            let z = Int((place.z - bottom) / 3)
            for pixel in 0..<size * size where voxels[number * size * size + pixel] == 1 {
                segments[segment, default: []].append(z * size * size + pixel)
            }
        }
        return segments
    }

    /// A voxel is inside when a ray from its centre crosses the contours an odd number of times.
    @Test("contours and segments hold the same voxels; the rim is the lesion without its core")
    func contoursAgree() throws {
        let (size, slices) = (61, 13)
        try withFolder { folder in
            let truth = try PhantomRequest(.ctLesion, size: size, slices: slices).write(to: folder)
            let segments = try segmentVoxels(folder, size: size, slices: slices).mapValues { Set($0) }
            let file = try DICOMFile(path: "\(folder)/rtstruct.dcm")
            var contours = [Int: Set<Int>]()
            for roi in file.items(.roiContourSequence) {
                let number = try #require(roi.integer(.referencedROINumber))
                for contour in roi.items(.contourSequence) {
                    let points = contour.doubles(.contourData)
                    #expect(points.count == 3 * (contour.integer(.numberOfContourPoints) ?? 0))
                    contours[number, default: []].formSymmetricDifference(
                        enclosed(by: points, size: size, slices: slices)
                    )
                }
            }
            let (lesion, core) = (try #require(segments[1]), try #require(segments[2]))
            #expect(contours[1] == lesion)
            #expect(contours[2] == lesion.subtracting(core))
            #expect(contours[3]?.count == truth.regions.first { $0.name == "Körper" }?.voxels)
            #expect(
                file.items(.structureSetROISequence).map { $0.string(.roiName) } == ["Lesion", "Lesion rim", "Körper"]
            )
        }
    }

    private func enclosed(by points: [Double], size: Int, slices: Int) -> Set<Int> {
        let half = Double(size - 1) * 1.5 / 2
        let z = Int((points[2] + Double(slices - 1) * 1.5) / 3)
        let corners = stride(from: 0, to: points.count, by: 3).map { SIMD2(points[$0], points[$0 + 1]) }
        var inside = Set<Int>()
        for y in 0..<size {
            for x in 0..<size {
                let centre = SIMD2(Double(x), Double(y)) * 1.5 - half
                var isInside = false
                for (a, b) in zip(corners, corners.dropFirst() + corners.prefix(1))
                where (a.y > centre.y) != (b.y > centre.y)
                    && centre.x < a.x + (centre.y - a.y) / (b.y - a.y) * (b.x - a.x)
                {
                    isInside.toggle()
                }
                if isInside { inside.insert((z * size + y) * size + x) }
            }
        }
        return inside
    }

    /// A big lesion, so that the sample is near the design. Neighbours correlate, so the standard error of the mean of n
    /// voxels is σ √(19 / n) = 0.7 HU at n ≈ 15,000 (19 = Σ of the correlations over all offsets = (16/6)³).
    @Test("the rim has the mean, spread and correlation that it was drawn from", arguments: [UInt64(1), 2, 3])
    func design(seed: UInt64) throws {
        let truth = LesionSeries(seed: seed, size: 144, slices: 40).truth
        let rim = try #require(truth.regions.first { $0.name == "Lesion rim" })
        #expect(rim.voxels > 14_000)
        #expect(abs(rim.mean - 40) < 3.5, "mean \(rim.mean)")
        #expect(abs(rim.variance.squareRoot() - 25) < 1.5, "standard deviation \(rim.variance.squareRoot())")
        for axis in rim.cooccurrence.prefix(3) {
            let correlation = try #require(axis.correlation)
            #expect(abs(correlation - 2.0 / 3) < 0.03, "\(axis.directions): \(correlation)")
            // E (a − b)² = 2 σ² (1 − r)
            #expect(abs(axis.contrast - 2 * 625 / 3) < 40, "\(axis.directions): \(axis.contrast)")
        }
    }
}

@Suite("Speckle")
struct SpeckleTests {
    /// √(π / (4 − π)) = 1.9131. 512² pixels of which about one in twelve is independent: the ratio's standard error is
    /// about 0.01; three of them are allowed.
    @Test("amplitude before compression is Rayleigh distributed", arguments: [UInt64(1), 2, 3])
    func rayleigh(seed: UInt64) {
        let image = SpeckleImage(seed: seed, size: 512)
        for label in [UInt8(1), 2] {
            let drawn = zip(image.amplitude, image.labels).filter { $1 == label }.map { $0.0 }
            let mean = drawn.reduce(0, +) / Double(drawn.count)
            let variance = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(drawn.count)
            let ratio = mean / variance.squareRoot()
            #expect(abs(ratio - 1.9131) < 0.03, "label \(label): \(ratio)")
            // Mean of a Rayleigh amplitude of mean square s²: s √π / 2.
            let expected = Double.pi.squareRoot() / 2 * (label == 1 ? pow(10, -9.0 / 20) : 1)
            #expect(abs(mean / expected - 1) < 0.02, "label \(label): \(mean) against \(expected)")
        }
    }

    @Test("grey values follow the log compression's closed form")
    func compression() throws {
        for region in SpeckleImage(seed: 1, size: 512).truth.regions {
            let design = try #require(region.design)
            #expect(abs(region.mean - design["mean", default: 0]) < 1, "\(region.name): \(region.mean)")
            #expect(
                abs(region.variance.squareRoot() - design["standardDeviation", default: 0]) < 0.7,
                "\(region.name): \(region.variance.squareRoot())"
            )
            // Along the beam (y) neighbours are more alike than across it.
            let (across, along) = (region.cooccurrence[0], region.cooccurrence[1])
            #expect(along.contrast < across.contrast)
        }
    }

    @Test("the picture and its mask are read back as drawn")
    func files() throws {
        try withFolder { folder in
            let truth = try PhantomRequest(.ultrasoundSpeckle, seed: 4, size: 100).write(to: folder)
            let (values, labels) = (try png("\(folder)/speckle.png"), try png("\(folder)/speckle_mask.png"))
            for region in truth.regions {
                let drawn = zip(values, labels).filter { $1 == region.masks["speckle_mask.png"] }.map { Double($0.0) }
                let mean = drawn.reduce(0, +) / Double(drawn.count)
                let variance = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(drawn.count)
                #expect(drawn.count == region.voxels)
                #expect(abs(mean - region.mean) < 1e-10 && abs(variance - region.variance) < 1e-9, "\(region.name)")
            }
        }
    }
}

@Suite("Texture pair")
struct TexturePairTests {
    @Test("co-occurrence has its closed form", arguments: [32, 64, 101])
    func closedForm(size: Int) throws {
        let pair = TexturePair(size: size, seed: 1)
        let n = Double(pair.size)
        let (stripes, board) = (pair.truth.regions[0], pair.truth.regions[1])
        #expect(stripes.cooccurrence.map(\.contrast) == [1, 0, (3 * n - 2) / (4 * n - 2)])
        #expect(stripes.cooccurrence.prefix(2).map(\.correlation) == [-1, 1])
        #expect(board.cooccurrence.map(\.contrast) == [1, 1, n / (2 * n - 1)])
        #expect(board.cooccurrence.prefix(2).map(\.correlation) == [-1, -1])
        #expect(stripes.cooccurrence[2].pairs == Int(2 * n * (n - 1) + 2 * (n - 1) * (n - 1)))
    }

    @Test("the two images have the same histogram")
    func histograms() {
        let pair = TexturePair(size: 64, seed: 1)
        #expect(pair.pixels(of: .stripes).sorted() == pair.pixels(of: .checkerboard).sorted())
        #expect(pair.truth.regions[0].variance == 64 * 64)
    }
}
