import Foundation
import Imaging
import Ingestion
import PNG
import Preparation
import TestSupport
import Testing

@Suite("Cache of prepared slices")
struct CacheTests {
    private func settings(side: Int = 24) -> PreparationSettings {
        var settings = PreparationSettings()
        settings.side = side
        return settings
    }

    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    @Test("The same bytes with one and two threads, and whatever the order of the inputs")
    func deterministic() throws {
        let archive = try TestArchive(images: 9)
        let caches = try TemporaryFolder()
        for (name, inputs, jobs) in [
            ("one", archive.classFolders, 1), ("two", archive.classFolders, 2),
            ("turned", archive.classFolders.reversed(), 2),
        ] {
            let prepared = try PreparedArchive(scanning: inputs, settings: settings(), jobs: jobs)
            let made = try prepared.cache(at: caches[name], jobs: jobs)
            #expect(made.wasMade)
            #expect(made.store.count == 9)
        }
        let first = try bytes(caches["one"])
        #expect(try bytes(caches["two"]) == first)
        #expect(try bytes(caches["turned"]) == first)
    }

    @Test(
        "DICOM of the archive: the same bytes with one and two threads, the window of CT as stated",
        .enabled(if: SharedFiles.exist, "\(SharedFiles.absence)"))
    func dicom() throws {
        let caches = try TemporaryFolder()
        let inputs = [SharedFiles.path("data/archive/STS_002"), SharedFiles.path("data/archive/STS_008")]
        var settings = settings(side: 64)
        settings.selection.modalities = ["CT", "MR"]
        for jobs in [1, 2] {
            let prepared = try PreparedArchive(scanning: inputs, settings: settings, jobs: jobs)
            #expect(try prepared.cache(at: caches["\(jobs)"], jobs: jobs).wasMade)
        }
        #expect(try bytes(caches["1"]) == bytes(caches["2"]))
        let store = try SliceStore(path: caches["1"], jobs: 2)
        #expect(Set(store.contents.series.map(\.modality)) == ["CT", "MR"])
        #expect(Set(store.contents.series.map(\.patient)).count == 2)
        for series in store.contents.series where series.modality == "CT" {
            #expect((series.lower, series.upper) == (-160, 240))
        }
        for slice in 0..<store.count {
            let pixels = try store.slice(slice).pixels
            let (low, high) = (pixels.min() ?? 0, pixels.max() ?? 0)
            #expect(low < high, "slice \(slice) from \(store.source(of: slice))")
        }
    }

    @Test("A cache is used again, and made again when settings or files change")
    func reuse() throws {
        let archive = try TestArchive(images: 4)
        let caches = try TemporaryFolder()
        func open(_ settings: PreparationSettings) throws -> Bool {
            let prepared = try PreparedArchive(scanning: archive.classFolders, settings: settings, jobs: 1)
            return try prepared.cache(at: caches["cache"], jobs: 1).wasMade
        }
        #expect(try open(settings()))
        #expect(try !open(settings()))
        #expect(try open(settings(side: 32)))
        #expect(try !open(settings(side: 32)))
        try PNGWriter.write(
            grey: (0..<900).map { UInt8(truncatingIfNeeded: $0) }, width: 30, height: 30,
            to: archive.folder["benign/image0.png"])
        #expect(try open(settings(side: 32)))
    }

    /// Reading past the end of a mapping would end the process.
    @Test("A file that is cut off while it is read is an error, where a slice is gone and only there")
    func cutOffMeanwhile() throws {
        let archive = try TestArchive(images: 4)
        let caches = try TemporaryFolder()
        let prepared = try PreparedArchive(scanning: archive.classFolders, settings: settings(), jobs: 1)
        let store = try prepared.cache(at: caches["cache"], jobs: 1).store
        let loader = BatchLoader(
            store: store, slices: Array(0..<store.count), augmentation: Augmentation(),
            normalisation: ChannelNormalisation(mean: [0], deviation: [1]), size: 24, seed: 0)
        let first = try loader.batch([0], epoch: 0).values
        #expect(truncate(caches["cache"], off_t(4096 + 2 * 24 * 24)) == 0)
        #expect(try loader.batch([0], epoch: 0).values == first)
        #expect { try loader.batch([1], epoch: 0) } throws: { "\($0)".contains("as when it was opened") }
        #expect(throws: CacheError.self) { try ChannelNormalisation.measured(store, slices: [0, 2], jobs: 2) }
        // One that is replaced is another file.
        #expect(truncate(caches["cache"], 0) == 0)
        #expect(throws: CacheError.self) { try store.slice(0) }
        #expect(throws: CacheError.self) { try SliceStore(path: caches["cache"], jobs: 1) }
    }

    @Test("Eight bits are kept exactly")
    func exact() throws {
        let archive = try TestArchive(images: 1, side: 40)
        let caches = try TemporaryFolder()
        let prepared = try PreparedArchive(
            scanning: [archive.folder["benign/image0.png"]], settings: settings(side: 40), jobs: 1)
        let store = try prepared.cache(at: caches["cache"], jobs: 1).store
        let image = try ImageSource(png: archive.folder["benign/image0.png"]).load()
        let pixels = try store.slice(0).pixels
        let kept = pixels.indices.allSatisfy { Double(pixels[$0]) == image.values[$0] * 257 }
        #expect(kept)
        #expect(store.source(of: 0) == "image0.png")
    }

    @Test("Images without anything to see, and unreadable ones, are named and left out")
    func skipped() throws {
        let archive = try TestArchive(images: 3)
        let caches = try TemporaryFolder()
        try PNGWriter.write(
            grey: [UInt8](repeating: 7, count: 1600), width: 40, height: 40, to: archive.folder["benign/flat.png"])
        let prepared = try PreparedArchive(scanning: archive.classFolders, settings: settings(), jobs: 1)
        // Truncated after the scan: the header is read, the pixels are not there.
        let damaged = archive.folder["malignant/image1.png"]
        let whole = try bytes(damaged)
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: damaged))
        let store = try prepared.cache(at: caches["cache"], jobs: 2).store
        #expect(store.count == 2)
        #expect(Set(store.contents.skipped.map(\.path)) == ["flat.png", "image1.png"])
    }

    @Test("Nothing selected is an error that says why")
    func nothing() throws {
        let archive = try TestArchive(images: 2)
        var settings = settings()
        settings.selection.minimumSize = 100
        #expect {
            _ = try PreparedArchive(scanning: archive.classFolders, settings: settings, jobs: 1)
        } throws: { "\($0)".contains("40 x 40 pixels, fewer than 100") }
    }

    @Test("An interruption leaves no file behind")
    func cancelled() throws {
        let archive = try TestArchive(images: 3)
        let caches = try TemporaryFolder()
        let prepared = try PreparedArchive(scanning: archive.classFolders, settings: settings(), jobs: 1)
        #expect(throws: PreparationError.self) {
            _ = try prepared.cache(at: caches["cache"], jobs: 1, isCancelled: { true })
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: caches.path) == [])
    }
}

@Suite("Damaged caches")
struct CacheDamageTests {
    private let archive: TestArchive
    private let caches: TemporaryFolder
    private let whole: Data

    init() throws {
        archive = try TestArchive(images: 3)
        caches = try TemporaryFolder()
        var settings = PreparationSettings()
        settings.side = 16
        let prepared = try PreparedArchive(scanning: archive.classFolders, settings: settings, jobs: 1)
        _ = try prepared.cache(at: caches["cache"], jobs: 1)
        whole = try Data(contentsOf: URL(fileURLWithPath: caches["cache"]))
    }

    private func opening(_ damaged: Data) throws -> CacheError? {
        try damaged.write(to: URL(fileURLWithPath: caches["damaged"]))
        do throws(CacheError) {
            _ = try SliceStore(path: caches["damaged"], jobs: 1)
            return nil
        } catch {
            return error
        }
    }

    @Test("Each fault has its error")
    func kinds() throws {
        #expect(try opening(whole) == nil)
        guard case .notACache = try opening(Data([UInt8](repeating: 65, count: 5000))) else {
            Issue.record("a file of another kind")
            return
        }
        var version = whole
        version[8] = 9
        #expect(try opening(version) == .version(path: caches["damaged"], found: 9, expected: 2))
        guard case .length = try opening(whole.prefix(whole.count - 1)) else {
            Issue.record("a byte too few")
            return
        }
        guard case .length = try opening(whole.prefix(100)) else {
            Issue.record("a header cut short")
            return
        }
        guard case .length = try opening(Data()) else {
            Issue.record("an empty file")
            return
        }
        var pixel = whole
        pixel[4096 + 16 * 16 * 2 + 5] ^= 1
        guard case .fingerprint(_, "slice 1", _, _) = try opening(pixel) else {
            Issue.record("a bit of slice 1")
            return
        }
        var text = whole
        text[whole.count - 3] ^= 1
        guard case .fingerprint(_, "the description", _, _) = try opening(text) else {
            Issue.record("a bit of the description")
            return
        }
        #expect(throws: CacheError.notFound(path: caches["absent"])) {
            _ = try SliceStore(path: caches["absent"], jobs: 1)
        }
    }

    @Test("Sizes that cannot be, up to 2^64 - 1, are refused before memory is asked for", arguments: [16, 24, 32])
    func sizes(_ offset: Int) throws {
        for value in [UInt64.max, UInt64(Int.max), 1 << 40, 1 << 32, 0] {
            var damaged = whole
            withUnsafeBytes(of: value.littleEndian) { damaged.replaceSubrange(offset..<offset + 8, with: $0) }
            #expect(try opening(damaged) != nil, "\(value) at \(offset)")
        }
    }

    /// Every bit of the file takes part in a check, but for the zeros between header and slices.
    @Test("No flipped bit and no cut goes unnoticed, and none crashes")
    func flips() throws {
        var generator = SystemIndependentGenerator(state: 7)
        for _ in 0..<400 {
            var damaged = whole
            let place = Int(generator.next() % UInt64(whole.count))
            guard !(12..<16).contains(place), !(72..<4096).contains(place) else { continue }
            damaged[place] ^= UInt8(1) << UInt8(generator.next() % 8)
            #expect(try opening(damaged) != nil, "bit flipped in byte \(place)")
            let cut = Int(generator.next() % UInt64(whole.count))
            #expect(try opening(whole.prefix(cut)) != nil, "cut to \(cut) bytes")
        }
    }

    @Test("A damaged cache is an error and is not thrown away")
    func kept() throws {
        var pixel = whole
        pixel[4100] ^= 4
        try pixel.write(to: URL(fileURLWithPath: caches["cache"]))
        var settings = PreparationSettings()
        settings.side = 16
        let prepared = try PreparedArchive(scanning: archive.classFolders, settings: settings, jobs: 1)
        #expect(throws: CacheError.self) { _ = try prepared.cache(at: caches["cache"], jobs: 1) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: caches["cache"])) == pixel)
    }
}

/// Small and seeded, so that a failure repeats.
private struct SystemIndependentGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 17
    }
}
