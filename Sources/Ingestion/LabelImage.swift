// PNG masks: every value but 0 is a label.
import CPNG
import Imaging

extension MaskSource {
    /// Lists the labels of a PNG mask: its distinct values but 0, ascending.
    ///
    /// Grey of 1 to 16 bits is taken as stored (0/1, 0/255 or several labels), a palette by its indices, RGB as grey when
    /// its three channels are equal everywhere. Alpha is ignored. True colours are refused: which colour is which label
    /// is nowhere written.
    public init(labelImage path: String) throws(IngestionError) {
        let labels = try LabelImage(path: path)
        let entries = labels.values().map { Entry(name: "", label: $0) }
        var findings: [Finding] = []
        if entries.isEmpty { findings.append(Finding(.warning, "the mask holds only 0")) }
        if entries.count > 64 {
            findings.append(
                Finding(
                    .warning,
                    "the mask has \(entries.count) labels, which looks like smoothed edges or a picture rather than labels"))
        }
        self.init(format: .png, path: path, entries: entries, findings: findings)
    }

    func labelRegions(_ chosen: [Entry], on image: ImageSource) throws(IngestionError) -> [RegionOutcome] {
        let labels = try LabelImage(path: path)
        let size = image.geometry.size
        let found = SIMD3(labels.width, labels.height, 1)
        guard found == size else {
            let differences = GeometryDifference.Axis.allCases
                .filter { found[$0.rawValue] != size[$0.rawValue] }
                .map {
                    GeometryDifference.size(axis: $0, found: found[$0.rawValue], expected: size[$0.rawValue])
                }
            return chosen.map { .failed($0, reason: GeometryDifference.reason(differences)) }
        }
        return chosen.map { entry in
            let voxels = labels.samples.map { Int($0) == entry.label ? 1 : 0 as UInt8 }
            let box = VoxelBox(lower: .zero, size: size)
            let region = Region(name: entry.name, label: entry.label, box: box, voxels: voxels).cropped()
            guard region.box.voxelCount > 0 else {
                return .failed(entry, reason: "no pixel of the mask has the value \(entry.label)")
            }
            return .region(region, findings: [])
        }
    }
}

/// The values of a PNG mask, row by row.
struct LabelImage {
    let width: Int
    let height: Int
    let samples: [UInt16]

    init(path: String) throws(IngestionError) {
        var layout = CPngLayout()
        var error = CPngError()
        guard cpng_read_layout(path, &layout, &error) else { throw .notPNG(path: path, found: error.said) }
        (width, height) = (Int(layout.width), Int(layout.height))
        let channels = layout.isPalette ? 1 : Int(layout.samplesPerPixel)
        let bytes = layout.isPalette ? 1 : Int(layout.bytesPerSample)
        let capacity = width * height * channels * bytes
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
        defer { buffer.deallocate() }
        guard cpng_read(path, layout.isPalette, buffer.baseAddress, capacity, &error) else {
            throw .notPNG(path: path, found: error.said)
        }
        let stored =
            bytes == 1
            ? buffer.map(UInt16.init) : Array(UnsafeBufferPointer(buffer.bindMemory(to: UInt16.self)))
        switch channels {
        case 1: samples = stored
        case 2: samples = stride(from: 0, to: stored.count, by: 2).map { stored[$0] }
        default:
            var grey: [UInt16] = []
            grey.reserveCapacity(width * height)
            for pixel in stride(from: 0, to: stored.count, by: channels) {
                guard stored[pixel] == stored[pixel + 1], stored[pixel] == stored[pixel + 2] else {
                    let (column, row) = ((pixel / channels) % width, pixel / channels / width)
                    throw .notPNG(
                        path: path,
                        found: "the mask has colours (R \(stored[pixel]), G \(stored[pixel + 1]), B \(stored[pixel + 2]) at "
                            + "column \(column), row \(row)), a mask's labels must be grey values or palette indices")
                }
                grey.append(stored[pixel])
            }
            samples = grey
        }
    }

    /// Distinct values but 0, ascending.
    func values() -> [Int] {
        var present = [Bool](repeating: false, count: 65_536)
        for value in samples { present[Int(value)] = true }
        return present.indices.dropFirst().filter { present[$0] }
    }
}

extension CPngError {
    /// The text as Swift's.
    fileprivate var said: String {
        withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
