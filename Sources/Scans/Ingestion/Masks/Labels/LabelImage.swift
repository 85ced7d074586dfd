// PNG masks: every value but 0 is a label.
import Imaging
import PNG

extension MaskSource {
    /// Lists the labels of a PNG mask: its distinct values but 0, ascending.
    ///
    /// Grey of 1 to 16 bits is taken as stored (0/1, 0/255 or several labels), RGB as grey when its three channels are equal
    /// everywhere. A palette is taken by its indices, or, when index 0 is used and is not black, by its colours, which must
    /// then be greys. Alpha is ignored. True colours are refused: which colour is which label is nowhere written. Values
    /// near 0 and the largest one alone are one region, with a warning: a mask that was smoothed.
    ///
    /// The regions of `name_mask_1.png` are called `mask_1`, since numbers alone would not tell them from the first mask's.
    ///
    /// - Parameter imageStems: paths, without suffix, of the images that it is a mask of; nil: what its name says.
    public init(labelImage path: String, of imageStems: [String]? = nil) throws(IngestionError) {
        let labels = try LabelImage(path: path)
        let fileName = MaskFileName(path)
        let name = fileName?.number.map { "mask_\($0)" } ?? ""
        let entries = labels.values().map { Entry(name: name, label: $0) }
        var findings = labels.findings
        if entries.isEmpty { findings.append(Finding(.warning, "the mask holds only 0")) }
        if entries.count > Self.mostLabels || labels.looksSmoothed {
            findings.append(
                Finding(
                    .warning,
                    "the mask has \(entries.count) labels, which looks like smoothed edges or a picture rather than labels"
                )
            )
        }
        self.init(format: .png, path: path, entries: entries, findings: findings)
        self.imageStems = imageStems ?? fileName.map { [$0.imageStem] } ?? []
    }

    /// More values than this are hardly labels.
    private static let mostLabels = 64

    /// Whether the values of a PNG are those of labels, or of a mask that was smoothed, rather than of a picture. A picture of
    /// few colours counts as labels: reading it as such then says what is wrong.
    static func looksLikeLabels(_ path: String) throws(IngestionError) -> Bool {
        do throws(IngestionError) {
            let labels = try LabelImage(path: path)
            return labels.looksSmoothed || labels.values().count <= mostLabels
        } catch {
            guard case .notLabels = error else { throw error }
            return try LabelImage.colours(of: path, upTo: mostLabels + 1) <= mostLabels
        }
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
            let sizes = "the mask has \(found.x) x \(found.y) pixels, its image \(size.x) x \(size.y)"
            return chosen.map { .failed($0, reason: "\(sizes): \(GeometryDifference.reason(differences))") }
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
    private(set) var samples: [UInt16]
    /// What was decided about the values.
    private(set) var findings: [Finding] = []
    /// Whether one value at the white end holds most of what is not 0 and many others the rest.
    private(set) var looksSmoothed = false

    init(path: String) throws(IngestionError) {
        let file = try PNGFile.open(path)
        (width, height) = (file.width, file.height)
        guard file.layout.isPalette else {
            samples = try Self.greys(of: file, .colours)
            judgeSmoothing(white: file.layout.bitDepth == 16 ? 65_535 : 255)
            return
        }
        let indices = try Self.greys(of: file, .indices)
        let colours = try Self.samples(of: file, .colours)
        let channels = file.channels(.colours)
        let first = indices.firstIndex(of: 0).map { Array(colours[$0 * channels..<($0 + 1) * channels]) }
        let isBackground = first.map { $0.prefix(3).allSatisfy { $0 == 0 } || ($0.count == 4 && $0[3] == 0) } ?? true
        guard !isBackground, let first else {
            samples = indices
            return
        }
        do throws(IngestionError) { samples = try Self.greys(of: file, .colours) } catch {
            throw .notLabels(
                path: path,
                found: "the palette's first colour is R \(first[0]), G \(first[1]), B \(first[2]) and others are no "
                    + "greys",
                expected: "a background that is black or palette index 0")
        }
        findings.append(
            Finding(.note, "the palette is read by its colours, because its first one (\(first[0])) is not black"))
        judgeSmoothing(white: 255)
    }

    private static func samples(of file: PNGFile, _ palette: PNGFile.Palette) throws(IngestionError) -> [UInt16] {
        switch try file.decode(palette) {
        case .eight(let samples): samples.map(UInt16.init)
        case .sixteen(let samples): samples
        }
    }

    /// How many colours a picture has, at most `limit`.
    fileprivate static func colours(of path: String, upTo limit: Int) throws(IngestionError) -> Int {
        let file = try PNGFile.open(path)
        let (stored, channels) = (try samples(of: file, .colours), file.channels(.colours))
        var seen: Set<ArraySlice<UInt16>> = []
        for pixel in stride(from: 0, to: stored.count, by: channels) {
            seen.insert(stored[pixel..<pixel + min(channels, 3)])
            if seen.count >= limit { break }
        }
        return seen.count
    }

    /// One value a pixel; throws for colours.
    private static func greys(of file: PNGFile, _ palette: PNGFile.Palette) throws(IngestionError) -> [UInt16] {
        let channels = file.channels(palette)
        let stored = try samples(of: file, palette)
        switch channels {
        case 1: return stored
        case 2: return stride(from: 0, to: stored.count, by: 2).map { stored[$0] }
        default:
            var grey: [UInt16] = []
            grey.reserveCapacity(file.width * file.height)
            for pixel in stride(from: 0, to: stored.count, by: channels) {
                guard stored[pixel] == stored[pixel + 1], stored[pixel] == stored[pixel + 2] else {
                    let (column, row) = ((pixel / channels) % file.width, pixel / channels / file.width)
                    throw .notLabels(
                        path: file.path,
                        found: "the mask has colours (R \(stored[pixel]), G \(stored[pixel + 1]), B "
                            + "\(stored[pixel + 2]) at column \(column), row \(row))",
                        expected: "labels that are grey values or palette indices")
                }
                grey.append(stored[pixel])
            }
            return grey
        }
    }

    /// A mask of 0 and white that was interpolated, sharpened or saved as JPEG has values near the two: noise, no labels.
    private mutating func judgeSmoothing(white: Int) {
        var counts = [Int](repeating: 0, count: white + 1)
        for value in samples where Int(value) <= white { counts[Int(value)] += 1 }
        let margin = white / 8
        func present(_ values: ClosedRange<Int>) -> [Int] { values.filter { counts[$0] > 0 } }
        let (dark, light) = (present(1...margin), present(white - margin...white - 1))
        let between = present(margin + 1...white - margin - 1)
        let (darkPixels, whitePixels) = (dark.reduce(0) { $0 + counts[$1] }, counts[white])
        let inside = samples.count - counts[0]
        looksSmoothed = dark.count + light.count + between.count > 8 && whitePixels * 2 > inside
        guard between.isEmpty, let brightest = whitePixels > 0 ? white : light.last,
            !dark.isEmpty || light.count > 1 || (whitePixels > 0 && !light.isEmpty)
        else { return }
        // A few dark labels beside white ones are labels ("void" is white in some data sets), unless they are specks.
        guard !light.isEmpty || (dark.count >= 3 && darkPixels < whitePixels) || darkPixels * 20 < whitePixels else {
            return
        }
        looksSmoothed = false
        let half = (white + 1) / 2
        let others = [dark, light].compactMap { values in
            values.first.map { $0 == values.last ? "\($0)" : "\($0)–\(values.last ?? $0)" }
        }
        findings.append(
            Finding(
                .warning,
                "the mask's values lie near 0 and \(white) only (also \(others.joined(separator: " and "))), as in one that was "
                    + "smoothed; pixels from \(half) upwards are taken as one region"
            )
        )
        for k in samples.indices { samples[k] = Int(samples[k]) >= half ? UInt16(brightest) : 0 }
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
