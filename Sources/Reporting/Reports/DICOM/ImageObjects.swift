import DICOM
import Ingestion

/// The objects of the PACS that an image consists of, and what an object that is derived from it takes over: it belongs to
/// the same patient and study, so it says so in the same words.
public struct ImageObjects {
    /// One a file of the image, in the order of its slices; frames only where the file holds others, too.
    private(set) var slices: [InstanceReference] = []
    /// Which of ``slices`` holds slice k, and as which frame from 1.
    private var place: [(object: Int, frame: Int)] = []
    private let patient: [(DICOMTag, String)]
    private let deidentificationCodes: [CodedConcept]
    let bodyPart: String?
    let laterality: String?
    let modality: String
    let seriesNumber: Int
    let seriesDescription: String
    /// Date and time of the series, the only ones that are the same in every run.
    let date: String
    let time: String
    /// Of the pixels; nil for an image that never went through a lossy step.
    let lossyCompression: (ratio: String, method: String)?

    /// Reads the header of the first file again, for patient and study.
    /// - Throws: ``DICOMError`` for that file, ``IngestionError`` for a slice that no scan has seen.
    public init(_ image: ImageSource) throws {
        var known: [String: Int] = [:]
        var frameCounts: [Int] = []
        let first = try image.slices.first.map { try DICOMFile(path: $0.path) }
        for slice in image.slices {
            if known[slice.path] == nil {
                let object = try slice.object()
                known[slice.path] = slices.count
                slices.append(
                    InstanceReference(
                        sopClassUID: object.sopClassUID, sopInstanceUID: slice.sopInstanceUID,
                        studyUID: image.identity.studyUID, seriesUID: image.identity.seriesUID))
                frameCounts.append(object.frames)
            }
            let object = known[slice.path] ?? 0
            slices[object].frames.append(slice.frame + 1)
            place.append((object, slice.frame + 1))
        }
        for k in slices.indices where Set(slices[k].frames).count == frameCounts[k] { slices[k].frames = [] }
        let root = first?.root
        patient = Self.takenOver.compactMap { tag in root?.string(tag).map { (tag, $0) } }
        deidentificationCodes = (root?.items(.deidentificationMethodCodeSequence) ?? []).compactMap { item in
            guard let value = item.string(.codeValue), let scheme = item.string(.codingSchemeDesignator) else {
                return nil
            }
            return CodedConcept(value, scheme, item.string(.codeMeaning) ?? value)
        }
        (bodyPart, laterality) = (root?.string(.bodyPartExamined), root?.string(.laterality))
        modality = image.identity.modality
        seriesNumber = root?.integer(.seriesNumber) ?? 0
        seriesDescription = root?.string(.seriesDescription) ?? ""
        let moments: [(DICOMTag, DICOMTag)] = [
            (.seriesDate, .seriesTime), (.acquisitionDate, .acquisitionTime), (.contentDate, .contentTime),
            (.studyDate, .studyTime),
        ]
        let moment = moments.lazy.compactMap { date, time in
            root?.string(date).map { ($0, root?.string(time) ?? "000000") }
        }.first
        (date, time) = moment ?? ("19000101", "000000")
        lossyCompression =
            root?.string(.lossyImageCompression) == "01"
            ? (root?.string(.lossyImageCompressionRatio) ?? "", root?.string(.lossyImageCompressionMethod) ?? "") : nil
    }

    /// The part of the image that lies in these slices.
    func references(_ range: Range<Int>) -> [InstanceReference] {
        var frames: [Int: [Int]] = [:]
        for k in range.clamped(to: 0..<place.count) { frames[place[k].object, default: []].append(place[k].frame) }
        return frames.sorted { $0.key < $1.key }.map { object, inside in
            var reference = slices[object]
            let all = reference.frames.isEmpty ? place.count { $0.object == object } : reference.frames.count
            reference.frames = inside.count == all && reference.frames.isEmpty ? [] : inside
            return reference
        }
    }

    /// Patient and study (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2); elements of type 2 that the image lacks are empty.
    func putPatientAndStudy(into root: DICOMWriter.Item) throws {
        for tag in Self.wanted { try root.putEmpty(tag) }
        for (tag, text) in patient { try root.put(tag, text) }
        for code in deidentificationCodes { try root.append(.deidentificationMethodCodeSequence, code.put(into:)) }
    }

    private static let wanted: [DICOMTag] = [
        .patientName, .patientID, .patientBirthDate, .patientSex, .studyDate, .studyTime, .studyID, .accessionNumber,
        .referringPhysicianName,
    ]

    private static let takenOver =
        wanted + [
            .issuerOfPatientID, .patientAge, .patientSize, .patientWeight, .patientIdentityRemoved,
            .deidentificationMethod, .longitudinalTemporalInformationModified, .studyInstanceUID, .studyDescription,
            .timezoneOffsetFromUTC,
        ]
}
