import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

/// Every NIfTI, NRRD and MetaImage file of the evidence is read as it is expected to be, or refused.
@Suite("volumes of the evidence", .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct VolumeEvidenceTests {
    /// What weft reads although `expected.json` would have a reader that knows one image a file refuse it: several volumes are
    /// several images, as in DICOM, and colours become luminance, as in PNG.
    static let readAllTheSame: Set<String> = [
        "hand/dim_4d_of_three.nii.gz", "nibabel/example4d.nii.gz", "nibabel/example_nifti2.nii.gz",
        "nibabel/functional.nii",
        "hand/type_rgb24.nii.gz", "hand/type_rgba32.nii.gz",
    ]
    /// Refused as masks of the image beside them, not as files.
    static let refusedAsMasks = ExpectedVolume.all.filter { $0.expect == "refuse" && $0.name.hasPrefix("labels/") }
    static let refused = ExpectedVolume.all.filter {
        $0.expect == "refuse" && !readAllTheSame.contains($0.name) && !$0.name.hasPrefix("labels/")
    }
    static let segmentations = ExpectedVolume.all.filter { !$0.segments.isEmpty }
    static let read = ExpectedVolume.all.filter { $0.expect != "refuse" && $0.segments.isEmpty }
    static let labelImages = read.filter { !$0.labels.isEmpty }

    @Test("the evidence is there")
    func complete() {
        #expect(ExpectedVolume.all.count == 252, "\(ExpectedVolume.all.count)")
        #expect(Self.refused.count > 50 && Self.read.count > 150 && Self.segmentations.count == 9)
    }

    /// The images of one file, whatever its name says of masks.
    private func images(_ path: String) throws -> [ImageSource] {
        let archive = try Archive.scan([path], jobs: 1)
        if let skipped = archive.skipped.first { throw IngestionError.unreadable(path: path, reason: skipped.reason) }
        if !archive.images.isEmpty { return archive.images }
        return try ImageSource.volumes(path: path)
    }

    @Test("a sound file gives the values and the place that it should, an odd one says what is odd", arguments: read)
    func values(_ expected: ExpectedVolume) throws {
        let image = try #require(try images(expected.path).first)
        let (volume, found) = try image.load(as: .stored)
        let geometry = volume.geometry
        let shape = expected.shape.prefix(3) + [1, 1, 1]
        if !expected.shape.isEmpty { #expect(geometry.size == SIMD3(shape[0], shape[1], shape[2])) }
        let values = volume.values(in: VoxelBox(lower: .zero, size: geometry.size))
        for (index, value) in expected.probe {
            let place = index.split(separator: ",").compactMap { Int($0) }
            let own = values[geometry.offset(place[0], place[1], place[2])]
            #expect(abs(own - value) <= 1e-9 * max(1, abs(value)), "\(index): \(own), expected \(value)")
        }
        if let mean = expected.numbers["mean"] {
            let own = values.reduce(0, +) / Double(values.count)
            let deviation = (values.reduce(0) { $0 + ($1 - own) * ($1 - own) } / Double(values.count)).squareRoot()
            let (low, high) = (values.min() ?? 0, values.max() ?? 0)
            let scale = max(1, abs(mean), deviation)
            let tolerance = scale > 1e15 ? 1e-4 : expected.name.contains("rounding") ? 1e-6 : 1e-9
            for (name, own) in [("mean", own), ("std", deviation), ("min", low), ("max", high)] {
                let wanted = try #require(expected.numbers[name])
                // Of 2^60 a double has 256 as its last digit; labels that are rounded are judged as whole numbers.
                #expect(
                    abs(own - wanted) <= tolerance * scale, "\(name): \(own), expected \(wanted)")
            }
        }
        for (name, own) in [("spacing", geometry.spacing), ("origin_lps", geometry.origin)] {
            guard let wanted = expected.vectors[name] else { continue }
            #expect(length(own - SIMD3(wanted[0], wanted[1], wanted[2])) <= 1e-4, "\(name): \(own), expected \(wanted)")
        }
        if let rows = expected.vectors["direction_lps"] {
            let axes = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
            for (axis, own) in axes.enumerated() {
                #expect(length(own - SIMD3(rows[axis], rows[3 + axis], rows[6 + axis])) <= 1e-5, "axis \(axis): \(own)")
            }
        }
        let odd = (image.findings + found).filter { $0.severity == .warning }
        if expected.expect == "read" {
            #expect(odd.isEmpty, "\(odd.map(\.text))")
        } else if expected.numbers["finite_mean"] == nil, expected.labels.isEmpty {
            #expect(!odd.isEmpty, "nothing was said of: \(expected.why)")
        }
        if let apart = expected.numbers["sform_qform_differ_mm"], apart > 0.01 {
            let told = odd.compactMap { $0.text.firstMatch(of: /up to ([0-9.]+) mm apart/) }.compactMap { Double($0.1) }
            #expect(told.contains { abs($0 - apart) < 1e-3 }, "\(odd.map(\.text)), expected \(apart) mm")
        }
    }

    @Test("a file that cannot be measured is refused when it is scanned or loaded", arguments: refused)
    func refusal(_ expected: ExpectedVolume) throws {
        var words: String?
        do {
            let images = try images(expected.path)
            words = images.flatMap(\.findings).first { $0.severity == .failure }?.text
            for image in images where words == nil { _ = try image.load() }
        } catch let error as IngestionError { words = error.reason }
        let reason = try #require(words, "was read, expected a refusal: \(expected.why)")
        #expect(reason.contains("expected") && (reason.contains(";") || reason.contains(":")), "\(reason)")
    }

    @Test("several volumes are several images, colours become luminance", arguments: readAllTheSame)
    func several(_ name: String) throws {
        let expected = try #require(ExpectedVolume.named(name))
        let images = try images(expected.path)
        if let count = expected.shape.count == 4 ? expected.shape[3] : nil {
            #expect(images.count == count)
            let whole = try images.flatMap { image in
                let volume = try image.load()
                return volume.values(in: VoxelBox(lower: .zero, size: volume.geometry.size))
            }
            let mean = expected.numbers["mean"] ?? whole.reduce(0, +) / Double(whole.count)
            #expect(abs(whole.reduce(0, +) / Double(whole.count) - mean) < 1e-9 * abs(mean))
        } else {
            #expect(
                images[0].findings.contains { $0.text.contains(images.count > 1 ? "volume 1 of the" : "luminance") })
            _ = try images[0].load()
        }
    }

    // MARK: Labels

    @Test("labels have their voxels and their names", arguments: labelImages)
    func labels(_ expected: ExpectedVolume) throws {
        let image = try #require(try ImageSource.volumes(path: expected.path).first)
        let mask = try MaskSource(labelVolume: expected.path)
        #expect(mask.entries.map(\.label) == expected.labels.keys.sorted())
        for outcome in try mask.regions(on: image) {
            guard case .region(let region, _) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            let wanted = try #require(expected.labels[region.label])
            #expect(region.voxelCount == wanted.voxels, "label \(region.label)")
            if mask.findings.allSatisfy({ $0.severity == .note }) { #expect(region.name == wanted.name ?? "") }
        }
        if expected.expect == "warn" { #expect(mask.findings.contains { $0.severity == .warning }, "\(expected.why)") }
    }

    @Test("means inside labels come out whatever the storage order of the mask", arguments: labelImages)
    func means(_ expected: ExpectedVolume) throws {
        let isOfTotalSegmentator = expected.name.hasPrefix("totalsegmentator/")
        guard expected.name.hasPrefix("labels/") || isOfTotalSegmentator else { return }
        let name = isOfTotalSegmentator ? "totalsegmentator/example_ct_sm.nii.gz" : "labels/image.nii.gz"
        let image = try #require(try ImageSource.volumes(path: SharedFiles.path("data/nifti/\(name)")).first)
        let means = isOfTotalSegmentator ? expected.means : ExpectedVolume.named(name)?.means ?? [:]
        let volume = try image.load()
        for outcome in try MaskSource(labelVolume: expected.path).regions(on: image) {
            guard case .region(let region, _) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            let number = region.label > 1000 ? region.label - 1000 : region.label
            guard let wanted = means[number] else { continue }
            let own = Self.statistics(of: volume, in: region)[0]
            #expect(abs(own - wanted) < 1e-9 * max(1, abs(wanted)), "label \(region.label): \(own), expected \(wanted)")
        }
    }

    @Test("a mask on another grid, or of no labels, is refused with its reason", arguments: refusedAsMasks)
    func refusedMask(_ expected: ExpectedVolume) throws {
        let image = try #require(
            try ImageSource.volumes(path: SharedFiles.path("data/nifti/labels/image.nii.gz")).first)
        do {
            let mask = try MaskSource(labelVolume: expected.path)
            guard !mask.entries.isEmpty else {
                #expect(mask.findings.contains { $0.text == "the mask holds only 0" })
                return
            }
            for outcome in try mask.regions(on: image) {
                guard case .failed(_, let reason) = outcome else {
                    Issue.record("\(outcome), expected a refusal: \(expected.why)")
                    continue
                }
                #expect(reason.contains("What to do"), "\(reason)")
            }
        } catch { #expect(error.reason.contains("expected"), "\(error.reason)") }
    }

    @Test("3D Slicer's segments have their voxels on the image, however they are stored", arguments: segmentations)
    func segments(_ expected: ExpectedVolume) throws {
        let image = try #require(try ImageSource.volumes(path: SharedFiles.path("data/nrrd/slicer/image.nrrd")).first)
        let volume = try image.load()
        let mask = try MaskSource(labelVolume: expected.path)
        var found: [(name: String, region: Region)] = []
        for outcome in try mask.regions(on: image) {
            if case .region(let region, _) = outcome { found.append((region.name, region)) }
        }
        #expect(found.count == expected.segments.count)
        #expect(Set(mask.entries).count == mask.entries.count, "two rows that cannot be told apart")
        for segment in expected.segments {
            let region = try #require(
                found.first { $0.name == segment.name && $0.region.voxelCount == segment.voxels }?.region,
                "\(segment.name)")
            let own = Self.statistics(of: volume, in: region)
            for (a, b) in zip(own, segment.values) { #expect(abs(a - b) < 1e-9 * max(1, abs(b)), "\(segment.name)") }
        }
    }

    /// Mean, minimum and maximum.
    private static func statistics(of volume: Volume, in region: Region) -> [Double] {
        let values = zip(volume.values(in: region.box), region.voxels).filter { $0.1 != 0 }.map(\.0)
        return [values.reduce(0, +) / Double(values.count), values.min() ?? 0, values.max() ?? 0]
    }

    // MARK: The same scans as DICOM

    @Test(
        "STS: voxels, grid and masks of NIfTI and NRRD are those of DICOM",
        arguments: ["STS_002", "STS_003"], ["CT", "MR_T1", "PET"])
    func asDICOM(patient: String, modality: String) throws {
        let dicom = try #require(
            try Archive.scan([SharedFiles.path("data/archive/\(patient)/\(modality)/image")], jobs: 2).images.first)
        let unit: ImageUnit = modality == "PET" ? .bodyWeight : .stored
        let (own, _) = try dicom.load(as: unit)
        let whole = VoxelBox(lower: .zero, size: own.geometry.size)
        let values = own.values(in: whole)
        var paths = [SharedFiles.path("data/nifti/\(patient)/\(modality)_image.nii.gz")]
        if patient == "STS_002", modality != "CT" {
            paths.append(SharedFiles.path("data/nrrd/STS_002_\(modality)_image.nrrd"))
        }
        for path in paths {
            let image = try #require(try ImageSource.volumes(path: path).first)
            let volume = try image.load()
            let mask = try MaskSource(labelVolume: path.replacing("_image.", with: "_mask."))
            let onBoth = try [image, dicom].map { target -> Region in
                guard case .region(let region, _)? = try mask.regions(on: target).first else { throw Missing() }
                return region
            }
            // By position both are the same voxels, in whatever order a file has them.
            let placement = try SamePlace(volume.geometry, in: own.geometry)
            var worst = 0.0
            for (k, value) in volume.values(in: VoxelBox(lower: .zero, size: volume.geometry.size)).enumerated() {
                worst = max(worst, abs(value - values[placement.offset(k)]))
            }
            #expect(worst <= (modality == "PET" ? 2e-6 : 0), "\(path): \(worst)")
            #expect(onBoth[0].voxelCount == onBoth[1].voxelCount && onBoth[0].voxelCount > 100)
            let means = zip(onBoth, [volume, own]).map { Self.statistics(of: $1, in: $0)[0] }
            #expect(abs(means[0] - means[1]) < 2e-6, "\(means)")
        }
    }

    private struct Missing: Error {}

    /// Offsets of the voxels of one grid in another one that lies on it.
    private struct SamePlace {
        let size: SIMD3<Int>
        let first: SIMD3<Int>
        let steps: [SIMD3<Int>]
        let other: Geometry

        init(_ own: Geometry, in other: Geometry) throws {
            func index(_ voxel: SIMD3<Double>) -> SIMD3<Int> {
                SIMD3<Int>(other.index(at: own.position(of: voxel)).rounded(.toNearestOrEven))
            }
            (size, self.other, first) = (own.size, other, index(.zero))
            let start = first
            steps = [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)].map { index($0) &- start }
        }

        func offset(_ k: Int) -> Int {
            let (x, y, z) = (k % size.x, k / size.x % size.y, k / (size.x * size.y))
            let voxel = first &+ steps[0] &* x &+ steps[1] &* y &+ steps[2] &* z
            return other.offset(voxel.x, voxel.y, voxel.z)
        }
    }
}

extension ImageSource {
    /// The volumes of a file, whatever its name says of masks.
    static func volumes(path: String) throws -> [ImageSource] {
        let found = try Archive.scan([path], jobs: 1).images
        guard found.isEmpty else { return found }
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("weft-volume-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        let name = URL(fileURLWithPath: path).lastPathComponent
        let suffix = name.hasSuffix(".nii.gz") ? ".nii.gz" : ".\(name.split(separator: ".").last ?? "")"
        let link = copy.appendingPathComponent("volume\(suffix)").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        // A header has its voxels in a file beside it.
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        let stem = name.prefix { $0 != "." }
        for other in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where other != name && other.hasPrefix(stem) {
            try FileManager.default.createSymbolicLink(
                atPath: copy.appendingPathComponent(other).path,
                withDestinationPath: folder.appendingPathComponent(other).path)
        }
        return try Archive.scan([link], jobs: 1).images
    }
}
