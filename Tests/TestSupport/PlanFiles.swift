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

    /// `count` slices of 20 x 20 voxels of 1 x 1 x `step` mm; values count up.
    package func writeImage(
        series: String = Self.series, frame: String = Self.frame, count: Int = 6, step: Double = 2,
        orientation: String = "1\\0\\0\\0\\1\\0", modality: String = "CT"
    ) throws {
        for slice in 0..<count {
            var data = Data()
            data.element(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2")
            data.element(0x0008_0018, "UI", Self.instance(series, slice))
            data.element(0x0008_0060, "CS", modality)
            data.element(0x0010_0020, "LO", "Test")
            data.element(0x0018_0050, "DS", "\(step)")
            data.element(0x0020_000D, "UI", "2.25.1")
            data.element(0x0020_000E, "UI", series)
            data.element(0x0020_0013, "IS", "\(slice + 1)")
            let along = Double(slice) * step
            data.element(
                0x0020_0032, "DS", orientation.hasPrefix("1\\0\\0\\0\\1") ? "0\\0\\\(along)" : "0\\\(along)\\0")
            data.element(0x0020_0037, "DS", orientation)
            data.element(0x0020_0052, "UI", frame)
            data.element(0x0028_0002, "US", UInt16(1).bytes)
            data.element(0x0028_0004, "CS", "MONOCHROME2")
            data.element(0x0028_0010, "US", UInt16(20).bytes)
            data.element(0x0028_0011, "US", UInt16(20).bytes)
            data.element(0x0028_0030, "DS", "1\\1")
            for (tag, value) in [(0x0028_0100, 16), (0x0028_0101, 16), (0x0028_0102, 15), (0x0028_0103, 0)] {
                data.element(UInt32(tag), "US", UInt16(value).bytes)
            }
            data.element(0x7FE0_0010, "OW", (0..<400).flatMap { UInt16($0 + 7 * slice).bytes })
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
        var images = Data()
        for slice in slices {
            var image = Data()
            image.element(0x0008_1155, "UI", Self.instance(series, slice))
            images.item(image)
        }
        var referenced = Data()
        referenced.element(0x0020_000E, "UI", series)
        referenced.element(0x3006_0016, "SQ", Array(images))
        var study = Data()
        study.sequence(0x3006_0014, referenced)
        var frames = Data()
        frames.element(0x0020_0052, "UI", frame)
        frames.sequence(0x3006_0012, study)
        var (names, contours, observations) = (Data(), Data(), Data())
        for roi in rois {
            var item = Data()
            item.element(0x3006_0022, "IS", "\(roi.number)")
            item.element(0x3006_0024, "UI", roi.frame ?? frame)
            item.element(0x3006_0026, "LO", roi.name)
            names.item(item)
            var drawn = Data()
            for contour in roi.contours {
                var one = Data()
                let isImplicit = representation == .unknownSequences
                let text = contour.points.map { "\($0.x)\\\($0.y)\\\($0.z)" }.joined(separator: "\\")
                one.element(0x3006_0042, "CS", Array(contour.type.utf8), isImplicit: isImplicit)
                one.element(
                    0x3006_0050, representation == .unknown ? "UN" : "DS", Array(text.utf8), isImplicit: isImplicit)
                drawn.item(one)
            }
            var all = Data()
            let isUnknown = representation == .unknownSequences
            if !roi.contours.isEmpty { all.element(0x3006_0040, isUnknown ? "UN" : "SQ", Array(drawn)) }
            all.element(0x3006_0084, "IS", "\(roi.number)")
            contours.item(all)
            var observation = Data()
            observation.element(0x3006_0084, "IS", "\(roi.number)")
            observation.element(0x3006_00A4, "CS", roi.interpretedType)
            observations.item(observation)
        }
        var data = Data()
        if let characterSet { data.element(0x0008_0005, "CS", characterSet) }
        data.element(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.481.3")
        data.element(0x0008_0018, "UI", "2.25.900")
        data.element(0x0008_0060, "CS", "RTSTRUCT")
        data.sequence(0x3006_0010, frames)
        data.element(0x3006_0020, "SQ", Array(names))
        data.element(0x3006_0039, "SQ", Array(contours))
        data.element(0x3006_0080, "SQ", Array(observations))
        try write(data, "1.2.840.10008.5.1.4.1.1.481.3", name)
    }

    private func write(_ data: Data, _ sopClass: String, _ name: String) throws {
        var meta = Data()
        meta.element(0x0002_0001, "OB", [0, 1])
        meta.element(0x0002_0002, "UI", sopClass)
        meta.element(0x0002_0003, "UI", "2.25.900")
        meta.element(0x0002_0010, "UI", "1.2.840.10008.1.2.1")
        var head = Data(count: 128) + Data("DICM".utf8)
        head.element(0x0002_0000, "UL", UInt32(meta.count).bytes)
        try (head + meta + data).write(to: URL(fileURLWithPath: folder[name]))
    }
}

extension FixedWidthInteger {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: littleEndian, Array.init) }
}

extension Data {
    fileprivate mutating func element(
        _ tag: UInt32, _ representation: String, _ content: [UInt8], isImplicit: Bool = false
    ) {
        let padding: UInt8 = ["UI", "OB", "UN"].contains(representation) ? 0 : 32
        let value = content.count.isMultiple(of: 2) ? content : content + [padding]
        self += UInt16(tag >> 16).bytes + UInt16(tag & 0xFFFF).bytes
        if isImplicit {
            self += UInt32(value.count).bytes
        } else {
            let isLong = ["OB", "OW", "SQ", "UN"].contains(representation)
            self += Array(representation.utf8)
            self += isLong ? [0, 0] + UInt32(value.count).bytes : UInt16(value.count).bytes
        }
        self += value
    }

    fileprivate mutating func element(_ tag: UInt32, _ representation: String, _ text: String) {
        element(tag, representation, Array(text.utf8))
    }

    fileprivate mutating func item(_ content: Data) {
        self += UInt16(0xFFFE).bytes + UInt16(0xE000).bytes + UInt32(content.count).bytes + content
    }

    /// A sequence of one item.
    fileprivate mutating func sequence(_ tag: UInt32, _ content: Data) {
        var items = Data()
        items.item(content)
        element(tag, "SQ", Array(items))
    }
}
