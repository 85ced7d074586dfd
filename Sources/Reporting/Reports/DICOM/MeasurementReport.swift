import DICOM
import Imaging
import Ingestion
import Radiomics
import TextureCore

/// The features of one region, as a report needs them.
public struct MeasuredRegion: Sendable {
    public var image: ImageSource
    /// Nil: the whole image.
    public var mask: MaskSource?
    public var name: String
    public var label: Int
    /// The slices of the image that it spans, from 0.
    public var slices: Range<Int>
    public var unit: IntensityUnit
    public var discretisation: Discretisation?
    /// One a column of the settings.
    public var values: FeatureValues
    /// Whether something was made of the mask's region, which is then no longer a segment or contour of it.
    public var isMade = false

    public init(
        image: ImageSource, mask: MaskSource?, name: String, label: Int, slices: Range<Int>, unit: IntensityUnit,
        discretisation: Discretisation?, values: FeatureValues
    ) {
        (self.image, self.mask, self.name, self.label, self.slices) = (image, mask, name, label, slices)
        (self.unit, self.discretisation, self.values) = (unit, discretisation, values)
    }
}

/// The measurements of one series as a DICOM Structured Report: template TID 1500 "Measurement Report" (PS3.16), in a
/// Comprehensive 3D SR (PS3.3 A.35.13).
///
/// The same measurements give the same bytes: UIDs are made of the content, and date and time are the image's.
public struct MeasurementReport {
    /// Comprehensive 3D SR Storage
    public static let sopClass = "1.2.840.10008.5.1.4.1.1.88.34"

    public let tree: ContentItem
    public let sopInstanceUID: String
    private let objects: ImageObjects
    private let seriesUID: String
    private let studyUID: String
    private let version: String
    /// Regions that are not in it because they could not be computed.
    private let missing: Int

    /// - Parameters:
    ///   - regions: of one series, at least one; each gets a measurement group.
    ///   - missing: how many regions of the series could not be computed; the report is then marked as partial.
    ///   - version: of weft, the device that observed.
    /// - Throws: ``IngestionError`` when a header cannot be read again.
    public init(_ regions: [MeasuredRegion], missing: Int, settings: ExtractionSettings, version: String) throws {
        precondition(!regions.isEmpty, "a report without measurements")
        var images: [ImageObjects] = []
        var imageOfRegion: [Int] = []
        var known: [ImageSource.Slice?: Int] = [:]
        for region in regions {
            let key = region.image.slices.first
            if known[key] == nil {
                known[key] = images.count
                images.append(try ImageObjects(region.image))
            }
            imageOfRegion.append(known[key] ?? 0)
        }
        (objects, self.version, self.missing) = (images[0], version, missing)
        let identity = regions[0].image.identity
        studyUID = identity.studyUID
        seriesUID = ContentUID.of("weft measurement report series \(identity.studyUID) \(identity.seriesUID)")

        var concepts: [FeatureColumn: FeatureConcept] = [:]
        for column in regions.lazy.flatMap(\.values.columns) where concepts[column] == nil {
            concepts[column] = FeatureConcept(column, settings)
        }
        var masks: [String: InstanceReference] = [:]
        var groups: [ContentItem] = []
        for (region, image) in zip(regions, imageOfRegion) {
            if let mask = region.mask, !mask.format.isLabelImage, masks[mask.path] == nil {
                let file = try DICOMFile(path: mask.path)
                masks[mask.path] = InstanceReference(
                    sopClassUID: file.string(.sopClassUID) ?? "", sopInstanceUID: mask.sopInstanceUID,
                    studyUID: file.string(.studyInstanceUID) ?? "", seriesUID: file.string(.seriesInstanceUID) ?? "")
            }
            let reference = region.isMade ? nil : region.mask.flatMap { masks[$0.path] }
            groups.append(Self.group(region, images[image], reference, concepts))
        }
        let parameters = settings.yaml.split(separator: "\n").map {
            ContentItem(.hasConceptModifier, .algorithmParameters, .text(String($0)))
        }
        let algorithm = [
            ContentItem(.hasConceptModifier, .algorithmName, .text("weft")),
            ContentItem(.hasConceptModifier, .algorithmVersion, .text(version)),
        ]
        tree = ContentItem(
            nil, .measurementReport, .container(template: "1500"),
            [ContentItem(.hasConceptModifier, .language, .code(.english))] + Self.observer(version)
                + [
                    ContentItem(.hasConceptModifier, .procedureReported, .code(.procedure(identity.modality))),
                    Self.library(images),
                    ContentItem(
                        .contains, .imagingMeasurements, .container(template: nil), algorithm + parameters + groups),
                ])
        var content = "weft measurement report \(studyUID) \(identity.seriesUID) \(missing) "
        tree.describe(into: &content)
        sopInstanceUID = ContentUID.of(content)
    }

    // MARK: Content

    /// A program, no person (TID 1002, TID 1004).
    private static func observer(_ version: String) -> [ContentItem] {
        [
            ContentItem(.hasObservationContext, .observerType, .code(.device)),
            ContentItem(.hasObservationContext, .deviceUID, .uid(ContentUID.of("weft device \(version)"))),
            ContentItem(.hasObservationContext, .deviceName, .text("weft \(version)")),
            ContentItem(.hasObservationContext, .deviceManufacturer, .text("weft")),
            ContentItem(.hasObservationContext, .deviceModel, .text("weft extract")),
        ]
    }

    /// What was measured on (TID 1600): one group an image.
    private static func library(_ images: [ImageObjects]) -> ContentItem {
        let groups = images.map { image in
            let modality = CodedConcept.modality(image.modality).map {
                [ContentItem(.hasAcquisitionContext, .modality, .code($0))]
            }
            let entries = image.slices.map { ContentItem(.contains, nil, .image($0)) }
            return ContentItem(.contains, .imageLibraryGroup, .container(template: nil), (modality ?? []) + entries)
        }
        return ContentItem(.contains, .imageLibrary, .container(template: "1600"), groups)
    }

    /// TID 1411 for a segment or contour, which the report points to; TID 1501 for what is in no DICOM object.
    private static func group(
        _ region: MeasuredRegion, _ image: ImageObjects, _ mask: InstanceReference?,
        _ concepts: [FeatureColumn: FeatureConcept]
    ) -> ContentItem {
        let isWhole = region.mask == nil && !region.isMade
        let name = isWhole ? "Whole image" : region.name.isEmpty ? "ROI \(region.label)" : region.name
        let identity = region.image.identity
        let first = region.image.slices.first
        let tracking = [
            "weft region", identity.studyUID, identity.seriesUID, first?.sopInstanceUID ?? "", "\(first?.frame ?? 0)",
            mask?.sopInstanceUID ?? region.mask?.path.split(separator: "/").last.map(String.init) ?? "",
            "\(region.label)", region.name,
        ]
        var items = [
            ContentItem(.hasObservationContext, .trackingIdentifier, .text(name)),
            ContentItem(.hasObservationContext, .trackingUID, .uid(ContentUID.of(tracking.joined(separator: "\n")))),
        ]
        switch (region.mask?.format, mask) {
        case (.seg?, var reference?):
            reference.segment = region.label
            items.append(ContentItem(.contains, .referencedSegment, .image(reference)))
            let series = region.mask?.referencedSeriesUIDs ?? []
            let source = series.contains(identity.seriesUID) ? identity.seriesUID : series.first ?? identity.seriesUID
            items.append(ContentItem(.contains, .sourceSeries, .uid(source)))
        case (.rtstruct?, let reference?):
            // The template's relationship is HAS PROPERTIES, which readers refuse below COMPOSITE (DCMTK does).
            let number = ContentItem(.hasConceptModifier, .regionIdentifier, .text("\(region.label)"))
            items.append(ContentItem(.contains, .regionInSpace, .composite(reference), [number]))
        default: break
        }
        items += image.references(region.slices).map { ContentItem(.contains, .sourceOfMeasurement, .image($0)) }
        for value in region.values {
            guard let concept = concepts[value.column] else {
                preconditionFailure("\(value.column.name) is no column of the settings")
            }
            // The region's is that of the original; each response has bins of its own.
            let discretisation = value.column.isOfOriginal ? region.discretisation : nil
            let (qualifiers, intensity) = (
                concept.qualifiers(discretisation, region.unit), concept.unit(of: region.unit)
            )
            switch value.measure {
            case .value(let number):
                let unit = UnitOfMeasure.of(
                    value.column.definition.unit, intensity: intensity, lengths: region.image.lengths)
                items.append(ContentItem(.contains, concept.name, .number(number, unit), qualifiers))
            case .undefined(let reason):
                let comment = ContentItem(.hasProperties, .comment, .text(reason.rawValue))
                items.append(
                    ContentItem(.contains, concept.name, .noNumber(reason.qualifier), qualifiers + [comment]))
            }
        }
        return ContentItem(
            .contains, .measurementGroup, .container(template: mask == nil ? "1501" : "1411"), items)
    }

    // MARK: Writing

    /// - Throws: ``DICOMWritingError``, ``FileWritingError``
    public func write(to path: String) throws {
        let file = try DICOMWriter()
        let root = file.root
        try objects.putPatientAndStudy(into: root)
        try root.put(.studyInstanceUID, studyUID)
        try root.put(.sopClassUID, Self.sopClass)
        try root.put(.sopInstanceUID, sopInstanceUID)
        // SR Document Series (C.17.1)
        try root.put(.modality, "SR")
        try root.put(.seriesInstanceUID, seriesUID)
        try root.put(.seriesNumber, 9000 + max(0, min(99_999, objects.seriesNumber)))
        try root.put(.seriesDescription, "Texture features by weft")
        try root.putEmpty(.referencedPerformedProcedureStepSequence)
        // Enhanced General Equipment (C.7.5.2)
        try root.put(.manufacturer, "weft")
        try root.put(.manufacturerModelName, "weft extract")
        try root.put(.deviceSerialNumber, version)
        try root.put(.softwareVersions, version)
        // SR Document General (C.17.2)
        try root.put(.instanceNumber, 1)
        try root.put(.contentDate, objects.date)
        try root.put(.contentTime, objects.time)
        try root.put(.completionFlag, missing == 0 ? "COMPLETE" : "PARTIAL")
        if missing > 0 {
            try root.put(.completionFlagDescription, "\(missing) region(s) could not be computed")
        }
        try root.put(.verificationFlag, "UNVERIFIED")
        try root.putEmpty(.performedProcedureCodeSequence)
        for scheme in tree.schemes.sorted() {
            guard let about = CodedConcept.about(scheme) else { continue }
            try root.append(.codingSchemeIdentificationSequence) {
                try $0.put(.codingSchemeDesignator, scheme)
                try $0.put(.codingSchemeName, about.name)
                try $0.put(.codingSchemeResponsibleOrganization, about.organisation)
            }
        }
        try putEvidence(into: root)
        try tree.put(into: root)
        try file.write(to: path)
    }

    /// Every object that the tree points to, by study and series: those of the image's study are what was asked for, others
    /// lie beside it.
    private func putEvidence(into root: DICOMWriter.Item) throws {
        var studies: [String: [String: [String: String]]] = [:]
        for reference in tree.references {
            studies[reference.studyUID, default: [:]][reference.seriesUID, default: [:]][reference.sopInstanceUID] =
                reference.sopClassUID
        }
        for (study, series) in studies.sorted(by: { $0.key < $1.key }) {
            let sequence: DICOMTag =
                study == studyUID ? .currentRequestedProcedureEvidenceSequence : .pertinentOtherEvidenceSequence
            try root.append(sequence) { item in
                try item.put(.studyInstanceUID, study)
                for (uid, instances) in series.sorted(by: { $0.key < $1.key }) {
                    try item.append(.referencedSeriesSequence) { item in
                        try item.put(.seriesInstanceUID, uid)
                        for (instance, sopClass) in instances.sorted(by: { $0.key < $1.key }) {
                            try item.append(.referencedSOPSequence) {
                                try $0.put(.referencedSOPClassUID, sopClass)
                                try $0.put(.referencedSOPInstanceUID, instance)
                            }
                        }
                    }
                }
            }
        }
    }
}

extension UndefinedReason {
    /// Numeric Value Qualifier (CID 42).
    fileprivate var qualifier: CodedConcept {
        switch self {
        case .noVoxels, .noPairs, .oneGreyLevel, .oneIntensity, .oneVoxel, .oneSlice, .volumeIn3D, .noSuchIntensity,
            .noResponse:
            .dcm("114000", "Not a number")
        case .zeroMean, .zeroQuartileSum, .equalShares, .zeroIntensitySum, .noVolume:
            .dcm("114003", "Divide by zero")
        case .overflow: .dcm("114005", "Overflow")
        case .notConverged: .dcm("114008", "Calculation failure")
        case .notOneSlice, .regionTooLarge, .tooManyGreyLevels, .undiscretisable, .imageTooSmall,
            .filterAcrossSlices:
            .dcm("114007", "Measurement not attempted")
        }
    }
}
