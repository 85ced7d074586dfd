import DICOM
import Files
import Glibc
import Imaging
import Ingestion
import SeededRandom

/// A PET of the body of a ``LesionSeries``, on a grid of its own in the same frame of reference, with contours that were drawn on
/// the CT: what a PET/CT scanner leaves. The activity is chosen so that its SUV is known.
///
/// Stored values are Bq/ml. The patient weighs 75 kg and had so much F-18 an hour before the scan that 75 MBq are left when it
/// begins: SUV by body weight (PS3.3 C.8.9.1.1.3) is the stored value divided by 1000.
public struct UptakeSeries: Sendable {
    public let ct: LesionSeries
    public let geometry: Geometry
    /// Bq/ml, x fastest.
    public let activity: [UInt16]
    /// Voxels whose centre lies within the lesion's contour.
    public let lesion: Region

    /// Coarser than the CT within slices, with planes in common.
    static let spacing = SIMD3(3.0, 3.0, LesionSeries.spacing.z)
    static let activityOfOneSUV = 1000.0
    /// g
    static let weight = 75_000.0
    /// Of F-18, s.
    static let halfLife = 6586.2

    /// Mean and standard deviation in SUV.
    struct Tissue {
        var mean: Double
        var deviation: Double
        var noise: CorrelatedNoise

        static let outside = Tissue(mean: 0.02, deviation: 0.005, noise: .white)
        static let body = Tissue(mean: 1, deviation: 0.1, noise: CorrelatedNoise(weights: ([1, 1], [1, 1], [1])))
        static let rim = Tissue(
            mean: 6, deviation: 0.9, noise: CorrelatedNoise(weights: ([1, 2, 1], [1, 2, 1], [1])))
        static let core = Tissue(mean: 2, deviation: 0.2, noise: .white)
    }

    public init(seed: UInt64, size: Int, slices: Int) {
        let ct = LesionSeries(seed: seed, size: size, slices: slices, kind: .petCT)
        let factor = LesionSeries.spacing.x / Self.spacing.x
        let across = Int((Double(size) * factor).rounded(.up))
        let extent = SIMD3(across, across, slices)
        // Contours run along the borders of the CT's voxels: no centre of the PET lies on one.
        let aside = SIMD3(0.4, 0.4, 0)
        let geometry = Geometry(
            size: extent, spacing: Self.spacing,
            origin: SIMD3(-0.5, -0.5, -0.5) * SIMD3<Double>(extent &- 1) * Self.spacing + aside)
        func belongs(_ region: Region, _ x: Int, _ y: Int, _ z: Int) -> Bool {
            let index = ct.geometry.index(at: geometry.position(of: SIMD3(Double(x), Double(y), Double(z))))
            let voxel = SIMD3(Int(index.x.rounded()), Int(index.y.rounded()), Int(index.z.rounded()))
            let place = voxel &- region.box.lower
            guard all(place .>= 0), all(place .< region.box.size) else { return false }
            return region.voxels[region.box.offset(place.x, place.y, place.z)] != 0
        }
        var generator = SeededGenerator(seed: seed &+ 1)
        var activity = [UInt16](repeating: 0, count: extent.x * extent.y * extent.z)
        var inside = [UInt8](repeating: 0, count: activity.count)
        for (tissue, region) in [
            (Tissue.outside, nil), (.body, ct.body), (.rim, ct.lesion), (.core, ct.core),
        ] as [(Tissue, Region?)] {
            let noise = tissue.noise.field(size: extent, from: &generator)
            for z in 0..<extent.z {
                for y in 0..<extent.y {
                    for x in 0..<extent.x where region.map({ belongs($0, x, y, z) }) ?? true {
                        let offset = (z * extent.y + y) * extent.x + x
                        let uptake = (tissue.mean + tissue.deviation * noise[offset]) * Self.activityOfOneSUV
                        activity[offset] = UInt16(max(0, min(32767, uptake.rounded())))
                        if region?.name == ct.lesion.name { inside[offset] = 1 }
                    }
                }
            }
        }
        (self.ct, self.geometry, self.activity) = (ct, geometry, activity)
        lesion = Region(
            name: ct.lesion.name, label: ct.lesion.label, box: VoxelBox(lower: .zero, size: extent), voxels: inside
        ).cropped()
    }

    public var truth: PhantomTruth {
        var truth = ct.truth
        truth.kind = .petCT
        truth.about = """
            CT numbers in HU, and PET in Bq/ml on a coarser grid of the same frame of reference, with contours that were drawn on \
            the CT. 75 kg, F-18 injected an hour before the scan: SUV by body weight is Bq/ml divided by 1000.
            """
        truth.regions = truth.regions.compactMap { region in
            var region = region
            region.masks["seg.dcm"] = nil
            return region.masks.isEmpty ? nil : region
        }
        truth.regions.append(
            .init(
                of: lesion, in: activity.map { Int($0) }, size: geometry.size, image: "pet",
                masks: ["rtstruct.dcm": lesion.label], directions: [.x, .y, .z, .space]))
        return truth
    }

    // MARK: Files

    /// Writes `ct/*.dcm`, `pet/*.dcm` and `rtstruct.dcm` into a folder that exists.
    func write(to folder: String) throws -> PhantomTruth {
        try ct.writeSlices(to: "\(folder)/ct")
        try makeFolder(at: "\(folder)/pet")
        for z in 0..<geometry.size.z {
            let number = String(z + 1)
            let name = String(repeating: "0", count: max(0, 3 - number.count)) + number
            try petSlice(z).write(to: "\(folder)/pet/PT\(name).dcm")
        }
        try ct.structureSet().write(to: "\(folder)/rtstruct.dcm")
        return truth
    }

    /// Positron Emission Tomography Image Storage (PS3.3 A.21).
    private func petSlice(_ z: Int) throws -> DICOMWriter {
        let file = try DICOMWriter()
        let root = file.root
        let uids = ct.uids
        try ct.putCommon(
            root, sopClass: SOPClass.pet, instance: uids["pet slice \(z)"], modality: "PT", seriesUID: uids["pet"])
        try root.put(.imageType, "ORIGINAL\\PRIMARY")
        try root.put(.seriesNumber, 3)
        try root.put(.seriesDescription, "PET phantom, lesion of known uptake")
        try root.put(.seriesDate, LesionSeries.date)
        try root.put(.seriesTime, LesionSeries.time)
        try root.put(.acquisitionDate, LesionSeries.date)
        try root.put(.acquisitionTime, LesionSeries.time)
        try root.put(.patientWeight, Self.weight / 1000)
        try root.put(.bodyPartExamined, "ABDOMEN")
        try root.put(.patientPosition, "HFS")
        try root.put(.instanceNumber, z + 1)
        try ct.putPlane(root, z, of: geometry)
        try ct.putMatrix(root, size: geometry.size, bitsAllocated: 16, bitsStored: 16, representation: 1)
        try root.put(.rescaleIntercept, 0)
        try root.put(.rescaleSlope, 1)
        // PET series, isotope and image (PS3.3 C.8.9.1, C.8.9.2, C.8.9.4)
        try root.put(.seriesType, "STATIC\\IMAGE")
        try root.put(.units, "BQML")
        try root.put(.countsSource, "EMISSION")
        try root.put(.numberOfSlices, geometry.size.z)
        try root.put(.correctedImage, "DECY\\ATTN")
        try root.put(.decayCorrection, "START")
        try root.put(.frameReferenceTime, 0)
        try root.put(.actualFrameDuration, 120_000)
        try root.put(.imageIndex, z + 1)
        try root.append(.radiopharmaceuticalInformationSequence) {
            try $0.put(.radiopharmaceuticalStartTime, "110000")
            let left = Self.activityOfOneSUV * Self.weight
            // A whole number of Bq: one in a hundred million.
            try $0.put(.radionuclideTotalDose, (left * exp2(3600 / Self.halfLife)).rounded())
            try $0.put(.radionuclideHalfLife, Self.halfLife)
        }
        try root.put(.pixelData, words: Array(activity[z * area..<(z + 1) * area]))
        return file
    }

    private var area: Int { geometry.size.x * geometry.size.y }
}

extension DICOMTag {
    fileprivate static let acquisitionTime = DICOMTag(0x0008_0032)
    fileprivate static let seriesType = DICOMTag(0x0054_1000)
    fileprivate static let countsSource = DICOMTag(0x0054_1002)
    fileprivate static let numberOfSlices = DICOMTag(0x0054_0081)
    fileprivate static let imageIndex = DICOMTag(0x0054_1330)
}
