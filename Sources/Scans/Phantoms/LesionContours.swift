import DICOM
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
        try root.put(.seriesNumber, 2)
        try root.put(.seriesDescription, "Contours")
        try root.put(.operatorsName, "")
        try root.put(.instanceNumber, 1)
        try root.put(.structureSetLabel, "Phantom")
        try root.put(.structureSetDate, Self.date)
        try root.put(.structureSetTime, Self.time)
        try root.put(.approvalStatus, "UNAPPROVED")
        try putReferencedFrame(root)
        let structures: [Structure] = [
            Structure(region: lesion, holes: nil, colour: [255, 0, 0], type: "GTV"),
            Structure(region: rim, holes: core, colour: [255, 200, 0], type: "GTV"),
            Structure(region: body, holes: nil, colour: [0, 160, 255], type: "EXTERNAL"),
        ]
        for structure in structures {
            try root.append(.structureSetROISequence) {
                try $0.put(.roiNumber, structure.region.label)
                try $0.put(.referencedFrameOfReferenceUID, uids.frameOfReference)
                try $0.put(.roiName, structure.region.name)
                try $0.put(.roiGenerationAlgorithm, "AUTOMATIC")
            }
            try root.append(.roiContourSequence) {
                try $0.put(.roiDisplayColor, structure.colour)
                try $0.put(.referencedROINumber, structure.region.label)
                try putContours(of: structure, in: $0)
            }
            try root.append(.rtROIObservationsSequence) {
                try $0.put(.observationNumber, structure.region.label)
                try $0.put(.referencedROINumber, structure.region.label)
                try $0.put(.rtROIInterpretedType, structure.type)
                try $0.put(.roiInterpreter, "")
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
        try root.append(.referencedFrameOfReferenceSequence) {
            try $0.put(.frameOfReferenceUID, uids.frameOfReference)
            try $0.append(.rtReferencedStudySequence) {
                try $0.put(.referencedSOPClassUID, SOPClass.study)
                try $0.put(.referencedSOPInstanceUID, uids.study)
                try $0.append(.rtReferencedSeriesSequence) {
                    try $0.put(.seriesInstanceUID, uids.ctSeries)
                    for z in 0..<geometry.size.z { try putReference(to: z, in: $0, DICOMTag.contourImageSequence) }
                }
            }
        }
    }

    func putReference(to z: Int, in item: DICOMWriter.Item, _ sequence: DICOMTag) throws {
        try item.append(sequence) {
            try $0.put(.referencedSOPClassUID, SOPClass.ct)
            try $0.put(.referencedSOPInstanceUID, uids.slice(z))
        }
    }

    private func putContours(of structure: Structure, in item: DICOMWriter.Item) throws {
        for z in 0..<geometry.size.z {
            for region in [structure.region, structure.holes].compactMap({ $0 }) {
                let corners = region.outline(ofSlice: z)
                guard !corners.isEmpty else { continue }
                let points = corners.map { geometry.position(of: [$0.x, $0.y, Double(z)]) }
                try item.append(.contourSequence) {
                    try putReference(to: z, in: $0, DICOMTag.contourImageSequence)
                    try $0.put(.contourGeometricType, "CLOSED_PLANAR")
                    try $0.put(.numberOfContourPoints, points.count)
                    try $0.put(.contourData, points.flatMap { [$0.x, $0.y, $0.z] })
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
