// PNG masks: every value but 0 is a label.
import Imaging
import PNG

extension MaskSource {
    /// Lists the labels of a PNG mask: its distinct values but 0, ascending.
    ///
    /// Grey of 1 to 16 bits is taken as stored (0/1, 0/255 or several labels), RGB as grey when its three channels are equal
    /// everywhere. A palette is taken by its indices, or, when its background is not index 0, by its colours, which must
    /// then be greys. Pixels that are transparent are background; a picture of one grey is read by its alpha. True colours are
    /// refused: which colour is which label is nowhere written. Values of a mask that was smoothed are one region, or have a
    /// warning (``SmoothedValues``).
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
        if entries.count > 1, !labels.samples.contains(0) {
            findings.append(
                Finding(
                    .warning,
                    "no pixel of the mask is 0, which stands for the background: each of its \(entries.count) values is taken "
                        + "as a region"
                )
            )
        }
        if entries.count > Self.mostLabels || labels.judgement.isDoubtful {
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
            return labels.judgement == .whiteWithEdges || labels.values().count <= mostLabels
        } catch {
            guard case .notLabels = error else { throw error }
            return try LabelImage.colours(of: path, upTo: mostLabels + 1) <= mostLabels
        }
    }

    func labelRegions(_ chosen: [Entry], on image: ImageSource) throws(IngestionError) -> [PendingOutcome] {
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
            let reason = "\(sizes): \(GeometryDifference.reason(differences))"
            return chosen.map { PendingOutcome(.failed($0, reason: reason)) }
        }
        let boxes = labels.boxes()
        return chosen.map { entry in
            guard let box = boxes[entry.label] else {
                return PendingOutcome(.failed(entry, reason: "no pixel of the mask has the value \(entry.label)"))
            }
            return PendingOutcome(entry, boxVoxels: box.voxelCount) { .region(labels.region(entry, box), findings: []) }
        }
    }
}

/// The values of a PNG mask, row by row.
struct LabelImage: Sendable {
    let width: Int
    let height: Int
    private(set) var samples: [UInt16]
    /// What was decided about the values.
    private(set) var findings: [Finding] = []
    /// Whether its values are labels, as far as they themselves say.
    private(set) var judgement = SmoothedValues.Judgement.labels

    init(path: String) throws(IngestionError) {
        let file = try PNGFile.open(path)
        (width, height) = (file.width, file.height)
        guard file.layout.isPalette else {
            (samples, findings) = try Self.values(of: file)
            judgeSmoothing(white: file.layout.bitDepth == 16 ? 65_535 : 255)
            return
        }
        let palette = try Palette(file)
        (samples, findings) = (palette.labels, palette.findings)
        // Indices beside which a grey stands may be the greys of a picture that was saved with a palette.
        guard let greys = palette.greys else { return }
        let indices = samples
        samples = greys
        judgeSmoothing(white: 255)
        if judgement == .labels, palette.isReadByIndices { samples = indices }
    }

    private mutating func judgeSmoothing(white: Int) {
        let found = SmoothedValues(samples, width: width, white: white)
        judgement = found.judgement
        guard case .region(let value, let threshold) = judgement else { return }
        findings.append(found.finding(value: value, threshold: threshold))
        for k in samples.indices { samples[k] = Int(samples[k]) >= threshold ? UInt16(value) : 0 }
    }

    /// One value a pixel of a picture without a palette.
    private static func values(of file: PNGFile) throws(IngestionError) -> (samples: [UInt16], findings: [Finding]) {
        let channels = file.channels(.colours)
        var stored = try samples(of: file, .colours)
        guard channels == 2 || channels == 4 else { return (try greys(stored, channels: channels, of: file), []) }
        var findings: [Finding] = []
        let colours = stride(from: 0, to: stored.count, by: channels)
        let first = stored.prefix(channels - 1)
        let isOneColour = colours.allSatisfy { stored[$0..<$0 + channels - 1].elementsEqual(first) }
        let alpha = colours.map { stored[$0 + channels - 1] }
        if isOneColour, Set(alpha).count > 1 {
            findings.append(
                Finding(
                    .warning,
                    "the mask has one colour everywhere and its shape in the alpha channel, which was read instead"
                ))
            return (alpha, findings)
        }
        var transparent = 0
        for pixel in colours where stored[pixel + channels - 1] == 0 {
            if stored[pixel..<pixel + channels - 1].contains(where: { $0 != 0 }) { transparent += 1 }
            for channel in 0..<channels - 1 { stored[pixel + channel] = 0 }
        }
        if transparent > 0 {
            findings.append(
                Finding(.warning, "\(transparent) pixels of the mask are transparent and are taken as background"))
        }
        return (try greys(stored, channels: channels, of: file), findings)
    }

    fileprivate static func samples(of file: PNGFile, _ palette: PNGFile.Palette) throws(IngestionError) -> [UInt16] {
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
    fileprivate static func greys(
        _ stored: [UInt16], channels: Int, of file: PNGFile
    ) throws(IngestionError) -> [UInt16] {
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

/// What the indices of a palette stand for. The background is index 0, unless its colour says otherwise.
private struct Palette {
    private(set) var labels: [UInt16]
    private(set) var findings: [Finding] = []
    /// The colours of the pixels where all are greys, 0 for the background.
    private(set) var greys: [UInt16]?
    private(set) var isReadByIndices = true

    init(_ file: PNGFile) throws(IngestionError) {
        let indices = try LabelImage.samples(of: file, .indices)
        let stored = try LabelImage.samples(of: file, .colours)
        let channels = file.channels(.colours)
        /// The colours that pixels have.
        var colours: [UInt16: ArraySlice<UInt16>] = [:]
        for (pixel, index) in indices.enumerated() where colours[index] == nil {
            colours[index] = stored[pixel * channels..<(pixel + 1) * channels]
        }
        // Black, or nothing at all.
        let blank = Set(
            colours.filter { _, colour in
                colour.prefix(3).allSatisfy { $0 == 0 } || (colour.count == 4 && colour.last == 0)
            }.keys)
        labels = indices
        do throws(IngestionError) {
            let values = try LabelImage.greys(stored, channels: channels, of: file)
            greys = zip(indices, values).map { blank.contains($0) ? 0 : $1 }
        } catch {
            guard case .notLabels = error else { throw error }
        }
        let first = colours[0]
        if first == nil ? blank.isEmpty : blank.contains(0) { return }
        let why =
            first.map { "its first one (\($0[$0.startIndex])) is not black" }
            ?? "its first one is not used and black is index \(blank.min() ?? 0)"
        if let greys {
            (labels, isReadByIndices) = (greys, false)
            findings.append(Finding(.note, "the palette is read by its colours, because \(why)"))
        } else if let first {
            let colour = Array(first)
            throw .notLabels(
                path: file.path,
                found: "the palette's first colour is R \(colour[0]), G \(colour[1]), B \(colour[2]) and others are no "
                    + "greys",
                expected: "a background that is black or palette index 0")
        } else {
            labels = indices.map { blank.contains($0) ? 0 : $0 }
            findings.append(Finding(.note, "black is taken as background, because \(why)"))
        }
    }
}
