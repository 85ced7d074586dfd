import DICOM
import Ingestion

/// A term of a coding scheme: value, scheme and meaning (PS3.3 8.8).
public struct CodedConcept: Hashable, Sendable {
    public var value: String
    public var scheme: String
    /// For people; at most 64 characters are written.
    public var meaning: String

    public init(_ value: String, _ scheme: String, _ meaning: String) {
        (self.value, self.scheme, self.meaning) = (value, scheme, meaning)
    }

    /// Of the Image Biomarker Standardisation Initiative.
    public static let ibsi = "IBSI"
    /// PyRadiomics' own names, for what IBSI has no code for.
    public static let pyradiomics = "99PYRADIOMICS"
    /// Terms that no scheme has.
    public static let weft = "99WEFT"

    /// Name and organisation of the schemes that PS3.16 table 8-1 does not explain to a reader, or that are private.
    static func about(_ scheme: String) -> (name: String, organisation: String)? {
        switch scheme {
        case ibsi: ("Image Biomarker Standardisation Initiative", "IBSI")
        case pyradiomics: ("Feature names of PyRadiomics 3.0.1", "PyRadiomics")
        case weft: ("Terms of weft", "weft")
        default: nil
        }
    }

    /// Fills one item of a code sequence. A value that is longer than 16 characters is a Long Code Value.
    public func put(into item: DICOMWriter.Item) throws {
        try item.put(value.utf8.count <= 16 ? .codeValue : .longCodeValue, value)
        try item.put(.codingSchemeDesignator, scheme)
        try item.put(.codeMeaning, String(meaning.prefix(64)))
    }
}

/// Terms of DICOM's own dictionary (PS3.16 annex D) and of SNOMED CT that the templates ask for.
extension CodedConcept {
    static func dcm(_ value: String, _ meaning: String) -> CodedConcept { CodedConcept(value, "DCM", meaning) }

    static let measurementReport = dcm("126000", "Imaging Measurement Report")
    static let language = dcm("121049", "Language of Content Item and Descendants")
    static let english = CodedConcept("en", "RFC5646", "English")
    static let observerType = dcm("121005", "Observer Type")
    static let device = dcm("121007", "Device")
    static let deviceUID = dcm("121012", "Device Observer UID")
    static let deviceName = dcm("121013", "Device Observer Name")
    static let deviceManufacturer = dcm("121014", "Device Observer Manufacturer")
    static let deviceModel = dcm("121015", "Device Observer Model Name")
    static let procedureReported = dcm("121058", "Procedure reported")
    static let imageLibrary = dcm("111028", "Image Library")
    static let imageLibraryGroup = dcm("126200", "Image Library Group")
    static let modality = dcm("121139", "Modality")
    static let imagingMeasurements = dcm("126010", "Imaging Measurements")
    static let measurementGroup = dcm("125007", "Measurement Group")
    static let trackingIdentifier = dcm("112039", "Tracking Identifier")
    static let trackingUID = dcm("112040", "Tracking Unique Identifier")
    static let referencedSegment = dcm("121191", "Referenced Segment")
    static let sourceSeries = dcm("121232", "Source series for segmentation")
    static let regionInSpace = dcm("130488", "Region in Space")
    static let regionIdentifier = dcm("130489", "Referenced Region of Interest Identifier")
    static let sourceOfMeasurement = dcm("121112", "Source of Measurement")
    static let algorithmName = dcm("111001", "Algorithm Name")
    static let algorithmVersion = dcm("111003", "Algorithm Version")
    static let algorithmParameters = dcm("111002", "Algorithm Parameters")
    static let comment = dcm("121106", "Comment")
    static let measurementMethod = CodedConcept("370129005", "SCT", "Measurement Method")

    /// The values of CID 29 that radiomics meets; nil for others.
    static func modality(_ modality: String) -> CodedConcept? {
        let meanings = [
            "CT": "Computed Tomography", "MR": "Magnetic Resonance", "PT": "Positron emission tomography",
            "NM": "Nuclear Medicine", "US": "Ultrasound", "MG": "Mammography", "CR": "Computed Radiography",
            "DX": "Digital Radiography", "XA": "X-Ray Angiography", "RF": "Radiofluoroscopy", "OT": "Other Modality",
        ]
        return meanings[modality].map { dcm(modality, $0) }
    }

    /// What was done to the patient (CID 100), as far as the modality says it.
    static func procedure(_ modality: String) -> CodedConcept {
        switch modality {
        case "CT": CodedConcept("25045-6", "LN", "CT unspecified body region")
        case "MR": CodedConcept("25056-3", "LN", "MRI unspecified body region")
        case "PT": CodedConcept("44136-0", "LN", "PET unspecified body region")
        case "NM": CodedConcept("49118-3", "LN", "NM unspecified body region")
        case "CR", "DX", "XA", "RF": CodedConcept("43468-8", "LN", "XR unspecified body region")
        default: CodedConcept("363679005", "SCT", "Imaging procedure")
        }
    }
}
