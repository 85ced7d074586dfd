import Imaging
import Ingestion

extension LesionSeries {
    /// RT Structure Set (PS3.3 A.19). Contours run along the borders of voxels, half a voxel from every centre, so that
    /// no rule of rasterisation can read them differently.
    func structureSet() throws -> DICOMWriter {
        let file = try DICOMWriter()
        let root = file.root
        try putCommon(
            root, sopClass: SOPClass.structureSet, instance: uids["structure set"], modality: "RTSTRUCT",
            seriesUID: uids["structure set series"])
        try root.put(Tag.seriesNumber, 2)
        try root.put(Tag.seriesDescription, "Contours")
        try root.put(Tag.operatorsName, "")
        try root.put(Tag.instanceNumber, 1)
        try root.put(Tag.structureSetLabel, "Phantom")
        try root.put(Tag.structureSetDate, Self.date)
        try root.put(Tag.structureSetTime, Self.time)
        try root.put(Tag.approvalStatus, "UNAPPROVED")
        try putReferencedFrame(root)
        let structures: [Structure] = [
            Structure(region: lesion, holes: nil, colour: [255, 0, 0], type: "GTV"),
            Structure(region: rim, holes: core, colour: [255, 200, 0], type: "GTV"),
            Structure(region: body, holes: nil, colour: [0, 160, 255], type: "EXTERNAL"),
        ]
        for structure in structures {
            try root.append(Tag.structureSetROISequence) {
                try $0.put(Tag.roiNumber, structure.region.label)
                try $0.put(Tag.referencedFrameOfReferenceUID, uids.frameOfReference)
                try $0.put(Tag.roiName, structure.region.name)
                try $0.put(Tag.roiGenerationAlgorithm, "AUTOMATIC")
            }
            try root.append(Tag.roiContourSequence) {
                try $0.put(Tag.roiDisplayColor, structure.colour)
                try $0.put(Tag.referencedROINumber, structure.region.label)
                try putContours(of: structure, in: $0)
            }
            try root.append(Tag.rtROIObservationsSequence) {
                try $0.put(Tag.observationNumber, structure.region.label)
                try $0.put(Tag.referencedROINumber, structure.region.label)
                try $0.put(Tag.rtROIInterpretedType, structure.type)
                try $0.put(Tag.roiInterpreter, "")
            }
        }
        return file
    }

    private struct Structure {
        var region: Region
        /// What is left out of the region's outline, as inner contours.
        var holes: Region?
        /// Red, green, blue, 0…255.
        var colour: [Double]
        var type: String
    }

    /// The images that the contours were drawn on.
    private func putReferencedFrame(_ root: DICOMWriter.Item) throws {
        try root.append(Tag.referencedFrameOfReferenceSequence) {
            try $0.put(Tag.frameOfReferenceUID, uids.frameOfReference)
            try $0.append(Tag.rtReferencedStudySequence) {
                try $0.put(Tag.referencedSOPClassUID, SOPClass.study)
                try $0.put(Tag.referencedSOPInstanceUID, uids.study)
                try $0.append(Tag.rtReferencedSeriesSequence) {
                    try $0.put(Tag.seriesInstanceUID, uids.ctSeries)
                    for z in 0..<geometry.size.z { try putReference(to: z, in: $0, Tag.contourImageSequence) }
                }
            }
        }
    }

    func putReference(to z: Int, in item: DICOMWriter.Item, _ sequence: UInt32) throws {
        try item.append(sequence) {
            try $0.put(Tag.referencedSOPClassUID, SOPClass.ct)
            try $0.put(Tag.referencedSOPInstanceUID, uids.slice(z))
        }
    }

    private func putContours(of structure: Structure, in item: DICOMWriter.Item) throws {
        for z in 0..<geometry.size.z {
            for region in [structure.region, structure.holes].compactMap({ $0 }) {
                let corners = region.outline(ofSlice: z)
                guard !corners.isEmpty else { continue }
                let points = corners.map { geometry.position(of: [$0.x, $0.y, Double(z)]) }
                try item.append(Tag.contourSequence) {
                    try putReference(to: z, in: $0, Tag.contourImageSequence)
                    try $0.put(Tag.contourGeometricType, "CLOSED_PLANAR")
                    try $0.put(Tag.numberOfContourPoints, points.count)
                    try $0.put(Tag.contourData, points.flatMap { [$0.x, $0.y, $0.z] })
                }
            }
        }
    }
}

extension Region {
    /// The outer border of a slice, along voxel edges in index space (corners at …, -0.5, 0.5, 1.5, …), as corners of one
    /// closed polygon; empty when the slice has no voxel. Inner borders are not followed: a hole is another region.
    ///
    /// Every row must be one run of voxels (apart from holes) that overlaps the run of the next row, as in any ellipse.
    func outline(ofSlice z: Int) -> [SIMD2<Double>] {
        guard (box.lower.z..<box.upper.z).contains(z) else { return [] }
        var left = [SIMD2<Double>]()
        var right = [SIMD2<Double>]()
        for y in 0..<box.size.y {
            let start = box.offset(0, y, z - box.lower.z)
            let row = voxels[start..<start + box.size.x]
            guard let first = row.firstIndex(of: 1), let last = row.lastIndex(of: 1) else { continue }
            let edges = (
                left: Double(box.lower.x + first - start) - 0.5, right: Double(box.lower.x + last - start) + 0.5
            )
            precondition(
                left.last.map { $0.x < edges.right } ?? true && right.last.map { $0.x > edges.left } ?? true,
                "rows \(y - 1) and \(y) of \(name) do not overlap")
            let top = Double(box.lower.y + y) - 0.5
            left += [SIMD2(edges.left, top), SIMD2(edges.left, top + 1)]
            right += [SIMD2(edges.right, top), SIMD2(edges.right, top + 1)]
        }
        return Self.withoutStraightCorners(right + left.reversed())
    }

    /// Leaves out the points that lie between their neighbours on one line, and repeated ones.
    private static func withoutStraightCorners(_ polygon: [SIMD2<Double>]) -> [SIMD2<Double>] {
        var corners = [SIMD2<Double>]()
        for point in polygon where corners.last != point {
            if corners.count >= 2 {
                let (a, b) = (corners[corners.count - 2], corners[corners.count - 1])
                if (a.x == b.x && b.x == point.x) || (a.y == b.y && b.y == point.y) { corners.removeLast() }
            }
            corners.append(point)
        }
        return corners
    }
}
