import Figures
import Foundation
import Imaging
import Radiomics

/// A feature map on its image: the slice with most of the region twice, plain with the region's outline and under the
/// map's colours, with a colour bar.
public struct MapPicture {
    /// What stands over and beside the picture.
    public struct Labels: Sendable {
        public var title: String
        public var subtitle: String
        public var unit: String

        public init(title: String, subtitle: String, unit: String) {
            (self.title, self.subtitle, self.unit) = (title, subtitle, unit)
        }
    }

    public let canvas: Canvas
    /// Slice of the grid that is shown, from 0.
    public let slice: Int
    /// Values that the first and the last colour stand for; nil when the map has no values.
    public let range: ClosedRange<Double>?

    private static let (paper, ink) = (SIMD3<UInt8>(255, 255, 255), SIMD3<UInt8>(20, 20, 20))
    private static let outline = SIMD3<UInt8>(255, 214, 0)
    private static let undefined = SIMD3<UInt8>(214, 39, 140)
    private static let (margin, barWidth, textScale) = (16, 22, 2)

    public init(_ maps: FeatureMaps, _ map: FeatureMap, _ labels: Labels) {
        let view = View(maps)
        slice = view.slice
        let colours = ColourRange(map.values)
        range = colours?.range
        let line = DotMatrixFont.lineHeight * Self.textScale
        let top = Self.margin + 2 * line + 8
        let ticks = colours?.ticks ?? []
        let tickWidth = ticks.map { Canvas.textWidth($0.1, scale: Self.textScale) }.max() ?? 0
        let unitWidth = Canvas.textWidth(labels.unit, scale: Self.textScale)
        let bar = 3 * Self.margin + 2 * view.width
        let barHeight = max(120, view.height - line)
        var canvas = Canvas(
            width: bar + max(Self.barWidth + 12 + tickWidth, unitWidth) + Self.margin,
            height: top + max(view.height, barHeight + line) + Self.margin, background: Self.paper)
        let most = canvas.width - 2 * Self.margin
        let hasUndefined = zip(map.values, maps.inside).contains { $1 != 0 && !$0.isFinite }
        let magenta = hasUndefined ? ", magenta: no value" : ""
        canvas.write(labels.title, x: Self.margin, y: Self.margin, scale: Self.textScale, Self.ink, most: most)
        canvas.write(
            "\(labels.subtitle), slice \(slice + 1) of \(maps.image.grid.size.z)\(magenta)", x: Self.margin,
            y: Self.margin + line, scale: Self.textScale, SIMD3(90, 90, 90), most: most)
        let (left, right) = (Self.margin, 2 * Self.margin + view.width)
        for y in 0..<view.height {
            for x in 0..<view.width {
                let voxel = view.voxel(x, y)
                let grey = SIMD3<UInt8>(repeating: view.grey(voxel))
                canvas.set(left + x, top + y, view.isOutline(x, y) ? Self.outline : grey)
                var colour = grey
                if let k = view.position(voxel), maps.inside[k] != 0 {
                    colour = colours.flatMap { $0.colour(map.values[k]) } ?? Self.undefined
                }
                canvas.set(right + x, top + y, colour)
            }
        }
        if !labels.unit.isEmpty {
            canvas.write(labels.unit, x: bar, y: top, scale: Self.textScale, Self.ink)
        }
        if colours != nil {
            let barTop = top + line
            for y in 0..<barHeight {
                let colour = ColourMap.viridis(1 - Double(y) / Double(barHeight - 1))
                canvas.fill(x: bar..<bar + Self.barWidth, y: barTop + y..<barTop + y + 1, colour)
            }
            for (fraction, text) in ticks {
                let y = barTop + Int((1 - fraction) * Double(barHeight - 1))
                canvas.fill(x: bar + Self.barWidth..<bar + Self.barWidth + 5, y: y..<y + 1, Self.ink)
                let height = DotMatrixFont.height * Self.textScale
                canvas.write(
                    text, x: bar + Self.barWidth + 12, y: max(barTop, min(barTop + barHeight - height, y - height / 2)),
                    scale: Self.textScale, Self.ink)
            }
        }
        self.canvas = canvas
    }

    /// How values become colours: the ends leave out a hundredth of the values each, or a few outliers would take all the
    /// colours.
    private struct ColourRange {
        let range: ClosedRange<Double>
        let ticks: [(Double, String)]

        init?(_ values: [Float]) {
            let sorted = values.filter(\.isFinite).sorted()
            guard let lowest = sorted.first, let highest = sorted.last else { return nil }
            let aside = sorted.count / 100
            let (low, high) = (sorted[aside], sorted[sorted.count - 1 - aside])
            range = Double(low)...Double(high)
            guard low < high else {
                ticks = [(0.5, Self.text(Double(low)))]
                return
            }
            ticks = (0...4).map { step in
                let fraction = Double(step) / 4
                let text = Self.text(Double(low) + fraction * (Double(high) - Double(low)))
                let sign = step == 0 && lowest < low ? "≤ " : step == 4 && highest > high ? "≥ " : ""
                return (fraction, sign + text)
            }
        }

        /// Nil for a voxel without a value.
        func colour(_ value: Float) -> SIMD3<UInt8>? {
            guard value.isFinite else { return nil }
            let span = range.upperBound - range.lowerBound
            return ColourMap.viridis(span > 0 ? (Double(value) - range.lowerBound) / span : 0.5)
        }

        private static func text(_ value: Double) -> String { String(format: "%.4g", value) }
    }

    /// The part of a slice that is shown, at the size in which it is shown: voxels keep the ratio of their sides.
    private struct View {
        let slice: Int
        let width: Int
        let height: Int
        private let maps: FeatureMaps
        private let box: VoxelBox
        private let black: Double
        private let white: Double
        private static let side = 400.0

        init(_ maps: FeatureMaps) {
            self.maps = maps
            let map = maps.box
            let counts = (0..<map.size.z).map { z in
                maps.inside[map.offset(0, 0, z)..<map.offset(0, 0, z) + map.size.x * map.size.y].count { $0 != 0 }
            }
            slice = map.lower.z + (counts.firstIndex(of: counts.max() ?? 0) ?? 0)
            box = VoxelBox(
                lower: SIMD3(maps.image.box.lower.x, maps.image.box.lower.y, slice),
                size: SIMD3(maps.image.box.size.x, maps.image.box.size.y, 1))
            let spacing = maps.image.grid.spacing
            let extent = SIMD2(Double(box.size.x) * spacing.x, Double(box.size.y) * spacing.y)
            // At least one pixel per voxel, at most what a screen has.
            let perMillimetre = max(Self.side / extent.max(), min(1 / min(spacing.x, spacing.y), 1200 / extent.max()))
            // A header may claim voxels of any size; so much that the product is not finite shows one pixel.
            func pixels(_ length: Double) -> Int { length.isFinite ? max(1, Int(length.rounded())) : 1 }
            (width, height) = (pixels(extent.x * perMillimetre), pixels(extent.y * perMillimetre))
            // The contrast of the region, without its outermost hundredths and with half as much again on both sides for
            // what is around it.
            let inMap = VoxelBox(
                lower: SIMD3(map.lower.x, map.lower.y, slice), size: SIMD3(map.size.x, map.size.y, 1))
            let start = map.offset(0, 0, slice - map.lower.z)
            let own = zip(maps.inside[start...], maps.image.values(in: inMap)).filter { $0 != 0 && $1.isFinite }
            let sorted = own.map(\.1).sorted()
            let (low, high) =
                sorted.isEmpty
                ? (0, 0) : (sorted[sorted.count / 100], sorted[sorted.count - 1 - sorted.count / 100])
            let isWhole = map.size.x == box.size.x && map.size.y == box.size.y
            let aside = isWhole ? 0 : (high - low) / 2
            (black, white) = (low - aside, high + aside)
        }

        /// Index in the grid of the voxel that a pixel shows.
        func voxel(_ x: Int, _ y: Int) -> SIMD3<Int> {
            SIMD3(box.lower.x + x * box.size.x / width, box.lower.y + y * box.size.y / height, slice)
        }

        func grey(_ voxel: SIMD3<Int>) -> UInt8 {
            let value = maps.image[voxel]
            guard value.isFinite, white > black else { return 128 }
            return UInt8(max(0, min(255, (value - black) / (white - black) * 255)))
        }

        /// Of a voxel in the map; nil outside its box.
        func position(_ voxel: SIMD3<Int>) -> Int? {
            let place = voxel &- maps.box.lower
            guard all(place .>= 0), all(place .< maps.box.size) else { return nil }
            return maps.box.offset(place.x, place.y, place.z)
        }

        private func isInside(_ x: Int, _ y: Int) -> Bool {
            guard (0..<width).contains(x), (0..<height).contains(y), let k = position(voxel(x, y)) else { return false }
            return maps.inside[k] != 0
        }

        /// A pixel outside the region with a neighbour inside.
        func isOutline(_ x: Int, _ y: Int) -> Bool {
            !isInside(x, y)
                && (isInside(x - 1, y) || isInside(x + 1, y) || isInside(x, y - 1) || isInside(x, y + 1))
        }
    }
}
