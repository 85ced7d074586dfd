import DICOM
import Imaging
import Ingestion
import Radiomics
import VolumeWriting

/// A map as a DICOM Parametric Map (PS3.3 A.75): one object, one frame per slice, 32-bit Float Pixel Data that are the feature's
/// values, in the image's frame of reference.
///
/// The same map gives the same bytes: UIDs are made of the content, and date and time are the image's.
public struct ParametricMap {
    /// Parametric Map Storage
    public static let sopClass = "1.2.840.10008.5.1.4.1.1.30"

    private let voxels: MapVoxels
    private let column: FeatureColumn
    private let concept: FeatureConcept
    private let unit: CodedConcept
    /// What the values were made with.
    private let definition: [ContentItem]
    private let objects: ImageObjects
    /// Frame of the map by frame of the image; nil when the map lies on another grid.
    private let firstSlice: Int?
    private let identity: ImageIdentity
    private let version: String
    private let number: Int
    public let sopInstanceUID: String

    /// - Parameters:
    ///   - number: Instance Number, from 1.
    ///   - intensity: of the image.
    /// - Throws: ``IngestionError`` when a header of the image cannot be read again.
    public init(
        _ map: FeatureMap, _ maps: FeatureMaps, _ voxels: MapVoxels, of image: ImageSource, number: Int,
        intensity: IntensityUnit, settings: FeatureMapSettings, version: String
    ) throws {
        (self.voxels, column, self.number, self.version, identity) = (
            voxels, map.column, number, version, image.identity
        )
        objects = try ImageObjects(image)
        concept = FeatureConcept(map.column, settings.extraction)
        let intensity = concept.unit(of: intensity)
        unit = UnitOfMeasure.of(map.column.definition.unit, intensity: intensity)
        let radius = ContentItem(
            .inferredFrom, CodedConcept("kernelRadius", CodedConcept.weft, "Radius of the kernel"),
            .number(Double(settings.kernelRadius), UnitOfMeasure.voxels))
        definition = concept.qualifiers(maps.discretisation, intensity) + [radius]
        let sameGrid = maps.image.grid == image.geometry
        firstSlice = sameGrid ? (voxels.grid.size == maps.image.grid.size ? 0 : maps.box.lower.z) : nil
        let values = voxels.values.withUnsafeBytes { Fingerprint(of: $0) }
        let parts = [
            "weft parametric map", identity.studyUID, identity.seriesUID, image.slices.first?.sopInstanceUID ?? "",
            "\(image.slices.first?.frame ?? 0)", map.column.name, settings.extraction.yaml, "\(settings.kernelRadius)",
            "\(settings.kernelVoxels)", "\(voxels.grid)", "\(voxels.box)", "\(voxels.background)", "\(values)", version,
            "\(number)",
        ]
        sopInstanceUID = ContentUID.of(parts.joined(separator: "\n"))
    }

    /// - Throws: ``DICOMWritingError``, ``FileWritingError``
    public func write(to path: String) throws {
        let file = try DICOMWriter()
        let root = file.root
        try objects.putPatientAndStudy(into: root)
        try putObject(into: root)
        try putImage(into: root)
        try root.append(.sharedFunctionalGroupsSequence, putShared)
        for frame in 0..<voxels.grid.size.z {
            try root.append(.perFrameFunctionalGroupsSequence) { try putFrame(frame, into: $0) }
        }
        try putReferences(into: root)
        var pixels: [Float] = []
        pixels.reserveCapacity(voxels.grid.voxelCount)
        for z in 0..<voxels.grid.size.z { pixels += voxels.slice(z) }
        try root.put(.floatPixelData, floats: pixels)
        try file.write(to: path)
    }

    /// Series, frame of reference, equipment, content and dimensions.
    private func putObject(into root: DICOMWriter.Item) throws {
        try root.put(.studyInstanceUID, identity.studyUID)
        try root.put(.sopClassUID, Self.sopClass)
        try root.put(.sopInstanceUID, sopInstanceUID)
        try root.put(.modality, identity.modality.isEmpty ? "OT" : identity.modality)
        try root.put(
            .seriesInstanceUID, ContentUID.of("weft parametric map series \(identity.studyUID) \(identity.seriesUID)"))
        try root.put(.seriesNumber, 9500 + max(0, min(99_999, objects.seriesNumber)))
        try root.put(.seriesDescription, "Texture maps by weft")
        try root.put(
            .frameOfReferenceUID,
            identity.frameOfReferenceUID.isEmpty
                ? ContentUID.of("weft frame of reference \(identity.seriesUID)") : identity.frameOfReferenceUID)
        try root.put(.positionReferenceIndicator, "")
        if let bodyPart = objects.bodyPart { try root.put(.bodyPartExamined, bodyPart) }
        // Of type 2C: empty where nothing says whether the part is one of a pair.
        if objects.laterality != nil || objects.bodyPart == nil { try root.put(.laterality, objects.laterality ?? "") }
        try root.put(.manufacturer, "weft")
        try root.put(.manufacturerModelName, "weft map")
        try root.put(.deviceSerialNumber, version)
        try root.put(.softwareVersions, version)
        try root.put(.instanceNumber, number)
        try root.put(.contentDate, objects.date)
        try root.put(.contentTime, objects.time)
        try root.put(.contentLabel, "TEXTURE_MAP")
        try root.put(.contentDescription, String(column.name.prefix(64)))
        try root.put(.contentCreatorName, "")
        try root.put(.contentQualification, "RESEARCH")
        try root.putEmpty(.acquisitionContextSequence)
        let dimension = ContentUID.of("weft dimension \(sopInstanceUID)")
        try root.append(.dimensionOrganizationSequence) { try $0.put(.dimensionOrganizationUID, dimension) }
        try root.put(.dimensionOrganizationType, "3D")
        try root.append(.dimensionIndexSequence) {
            try $0.put(.dimensionOrganizationUID, dimension)
            try $0.put(.dimensionIndexPointer, DICOMTag.imagePositionPatient.text)
            try $0.put(.functionalGroupPointer, DICOMTag.planePositionSequence.text)
            try $0.put(.dimensionDescriptionLabel, "Position of the slice")
        }
    }

    private static let imageType = "DERIVED\\PRIMARY\\VOLUME\\NONE"

    private func putImage(into root: DICOMWriter.Item) throws {
        try root.put(.imageType, Self.imageType)
        try root.put(.samplesPerPixel, 1)
        try root.put(.photometricInterpretation, "MONOCHROME2")
        try root.put(.numberOfFrames, voxels.grid.size.z)
        try root.put(.rows, voxels.grid.size.y)
        try root.put(.columns, voxels.grid.size.x)
        try root.put(.bitsAllocated, 32)
        try root.put(.burnedInAnnotation, "NO")
        try root.put(.recognizableVisualFeatures, "NO")
        try root.put(.presentationLUTShape, "IDENTITY")
        try root.put(.lossyImageCompression, objects.lossyCompression == nil ? "00" : "01")
        if let lossy = objects.lossyCompression {
            try root.put(.lossyImageCompressionRatio, lossy.ratio)
            try root.put(.lossyImageCompressionMethod, lossy.method)
        }
    }

    // MARK: Functional groups (C.7.6.16, C.8.32.3)

    private func putShared(_ item: DICOMWriter.Item) throws {
        let direction = voxels.grid.direction
        let spacing = voxels.grid.spacing
        try item.append(.pixelMeasuresSequence) {
            try $0.put(.pixelSpacing, [spacing.y, spacing.x])
            try $0.put(.sliceThickness, spacing.z)
            try $0.put(.spacingBetweenSlices, spacing.z)
        }
        try item.append(.planeOrientationSequence) {
            try $0.put(
                .imageOrientationPatient,
                [direction.x.x, direction.x.y, direction.x.z, direction.y.x, direction.y.y, direction.y.z])
        }
        try item.append(.parametricMapFrameTypeSequence) { try $0.put(.frameType, Self.imageType) }
        try item.append(.pixelValueTransformationSequence) {
            try $0.put(.rescaleIntercept, 0)
            try $0.put(.rescaleSlope, 1)
            try $0.put(.rescaleType, "US")
        }
        try item.append(.realWorldValueMappingSequence, putMeaning)
        if firstSlice == nil { try putSources(objects.slices, into: item) }
    }

    /// Stored values are the feature's own.
    private func putMeaning(_ item: DICOMWriter.Item) throws {
        let finite = voxels.values.filter(\.isFinite)
        try item.put(.lutExplanation, String(concept.name.meaning.prefix(64)))
        try item.put(.lutLabel, String(concept.name.value.prefix(16)))
        try item.put(.doubleFloatRealWorldValueFirstValueMapped, Double(finite.min() ?? 0))
        try item.put(.doubleFloatRealWorldValueLastValueMapped, Double(finite.max() ?? 0))
        try item.put(.realWorldValueIntercept, 0)
        try item.put(.realWorldValueSlope, 1)
        try item.append(.measurementUnitsCodeSequence, unit.put(into:))
        let quantity = ContentItem(nil, CodedConcept("246205007", "SCT", "Quantity"), .code(concept.name))
        for part in [quantity] + definition { try item.append(.quantityDefinitionSequence, part.putAsAttribute(into:)) }
    }

    private func putFrame(_ frame: Int, into item: DICOMWriter.Item) throws {
        let position = voxels.grid.position(of: SIMD3(0, 0, Double(frame)))
        try item.append(.frameContentSequence) { try $0.put(.dimensionIndexValues, frame + 1) }
        try item.append(.planePositionSequence) {
            try $0.put(.imagePositionPatient, [position.x, position.y, position.z])
        }
        if let slice = firstSlice.map({ $0 + frame }) {
            try putSources(objects.references(slice..<slice + 1), into: item)
        }
    }

    private func putSources(_ sources: [InstanceReference], into item: DICOMWriter.Item) throws {
        try item.append(.derivationImageSequence) { item in
            try item.append(.derivationCodeSequence, concept.name.put(into:))
            for source in sources {
                try item.append(.sourceImageSequence) {
                    try $0.put(.referencedSOPClassUID, source.sopClassUID)
                    try $0.put(.referencedSOPInstanceUID, source.sopInstanceUID)
                    if !source.frames.isEmpty { try $0.put(.referencedFrameNumber, source.frames.map(Double.init)) }
                    let purpose = CodedConcept.dcm("121322", "Source image for image processing operation")
                    try $0.append(.purposeOfReferenceCodeSequence, purpose.put(into:))
                }
            }
        }
    }

    /// Common Instance Reference (C.12.2)
    private func putReferences(into root: DICOMWriter.Item) throws {
        let range = firstSlice.map { $0..<$0 + voxels.grid.size.z }
        let sources = range.map(objects.references) ?? objects.slices
        try root.append(.referencedSeriesSequence) { item in
            try item.put(.seriesInstanceUID, identity.seriesUID)
            for source in sources {
                try item.append(.referencedInstanceSequence) {
                    try $0.put(.referencedSOPClassUID, source.sopClassUID)
                    try $0.put(.referencedSOPInstanceUID, source.sopInstanceUID)
                }
            }
        }
    }
}
