import DICOM

/// What the header of a PET slice says about dose, patient and decay (PS3.3 C.8.9.1, C.8.9.2, C.8.9.4), as it stands there.
/// Nil where it says nothing, or no number.
public struct UptakeHeader: Hashable, Sendable {
    // MARK: The same in the whole series

    /// Units (0054,1001)
    public var units: String?
    /// SUV Type (0054,1006)
    public var suvType: String?
    /// Decay Correction (0054,1102)
    public var decayCorrection: String?
    /// Corrected Image (0028,0051)
    public var correctedImage: [String] = []
    public var manufacturer: String?
    /// Patient's Sex (0010,0040), Size (0010,1020) in m, and Weight (0010,1030) in kg.
    public var sex: String?
    public var size: Double?
    public var weight: Double?
    /// Items of the Radiopharmaceutical Information Sequence (0054,0016); what follows is the first one's.
    public var radiopharmaceuticals = 0
    /// Radionuclide Total Dose (0018,1074), Bq.
    public var dose: Double?
    /// Radionuclide Half Life (0018,1075), s.
    public var halfLife: Double?
    /// Radiopharmaceutical Start Time (0018,1072) and DateTime (0018,1078).
    public var injectionTime: String?
    public var injectionDateTime: String?
    public var seriesDate: String?
    public var seriesTime: String?
    /// Timezone Offset From UTC (0008,0201)
    public var timezone: String?

    // MARK: Of the slice

    public var acquisitionDate: String?
    public var acquisitionTime: String?
    /// Frame Reference Time (0054,1300), ms after the moment to which decay is corrected.
    public var frameReferenceTime: Double?
    /// Actual Frame Duration (0018,1242), ms.
    public var frameDuration: Double?

    // MARK: Vendors' own

    /// Philips SUV Scale Factor (7053,xx00) "Philips PET Private Group"
    public var philipsUptakeFactor: Double?
    /// Philips Activity Concentration Scale Factor (7053,xx09), Bq/ml.
    public var philipsActivityFactor: Double?
    /// GE scan date and time (0009,xx0D) "GEMS_PETD_01"
    public var scanDateTimeGE: String?
    /// Siemens decay correction date and time (0071,xx22) "SIEMENS MED PT"
    public var decayDateTimeSiemens: String?

    public init() {}

    /// Without what differs between the slices of one series.
    var ofSeries: UptakeHeader {
        var header = self
        (header.acquisitionDate, header.acquisitionTime) = (nil, nil)
        (header.frameReferenceTime, header.frameDuration) = (nil, nil)
        (header.philipsUptakeFactor, header.philipsActivityFactor) = (nil, nil)
        (header.scanDateTimeGE, header.decayDateTimeSiemens) = (nil, nil)
        return header
    }
}

extension UptakeHeader {
    public init(_ file: DICOMFile) {
        let root = file.root
        (units, suvType) = (root.string(.units), root.string(.suvType))
        (decayCorrection, correctedImage) = (root.string(.decayCorrection), root.strings(.correctedImage))
        manufacturer = root.string(.manufacturer)
        (sex, size, weight) = (root.string(.patientSex), root.double(.patientSize), root.double(.patientWeight))
        let tracers = root.items(.radiopharmaceuticalInformationSequence)
        radiopharmaceuticals = tracers.count
        if let tracer = tracers.first {
            (dose, halfLife) = (tracer.double(.radionuclideTotalDose), tracer.double(.radionuclideHalfLife))
            injectionTime = tracer.string(.radiopharmaceuticalStartTime)
            injectionDateTime = tracer.string(.radiopharmaceuticalStartDateTime)
        }
        (seriesDate, seriesTime) = (root.string(.seriesDate), root.string(.seriesTime))
        timezone = root.string(.timezoneOffsetFromUTC)
        (acquisitionDate, acquisitionTime) = (root.string(.acquisitionDate), root.string(.acquisitionTime))
        (frameReferenceTime, frameDuration) = (root.double(.frameReferenceTime), root.double(.actualFrameDuration))
        if units == "CNTS" {
            // A file whose private creators were taken out keeps the numbers in the first block; no other vendor uses this
            // group.
            let block = root.privateBlock(0x7053, "Philips PET Private Group") ?? .philipsUptakeBlock
            philipsUptakeFactor = root.double(block)
            philipsActivityFactor = root.double(block.element(0x09))
        }
        scanDateTimeGE = root.privateBlock(0x0009, "GEMS_PETD_01").flatMap { root.string($0.element(0x0D)) }
        decayDateTimeSiemens = root.privateBlock(0x0071, "SIEMENS MED PT").flatMap { root.string($0.element(0x22)) }
    }
}
