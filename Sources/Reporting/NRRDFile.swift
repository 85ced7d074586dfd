import Foundation
import Imaging

/// A map as NRRD (http://teem.sourceforge.net/nrrd/format.html): one file with a text header that says where the voxels
/// lie in the patient, then 32-bit floats, little-endian, x fastest, uncompressed.
public struct NRRDFile {
    /// Where `values` lie, on a larger grid; of the box's own size when only the box is written.
    private let grid: Geometry
    private let box: VoxelBox
    private let values: [Float]
    private let background: Float
    private let header: String

    /// How much of the grid is written.
    public enum Extent: Sendable { case box, grid }

    /// - Parameters:
    ///   - values: of the box; those that are NaN where `inside` is 0 become `background`, as all outside the box do.
    ///   - content: what it is, one line.
    ///   - notes: key-value pairs of the header.
    public init(
        _ values: [Float], inside: [UInt8], box: VoxelBox, of grid: Geometry, extent: Extent, background: Float,
        content: String, notes: [(String, String)]
    ) {
        precondition(values.count == box.voxelCount && inside.count == box.voxelCount)
        self.values = zip(values, inside).map { $1 == 0 ? background : $0 }
        self.background = background
        switch extent {
        case .grid: (self.grid, self.box) = (grid, box)
        case .box:
            var small = grid
            small.size = box.size
            small.origin = grid.position(of: SIMD3(Double(box.lower.x), Double(box.lower.y), Double(box.lower.z)))
            (self.grid, self.box) = (small, VoxelBox(lower: .zero, size: box.size))
        }
        func vector(_ v: SIMD3<Double>) -> String { "(\(v.x),\(v.y),\(v.z))" }
        let g = self.grid
        var lines = [
            "NRRD0005", "type: float", "dimension: 3", "space: left-posterior-superior",
            "sizes: \(g.size.x) \(g.size.y) \(g.size.z)",
            "space directions: \(vector(g.direction.x * g.spacing.x)) \(vector(g.direction.y * g.spacing.y))"
                + " \(vector(g.direction.z * g.spacing.z))",
            "kinds: domain domain domain", "endian: little", "encoding: raw", "space origin: \(vector(g.origin))",
            "content: \(Self.line(content))",
        ]
        lines += notes.map { "\(Self.line($0.0)):=\(Self.line($0.1))" }
        header = lines.joined(separator: "\n") + "\n\n"
    }

    /// One line of text: the format escapes nothing but these two.
    private static func line(_ text: String) -> String {
        text.printable.replacing("\\", with: "\\\\").replacing("\n", with: " ")
    }

    /// Writes slice by slice, so that a large grid takes no memory.
    public func write(to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: Data(header.utf8)) else {
            throw SystemError(code: errno)
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { file.closeFile() }
        try file.seekToEnd()
        for z in 0..<grid.size.z {
            var slice = [UInt32](repeating: background.bitPattern.littleEndian, count: grid.size.x * grid.size.y)
            if (box.lower.z..<box.upper.z).contains(z) {
                for y in 0..<box.size.y {
                    let source = box.offset(0, y, z - box.lower.z)
                    let target = (box.lower.y + y) * grid.size.x + box.lower.x
                    for x in 0..<box.size.x { slice[target + x] = values[source + x].bitPattern.littleEndian }
                }
            }
            try slice.withUnsafeBytes { try file.write(contentsOf: Data($0)) }
        }
    }
}
