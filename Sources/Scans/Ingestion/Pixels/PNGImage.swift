import Files
import Imaging
import PNG

extension ImageSource {
    /// A PNG as an image of one slice; its lengths are in pixels. Reads the header only.
    public init(png path: String) throws(IngestionError) {
        let layout = try PNGFile.open(path).layout
        var identity = ImageIdentity()
        identity.modality = "PNG"
        identity.seriesDescription = String(FileName(path).stem)
        var findings = [Finding.noPixelSpacing]
        if layout.samplesPerPixel >= 3 {
            findings.append(Finding(.note, "\(layout.isPalette ? "palette" : "RGB") converted to luminance"))
        }
        if layout.samplesPerPixel % 2 == 0 { findings.append(Finding(.note, "alpha ignored")) }
        self.init(
            format: .png, identity: identity, path: path,
            geometry: Geometry(size: SIMD3(Int(layout.width), Int(layout.height), 1)),
            slices: [Slice(path: path, frame: 0, sopInstanceUID: "", position: .zero)], findings: findings,
            patientPosition: .absent)
        (lengths, thickness) = (.pixel, .assumed)
    }

    /// The values of a PNG: stored grey values, or luminance of its colours.
    func loadPNG() throws(IngestionError) -> Volume {
        let file = try PNGFile.open(path)
        let size = SIMD3(file.width, file.height, 1)
        guard size == geometry.size else {
            throw .inconsistent(path: path, what: "size", found: size.shown, expected: geometry.size.shown)
        }
        let channels = file.channels(.colours)
        let values: VoxelValues =
            switch try file.decode(.colours) {
            case .sixteen(let stored):
                channels >= 3
                    ? .float64(luminance(stored, channels: channels))
                    : .int32((0..<geometry.voxelCount).map { Int32(stored[$0 * channels]) })
            case .eight(let stored):
                channels >= 3
                    ? .float64(luminance(stored, channels: channels))
                    : .int16((0..<geometry.voxelCount).map { Int16(stored[$0 * channels]) })
            }
        return Volume(geometry: geometry, values: values)
    }

    private func luminance(_ stored: [some BinaryInteger], channels: Int) -> [Double] {
        (0..<geometry.voxelCount).map { pixel in
            Luminance.of(
                Double(stored[pixel * channels]), Double(stored[pixel * channels + 1]),
                Double(stored[pixel * channels + 2]))
        }
    }
}
