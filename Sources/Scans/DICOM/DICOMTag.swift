/// A data element's tag, named as in PS3.6.
public struct DICOMTag: Hashable, Sendable {
    /// 0xGGGGEEEE
    public let number: UInt32

    public init(_ number: UInt32) { self.number = number }

    /// Element `low` of the private block that starts at this tag (PS3.5 7.8.1).
    public func element(_ low: UInt8) -> DICOMTag { DICOMTag(number | UInt32(low)) }
}

// MARK: Patient, study, series, object

extension DICOMTag {
    public static let imageType = DICOMTag(0x0008_0008)
    public static let sopClassUID = DICOMTag(0x0008_0016)
    public static let sopInstanceUID = DICOMTag(0x0008_0018)
    public static let modality = DICOMTag(0x0008_0060)
    public static let manufacturer = DICOMTag(0x0008_0070)
    public static let studyDescription = DICOMTag(0x0008_1030)
    public static let seriesDescription = DICOMTag(0x0008_103E)
    public static let patientName = DICOMTag(0x0010_0010)
    public static let patientID = DICOMTag(0x0010_0020)
    public static let bodyPartExamined = DICOMTag(0x0018_0015)
    public static let studyInstanceUID = DICOMTag(0x0020_000D)
    public static let seriesInstanceUID = DICOMTag(0x0020_000E)
    public static let seriesNumber = DICOMTag(0x0020_0011)
    public static let instanceNumber = DICOMTag(0x0020_0013)
    public static let referencedSOPClassUID = DICOMTag(0x0008_1150)
    public static let referencedSOPInstanceUID = DICOMTag(0x0008_1155)
    public static let referencedFrameNumber = DICOMTag(0x0008_1160)
    public static let referencedSeriesSequence = DICOMTag(0x0008_1115)
    public static let referencedInstanceSequence = DICOMTag(0x0008_114A)
    public static let sourceImageSequence = DICOMTag(0x0008_2112)
    public static let derivationImageSequence = DICOMTag(0x0008_9124)
    public static let codeMeaning = DICOMTag(0x0008_0104)
    public static let directoryRecordSequence = DICOMTag(0x0004_1220)
    public static let referencedFileID = DICOMTag(0x0004_1500)
    public static let concatenationUID = DICOMTag(0x0020_9161)
    public static let inConcatenationNumber = DICOMTag(0x0020_9162)
    public static let inConcatenationTotalNumber = DICOMTag(0x0020_9163)
}

// MARK: Position in the patient

extension DICOMTag {
    public static let sliceThickness = DICOMTag(0x0018_0050)
    public static let spacingBetweenSlices = DICOMTag(0x0018_0088)
    public static let imagerPixelSpacing = DICOMTag(0x0018_1164)
    public static let imagePositionPatient = DICOMTag(0x0020_0032)
    public static let imageOrientationPatient = DICOMTag(0x0020_0037)
    public static let frameOfReferenceUID = DICOMTag(0x0020_0052)
    public static let pixelSpacing = DICOMTag(0x0028_0030)
    public static let sequenceOfUltrasoundRegions = DICOMTag(0x0018_6011)
    public static let physicalUnitsXDirection = DICOMTag(0x0018_6024)
    public static let physicalUnitsYDirection = DICOMTag(0x0018_6026)
    public static let physicalDeltaX = DICOMTag(0x0018_602C)
    public static let physicalDeltaY = DICOMTag(0x0018_602E)
}

// MARK: What tells volumes of one series apart

extension DICOMTag {
    public static let acquisitionDateTime = DICOMTag(0x0008_002A)
    public static let complexImageComponent = DICOMTag(0x0008_9208)
    public static let contrastBolusAgent = DICOMTag(0x0018_0010)
    public static let sequenceName = DICOMTag(0x0018_0024)
    public static let kilovoltage = DICOMTag(0x0018_0060)
    public static let repetitionTime = DICOMTag(0x0018_0080)
    public static let inversionTime = DICOMTag(0x0018_0082)
    public static let convolutionKernel = DICOMTag(0x0018_1210)
    public static let flipAngle = DICOMTag(0x0018_1314)
    public static let frameAcquisitionDateTime = DICOMTag(0x0018_9074)
    public static let inversionTimes = DICOMTag(0x0018_9079)
    public static let diffusionGradientDirectionSequence = DICOMTag(0x0018_9076)
    public static let velocityEncodingDirection = DICOMTag(0x0018_9090)
    public static let mrTimingSequence = DICOMTag(0x0018_9112)
    public static let mrModifierSequence = DICOMTag(0x0018_9115)
    public static let cardiacSynchronizationSequence = DICOMTag(0x0018_9118)
    public static let mrVelocityEncodingSequence = DICOMTag(0x0018_9197)
    public static let respiratorySynchronizationSequence = DICOMTag(0x0020_9253)
    public static let nominalPercentageOfCardiacPhase = DICOMTag(0x0020_9241)
    public static let nominalPercentageOfRespiratoryPhase = DICOMTag(0x0020_9245)
    public static let nominalCardiacTriggerDelayTime = DICOMTag(0x0020_9153)
    public static let temporalPositionTimeOffset = DICOMTag(0x0020_930D)
    public static let temporalPositionSequence = DICOMTag(0x0020_9310)
    public static let echoNumbers = DICOMTag(0x0018_0086)
    public static let echoTime = DICOMTag(0x0018_0081)
    public static let triggerTime = DICOMTag(0x0018_1060)
    public static let diffusionBValue = DICOMTag(0x0018_9087)
    public static let diffusionGradientOrientation = DICOMTag(0x0018_9089)
    public static let ctImageFrameTypeSequence = DICOMTag(0x0018_9329)
    public static let acquisitionNumber = DICOMTag(0x0020_0012)
    public static let temporalPositionIdentifier = DICOMTag(0x0020_0100)
    public static let acquisitionTime = DICOMTag(0x0008_0032)
    public static let stackID = DICOMTag(0x0020_9056)
    public static let temporalPositionIndex = DICOMTag(0x0020_9128)
    public static let effectiveEchoTime = DICOMTag(0x0018_9082)
    public static let frameType = DICOMTag(0x0008_9007)
}

// MARK: Functional groups (PS3.3 C.7.6.16)

extension DICOMTag {
    public static let sharedFunctionalGroupsSequence = DICOMTag(0x5200_9229)
    public static let perFrameFunctionalGroupsSequence = DICOMTag(0x5200_9230)
    public static let planePositionSequence = DICOMTag(0x0020_9113)
    public static let planeOrientationSequence = DICOMTag(0x0020_9116)
    public static let frameContentSequence = DICOMTag(0x0020_9111)
    public static let pixelMeasuresSequence = DICOMTag(0x0028_9110)
    public static let frameVOILUTSequence = DICOMTag(0x0028_9132)
    public static let pixelValueTransformationSequence = DICOMTag(0x0028_9145)
    public static let mrEchoSequence = DICOMTag(0x0018_9114)
    public static let mrDiffusionSequence = DICOMTag(0x0018_9117)
    public static let mrImageFrameTypeSequence = DICOMTag(0x0018_9226)
    public static let dimensionIndexValues = DICOMTag(0x0020_9157)
}

// MARK: Pixels

extension DICOMTag {
    public static let samplesPerPixel = DICOMTag(0x0028_0002)
    public static let photometricInterpretation = DICOMTag(0x0028_0004)
    public static let numberOfFrames = DICOMTag(0x0028_0008)
    public static let rows = DICOMTag(0x0028_0010)
    public static let columns = DICOMTag(0x0028_0011)
    public static let bitsAllocated = DICOMTag(0x0028_0100)
    public static let bitsStored = DICOMTag(0x0028_0101)
    public static let pixelRepresentation = DICOMTag(0x0028_0103)
    public static let pixelPaddingValue = DICOMTag(0x0028_0120)
    public static let rescaleIntercept = DICOMTag(0x0028_1052)
    public static let rescaleSlope = DICOMTag(0x0028_1053)
    public static let rescaleType = DICOMTag(0x0028_1054)
    public static let units = DICOMTag(0x0054_1001)
    public static let doseUnits = DICOMTag(0x3004_0002)
    public static let gridFrameOffsetVector = DICOMTag(0x3004_000C)
    public static let doseGridScaling = DICOMTag(0x3004_000E)
    public static let detectorInformationSequence = DICOMTag(0x0054_0022)
    public static let sliceVector = DICOMTag(0x0054_0080)
    public static let modalityLUTSequence = DICOMTag(0x0028_3000)
    public static let lutDescriptor = DICOMTag(0x0028_3002)
    public static let modalityLUTType = DICOMTag(0x0028_3004)
    public static let lutData = DICOMTag(0x0028_3006)
    public static let presentationLUTShape = DICOMTag(0x2050_0020)
    public static let redPaletteDescriptor = DICOMTag(0x0028_1101)
    public static let greenPaletteDescriptor = DICOMTag(0x0028_1102)
    public static let bluePaletteDescriptor = DICOMTag(0x0028_1103)
    public static let redPaletteData = DICOMTag(0x0028_1201)
    public static let greenPaletteData = DICOMTag(0x0028_1202)
    public static let bluePaletteData = DICOMTag(0x0028_1203)
    public static let pixelData = DICOMTag(0x7FE0_0010)
    public static let floatPixelData = DICOMTag(0x7FE0_0008)
    public static let doubleFloatPixelData = DICOMTag(0x7FE0_0009)
}

// MARK: PET: patient, dose and decay (PS3.3 C.8.9)

extension DICOMTag {
    public static let seriesDate = DICOMTag(0x0008_0021)
    public static let acquisitionDate = DICOMTag(0x0008_0022)
    public static let seriesTime = DICOMTag(0x0008_0031)
    public static let timezoneOffsetFromUTC = DICOMTag(0x0008_0201)
    public static let patientSex = DICOMTag(0x0010_0040)
    public static let patientSize = DICOMTag(0x0010_1020)
    public static let patientWeight = DICOMTag(0x0010_1030)
    public static let radiopharmaceuticalStartTime = DICOMTag(0x0018_1072)
    public static let radionuclideTotalDose = DICOMTag(0x0018_1074)
    public static let radionuclideHalfLife = DICOMTag(0x0018_1075)
    public static let radiopharmaceuticalStartDateTime = DICOMTag(0x0018_1078)
    public static let actualFrameDuration = DICOMTag(0x0018_1242)
    public static let correctedImage = DICOMTag(0x0028_0051)
    public static let radiopharmaceuticalInformationSequence = DICOMTag(0x0054_0016)
    public static let suvType = DICOMTag(0x0054_1006)
    public static let decayCorrection = DICOMTag(0x0054_1102)
    public static let frameReferenceTime = DICOMTag(0x0054_1300)
    /// Where "Philips PET Private Group" stands in most files.
    public static let philipsUptakeBlock = DICOMTag(0x7053_1000)
}

// MARK: RTSTRUCT (PS3.3 C.8.8.5, C.8.8.6) and SEG (C.8.20.2)

extension DICOMTag {
    public static let referencedFrameOfReferenceSequence = DICOMTag(0x3006_0010)
    public static let rtReferencedStudySequence = DICOMTag(0x3006_0012)
    public static let rtReferencedSeriesSequence = DICOMTag(0x3006_0014)
    public static let contourImageSequence = DICOMTag(0x3006_0016)
    public static let structureSetROISequence = DICOMTag(0x3006_0020)
    public static let roiNumber = DICOMTag(0x3006_0022)
    public static let referencedFrameOfReferenceUID = DICOMTag(0x3006_0024)
    public static let roiName = DICOMTag(0x3006_0026)
    public static let roiContourSequence = DICOMTag(0x3006_0039)
    public static let contourSequence = DICOMTag(0x3006_0040)
    public static let contourGeometricType = DICOMTag(0x3006_0042)
    public static let numberOfContourPoints = DICOMTag(0x3006_0046)
    public static let contourData = DICOMTag(0x3006_0050)
    public static let referencedROINumber = DICOMTag(0x3006_0084)
    public static let segmentationType = DICOMTag(0x0062_0001)
    public static let segmentSequence = DICOMTag(0x0062_0002)
    public static let segmentNumber = DICOMTag(0x0062_0004)
    public static let segmentLabel = DICOMTag(0x0062_0005)
    public static let segmentIdentificationSequence = DICOMTag(0x0062_000A)
    public static let referencedSegmentNumber = DICOMTag(0x0062_000B)
    public static let maximumFractionalValue = DICOMTag(0x0062_000E)
}
