import Figures
import Foundation
import Imaging
import Radiomics

/// A feature map on its image, as a reader of such images expects it: in a window for the modality, with the sides of the
/// patient, a scale, and what the map is of. All pictures of a map have one window and one scale of colours.
public struct MapPictures {
    /// Values that the first and the last colour stand for; nil when the map has no values.
    public var range: ClosedRange<Double>? { colours?.range }

    let maps: FeatureMaps
    let map: FeatureMap
    let labels: MapLabels
    let style: MapStyle
    let colours: MapColours?
    static let (margin, gap, titleScale, textScale) = (16, 16, 3, 2)
    static let line = Canvas.lineHeight(scale: textScale)

    public init(_ maps: FeatureMaps, _ map: FeatureMap, window: GreyWindow, _ labels: MapLabels) {
        (self.maps, self.map, self.labels) = (maps, map, labels)
        style = MapStyle(window: window, polarity: labels.polarity)
        colours = MapColours(map.values)
    }

    /// One slice twice: plain with the region's outline, and under the map's colours.
    ///
    /// - Parameter slice: of the grid, from 0; one of the image block's.
    public func picture(of slice: Int) -> Canvas {
        let view = MapView(maps, side: 400, most: 1200)
        let sides = SideLetters(labels.sides)
        // Room for what stands below, also where the picture is narrow.
        let slot = max(view.width, 320)
        let step = slot + 2 * sides.width + Self.gap
        let bar = colourBar(height: max(view.height, 240))
        let barLeft = Self.margin + 2 * step + 4
        let width = barLeft + (bar?.width ?? 0) + Self.margin
        let heading = Heading(labels, labels.slice(slice).parts + [valueless].compactMap { $0 }, width: width)
        let top = heading.height + sides.height
        let footer = top + max(view.height, bar == nil ? 0 : 240) + sides.height + 8
        var canvas = Canvas(width: width, height: footer + 3 * Self.line + Self.margin, background: MapStyle.paper)
        heading.draw(on: &canvas)
        for (number, panel) in [MapView.Panel.image, .map].enumerated() {
            let left = Self.margin + number * step + sides.width + (slot - view.width) / 2
            view.draw(panel, of: map, slice: slice, on: &canvas, x: left, y: top, style: style, colour: colour)
            sides.draw(around: left..<left + view.width, top..<top + view.height, on: &canvas)
        }
        bar?.draw(on: &canvas, x: barLeft, y: top, MapStyle.ink) { colours?.colour(share: $0) ?? MapStyle.undefined }
        drawScales(view, on: &canvas, x: Self.margin + sides.width, y: footer, most: slot)
        draw(notes([slice], view), on: &canvas, x: Self.margin + step + sides.width, y: footer, most: slot)
        return canvas
    }

    // MARK: What both kinds of pictures have

    func colour(_ value: Float) -> SIMD3<UInt8>? { colours.flatMap { $0.colour(value) } }

    func colourBar(height: Int) -> ColourBar? {
        colours.map {
            ColourBar(
                title: labels.title, unit: labels.unit, range: $0.range, lower: $0.lower, upper: $0.upper,
                height: height)
        }
    }

    /// Said of a map that has no colours.
    var valueless: String? { colours == nil ? "no voxel has a value" : nil }

    /// The scale in the patient, then the greys of the window with the values of black and white.
    func drawScales(_ view: MapView, on canvas: inout Canvas, x: Int, y: Int, most: Int) {
        let unit = labels.lengths == .millimetre ? "mm" : "pixels"
        let scale = ScaleBar(unit: unit, scale: view.scale, most: Double(view.width) * 0.4)
        scale?.draw(on: &canvas, x: x, y: y, scale: Self.textScale, MapStyle.ink)
        let (low, high) = (style.window.range.lowerBound, style.window.range.upperBound)
        let row = y + Self.line
        var left = x
        canvas.write(Self.number(low), x: left, y: row, scale: Self.textScale, MapStyle.ink)
        left += Canvas.textWidth(Self.number(low), scale: Self.textScale) + 8
        let (length, height) = (96, Canvas.textHeight(scale: Self.textScale))
        // A line around it: one of its ends is as white as the paper.
        canvas.fill(x: left - 1..<left + length + 1, y: row - 1..<row + height + 1, MapStyle.soft)
        for step in 0..<length {
            let shade = style.polarity.shade(UInt8((Double(step) / Double(length - 1) * 255).rounded()))
            canvas.fill(x: left + step..<left + step + 1, y: row..<row + height, shade)
        }
        left += length + 8
        let top = [Self.number(high), labels.imageUnit].filter { !$0.isEmpty }.joined(separator: " ")
        canvas.write(top, x: left, y: row, scale: Self.textScale, MapStyle.ink, most: max(0, x + most - left))
        canvas.write(
            window, x: x, y: y + 2 * Self.line, scale: Self.textScale, MapStyle.soft, most: most)
    }

    /// `W 400 L 40, soft tissue`
    private var window: String {
        let (low, high) = (style.window.range.lowerBound, style.window.range.upperBound)
        switch style.window.reason {
        case .given, .file, .softTissue, .lung, .bone:
            return "W \(Self.number(high - low)) L \(Self.number((low + high) / 2)), \(style.window.reason.text)"
        case .uptake, .storable, .shown: return "window \(style.window.reason.text)"
        }
    }

    /// What the colours that are on no bar mean.
    func notes(_ slices: [Int], _ view: MapView) -> [(text: String, colour: SIMD3<UInt8>)] {
        var notes: [(text: String, colour: SIMD3<UInt8>)] = []
        let undefined = zip(map.values, maps.inside).count { $1 != 0 && !$0.isFinite }
        if undefined > 0 {
            notes.append(("no value: \(undefined) voxel\(undefined == 1 ? "" : "s")", MapStyle.undefined))
        }
        if slices.contains(where: view.hasMissing) { notes.append(("not a number in the image", MapStyle.missing)) }
        return notes
    }

    func draw(
        _ notes: [(text: String, colour: SIMD3<UInt8>)], on canvas: inout Canvas, x: Int, y: Int, most: Int
    ) {
        let height = Canvas.textHeight(scale: Self.textScale)
        for (number, note) in notes.enumerated() {
            let row = y + number * Self.line
            canvas.fill(x: x..<x + height, y: row..<row + height, note.colour)
            canvas.write(
                note.text, x: x + height + 8, y: row, scale: Self.textScale, MapStyle.soft, most: most - height - 8)
        }
    }

    static func number(_ value: Double) -> String { String(format: "%.4g", value == 0 ? 0 : value) }
}

/// The lines above the pictures.
struct Heading {
    private let title: String
    private let lines: [String]
    private let width: Int

    /// - Parameter last: what follows the subject.
    init(_ labels: MapLabels, _ last: [String], width: Int) {
        self.width = width - 2 * MapPictures.margin
        title = labels.title
        lines = [labels.making, labels.subject + last].flatMap {
            Canvas.lines(of: $0, separator: " · ", width: width - 2 * MapPictures.margin, scale: MapPictures.textScale)
        }
    }

    var height: Int {
        MapPictures.margin + Canvas.lineHeight(scale: MapPictures.titleScale) + lines.count * MapPictures.line + 8
    }

    func draw(on canvas: inout Canvas) {
        var y = MapPictures.margin
        canvas.write(
            title, x: MapPictures.margin, y: y, scale: MapPictures.titleScale, MapStyle.ink, most: width)
        y += Canvas.lineHeight(scale: MapPictures.titleScale) + 2
        for line in lines {
            canvas.write(line, x: MapPictures.margin, y: y, scale: MapPictures.textScale, MapStyle.soft)
            y += MapPictures.line
        }
    }
}

/// The letters around a picture, in the middle of each side; without them no room is taken.
struct SideLetters {
    private let sides: PatientSides?
    /// Of the room on the left and on the right, and above and below.
    let width: Int
    let height: Int

    init(_ sides: PatientSides?) {
        self.sides = sides
        let longest = sides.map { max($0.left.count, $0.right.count) } ?? 0
        width =
            longest == 0
            ? 0 : Canvas.textWidth(String(repeating: "R", count: longest), scale: MapPictures.textScale) + 6
        height = sides == nil ? 0 : MapPictures.line
    }

    func draw(around columns: Range<Int>, _ rows: Range<Int>, on canvas: inout Canvas) {
        guard let sides else { return }
        let scale = MapPictures.textScale
        let textHeight = Canvas.textHeight(scale: scale)
        // Without the gap that follows the last letter.
        func length(_ text: String) -> Int { Canvas.textWidth(text, scale: scale) - scale }
        let (middle, centre) = (
            (rows.lowerBound + rows.upperBound - textHeight) / 2, columns.lowerBound + columns.upperBound
        )
        for (text, x, y) in [
            (sides.left, columns.lowerBound - 6 - length(sides.left), middle),
            (sides.right, columns.upperBound + 6, middle),
            (sides.top, (centre - length(sides.top)) / 2, rows.lowerBound - 4 - textHeight),
            (sides.bottom, (centre - length(sides.bottom)) / 2, rows.upperBound + 4),
        ] {
            canvas.write(text, x: x, y: y, scale: scale, MapStyle.ink)
        }
    }
}
