import Imaging
import Ingestion
import Reports

/// Which pictures are made of the maps of a region, and in which window.
public struct MapPictureChoice: Sendable {
    /// Slices as the series counts them.
    public enum Slices: Hashable, Sendable {
        /// The one with most of the region.
        case largest
        /// This one; where the region is not on it, the largest, and a note says so.
        case number(Int)
        /// A picture of every slice with a voxel of the region.
        case all
    }

    public enum Montage: Sendable {
        case none
        /// All slices of the region on one more picture, evenly thinned out where there are too many.
        case ofRegion
    }

    public var slices: Slices
    public var montage: Montage
    /// Values of the image that are black and white, in its unit; nil: what the file says or the modality has.
    public var window: ClosedRange<Double>?

    public init(slices: Slices = .largest, montage: Montage = .none, window: ClosedRange<Double>? = nil) {
        (self.slices, self.montage, self.window) = (slices, montage, window)
    }
}

/// How the slices of a map's grid are called: as those of the series that they lie on, or nearest to after resampling.
struct MapSliceNames {
    private let numbers: SliceNumbers
    private let source: Geometry
    private let grid: Geometry
    /// Whether the grid has slices of its own.
    private let isResampled: Bool

    init(_ image: ImageSource, grid: Geometry) {
        (numbers, source, self.grid) = (SliceNumbers(image), image.geometry, grid)
        let shift = image.geometry.index(at: grid.origin).z
        isResampled =
            grid.size.z != image.geometry.size.z || grid.spacing.z != image.geometry.spacing.z || abs(shift) > 1e-6
    }

    /// The slice of the series, from 0, that a slice of the grid lies on or is nearest to.
    func sourceSlice(_ slice: Int) -> Int {
        guard isResampled else { return slice }
        return Self.whole(source.index(at: grid.position(of: SIMD3(0, 0, Double(slice)))).z, below: source.size.z)
    }

    /// The slice of the grid at a slice of the series; nil where the series has no such number.
    func gridSlice(numbered number: Int) -> Int? {
        guard let slice = numbers.numbers.firstIndex(of: number) else { return nil }
        guard isResampled else { return slice }
        return Self.whole(grid.index(at: source.position(of: SIMD3(0, 0, Double(slice)))).z, below: grid.size.z)
    }

    private static func whole(_ index: Double, below count: Int) -> Int {
        index.isFinite ? Int(max(0, min(Double(count - 1), index.rounded()))) : 0
    }

    func number(_ slice: Int) -> Int { numbers.numbers[sourceSlice(slice)] }

    /// In the name of a file: unlike ``number(_:)`` never the same for two slices of the grid.
    func fileNumber(_ slice: Int) -> String {
        let count = isResampled ? grid.size.z : max(abs(numbers.range.lowerBound), abs(numbers.range.upperBound))
        let text = String(isResampled ? slice + 1 : number(slice))
        return String(repeating: "0", count: max(0, String(count).count - text.count)) + text
    }

    /// `axial slice 11 of 24`, `resampled axial slice 30 of 60, at slice 11 of 24`
    func shown(_ slice: Int, plane: String?) -> String {
        let own = numbers.shown(sourceSlice(slice))
        let parts =
            isResampled ? ["resampled", plane, "slice \(slice + 1) of \(grid.size.z), at \(own)"] : [plane, own]
        return parts.compactMap { $0 }.joined(separator: " ")
    }
}
