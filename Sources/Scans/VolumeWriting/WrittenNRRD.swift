import Encoding
import Files
import Imaging

/// A map as NRRD (http://teem.sourceforge.net/nrrd/format.html): one file with a text header that says where the voxels
/// lie in the patient, then the voxels, little-endian, x fastest, uncompressed.
public struct NRRDFile {
    private let voxels: any WrittenVoxels
    private let header: String

    /// - Parameters:
    ///   - content: what it is, one line.
    ///   - notes: key-value pairs of the header.
    public init(_ voxels: any WrittenVoxels, content: String, notes: [(String, String)]) {
        self.voxels = voxels
        func vector(_ v: SIMD3<Double>) -> String { "(\(v.x),\(v.y),\(v.z))" }
        let g = voxels.grid
        var lines = [
            "NRRD0005", "type: \(voxels.element.nrrdType)", "dimension: 3", "space: left-posterior-superior",
            "sizes: \(g.size.x) \(g.size.y) \(g.size.z)",
            "space directions: \(vector(g.direction.x * g.spacing.x)) \(vector(g.direction.y * g.spacing.y))"
                + " \(vector(g.direction.z * g.spacing.z))",
            "kinds: domain domain domain", "endian: little", "encoding: raw", "space origin: \(vector(g.origin))",
            "content: \(Self.line(content))",
        ]
        lines += notes.map { "\(Self.line($0.0)):=\(Self.line($0.1))" }
        header = lines.joined(separator: "\n") + "\n\n"
    }

    /// One line of text: the format escapes nothing but the backslash.
    private static func line(_ text: String) -> String {
        text.singleLine.escapingScalars { $0 == "\\" ? "\\\\" : nil }
    }

    /// Writes a new file slice by slice, so that a large grid takes no memory.
    /// - Throws: `FileWritingError`, also when there is a file at the path.
    public func write(to path: String) throws {
        do throws(SystemError) {
            let file = try OpenFile(creating: path)
            try file.append(Array(header.utf8)[...])
            for z in 0..<voxels.grid.size.z { try file.append(voxels.bytes(ofSlice: z)[...]) }
        } catch { throw FileWritingError(path: path, error) }
    }
}

extension MapVoxels.Element {
    fileprivate var nrrdType: String {
        switch self {
        case .float32: "float"
        case .uint8: "unsigned char"
        case .int16: "short"
        case .uint16: "unsigned short"
        }
    }
}
