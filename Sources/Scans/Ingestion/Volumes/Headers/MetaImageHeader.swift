// MetaImage (.mha, .mhd with its voxels beside it), as ITK writes it.
import Encoding
import Foundation
import Imaging

extension VolumeHeader {
    init(metaImage path: String) throws(VolumeError) {
        var isInList = false
        let text = try TextHeader(path: path) { line in
            if isInList { return false }
            // Bytes that are no field end the search for a header.
            guard let pair = MetaImageFields.pair(line) else { return !line.isEmpty }
            isInList = pair.key == "ElementDataFile" && pair.value.hasPrefix("LIST")
            return pair.key == "ElementDataFile" && !isInList
        }
        let fields = try MetaImageFields(text.lines)
        let axisCount = try fields.integer("NDims") ?? 3
        guard (3...4).contains(axisCount) else {
            throw .badField(name: "NDims", found: "\(axisCount)", expected: "3")
        }
        guard let sizes = try fields.integers("DimSize", count: axisCount) else {
            throw .badField(name: "DimSize", found: "absent", expected: "the number of voxels along each axis")
        }
        if axisCount == 4, sizes[3] != 1 {
            throw .notOneValue(
                found: "\(sizes[3]) volumes", advice: "save the one that is meant as an image of its own")
        }
        if let channels = try fields.integer("ElementNumberOfChannels"), channels != 1 {
            throw .notOneValue(found: "\(channels) values a voxel", advice: "save one of them as an image of its own")
        }
        let isBig = fields["BinaryDataByteOrderMSB"] ?? fields["ElementByteOrderMSB"]
        let sample = Sample(element: try fields.element(), order: isBig?.lowercased() == "true" ? .big : .little)
        let size = try Self.checkedSize(Array(sizes[..<3]), bytes: sample.bytesPerVoxel, field: "DimSize")
        let (steps, odd, position) = try fields.placement(axisCount)
        let (geometry, tilted) = try steps.geometry(size: size, field: "TransformMatrix")
        let (location, packed) = try fields.location(text, path, size)
        self.init(format: .metaImage, path: path, geometry: geometry, sample: sample, voxels: location)
        self.position = position
        findings = odd + tilted + packed
    }
}

/// The `Key = value` lines of a MetaImage header.
private struct MetaImageFields {
    private var values: [String: String] = [:]

    /// Nil for a line of something else.
    static func pair(_ line: String) -> (key: String, value: String)? {
        guard let sign = line.firstIndex(of: "=") else { return nil }
        let key = line[..<sign].trimmingCharacters(in: .whitespaces)
        guard !key.isEmpty, key.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
            return nil
        }
        return (key, line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces))
    }

    init(_ lines: [String]) throws(VolumeError) {
        for line in lines {
            if let pair = Self.pair(line), values[pair.key] == nil { values[pair.key] = pair.value }
            if values["ElementDataFile"] != nil { break }
        }
        guard values["NDims"] != nil || values["DimSize"] != nil || values["ObjectType"] != nil else {
            throw .otherFormat(
                found: lines.isEmpty ? "nothing" : "other bytes", expected: "MetaImage (ObjectType, NDims)")
        }
    }

    subscript(key: String) -> String? { values[key] }

    private func words(_ keys: [String]) -> (key: String, words: [Substring])? {
        keys.first { values[$0] != nil }.flatMap { key in values[key].map { (key, $0.split(separator: " ")) } }
    }

    func integer(_ key: String) throws(VolumeError) -> Int? { try integers(key, count: 1)?[0] }

    func integers(_ key: String, count: Int) throws(VolumeError) -> [Int]? {
        guard let (_, words) = words([key]) else { return nil }
        let numbers = words.compactMap { Int($0) }
        guard numbers.count == count, words.count == count else {
            throw .badField(name: key, found: "'\(values[key] ?? "")'", expected: "\(count) whole number(s)")
        }
        return numbers
    }

    private func numbers(_ keys: [String], count: Int) throws(VolumeError) -> [Double]? {
        guard let (key, words) = words(keys) else { return nil }
        let numbers = words.compactMap { Double($0) }
        guard numbers.count == count, words.count == count, numbers.allSatisfy(\.isFinite) else {
            throw .badField(name: key, found: "'\(values[key] ?? "")'", expected: "\(count) numbers")
        }
        return numbers
    }

    func element() throws(VolumeError) -> ElementType {
        switch values["ElementType"] {
        case "MET_CHAR": return .int8
        case "MET_UCHAR": return .uint8
        case "MET_SHORT": return .int16
        case "MET_USHORT": return .uint16
        // A C long of MetaIO has 32 bits in files.
        case "MET_INT", "MET_LONG": return .int32
        case "MET_UINT", "MET_ULONG": return .uint32
        case "MET_LONG_LONG": return .int64
        case "MET_ULONG_LONG": return .uint64
        case "MET_FLOAT": return .float32
        case "MET_DOUBLE": return .float64
        case let other:
            if let other, other.hasSuffix("_ARRAY") {
                throw .notOneValue(found: other, advice: "save one of the values as an image of its own")
            }
            throw .badField(
                name: "ElementType", found: other ?? "absent", expected: "MET_UCHAR to MET_DOUBLE, one value a voxel")
        }
    }

    /// The steps in LPS: a matrix has the directions of the axes one behind the other.
    func placement(_ axisCount: Int) throws(VolumeError) -> (VolumeAxes, [Finding], ImageSource.PatientPosition) {
        var findings: [Finding] = []
        var spacing = try numbers(["ElementSpacing"], count: axisCount)
        if spacing == nil, let sizes = try numbers(["ElementSize"], count: axisCount) {
            spacing = sizes
            findings.append(
                Finding(
                    .warning, "the header has ElementSize and no ElementSpacing: voxels are taken to lie side by side"))
        }
        let offset = try numbers(["Offset", "Position", "Origin"], count: axisCount)
        let matrix = try numbers(["TransformMatrix", "Orientation", "Rotation"], count: axisCount * axisCount)
        if spacing == nil { findings.append(Finding(.warning, "the header has no ElementSpacing: taken as 1 mm")) }
        let lengths = (spacing ?? [1, 1, 1]).map { abs($0) }
        guard let offset else {
            let steps = VolumeAxes.unplaced(spacing: SIMD3(lengths[0], lengths[1], lengths[2]))
            return (steps, findings + [.unplaced("the header has no Offset")], .absent)
        }
        let columns = (0..<3).map { axis -> SIMD3<Double> in
            let row = (0..<3).map { matrix?[axis * axisCount + $0] ?? ($0 == axis ? 1 : 0) }
            return SIMD3(row[0], row[1], row[2]) * lengths[axis]
        }
        return (VolumeAxes(columns: columns, origin: SIMD3(offset[0], offset[1], offset[2])), findings, .stated)
    }

    func location(
        _ text: TextHeader, _ path: String, _ size: SIMD3<Int>
    ) throws(VolumeError) -> (VoxelLocation, [Finding]) {
        guard let field = values["ElementDataFile"] else {
            throw .badField(name: "ElementDataFile", found: "absent", expected: "LOCAL, a file, or LIST")
        }
        func isTrue(_ key: String) -> Bool { values[key]?.lowercased() == "true" }
        var findings: [Finding] = []
        let isPacked = isTrue("CompressedData")
        let isText = values["BinaryData"].map { $0.lowercased() == "false" } ?? false
        if isPacked, values["CompressedDataSize"] == nil {
            findings.append(
                Finding(
                    .warning, "the header has no CompressedDataSize: all that follows is taken as the compressed voxels"
                ))
        }
        var location = VoxelLocation(files: [path], isPacked ? .deflate : isText ? .text : .none, skip: 0)
        if field == "LOCAL" || field == "Local" || field == "local" {
            guard let end = text.end else {
                throw .damaged(found: "the header ends with the file", expected: "the voxels behind it")
            }
            location.start = .byte(end)
            return (location, findings)
        }
        let place = text.lines.firstIndex { MetaImageFields.pair($0)?.key == "ElementDataFile" } ?? text.lines.count - 1
        location.files = try NamedVoxelFiles.paths(
            field, list: text.lines[(place + 1)...], beside: path, key: "ElementDataFile")
        switch try integer("HeaderSize") {
        case .some(-1): location.start = .tail
        case .some(let size):
            guard size >= 0 else {
                throw .badField(name: "HeaderSize", found: "\(size)", expected: "0 or more, or -1")
            }
            location.start = .byte(size)
        case nil: break
        }
        return (location, findings)
    }
}
