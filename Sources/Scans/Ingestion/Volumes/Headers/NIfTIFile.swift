// NIfTI-1 and NIfTI-2 (https://nifti.nimh.nih.gov), in one file or two.
import CNIfTI
import Files
import Foundation
import Imaging

/// A header of NIfTI as it lies in the file, with what lies behind it.
struct NIfTIFile {
    let path: String
    let header: CNiftiHeader
    private(set) var labelNames: [Int: String] = [:]
    private(set) var findings: [Finding] = []

    /// Extensions that are longer are passed over, bytes.
    private static let mostExtensions = 1 << 26

    init(path: String) throws(VolumeError) {
        self.path = path
        let stream = try VoxelStream(path: path, .unknown)
        let start = try stream.read(upTo: Int(CNIFTI_HEADER_2))
        var header = CNiftiHeader()
        let isHeader = start.withUnsafeBufferPointer { cnifti_header($0.baseAddress, $0.count, &header) }
        self.header = header
        guard isHeader else { throw Self.notNIfTI(start.count, header.version) }
        let size = Int(header.version == CNIFTI_1 ? CNIFTI_HEADER_1 : CNIFTI_HEADER_2)
        try readExtensions(stream, behind: start.dropFirst(size), at: size)
    }

    private static func notNIfTI(_ count: Int, _ version: CNiftiVersion) -> VolumeError {
        let expected = "a NIfTI header of \(CNIFTI_HEADER_1) or \(CNIFTI_HEADER_2) bytes"
        switch version {
        case CNIFTI_ANALYZE:
            return .otherFormat(
                found:
                    "a header without NIfTI's magic (Analyze 7.5, in which left and right cannot be told, or a damaged one)",
                expected: "n+1, ni1, n+2 or ni2")
        case CNIFTI_1, CNIFTI_2: return .otherFormat(found: "\(count) bytes", expected: expected)
        default: return .otherFormat(found: count == 0 ? "nothing" : "other bytes", expected: expected)
        }
    }

    // MARK: Extensions

    /// Takes the names of labels; anything else in extensions is none of an image's business.
    private mutating func readExtensions(
        _ stream: VoxelStream, behind start: ArraySlice<UInt8>, at position: Int
    ) throws(VolumeError) {
        var bytes = Array(start)
        let stated = header.isPair ? Double(Self.mostExtensions) : header.voxelOffset
        let end = stated.isFinite ? Int(min(max(stated, 0), Double(Self.mostExtensions))) - position : 0
        func fill(_ count: Int) throws(VolumeError) -> Bool {
            if bytes.count < count { bytes += try stream.read(upTo: count - bytes.count) }
            return bytes.count >= count
        }
        guard end >= 4, try fill(4), bytes[0] != 0 else { return }
        var place = 4
        while place + 8 <= end, try fill(place + 8) {
            let (size, code) = (word(bytes, place), word(bytes, place + 4))
            guard size >= 8, size <= end - place else {
                findings.append(
                    Finding(
                        .warning,
                        "an extension of the header claims \(size) bytes, expected from 8 to the \(end - place) that there are; "
                            + "it and what may follow was passed over"))
                return
            }
            guard try fill(place + size) else { return }
            if LabelTableExtension.codes.contains(code) {
                switch LabelTableExtension(bytes[place + 8..<place + size]) {
                case .some(let table):
                    labelNames.merge(table.names) { first, _ in first }
                    findings += table.findings
                case nil: break
                }
            }
            place += size
        }
    }

    private func word(_ bytes: [UInt8], _ place: Int) -> Int {
        let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
        let isBig = header.isSwapped == (ByteOrder.native == .little)
        return Int(Int32(bitPattern: isBig ? value.byteSwapped : value))
    }
}

extension VolumeHeader {
    init(nifti given: String) throws(VolumeError) {
        let path = NIfTIPair.header(of: given) ?? given
        let file = try NIfTIFile(path: path)
        let header = file.header
        let dim = withUnsafeBytes(of: header.dim) { Array($0.bindMemory(to: Int64.self)).map(Int.init) }
        guard (1...7).contains(dim[0]) else {
            throw .badField(name: "dim[0]", found: "\(dim[0])", expected: "a number of axes from 1 to 7")
        }
        let axes = (1...7).map { $0 <= dim[0] ? dim[$0] : 1 }
        for (axis, size) in axes.enumerated() where size < 1 {
            throw .badField(name: "dim[\(axis + 1)]", found: "\(size)", expected: "a number above 0")
        }
        if let axis = axes.indices.dropFirst(4).first(where: { axes[$0] > 1 }) {
            throw .notOneValue(
                found: "\(axes[axis]) values a voxel (dim[\(axis + 1)], as of a vector field)",
                advice: "save one of them as an image of its own")
        }
        let sample = try Self.sample(header)
        let (perVolume, overflow) = sample.bytesPerVoxel.multipliedReportingOverflow(by: axes[3])
        let size = try Self.checkedSize(
            Array(axes[..<3]), bytes: overflow ? Int.max : perVolume, field: "the size (dim)")
        let placement = try NIfTIPlacement(header, size: size, axisCount: dim[0])
        let (location, odd) = try Self.location(of: file)
        self.init(format: .nifti, path: path, geometry: placement.geometry, sample: sample, voxels: location)
        (position, thickness, volumeCount) = (placement.position, placement.thickness, axes[3])
        findings = placement.findings + odd + file.findings
        labelNames = file.labelNames
        try takeScaling(header)
        let bits = sample.bytesPerVoxel * 8
        if header.bitpix != bits {
            findings.append(
                Finding(
                    .warning,
                    "bitpix says \(header.bitpix) bits a voxel, the datatype (\(header.datatype)) \(bits); taken by the datatype"
                ))
        }
        if case .colour(let channels) = sample.content {
            findings.append(Finding(.note, "RGB converted to luminance"))
            if channels == 4 { findings.append(Finding(.note, "alpha ignored")) }
        }
    }

    private static func sample(_ header: CNiftiHeader) throws(VolumeError) -> Sample {
        let isBig = header.isSwapped == (ByteOrder.native == .little)
        let order: ByteOrder = isBig ? .big : .little
        let numbers: [Int32: ElementType] = [
            2: .uint8, 4: .int16, 8: .int32, 16: .float32, 64: .float64, 256: .int8, 512: .uint16, 768: .uint32,
            1024: .int64, 1280: .uint64,
        ]
        if let element = numbers[header.datatype] { return Sample(element: element, order: order) }
        switch header.datatype {
        case 128: return Sample(element: .uint8, order: order, content: .colour(channels: 3))
        case 2304: return Sample(element: .uint8, order: order, content: .colour(channels: 4))
        case 32, 1792, 2048:
            throw .notOneValue(found: "complex numbers", advice: "save their magnitude as an image of its own")
        case 1536:
            throw .badField(
                name: "the datatype", found: "floats of 128 bits, whose layout differs between machines",
                expected: "numbers of at most 64 bits")
        default:
            throw .badField(
                name: "the datatype", found: "\(header.datatype)",
                expected: "integers or floats of 8 to 64 bits, or RGB")
        }
    }

    /// Slope 0 and NaN mean none, by the standard and by habit.
    private mutating func takeScaling(_ header: CNiftiHeader) throws(VolumeError) {
        let (slope, intercept) = (header.slope, header.intercept)
        guard slope != 0, !slope.isNaN else { return }
        guard slope.isFinite else {
            findings.append(
                Finding(.warning, "scl_slope is infinite, which scales nothing: values are taken as stored"))
            return
        }
        guard intercept.isFinite else {
            throw .badField(name: "scl_inter", found: "\(intercept)", expected: "a number beside scl_slope \(slope)")
        }
        if slope != 1 || intercept != 0 { scaling = Scaling(slope: slope, intercept: intercept) }
    }

    private static func location(of file: NIfTIFile) throws(VolumeError) -> (VoxelLocation, [Finding]) {
        let header = file.header
        let size = Int(header.version == CNIFTI_1 ? CNIFTI_HEADER_1 : CNIFTI_HEADER_2)
        let offset = header.voxelOffset
        guard let start = Int(exactly: offset), start >= 0 else {
            throw .badField(name: "vox_offset", found: "\(offset)", expected: "a whole number of bytes")
        }
        if header.isPair {
            guard let image = NIfTIPair.voxels(of: file.path) else {
                let stem = FileName(file.path).imageStem
                throw .noVoxelFile(name: "\(stem).img")
            }
            return (VoxelLocation(files: [image], try .ofContent(image), skip: start), [])
        }
        var findings: [Finding] = []
        var first = start
        if start == 0 {
            first = size + 4
            findings.append(
                Finding(
                    .warning, "vox_offset is 0 in a single file, which cannot be; \(first), the usual one, was taken"))
        }
        guard first >= size else {
            throw .badField(
                name: "vox_offset", found: "\(start)", expected: "at least the \(size) bytes of the header")
        }
        return (VoxelLocation(files: [file.path], try .ofContent(file.path), skip: first), findings)
    }
}

/// A NIfTI image in two files, `name.hdr` and `name.img`, each perhaps compressed.
enum NIfTIPair {
    /// The header beside the file of voxels; nil when the path is of none, or nothing lies beside it.
    static func header(of path: String) -> String? { partner(of: path, named: ".img", ".hdr") }
    static func voxels(of path: String) -> String? { partner(of: path, named: ".hdr", ".img") }

    private static func partner(of path: String, named own: String, _ other: String) -> String? {
        let name = FileName(path)
        guard name.ends(in: own) || name.ends(in: own + ".gz") else { return nil }
        let stem = name.pathWithoutImageSuffix
        return [other, other + ".gz", other.uppercased()].map { stem + $0 }.first {
            FileManager.default.fileExists(atPath: $0)
        }
    }
}
