import Foundation

/// A small CT series and structure sets drawn on it, as DICOM files byte by byte (explicit little endian), so that a test can
/// write what no writer would.
package struct PlanFiles {
    /// One ROI of a structure set.
    package struct ROI {
        package var number: Int
        /// As the file's bytes.
        package var name: [UInt8]
        package var interpretedType: String
        package var contours: [(type: String, points: [SIMD3<Double>])]
        package var frame: String?

        package init(
            _ number: Int, _ name: String, interpretedType: String = "", frame: String? = nil,
            contours: [(type: String, points: [SIMD3<Double>])]
        ) {
            (self.number, self.name, self.interpretedType) = (number, Array(name.utf8), interpretedType)
            (self.contours, self.frame) = (contours, frame)
        }
    }

    package static let frame = "2.25.100"
    package static let series = "2.25.200"
    package let folder: TemporaryFolder

    package init() throws { folder = try TemporaryFolder() }

    package var path: String { folder.path }

    /// The contour of a square whose corner has the smallest x and y, mm.
    package static func square(
        x: Double = 4, y: Double = 4, z: Double, side: Double = 8, type: String = "CLOSED_PLANAR"
    ) -> (type: String, points: [SIMD3<Double>]) {
        (type, [[x, y, z], [x + side, y, z], [x + side, y + side, z], [x, y + side, z]])
    }

    package static func instance(_ series: String, _ slice: Int) -> String { "\(series).\(slice)" }

    /// `count` slices of 20 x 20 voxels of 1 x 1 x `step` mm, or at these positions; values count up.
    package func writeImage(
        series: String = Self.series, frame: String = Self.frame, count: Int = 6, step: Double = 2,
        positions: [Double]? = nil,
        orientation: String = "1\\0\\0\\0\\1\\0", modality: String = "CT"
    ) throws {
        for slice in 0..<(positions?.count ?? count) {
            var data = DICOMBytes()
            data.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2")
            data.text(0x0008_0018, "UI", Self.instance(series, slice))
            data.text(0x0008_0060, "CS", modality)
            data.text(0x0010_0020, "LO", "Test")
            data.text(0x0018_0050, "DS", "\(step)")
            data.text(0x0020_000D, "UI", "2.25.1")
            data.text(0x0020_000E, "UI", series)
            data.text(0x0020_0013, "IS", "\(slice + 1)")
            let along = positions?[slice] ?? Double(slice) * step
            data.text(
                0x0020_0032, "DS", orientation.hasPrefix("1\\0\\0\\0\\1") ? "0\\0\\\(along)" : "0\\\(along)\\0")
            data.text(0x0020_0037, "DS", orientation)
            data.text(0x0020_0052, "UI", frame)
            data.describePixels("MONOCHROME2", columns: 20, rows: 20)
            data.text(0x0028_0030, "DS", "1\\1")
            data.words(0x7FE0_0010, "OW", (0..<400).map { UInt16($0 + 7 * slice) })
            try write(data, "1.2.840.10008.5.1.4.1.1.2", "\(series)-\(slice).dcm")
        }
    }

    /// How Contour Data and the sequences around it are written.
    package enum Representation { case usual, unknown, unknownSequences }

    /// A structure set that names the series and its slices.
    package func writeStructureSet(
        _ rois: [ROI], name: String = "rt.dcm", frame: String = Self.frame, series: String = Self.series,
        slices: Range<Int> = 0..<6, characterSet: String? = nil, as representation: Representation = .usual
    ) throws {
        let images = slices.map { slice in
            DICOMBytes { $0.text(0x0008_1155, "UI", Self.instance(series, slice)) }
        }
        let referenced = DICOMBytes {
            $0.text(0x0020_000E, "UI", series)
            $0.sequence(0x3006_0016, images)
        }
        let frames = DICOMBytes {
            $0.text(0x0020_0052, "UI", frame)
            $0.sequence(0x3006_0012, [DICOMBytes { $0.sequence(0x3006_0014, [referenced]) }])
        }
        let names = rois.map { roi in
            DICOMBytes {
                $0.text(0x3006_0022, "IS", "\(roi.number)")
                $0.text(0x3006_0024, "UI", roi.frame ?? frame)
                $0.add(0x3006_0026, "LO", roi.name)
            }
        }
        let contours = rois.map { roi in
            DICOMBytes {
                if !roi.contours.isEmpty {
                    $0.sequence(
                        0x3006_0040, roi.contours.map { Self.contour($0, as: representation) },
                        vr: representation == .unknownSequences ? "UN" : "SQ")
                }
                $0.text(0x3006_0084, "IS", "\(roi.number)")
            }
        }
        let observations = rois.map { roi in
            DICOMBytes {
                $0.text(0x3006_0084, "IS", "\(roi.number)")
                $0.text(0x3006_00A4, "CS", roi.interpretedType)
            }
        }
        var data = DICOMBytes()
        if let characterSet { data.text(0x0008_0005, "CS", characterSet) }
        data.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.481.3")
        data.text(0x0008_0018, "UI", "2.25.900")
        data.text(0x0008_0060, "CS", "RTSTRUCT")
        data.sequence(0x3006_0010, [frames])
        data.sequence(0x3006_0020, names)
        data.sequence(0x3006_0039, contours)
        data.sequence(0x3006_0080, observations)
        try write(data, "1.2.840.10008.5.1.4.1.1.481.3", name)
    }

    private static func contour(
        _ contour: (type: String, points: [SIMD3<Double>]), as representation: Representation
    ) -> DICOMBytes {
        // A sequence that is called UN is in implicit VR (PS3.5 6.2.2).
        let coding: DICOMBytes.Coding = representation == .unknownSequences ? .implicitVR : .explicitVR
        let text = contour.points.map { "\($0.x)\\\($0.y)\\\($0.z)" }.joined(separator: "\\")
        return DICOMBytes {
            $0.add(0x3006_0042, "CS", Array(contour.type.utf8), as: coding)
            $0.add(0x3006_0050, representation == .unknown ? "UN" : "DS", Array(text.utf8), as: coding)
        }
    }

    private func write(_ data: DICOMBytes, _ sopClass: String, _ name: String) throws {
        try Data(data.file(sopClass: sopClass)).write(to: URL(fileURLWithPath: folder[name]))
    }
}
