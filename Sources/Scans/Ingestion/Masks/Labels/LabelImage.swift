// PNG masks: every value but 0 is a label.
import Imaging
import PNG

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
                    "the mask has \(entries.count) labels, which looks like smoothed edges or a picture rather than labels"
                )
            )
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
        let boxes = labels.boxes()
        return chosen.map { entry in
            guard let box = boxes[entry.label] else {
                return .failed(entry, reason: "no pixel of the mask has the value \(entry.label)")
            }
            return .region(labels.region(entry, box), findings: [])
        }
    }
}

/// The values of a PNG mask, row by row.
struct LabelImage {
    let width: Int
    let height: Int
    let samples: [UInt16]

    init(path: String) throws(IngestionError) {
        let file = try PNGFile.open(path)
        (width, height) = (file.width, file.height)
        let channels = file.channels(.indices)
        let stored: [UInt16] =
            switch try file.decode(.indices) {
            case .eight(let samples): samples.map(UInt16.init)
            case .sixteen(let samples): samples
            }
        switch channels {
        case 1: samples = stored
        case 2: samples = stride(from: 0, to: stored.count, by: 2).map { stored[$0] }
        default:
            var grey: [UInt16] = []
            grey.reserveCapacity(width * height)
            for pixel in stride(from: 0, to: stored.count, by: channels) {
                guard stored[pixel] == stored[pixel + 1], stored[pixel] == stored[pixel + 2] else {
                    let (column, row) = ((pixel / channels) % width, pixel / channels / width)
                    let found =
                        "the mask has colours (R \(stored[pixel]), G \(stored[pixel + 1]), B \(stored[pixel + 2]) at "
                        + "column \(column), row \(row)), a mask's labels must be grey values or palette indices"
                    throw .png(PNGError(path: path, found: found))
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

    /// The smallest box around each value but 0.
    func boxes() -> [Int: VoxelBox] {
        var lower = [SIMD2<Int32>](repeating: SIMD2(repeating: .max), count: 65_536)
        var upper = [SIMD2<Int32>](repeating: SIMD2(repeating: -1), count: 65_536)
        for y in 0..<height {
            for x in 0..<width {
                let value = Int(samples[y * width + x])
                guard value != 0 else { continue }
                let here = SIMD2(Int32(x), Int32(y))
                lower[value] = pointwiseMin(lower[value], here)
                upper[value] = pointwiseMax(upper[value], here)
            }
        }
        var boxes: [Int: VoxelBox] = [:]
        for value in upper.indices where upper[value].x >= 0 {
            let size = upper[value] &- lower[value] &+ 1
            boxes[value] = VoxelBox(
                lower: SIMD3(Int(lower[value].x), Int(lower[value].y), 0), size: SIMD3(Int(size.x), Int(size.y), 1))
        }
        return boxes
    }

    /// The pixels of a box that have the entry's value.
    func region(_ entry: MaskSource.Entry, _ box: VoxelBox) -> Region {
        let voxels = (0..<box.voxelCount).map { i -> UInt8 in
            let (x, y) = (box.lower.x + i % box.size.x, box.lower.y + i / box.size.x)
            return Int(samples[y * width + x]) == entry.label ? 1 : 0
        }
        return Region(name: entry.name, label: entry.label, box: box, voxels: voxels)
    }
}
