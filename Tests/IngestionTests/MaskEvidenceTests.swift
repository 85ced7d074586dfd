// Masks of the shared data against sources outside of weft: the IBSI phantom's NIfTI mask, PyRadiomics' own counts.
import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct MaskEvidenceTests {
    /// The consensus mask of the IBSI CT phantom, 125,256 voxels, voxel by voxel.
    @Test func phantomContoursGiveTheConsensusMask() throws {
        let phantom = SharedFiles.path("data/ibsi1/ct_phantom")
        let image = try MaskFiles.image(phantom + "/dicom/image")
        let source = try MaskFiles.mask(try #require(MaskFiles.files(phantom + "/dicom/mask").first))
        #expect(source.format == .rtstruct)
        #expect(source.entries == [.init(name: "GTV-1", label: 1)])
        #expect(source.referencedSeriesUIDs == [image.identity.seriesUID])
        #expect(masks(for: image, among: [source]).count == 1)

        let clock = ContinuousClock()
        var outcomes: [RegionOutcome] = []
        let time = try clock.measure { outcomes = try source.regions(on: image, matching: .all) }
        print("phantom: GTV-1 read and filled in \(time)")
        let region = try #require(outcomes.first?.region)
        #expect(outcomes.first?.findings == [])
        #expect(region.voxelCount == 125_256)
        #expect(region.box.size == [100, 99, 26])

        let (size, expected) = try niftiMask(phantom + "/nifti/mask/mask.nii.gz")
        #expect(size == image.geometry.size)
        let found = region.onGrid(size)
        let wrong = found.indices.filter { found[$0] != expected[$0] }
        #expect(wrong.isEmpty, "\(wrong.count) voxels differ, first \(wrong.prefix(5))")
    }

    /// The digital phantom's segmentation, one multi-frame file beside one multi-frame image: 74 voxels of grey levels that
    /// sum to 159 (mean 2.15, IBSI 1 table of intensity statistics).
    @Test func digitalPhantom() throws {
        let phantom = SharedFiles.path("data/ibsi1/digital_phantom")
        let archive = try Archive.scan([phantom + "/dicom"], jobs: 2)
        let image = try #require(archive.images.first)
        let source = try #require(masks(for: image, among: archive.masks).first)
        let region = try #require(try source.regions(on: image).first?.region)
        #expect(region.voxelCount == 74)
        let (size, expected) = try niftiMask(phantom + "/nifti/mask/mask.nii.gz")
        #expect(size == [5, 4, 4] && image.geometry.size == [5, 4, 4])
        // The DICOM files are coronal (their slices are the NIfTI's rows, theibsi/data_sets#2) and hold the frames backwards.
        let found = region.onGrid([5, 4, 4])
        for (z, y) in (0..<16).map({ ($0 / 4, $0 % 4) }) {
            let row = (z * 4 + y) * 5
            let twin = (y * 4 + z) * 5
            #expect(Array(found[row..<row + 5]) == Array(expected[twin..<twin + 5]), "slice \(z), row \(y)")
        }
        let values = try image.load().values(in: region.box)
        #expect(values.indices.reduce(0) { $0 + (region.voxels[$1] == 1 ? values[$1] : 0) } == 159)
    }

    /// Counts and bounding boxes as PyRadiomics 3.0.1 reports them for the same images and segmentations.
    @Test(arguments: ["brain1", "ibsict", "sts1ct"])
    func segmentsAgreeWithPyRadiomics(name: String) throws {
        struct Reference: Decodable {
            struct ROI: Decodable {
                var roi: String
                var roiVoxels: Int
                var roiBboxZyx: [[Int]]
                var sizeXyz: [Int]
                var roiMin: Double
                var roiMax: Double
            }
            struct Variant: Decodable { var features: [String: Double] }
            var roi: ROI
            var variants: [String: Variant]
        }
        let json = try Data(contentsOf: URL(fileURLWithPath: SharedFiles.path("reference/pyradiomics/\(name).json")))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let all = try decoder.decode(Reference.self, from: json)
        let features = try #require(all.variants["default"]).features
        let reference = all.roi
        let folder = SharedFiles.path("data/pyradiomics/\(name)")
        let image = try MaskFiles.image(folder + "/image")
        #expect(image.geometry.size == SIMD3(reference.sizeXyz[0], reference.sizeXyz[1], reference.sizeXyz[2]))

        let source = try MaskFiles.mask(folder + "/mask/seg.dcm")
        #expect(source.entries == [.init(name: reference.roi, label: 1)])
        let outcome = try #require(try source.regions(on: image, matching: .all).first)
        let region = try #require(outcome.region, "\(outcome)")
        #expect(outcome.findings == [])
        #expect(region.voxelCount == reference.roiVoxels)
        let (low, high) = (reference.roiBboxZyx[0], reference.roiBboxZyx[1])
        var lower = SIMD3(low[2], low[1], low[0])
        let size = SIMD3(high[2], high[1], high[0]) &- lower &+ 1
        // PyRadiomics read NRRD, whose slices run upwards. brain1's rows run backwards, so its normal points down, and
        // slices are counted along the normal.
        if image.geometry.direction.z.z < 0 { lower.z = image.geometry.size.z - lower.z - size.z }
        #expect(region.box == VoxelBox(lower: lower, size: size))

        // The grey values under the mask: a mask that were shifted by a voxel would show here.
        let values = try image.load().values(in: region.box)
        let inside = values.indices.filter { region.voxels[$0] == 1 }.map { values[$0] }
        #expect(inside.min() == reference.roiMin && inside.max() == reference.roiMax)
        // Sum of squares of integers, exact in double.
        #expect(inside.reduce(0) { $0 + $1 * $1 } == features["original_firstorder_Energy"])
    }

    /// The phantom's contours and its segmentation, which another program made, hold the same voxels.
    @Test func phantomContoursAndSegmentAgree() throws {
        let folder = SharedFiles.path("data/pyradiomics/ibsict")
        let phantom = SharedFiles.path("data/ibsi1/ct_phantom/dicom")
        let segment = try MaskFiles.mask(folder + "/mask/seg.dcm")
            .regions(on: MaskFiles.image(folder + "/image")).first?.region
        let contours = try MaskFiles.mask(try #require(MaskFiles.files(phantom + "/mask").first))
            .regions(on: MaskFiles.image(phantom + "/image")).first?.region
        #expect(segment?.box == contours?.box)
        #expect(segment?.voxels == contours?.voxels)
    }

    /// Ten patients, CT, PET and MR each with its own contours of one tumour.
    @Test func everyArchiveContourGivesARegion() throws {
        let archive = SharedFiles.path("data/archive")
        let patients = try FileManager.default.contentsOfDirectory(atPath: archive).filter { $0.hasPrefix("STS") }
            .sorted()
        #expect(patients.count == 10)
        let clock = ContinuousClock()
        for patient in patients {
            let series = ["CT", "MR_T1", "PET"].map { "\(archive)/\(patient)/\($0)" }
            let sources = try series.map { try MaskFiles.mask(try #require(MaskFiles.files($0 + "/mask").first)) }
            var volumes: [Double] = []
            for folder in series {
                let image = try MaskFiles.image(folder + "/image")
                // All three share a frame of reference; each must find its own.
                let found = masks(for: image, among: sources)
                #expect(found.map(\.path) == MaskFiles.files(folder + "/mask"))
                var outcomes: [RegionOutcome] = []
                let time = try clock.measure {
                    outcomes = try found.first?.regions(on: image, matching: .init(names: ["GTV_Mass*"])) ?? []
                }
                let outcome = try #require(outcomes.first)
                let region = try #require(outcome.region, "\(folder): \(outcome)")
                volumes.append(Double(region.voxelCount) * image.geometry.voxelVolume / 1000)
                print(
                    "\(patient) \(image.identity.modality) \(region.name): \(region.voxelCount) voxels in \(region.box.size), "
                        + "\(volumes.last ?? 0) ml, \(time), \(outcome.findings)"
                )
            }
            // One tumour, contoured once and carried over: the volumes agree although PET's voxels are 17 times as large.
            let spread = (volumes.max() ?? 0) / (volumes.min() ?? 0)
            #expect(spread < 1.05, "\(patient): \(volumes) ml")
        }
    }

    /// A mask that was drawn on a patient's CT lands on the PET of the same frame of reference, with a note.
    @Test func contoursOfTheSameFrameOfReference() throws {
        let patient = SharedFiles.path("data/archive/STS_002")
        let source = try MaskFiles.mask(patient + "/CT/mask/RS.dcm")
        let image = try MaskFiles.image(patient + "/PET/image")
        #expect(masks(for: image, among: [source]).count == 1)
        let outcome = try #require(try source.regions(on: image).first)
        #expect(outcome.region != nil, "\(outcome)")
        #expect(outcome.findings.contains { $0.contains("same frame of reference") }, "\(outcome.findings)")
    }

    @Test func otherFrameOfReferenceNamesBoth() throws {
        let segment = try MaskFiles.mask(SharedFiles.path("data/pyradiomics/brain1/mask/seg.dcm"))
        let contours = try MaskFiles.mask(SharedFiles.path("data/archive/STS_002/CT/mask/RS.dcm"))
        let image = try MaskFiles.image(SharedFiles.path("data/pyradiomics/sts1ct/image"))
        for source in [segment, contours] {
            #expect(masks(for: image, among: [source]).isEmpty)
            let reason = try #require(try source.regions(on: image).first?.reason)
            #expect(
                reason.contains(source.frameOfReferenceUIDs[0]) && reason.contains(image.identity.frameOfReferenceUID)
            )
        }
    }

    /// A structure set without preamble: a box of 400 x 300 mm on three planes 10 mm apart, and two isocentres, which are
    /// points. On voxels of 2 mm, edges on voxel centres: 200 x 150 x 3.
    @Test func structureSetOfTheFormatCollection() throws {
        let source = try MaskFiles.mask(SharedFiles.path("data/formats/rtstruct.dcm"))
        #expect(source.entries.map(\.name) == ["patient", "Isocenter 1", "Isocenter 2"])
        let grid = Geometry(size: [400, 400, 9], spacing: [2, 2, 10], origin: [-400, -400, -220])
        let image = ImageSource(format: .dicom, identity: ImageIdentity(), path: "", geometry: grid, slices: [])
        let outcomes = try source.regions(on: image)
        let region = try #require(outcomes[0].region)
        #expect(region.box == VoxelBox(lower: [100, 125, 2], size: [200, 150, 3]))
        #expect(region.voxelCount == 90_000)
        #expect(outcomes[0].findings == [])
        let reason = "none of the ROI's 1 contours encloses an area: 1 of type POINT, which encloses no area"
        #expect(outcomes[1].reason == reason && outcomes[2].reason == reason)
        #expect(try source.regions(on: image, matching: .init(names: ["Iso*"], labels: [3])).count == 1)
    }

    // MARK: NIfTI, as much as the phantom's mask needs

    private func niftiMask(_ path: String) throws -> (size: SIMD3<Int>, voxels: [UInt8]) {
        let gunzip = Process()
        gunzip.executableURL = URL(fileURLWithPath: "/bin/gzip")
        gunzip.arguments = ["-dc", path]
        let pipe = Pipe()
        gunzip.standardOutput = pipe
        try gunzip.run()
        let bytes = try #require(try pipe.fileHandleForReading.readToEnd())
        gunzip.waitUntilExit()
        func value<T: BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T {
            bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
        }
        let size = SIMD3(Int(value(42, Int16.self)), Int(value(44, Int16.self)), Int(value(46, Int16.self)))
        let (type, start) = (value(70, Int16.self), Int(value(108, Float.self)))
        // Its affine is in RAS+: -x and -y of DICOM's, so the order of voxels is DICOM's.
        let count = size.x * size.y * size.z
        let voxels: [UInt8] = try (0..<count).map { i in
            switch type {
            case 2: value(start + i, UInt8.self) == 0 ? 0 : 1
            case 4: value(start + 2 * i, Int16.self) == 0 ? 0 : 1
            case 16: value(start + 4 * i, Float.self) == 0 ? 0 : 1
            case 64: value(start + 8 * i, Double.self) == 0 ? 0 : 1
            default: throw NIfTIError.dataType(found: Int(type))
            }
        }
        return (size, voxels)
    }

    private enum NIfTIError: Error { case dataType(found: Int) }
}
