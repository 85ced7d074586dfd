import DICOM
import Imaging
import Ingestion

extension LesionSeries {
    /// Segmentation (PS3.3 A.51), binary, one frame for each slice that a segment has voxels in.
    func segmentation() throws -> DICOMWriter {
        let file = try DICOMWriter()
        let root = file.root
        let segments = [
            Segment(region: lesion, type: Code("52988006", "SCT", "Lesion")),
            Segment(region: core, type: Code("6574001", "SCT", "Necrosis")),
        ]
        let frames = segments.flatMap { segment in
            (segment.region.box.lower.z..<segment.region.box.upper.z).map { Frame(segment: segment, z: $0) }
        }
        try putCommon(
            root, sopClass: SOPClass.segmentation, instance: uids["segmentation"], modality: "SEG",
            seriesUID: uids["segmentation series"])
        try root.put(.seriesNumber, 3)
        try root.put(.seriesDescription, "Segments")
        try root.put(.imageType, "DERIVED\\PRIMARY")
        try root.put(.instanceNumber, 1)
        try root.put(.contentDate, Self.date)
        try root.put(.contentTime, Self.time)
        try root.put(.contentLabel, "PHANTOM")
        try root.put(.contentDescription, "Lesion and its core, exactly as drawn")
        try root.put(.contentCreatorName, "Phantom^Weft")
        try root.put(.segmentationType, "BINARY")
        try root.put(.lossyImageCompression, "00")
        try putMatrix(root, size: geometry.size, bitsAllocated: 1, bitsStored: 1, representation: 0)
        try root.put(.numberOfFrames, frames.count)
        try putReferencedSeries(root)
        try putDimensions(root)
        for segment in segments { try put(segment, in: root) }
        try putSharedGroups(root)
        for frame in frames { try putGroups(of: frame, in: root) }
        try root.put(.pixelData, bytes: bits(of: frames))
        return file
    }

    private struct Segment {
        var region: Region
        var type: Code
    }

    private struct Frame {
        var segment: Segment
        var z: Int
    }

    /// A coded entry (PS3.3 table 8.8-1).
    private struct Code {
        var value: String
        var scheme: String
        var meaning: String

        init(_ value: String, _ scheme: String, _ meaning: String) {
            (self.value, self.scheme, self.meaning) = (value, scheme, meaning)
        }

        func put(_ item: DICOMWriter.Item, _ sequence: DICOMTag) throws {
            try item.append(sequence) {
                try $0.put(.codeValue, value)
                try $0.put(.codingSchemeDesignator, scheme)
                try $0.put(.codeMeaning, meaning)
            }
        }
    }

    private func putReferencedSeries(_ root: DICOMWriter.Item) throws {
        try root.append(.referencedSeriesSequence) {
            try $0.put(.seriesInstanceUID, uids.ctSeries)
            for z in lesion.box.lower.z..<lesion.box.upper.z {
                try putReference(to: z, in: $0, DICOMTag.referencedInstanceSequence)
            }
        }
    }

    /// Frames are indexed by segment, then by position.
    private func putDimensions(_ root: DICOMWriter.Item) throws {
        let organization = uids["dimensions"]
        try root.append(.dimensionOrganizationSequence) { try $0.put(DICOMTag.dimensionOrganizationUID, organization) }
        for (pointer, group, name) in [
            (DICOMTag.referencedSegmentNumber, DICOMTag.segmentIdentificationSequence, "Segment"),
            (DICOMTag.imagePositionPatient, DICOMTag.planePositionSequence, "Position"),
        ] {
            try root.append(.dimensionIndexSequence) {
                try $0.put(.dimensionOrganizationUID, organization)
                try $0.put(.dimensionIndexPointer, pointer.text)
                try $0.put(.functionalGroupPointer, group.text)
                try $0.put(.dimensionDescriptionLabel, name)
            }
        }
    }

    private func put(_ segment: Segment, in root: DICOMWriter.Item) throws {
        try root.append(.segmentSequence) {
            try $0.put(.segmentNumber, segment.region.label)
            try $0.put(.segmentLabel, segment.region.name)
            try $0.put(.segmentAlgorithmType, "AUTOMATIC")
            try $0.put(.segmentAlgorithmName, "weft phantom")
            try Code("49755003", "SCT", "Morphologically Abnormal Structure")
                .put($0, DICOMTag.segmentedPropertyCategoryCodeSequence)
            try segment.type.put($0, DICOMTag.segmentedPropertyTypeCodeSequence)
        }
    }

    private func putSharedGroups(_ root: DICOMWriter.Item) throws {
        try root.append(.sharedFunctionalGroupsSequence) {
            try $0.append(.pixelMeasuresSequence) {
                try $0.put(.pixelSpacing, [geometry.spacing.y, geometry.spacing.x])
                try $0.put(.sliceThickness, geometry.spacing.z)
                try $0.put(.spacingBetweenSlices, geometry.spacing.z)
            }
            try $0.append(.planeOrientationSequence) { try $0.put(DICOMTag.imageOrientationPatient, Self.orientation) }
        }
    }

    private func putGroups(of frame: Frame, in root: DICOMWriter.Item) throws {
        let position = geometry.position(of: [0, 0, Double(frame.z)])
        let number = frame.segment.region.label
        try root.append(.perFrameFunctionalGroupsSequence) {
            try $0.append(.derivationImageSequence) {
                try Code("113076", "DCM", "Segmentation").put($0, DICOMTag.derivationCodeSequence)
                try $0.append(.sourceImageSequence) {
                    try $0.put(.referencedSOPClassUID, SOPClass.ct)
                    try $0.put(.referencedSOPInstanceUID, uids.slice(frame.z))
                    try Code("121322", "DCM", "Source image for image processing operation")
                        .put($0, DICOMTag.purposeOfReferenceCodeSequence)
                }
            }
            try $0.append(.frameContentSequence) {
                // The core lies inside the lesion, so the lesion's slices number all positions.
                let index = [Double(number), Double(frame.z - lesion.box.lower.z + 1)]
                try $0.put(.dimensionIndexValues, index)
            }
            try $0.append(.planePositionSequence) {
                try $0.put(.imagePositionPatient, [position.x, position.y, position.z])
            }
            try $0.append(.segmentIdentificationSequence) { try $0.put(DICOMTag.referencedSegmentNumber, number) }
        }
    }

    /// One bit per voxel, the first in the lowest bit, frames without padding between them (PS3.5 8.1.1, 8.2).
    private func bits(of frames: [Frame]) -> [UInt8] {
        let pixels = geometry.size.x * geometry.size.y
        var packed = [UInt8](repeating: 0, count: (frames.count * pixels + 7) / 8)
        for (number, frame) in frames.enumerated() {
            let (region, box) = (frame.segment.region, frame.segment.region.box)
            for y in 0..<box.size.y {
                for x in 0..<box.size.x where region.voxels[box.offset(x, y, frame.z - box.lower.z)] == 1 {
                    let bit = number * pixels + (box.lower.y + y) * geometry.size.x + box.lower.x + x
                    packed[bit >> 3] |= 1 << UInt8(bit & 7)
                }
            }
        }
        return packed
    }
}
