import Figures
import Imaging
import Radiomics

extension MapPictures {
    /// Of all slices of a region those that a montage has room for: evenly spread, the first and the last among them.
    public static func montageSlices(of slices: [Int]) -> [Int] {
        guard slices.count > mostTiles else { return slices }
        return (0..<mostTiles).map { slices[$0 * (slices.count - 1) / (mostTiles - 1)] }
    }

    private static let mostTiles = 42

    /// A little more than rows, with as few empty places as may be.
    private static func columns(for tiles: Int) -> Int {
        let usual = Int((1.35 * Double(tiles)).squareRoot().rounded(.up))
        let possible = (max(1, usual - 1)...usual + 1).filter { $0 <= tiles }
        return possible.min { a, b in
            ((a - tiles % a) % a, -a) < ((b - tiles % b) % b, -b)
        } ?? 1
    }

    /// Slices under the map's colours in a grid, row by row, with one colour bar.
    ///
    /// - Parameters:
    ///   - slices: of the grid, from 0; at least one, each of the image block's.
    ///   - remark: what is to be known of the choice, e.g. `every 3rd of 120 slices`; empty for nothing.
    public func montage(of slices: [Int], remark: String) -> Canvas {
        precondition(!slices.isEmpty, "a montage of no slice")
        let columns = Self.columns(for: slices.count)
        let rows = (slices.count + columns - 1) / columns
        let side = max(120, min(320, 1260 / columns))
        let view = MapView(maps, side: side, most: side + side / 4)
        let sides = SideLetters(labels.sides)
        let (gap, label) = (6, Self.line)
        // As wide as the number of its slice.
        let slot = max(view.width, 72)
        let (step, down) = (slot + gap, label + view.height + gap)
        let left = Self.margin + sides.width
        let (right, height) = (left + columns * step - gap, rows * down - gap)
        let bar = colourBar(height: max(240, min(height, 600)))
        let barLeft = right + sides.width + Self.gap + 4
        // What stands below takes as much.
        let width = max(barLeft + (bar?.width ?? 0) + Self.margin, 760)
        let parts = [remark, valueless ?? ""].filter { !$0.isEmpty }
        let heading = Heading(labels, parts, width: width)
        let top = heading.height + sides.height
        let footer = top + max(height, bar == nil ? 0 : 240) + sides.height + 8
        var canvas = Canvas(width: width, height: footer + 3 * Self.line + Self.margin, background: MapStyle.paper)
        heading.draw(on: &canvas)
        for (number, slice) in slices.enumerated() {
            let (x, y) = (left + number % columns * step, top + number / columns * down)
            let brief = labels.slice(slice).brief
            let fitting = Canvas.lines(of: brief, separator: "  ", width: slot, scale: Self.textScale).first ?? ""
            canvas.write(fitting, x: x, y: y, scale: Self.textScale, MapStyle.soft)
            view.draw(
                .map, of: map, slice: slice, on: &canvas, x: x + (slot - view.width) / 2, y: y + label, style: style,
                colour: colour)
        }
        sides.draw(around: left..<right, top..<top + height, on: &canvas)
        bar?.draw(on: &canvas, x: barLeft, y: top, MapStyle.ink) { colours?.colour(share: $0) ?? MapStyle.undefined }
        drawScales(view, on: &canvas, x: left, y: footer, most: 400)
        draw(notes(slices, view), on: &canvas, x: left + 420, y: footer, most: width - left - 420 - Self.margin)
        return canvas
    }
}
