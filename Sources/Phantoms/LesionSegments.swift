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
        try root.put(Tag.seriesNumber, 3)
        try root.put(Tag.seriesDescription, "Segments")
        try root.put(Tag.imageType, "DERIVED\\PRIMARY")
        try root.put(Tag.instanceNumber, 1)
        try root.put(Tag.contentDate, Self.date)
        try root.put(Tag.contentTime, Self.time)
        try root.put(Tag.contentLabel, "PHANTOM")
        try root.put(Tag.contentDescription, "Lesion and its core, exactly as drawn")
        try root.put(Tag.contentCreatorName, "weft")
        try root.put(Tag.segmentationType, "BINARY")
        try root.put(Tag.lossyImageCompression, "00")
        try putMatrix(root, bitsAllocated: 1, bitsStored: 1, representation: 0)
        try root.put(Tag.numberOfFrames, frames.count)
        try putReferencedSeries(root)
        try putDimensions(root)
        for segment in segments { try put(segment, in: root) }
        try putSharedGroups(root)
        for frame in frames { try putGroups(of: frame, in: root) }
        try root.put(Tag.pixelData, bytes: bits(of: frames))
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

        func put(_ item: DICOMWriter.Item, _ sequence: UInt32) throws {
            try item.append(sequence) {
                try $0.put(Tag.codeValue, value)
                try $0.put(Tag.codingSchemeDesignator, scheme)
                try $0.put(Tag.codeMeaning, meaning)
            }
        }
    }

    private func putReferencedSeries(_ root: DICOMWriter.Item) throws {
        try root.append(Tag.referencedSeriesSequence) {
            try $0.put(Tag.seriesInstanceUID, uids.ctSeries)
            for z in lesion.box.lower.z..<lesion.box.upper.z {
                try putReference(to: z, in: $0, Tag.referencedInstanceSequence)
            }
        }
    }

    /// Frames are indexed by segment, then by position.
    private func putDimensions(_ root: DICOMWriter.Item) throws {
        let organization = uids["dimensions"]
        try root.append(Tag.dimensionOrganizationSequence) { try $0.put(Tag.dimensionOrganizationUID, organization) }
        for (pointer, group, name) in [
            (Tag.referencedSegmentNumber, Tag.segmentIdentificationSequence, "Segment"),
            (Tag.imagePosition, Tag.planePositionSequence, "Position"),
        ] {
            try root.append(Tag.dimensionIndexSequence) {
                try $0.put(Tag.dimensionOrganizationUID, organization)
                try $0.put(Tag.dimensionIndexPointer, Tag.asText(pointer))
                try $0.put(Tag.functionalGroupPointer, Tag.asText(group))
                try $0.put(Tag.dimensionDescriptionLabel, name)
            }
        }
    }

    private func put(_ segment: Segment, in root: DICOMWriter.Item) throws {
        try root.append(Tag.segmentSequence) {
            try $0.put(Tag.segmentNumber, segment.region.label)
            try $0.put(Tag.segmentLabel, segment.region.name)
            try $0.put(Tag.segmentAlgorithmType, "AUTOMATIC")
            try $0.put(Tag.segmentAlgorithmName, "weft phantom")
            try Code("49755003", "SCT", "Morphologically Abnormal Structure")
                .put($0, Tag.segmentedPropertyCategoryCodeSequence)
            try segment.type.put($0, Tag.segmentedPropertyTypeCodeSequence)
        }
    }

    private func putSharedGroups(_ root: DICOMWriter.Item) throws {
        try root.append(Tag.sharedFunctionalGroupsSequence) {
            try $0.append(Tag.pixelMeasuresSequence) {
                try $0.put(Tag.pixelSpacing, [geometry.spacing.y, geometry.spacing.x])
                try $0.put(Tag.sliceThickness, geometry.spacing.z)
                try $0.put(Tag.spacingBetweenSlices, geometry.spacing.z)
            }
            try $0.append(Tag.planeOrientationSequence) { try $0.put(Tag.imageOrientation, Self.orientation) }
        }
    }

    private func putGroups(of frame: Frame, in root: DICOMWriter.Item) throws {
        let position = geometry.position(of: [0, 0, Double(frame.z)])
        let number = frame.segment.region.label
        try root.append(Tag.perFrameFunctionalGroupsSequence) {
            try $0.append(Tag.derivationImageSequence) {
                try Code("113076", "DCM", "Segmentation").put($0, Tag.derivationCodeSequence)
                try $0.append(Tag.sourceImageSequence) {
                    try $0.put(Tag.referencedSOPClassUID, SOPClass.ct)
                    try $0.put(Tag.referencedSOPInstanceUID, uids.slice(frame.z))
                    try Code("121322", "DCM", "Source image for image processing operation")
                        .put($0, Tag.purposeOfReferenceCodeSequence)
                }
            }
            try $0.append(Tag.frameContentSequence) {
                // The core lies inside the lesion, so the lesion's slices number all positions.
                let index = [Double(number), Double(frame.z - lesion.box.lower.z + 1)]
                try $0.put(Tag.dimensionIndexValues, index)
            }
            try $0.append(Tag.planePositionSequence) {
                try $0.put(Tag.imagePosition, [position.x, position.y, position.z])
            }
            try $0.append(Tag.segmentIdentificationSequence) { try $0.put(Tag.referencedSegmentNumber, number) }
        }
    }

    /// One bit a voxel, the first in the lowest bit, frames without padding between them (PS3.5 8.1.1, 8.2).
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
