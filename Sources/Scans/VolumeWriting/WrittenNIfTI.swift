import CCompression
import CNIfTI
import Encoding
import Files
import Imaging

/// A map as NIfTI-1 (https://nifti.nimh.nih.gov): the header with sform and qform, RAS, then the voxels, little-endian, x
/// fastest. Packed, each slice is a gzip stream of its own, so that a large grid takes no memory; together they are one file, as
/// gzip has it.
public struct NIfTIFile {
    private let voxels: any WrittenVoxels
    private let header: [UInt8]
    private let packing: Packing

    /// Whether the file is `.nii` or `.nii.gz`.
    public enum Packing: Sendable { case none, gzip }

    /// - Parameters:
    ///   - description: what it is, at most 79 bytes of which are kept.
    ///   - names: of the values of a label image; a table of labels as Caret and TotalSegmentator write it.
    public init(
        _ voxels: any WrittenVoxels, description: String, names: [Int: String] = [:], packing: Packing = .gzip
    ) {
        (self.voxels, self.packing) = (voxels, packing)
        let table = names.isEmpty ? [] : Self.labelTable(names)
        let start = 352 + table.count
        var header = LittleEndianBytes(count: start)
        let grid = voxels.grid
        header.put(Int32(348), at: 0)
        let sizes = [grid.size.x, grid.size.y, grid.size.z]
        for (axis, size) in ([3] + sizes + [1, 1, 1, 1]).enumerated() {
            header.put(Int16(clamping: size), at: 40 + 2 * axis)
        }
        // NIFTI_TYPE_FLOAT32, _UINT8, _INT16, _UINT16, and bits of a voxel.
        let (type, bits): (Int16, Int16) =
            switch voxels.element {
            case .float32: (16, 32)
            case .uint8: (2, 8)
            case .int16: (4, 16)
            case .uint16: (512, 16)
            }
        header.put(type, at: 70)
        header.put(bits, at: 72)
        header.put(Float(start), at: 108)
        header.put(Float(1), at: 112)
        // Lengths in mm.
        header.put(UInt8(2), at: 123)
        for (place, byte) in description.singleLine.utf8.prefix(79).enumerated() { header.put(byte, at: 148 + place) }
        Self.place(grid, in: &header)
        for (place, byte) in "n+1\0".utf8.enumerated() { header.put(byte, at: 344 + place) }
        if !table.isEmpty { header.put(UInt8(1), at: 348) }
        for (place, byte) in table.enumerated() { header.put(byte, at: 352 + place) }
        self.header = header.bytes
    }

    /// An extension: its length, a multiple of 16, and its code, then the text, filled up with zeros.
    private static func labelTable(_ names: [Int: String]) -> [UInt8] {
        let labels = names.sorted { $0.key < $1.key }.map { key, name in
            "<Label Key=\"\(key)\" Red=\"0\" Green=\"0\" Blue=\"0\" Alpha=\"1\">\(Markup.escaped(name))</Label>"
        }
        let text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CaretExtension><VolumeInformation Index=\"0\"><LabelTable>"
            + labels.joined()
            + "</LabelTable><VolumeType><![CDATA[Label]]></VolumeType></VolumeInformation></CaretExtension>"
        let size = (8 + text.utf8.count + 15) / 16 * 16
        var bytes = LittleEndianBytes(count: size)
        bytes.put(Int32(size), at: 0)
        // NIFTI_ECODE_CARET
        bytes.put(Int32(30), at: 4)
        for (place, byte) in text.utf8.enumerated() { bytes.put(byte, at: 8 + place) }
        return bytes.bytes
    }

    /// The sform says all; the qform what it can of axes that are not perpendicular.
    private static func place(_ grid: Geometry, in header: inout LittleEndianBytes) {
        let steps = [
            grid.direction.x * grid.spacing.x, grid.direction.y * grid.spacing.y, grid.direction.z * grid.spacing.z,
            grid.origin,
        ].map { $0 * SIMD3(-1, -1, 1) }
        var rows = (0..<3).map { row in (steps[0][row], steps[1][row], steps[2][row], steps[3][row]) }
        var (quaternion, offset, spacing) = ([0.0, 0, 0], [0.0, 0, 0], [0.0, 0, 0])
        var handedness = 1.0
        cnifti_quaternion(&rows, &quaternion, &offset, &spacing, &handedness)
        for (place, length) in ([handedness] + spacing).enumerated() { header.put(Float(length), at: 76 + 4 * place) }
        // Scanner coordinates.
        header.put(Int16(1), at: 252)
        header.put(Int16(1), at: 254)
        for (place, number) in (quaternion + offset).enumerated() { header.put(Float(number), at: 256 + 4 * place) }
        for (place, row) in rows.enumerated() {
            for (column, number) in [row.0, row.1, row.2, row.3].enumerated() {
                header.put(Float(number), at: 280 + 16 * place + 4 * column)
            }
        }
    }

    /// Writes a new file slice by slice.
    /// - Throws: `FileWritingError`, also when there is a file at the path, and for a grid of more voxels along an axis than the
    ///   format can say.
    public func write(to path: String) throws {
        guard (0..<3).allSatisfy({ voxels.grid.size[$0] <= Int(Int16.max) }) else {
            throw FileWritingError(
                path: path,
                reason:
                    "the grid has \(voxels.grid.size.shown) voxels, NIfTI-1 holds 32767 along an axis; take --format nrrd"
            )
        }
        do throws(SystemError) {
            let file = try OpenFile(creating: path)
            try file.append(packed(header)[...])
            for z in 0..<voxels.grid.size.z { try file.append(packed(voxels.bytes(ofSlice: z))[...]) }
        } catch { throw FileWritingError(path: path, error) }
    }

    private func packed(_ bytes: [UInt8]) -> [UInt8] {
        guard packing == .gzip else { return bytes }
        return [UInt8](unsafeUninitializedCapacity: ccompression_packed_bound(bytes.count)) { target, count in
            count = ccompression_pack(bytes, bytes.count, target.baseAddress, target.count)
        }
    }
}

/// Numbers at their places among zeros.
private struct LittleEndianBytes {
    private(set) var bytes: [UInt8]

    init(count: Int) { bytes = [UInt8](repeating: 0, count: count) }

    mutating func put<Number: FixedWidthInteger>(_ number: Number, at place: Int) {
        withUnsafeBytes(of: number.littleEndian) { bytes.replaceSubrange(place..<place + $0.count, with: $0) }
    }

    mutating func put(_ number: Float, at place: Int) { put(number.bitPattern, at: place) }
}
