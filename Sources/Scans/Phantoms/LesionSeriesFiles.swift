import DICOM
import Files
import Imaging
import Ingestion
import SeededRandom

/// The UIDs of one phantom, made of what the phantom is, so that they are the same each time and differ between phantoms.
struct PhantomUIDs {
    let series: LesionSeries

    subscript(name: String) -> String {
        let size = series.geometry.size
        return ContentUID.of(
            "weft phantom \(series.kind.rawValue) 1 \(series.seed) \(size.x) \(size.y) \(size.z) \(name)")
    }

    var study: String { self["study"] }
    var ctSeries: String { self["ct"] }
    var frameOfReference: String { self["frame of reference"] }

    func slice(_ z: Int) -> String { self["slice \(z)"] }
}

extension LesionSeries {
    var uids: PhantomUIDs { PhantomUIDs(series: self) }

    /// Writes `ct/*.dcm`, `rtstruct.dcm` and `seg.dcm` into a folder that exists. The names of the slices' files are in
    /// no order, as from many a PACS.
    func write(to folder: String) throws -> PhantomTruth {
        try writeSlices(to: "\(folder)/ct")
        try structureSet().write(to: "\(folder)/rtstruct.dcm")
        try segmentation().write(to: "\(folder)/seg.dcm")
        return truth
    }

    /// Into a folder that is made.
    func writeSlices(to folder: String) throws {
        try makeFolder(at: folder)
        var generator = SeededGenerator(seed: seed)
        let numbers = generator.permutation(geometry.size.z)
        for z in 0..<geometry.size.z {
            let number = String(numbers[z] + 1)
            let name = String(repeating: "0", count: max(0, 3 - number.count)) + number
            try ctSlice(z).write(to: "\(folder)/IM\(name).dcm")
        }
    }

    /// CT Image Storage (PS3.3 A.3).
    func ctSlice(_ z: Int) throws -> DICOMWriter {
        let file = try DICOMWriter()
        let root = file.root
        try putCommon(root, sopClass: SOPClass.ct, instance: uids.slice(z), modality: "CT", seriesUID: uids.ctSeries)
        try root.put(.imageType, "ORIGINAL\\PRIMARY\\AXIAL")
        try root.put(.seriesNumber, 1)
        try root.put(.seriesDescription, "CT phantom, lesion of known texture")
        // An unpaired part, so that no Laterality is wanted (PS3.3 C.7.3.1).
        try root.put(.bodyPartExamined, "ABDOMEN")
        try root.put(.patientPosition, "HFS")
        try root.put(.acquisitionNumber, 1)
        try root.put(.instanceNumber, z + 1)
        try root.put(.kvp, "")
        try putPlane(root, z, of: geometry)
        try putMatrix(root, size: geometry.size, bitsAllocated: 16, bitsStored: 16, representation: 1)
        try root.put(.rescaleIntercept, -1024)
        try root.put(.rescaleSlope, 1)
        try root.put(.rescaleType, "HU")
        try root.put(.windowCenter, 40)
        try root.put(.windowWidth, 400)
        let pixels = geometry.size.x * geometry.size.y
        let stored = hounsfield[z * pixels..<(z + 1) * pixels].map { UInt16(bitPattern: $0 + 1024) }
        try root.put(.pixelData, words: stored)
        return file
    }

    /// Image plane (PS3.3 C.7.6.2).
    func putPlane(_ root: DICOMWriter.Item, _ z: Int, of geometry: Geometry) throws {
        let position = geometry.position(of: [0, 0, Double(z)])
        try root.put(.imagePositionPatient, [position.x, position.y, position.z])
        try root.put(.imageOrientationPatient, Self.orientation)
        try root.put(.sliceLocation, position.z)
        try root.put(.sliceThickness, geometry.spacing.z)
        try root.put(.pixelSpacing, [geometry.spacing.y, geometry.spacing.x])
    }

    /// Direction cosines of row and column: Image Orientation (Patient), PS3.3 C.7.6.2.1.1.
    static let orientation = [1.0, 0, 0, 0, 1, 0]

    /// Patient, study, series, equipment and SOP common modules.
    func putCommon(
        _ root: DICOMWriter.Item, sopClass: String, instance: String, modality: String, seriesUID: String
    ) throws {
        try root.put(.sopClassUID, sopClass)
        try root.put(.sopInstanceUID, instance)
        try root.put(.patientName, "Phantom^Weft")
        try root.put(.patientID, "WEFT-PHANTOM")
        try root.put(.patientBirthDate, "")
        try root.put(.patientSex, "O")
        try root.put(.studyInstanceUID, uids.study)
        try root.put(.studyDate, Self.date)
        try root.put(.studyTime, Self.time)
        try root.put(.studyID, "1")
        try root.put(.studyDescription, "weft phantom \(kind.rawValue)")
        try root.put(.accessionNumber, "")
        try root.put(.referringPhysicianName, "")
        try root.put(.modality, modality)
        try root.put(.seriesInstanceUID, seriesUID)
        try root.put(.frameOfReferenceUID, uids.frameOfReference)
        try root.put(.positionReferenceIndicator, "")
        try root.put(.manufacturer, "weft")
        try root.put(.manufacturerModelName, "phantom")
        try root.put(.deviceSerialNumber, "1")
        try root.put(.softwareVersions, "1")
    }

    /// A phantom has no moment at which it was scanned; the same one is written each time.
    static let date = "20000101"
    static let time = "120000"

    /// Image pixel (PS3.3 C.7.6.3).
    func putMatrix(
        _ root: DICOMWriter.Item, size: SIMD3<Int>, bitsAllocated: Int, bitsStored: Int, representation: Int
    ) throws {
        try root.put(.samplesPerPixel, 1)
        try root.put(.photometricInterpretation, "MONOCHROME2")
        try root.put(.rows, size.y)
        try root.put(.columns, size.x)
        try root.put(.bitsAllocated, bitsAllocated)
        try root.put(.bitsStored, bitsStored)
        try root.put(.highBit, bitsStored - 1)
        try root.put(.pixelRepresentation, representation)
    }
}

enum SOPClass {
    static let ct = "1.2.840.10008.5.1.4.1.1.2"
    static let pet = "1.2.840.10008.5.1.4.1.1.128"
    static let structureSet = "1.2.840.10008.5.1.4.1.1.481.3"
    static let segmentation = "1.2.840.10008.5.1.4.1.1.66.4"
    /// Detached Study Management (retired), which RT structure sets still name as the class of the study.
    static let study = "1.2.840.10008.3.1.2.3.1"
}
