import Radiomics
import TestSupport
import Testing
import TextureCore

extension ExtractionSettings {
    init(_ reference: PyRadiomicsReference.Settings) {
        self.init()
        convention = .pyradiomics
        if let count = reference.binCount { discretise = GreyLevelSetting(.count(count)) }
        if let width = reference.binWidth { discretise = GreyLevelSetting(.width(width)) }
        if let distances = reference.distances { texture.distances = distances }
        if reference.force2D == true { texture.pyradiomics.force2DDimension = 0 }
        if reference.symmetricalGLCM == false { texture.pyradiomics.symmetricalGLCM = .directed }
        if let norm = reference.weightingNorm {
            texture.pyradiomics.weightingNorm = PyRadiomicsTexture.Weighting(rawValue: norm) ?? .none
        }
    }
}

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct PyRadiomicsTests {
    /// The same of brain1 as PyRadiomics ships it: its own slice order, so that nothing is turned.
    @Test func equalsPyRadiomicsOnItsOwnNRRD() throws {
        let reference = try PyRadiomicsReference("brain1")
        let scan = try LoadedCase(["data/nrrd/brain1_image.nrrd", "data/nrrd/brain1_label.nrrd"])
        #expect(scan.region.voxelCount == reference.roi.voxels)
        #expect(scan.region.box.lower == SIMD3(reference.roi.boundingBox[0].reversed()))
        for (variant, expected) in reference.variants.sorted(by: { $0.key < $1.key }) {
            let values = try Extractor(ExtractionSettings(expected.settings)).values(of: scan.region, in: scan.volume)
            let (compared, failures) = PyRadiomicsReference.differences(
                expected.features, prefixes: ["original_"], relativeTolerance: 1e-9
            ) { values[$0] }
            print("brain1 from NRRD, \(variant): \(compared - failures.count) of \(compared) equal")
            #expect(compared >= 24 + 18)
            #expect(
                failures.isEmpty,
                "\(variant): \(failures.count) of \(compared) differ:\n\(failures.joined(separator: "\n"))")
        }
    }

    /// GLCM and first order at all eight settings, on the image + SEG cases.
    @Test(arguments: ["brain1", "sts1ct", "ibsict"])
    func equalsPyRadiomics(_ name: String) throws {
        let reference = try PyRadiomicsReference(name)
        var scan = try LoadedCase(["data/pyradiomics/\(name)"])
        #expect(scan.region.voxelCount == reference.roi.voxels)
        #expect(reference.variants.count == 8)
        // The reference of brain1 was made from an NRRD with the z axis the other way round than the normal of its slices
        // points, by which DICOM series are ordered; the box shows it. A directed GLCM is another matrix then (two of its
        // features change by up to 8 %), so the volume is turned before the comparison.
        if scan.region.box.lower.z != reference.roi.boundingBox[0][0] { scan.turnUpsideDown() }
        #expect(scan.region.box.lower == SIMD3(reference.roi.boundingBox[0].reversed()))
        for (variant, expected) in reference.variants.sorted(by: { $0.key < $1.key }) {
            let extractor = Extractor(ExtractionSettings(expected.settings))
            let values = try extractor.values(of: scan.region, in: scan.volume)
            let (compared, failures) = PyRadiomicsReference.differences(
                expected.features, prefixes: ["original_glcm_", "original_firstorder_"], relativeTolerance: 1e-9
            ) { values[$0] }
            #expect(compared == 24 + 18)
            #expect(
                failures.isEmpty,
                "\(variant): \(failures.count) of \(compared) differ:\n\(failures.joined(separator: "\n"))")
        }
    }
}
