import CPNG
import Imaging

extension ImageSource {
    /// A PNG as an image of one slice, 1 mm a pixel. Reads the header only.
    public init(png path: String) throws(IngestionError) {
        let layout = try CPngLayout(path: path)
        var identity = ImageIdentity()
        identity.modality = "PNG"
        identity.seriesDescription = Self.fileStem(path)
        var findings = [Finding(.note, "no pixel spacing in a PNG; 1 mm assumed")]
        if layout.samplesPerPixel >= 3 {
            findings.append(Finding(.note, "\(layout.isPalette ? "palette" : "RGB") converted to luminance"))
        }
        if layout.samplesPerPixel % 2 == 0 { findings.append(Finding(.note, "alpha ignored")) }
        self.init(
            format: .png,
            identity: identity,
            path: path,
            geometry: Geometry(size: SIMD3(Int(layout.width), Int(layout.height), 1)),
            slices: [Slice(path: path, frame: 0, sopInstanceUID: "", position: .zero)],
            findings: findings,
            place: .absent
        )
    }

    /// File name without folder and extension: names the case of a PNG.
    public static func fileStem(_ path: String) -> String {
        let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return String(name) }
        return String(name[..<dot])
    }

    /// The values of a PNG: stored grey values, or luminance of its colours.
    func loadPNG() throws(IngestionError) -> Volume {
        let layout = try CPngLayout(path: path)
        let size = SIMD3(Int(layout.width), Int(layout.height), 1)
        guard size == geometry.size else {
            throw .inconsistent(path: path, what: "size", found: "\(size)", expected: "\(geometry.size)")
        }
        var failure: CPngError?
        let count = layout.byteCount
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            var error = CPngError()
            if cpng_read(path, false, buffer.baseAddress, count, &error) { written = count } else { failure = error }
        }
        if let failure { throw .notPNG(path: path, found: failure.sentence) }
        let samples = Int(layout.samplesPerPixel)
        let values: VoxelValues = bytes.withUnsafeBytes { bytes in
            if layout.bytesPerSample == 2 {
                let stored = bytes.bindMemory(to: UInt16.self)
                return samples >= 3
                    ? .float64(luminance(stored, samples: samples))
                    : .int32((0..<geometry.voxelCount).map { Int32(stored[$0 * samples]) })
            }
            let stored = bytes.bindMemory(to: UInt8.self)
            return samples >= 3
                ? .float64(luminance(stored, samples: samples))
                : .int16((0..<geometry.voxelCount).map { Int16(stored[$0 * samples]) })
        }
        return Volume(geometry: geometry, values: values)
    }

    private func luminance(_ stored: UnsafeBufferPointer<some BinaryInteger>, samples: Int) -> [Double] {
        (0..<geometry.voxelCount).map { pixel in
            Luminance.of(
                Double(stored[pixel * samples]),
                Double(stored[pixel * samples + 1]),
                Double(stored[pixel * samples + 2])
            )
        }
    }
}

/// Rec. 601, as in the Y of JPEG's and DICOM's YBR_FULL (PS3.3 C.7.6.3.1.2).
enum Luminance {
    /// 0.299 R + 0.587 G + 0.114 B; exactly the grey value where all three agree.
    static func of(_ red: Double, _ green: Double, _ blue: Double) -> Double {
        red == green && green == blue ? red : 0.299 * red + 0.587 * green + 0.114 * blue
    }
}

extension CPngLayout {
    init(path: String) throws(IngestionError) {
        self.init()
        var error = CPngError()
        guard cpng_read_layout(path, &self, &error) else { throw .notPNG(path: path, found: error.sentence) }
    }

    var byteCount: Int { Int(width) * Int(height) * Int(samplesPerPixel) * Int(bytesPerSample) }
}

extension CPngError {
    /// The text as Swift's.
    var sentence: String {
        withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
