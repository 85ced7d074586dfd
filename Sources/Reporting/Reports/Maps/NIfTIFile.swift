import Encoding
import Files
import Imaging
import Tables

/// A map as NIfTI-1 (https://nifti.nimh.nih.gov/nifti-1): 348 bytes that say where the voxels lie, then 32-bit floats,
/// little-endian, x fastest. The format's axes point to the right, the front and the head.
public struct NIfTIFile {
    private let voxels: MapVoxels
    private let header: [UInt8]

    /// - Parameter description: what it is; the first 79 bytes are kept.
    public init(_ voxels: MapVoxels, description: String) {
        self.voxels = voxels
        let grid = voxels.grid
        var header = [UInt8](repeating: 0, count: 352)
        func put<Value: FixedWidthInteger>(_ value: Value, _ offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { header.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        func put(_ value: Double, _ offset: Int) { put(Float(value).bitPattern, offset) }
        put(Int32(348), 0)
        put(Int16(3), 40)
        for axis in 0..<3 { put(Int16(clamping: grid.size[axis]), 42 + 2 * axis) }
        for k in 3..<7 { put(Int16(1), 42 + 2 * k) }
        put(Int16(16), 70)  // float
        put(Int16(32), 72)
        put(1.0, 76)
        for axis in 0..<3 { put(grid.spacing[axis], 80 + 4 * axis) }
        put(352.0, 108)
        put(1.0, 112)  // slope
        header[123] = 2  // mm
        let text = description.singleLine.utf8.prefix(79)
        header.replaceSubrange(148..<148 + text.count, with: text)
        put(Int16(1), 254)  // sform: scanner
        // DICOM's x and y point to the left and the back.
        let columns = [
            grid.direction.x * grid.spacing.x, grid.direction.y * grid.spacing.y, grid.direction.z * grid.spacing.z,
            grid.origin,
        ]
        for (column, vector) in columns.enumerated() {
            for (row, sign) in [-1.0, -1, 1].enumerated() { put(sign * vector[row], 280 + 16 * row + 4 * column) }
        }
        header.replaceSubrange(344..<348, with: Array("n+1\0".utf8))
        self.header = header
    }

    /// Writes a new file slice by slice, so that a large grid takes no memory.
    /// - Throws: `FileWritingError`, also when there is a file at the path.
    public func write(to path: String) throws {
        do throws(SystemError) {
            let file = try OpenFile(creating: path)
            try file.append(header[...])
            for z in 0..<voxels.grid.size.z { try file.append(voxels.bytes(ofSlice: z)[...]) }
        } catch { throw FileWritingError(path: path, error) }
    }
}

extension MapVoxels {
    /// As little-endian 32-bit floats.
    func bytes(ofSlice z: Int) -> [UInt8] {
        let slice = slice(z).map(\.bitPattern.littleEndian)
        return slice.withUnsafeBytes { Array($0) }
    }
}
