// NRRD (http://teem.sourceforge.net/nrrd/format.html), attached or detached, and 3D Slicer's segmentations in it.
import CTeem
import Encoding
import Files
import Foundation
import Imaging

extension VolumeHeader {
    init(nrrd path: String) throws(VolumeError) {
        var isFirst = true
        let text = try TextHeader(path: path) { line in
            defer { isFirst = false }
            return isFirst ? !line.hasPrefix("NRRD000") : line.isEmpty
        }
        guard let magic = text.lines.first, magic.hasPrefix("NRRD000") else {
            throw .otherFormat(found: text.lines.isEmpty ? "nothing" : "other bytes", expected: "NRRD")
        }
        let fields = NRRDFields(text.lines)
        if fields.voxelFiles == nil, text.end == nil {
            throw .damaged(found: "the header never ends", expected: "an empty line, then the voxels")
        }
        var header = CTeemHeader()
        var words = [CChar](repeating: 0, count: 1024)
        guard cteem_header(fields.text, &header, &words, words.count) else {
            throw .damaged(
                found: "the header cannot be understood (\(NRRDFields.fault(words).printable))",
                expected: "a sound NRRD header")
        }
        defer { cteem_free(&header) }
        let pairs = (0..<Int(header.pairCount)).map { k in
            (key: String(cString: header.pairs[k].key), value: String(cString: header.pairs[k].value))
        }
        let segments = SlicerSegments(pairs)
        let axes = try NRRDAxes(header, hasSegments: !segments.isEmpty)
        let sample = Sample(
            element: try Self.element(header.type), order: header.isBigEndian ? .big : .little, content: axes.content)
        let size = try Self.checkedSize(axes.sizes, bytes: sample.bytesPerVoxel, field: "the size")
        let (steps, odd, position) = try axes.placement()
        let (geometry, tilted) = try steps.geometry(size: size, field: "space directions")
        var location = VoxelLocation(files: [path], try Self.packing(header.encoding), skip: 0)
        if let voxelFiles = fields.voxelFiles {
            location.files = try NamedVoxelFiles.paths(
                voxelFiles.field, list: voxelFiles.list[...], beside: path, key: "data file")
        } else {
            location.start = .byte(text.end ?? 0)
        }
        location.lines = Int(header.lineSkip)
        if header.byteSkip == -1, location.packing == .none {
            location.start = .tail
        } else {
            guard header.byteSkip >= 0, header.byteSkip < 1 << 40 else {
                throw .badField(
                    name: "byte skip", found: "\(header.byteSkip)", expected: "0 or more, or -1 for raw voxels")
            }
            location.skip = Int(header.byteSkip)
        }
        self.init(format: .nrrd, path: path, geometry: geometry, sample: sample, voxels: location)
        self.position = position
        findings = odd + tilted
        let layers = sample.elementsPerVoxel
        self.segments = segments.resolved(layers: layers, &findings)
    }

    private static func element(_ type: CTeemType) throws(VolumeError) -> ElementType {
        switch type {
        case CTEEM_INT8: .int8
        case CTEEM_UINT8: .uint8
        case CTEEM_INT16: .int16
        case CTEEM_UINT16: .uint16
        case CTEEM_INT32: .int32
        case CTEEM_UINT32: .uint32
        case CTEEM_INT64: .int64
        case CTEEM_UINT64: .uint64
        case CTEEM_FLOAT32: .float32
        case CTEEM_FLOAT64: .float64
        default: throw .badField(name: "type", found: "a block", expected: "integers or floats of 8 to 64 bits")
        }
    }

    private static func packing(_ encoding: CTeemEncoding) throws(VolumeError) -> VoxelLocation.Packing {
        switch encoding {
        case CTEEM_RAW: .none
        case CTEEM_ASCII: .text
        case CTEEM_HEX: .hexadecimal
        case CTEEM_GZIP: .deflate
        case CTEEM_BZIP2: .bzip2
        default:
            throw .badField(name: "encoding", found: "an unknown one", expected: "raw, ascii, hex, gzip or bzip2")
        }
    }
}

/// The lines of a header without the field that names the files of voxels, which Teem would open.
private struct NRRDFields {
    private(set) var text = ""
    private(set) var voxelFiles: (field: String, list: [String])?

    init(_ lines: [String]) {
        for (number, line) in lines.enumerated() {
            guard voxelFiles == nil, let field = Self.voxelFileField(line) else {
                // A zero would end the text for Teem.
                text += line.replacing("\0", with: "?") + "\n"
                continue
            }
            voxelFiles = (field, [])
            // A list is the last field of a header.
            if field.hasPrefix("LIST") {
                voxelFiles?.list = lines[(number + 1)...].filter { !$0.isEmpty }
                return
            }
        }
        while text.hasSuffix("\n\n") { text.removeLast() }
    }

    private static func voxelFileField(_ line: String) -> String? {
        for name in ["data file:", "datafile:"] where line.lowercased().hasPrefix(name) {
            guard !line.dropFirst(name.count).hasPrefix("=") else { return nil }
            return line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    /// Teem's last line says what is wrong; those before it only who called whom.
    static func fault(_ words: [CChar]) -> String {
        let text = words.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        let last = text.split(separator: "\n").last.map(String.init) ?? "unreadable"
        return last.replacing(/^\[nrrd\] [_A-Za-z0-9]+: */, with: "")
    }
}

/// The axes of an NRRD array: three in space, and perhaps one before or behind them.
private struct NRRDAxes {
    private let header: CTeemHeader
    private let spatial: [Int]
    private(set) var content = VolumeHeader.Sample.Content.value

    var sizes: [Int] { spatial.map { size($0) } }

    init(_ header: CTeemHeader, hasSegments: Bool) throws(VolumeError) {
        self.header = header
        let all = Array(0..<min(Int(header.axisCount), Int(CTEEM_MOST_AXES)))
        let others = all.filter { Self.kind(header, $0) != CTEEM_DOMAIN || Self.isWithoutDirection(header, $0) }
        // An axis of one sample counts nothing.
        let long = others.filter { Self.sizes(header)[$0] != 1 }
        spatial = all.count == 4 && others.count == 1 ? all.filter { $0 != others[0] } : all
        guard all.count == 3 || (all.count == 4 && others.count == 1) else {
            if all.count == 4, others.isEmpty {
                throw .notOneValue(
                    found: "\(Self.sizes(header)[3]) volumes",
                    advice: "save the one that is meant as an image of its own")
            }
            throw .badField(
                name: "dimension", found: "\(header.axisCount)",
                expected: "three axes in space (and one of layers in a segmentation)")
        }
        guard let other = all.count == 3 ? others.first : long.first else { return }
        let count = Self.sizes(header)[other]
        switch Self.kind(header, other) {
        case CTEEM_COLOUR:
            throw .notOneValue(
                found: "a colour of \(count) parts a voxel", advice: "save its luminance as an image of its own")
        case CTEEM_VECTOR:
            throw .notOneValue(
                found: "a vector of \(count) parts a voxel", advice: "save one of them as an image of its own")
        default: break
        }
        guard all.count == 4 else {
            throw .badField(name: "kinds", found: "a list among three axes", expected: "three axes in space")
        }
        guard hasSegments, other == 0, count <= 1 << 16 else {
            throw .notOneValue(
                found: "\(count) volumes, and nothing that says what they are",
                advice:
                    "save the one that is meant as an image of its own; layers of a segmentation come first and have names"
            )
        }
        content = .layers(Int(count))
    }

    private static func sizes(_ header: CTeemHeader) -> [UInt64] {
        withUnsafeBytes(of: header.sizes) { Array($0.bindMemory(to: UInt64.self)) }
    }

    private static func kind(_ header: CTeemHeader, _ axis: Int) -> CTeemKind {
        withUnsafeBytes(of: header.kinds) { $0.bindMemory(to: CTeemKind.self)[axis] }
    }

    private static func isWithoutDirection(_ header: CTeemHeader, _ axis: Int) -> Bool {
        header.spaceDimension > 0 && header.axisCount > 3 && direction(header, axis).x.isNaN
    }

    private static func direction(_ header: CTeemHeader, _ axis: Int) -> SIMD3<Double> {
        withUnsafeBytes(of: header.directions) {
            let values = $0.bindMemory(to: Double.self)
            return SIMD3(values[3 * axis], values[3 * axis + 1], values[3 * axis + 2])
        }
    }

    private func size(_ axis: Int) -> Int { Int(clamping: Self.sizes(header)[axis]) }

    private func spacing(_ axis: Int) -> Double {
        withUnsafeBytes(of: header.spacings) { $0.bindMemory(to: Double.self)[axis] }
    }

    /// The steps in LPS, what is odd about them, and whether the header says where they begin.
    func placement() throws(VolumeError) -> (VolumeAxes, [Finding], ImageSource.PatientPosition) {
        let directions = spatial.map { Self.direction(header, $0) }
        guard header.spaceDimension == 3, directions.allSatisfy({ !$0.x.isNaN }) else {
            let stated = spatial.map(spacing)
            let spacing = stated.map { $0.isNaN ? 1 : abs($0) }
            let steps = VolumeAxes.unplaced(spacing: SIMD3(spacing[0], spacing[1], spacing[2]))
            let found =
                stated.contains(where: \.isNaN)
                ? "the header has no spacings, taken as 1 mm, and no space" : "the header has spacings and no space"
            return (steps, [.unplaced(found)], .absent)
        }
        var findings: [Finding] = []
        var origin = SIMD3(header.origin.0, header.origin.1, header.origin.2)
        if origin.x.isNaN {
            origin = .zero
            findings.append(Finding(.warning, "the header has no space origin: taken as 0 0 0"))
        }
        let steps = VolumeAxes(columns: directions, origin: origin)
        switch header.space {
        case CTEEM_LPS: return (steps, findings, .stated)
        case CTEEM_RAS: return (steps.turned(by: [-1, -1, 1]), findings, .stated)
        case CTEEM_LAS: return (steps.turned(by: [1, -1, 1]), findings, .stated)
        default:
            let name = withUnsafeBytes(of: header.spaceName) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            findings.append(
                Finding(
                    .warning,
                    "the space is \(name.isEmpty ? "not named" : name), which does not say where left and back are; taken as"
                        + " left-posterior-superior"))
            return (steps, findings, .stated)
        }
    }
}
