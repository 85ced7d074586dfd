import Foundation
import Ingestion
import Reconstruction

/// What of each slice a network gets, and which part is hidden from it.
public struct SliceInput: Hashable, Sendable {
    /// Share of the patches that is hidden, 0 to less than 1.
    public var maskRatio = 0.75
    /// The patches that are shown, the same of every slice: a text file with their numbers (from 0, row by row), or a PNG
    /// with one pixel per patch, or as large as the network's square, not 0 where the encoder may look.
    public var visiblePatches: String?
    public var view = SliceView.whole
    /// Numbers, from 0, of the slices that are taken of each image; empty takes all.
    public var slices: [Int] = []
    /// Of an image, evenly spread.
    public var maxSlices: Int?
    /// Images of other modalities are left out; empty takes all.
    public var modalities: [String] = []

    public init() {}

    /// - Parameter grid: of the network; nil as long as it is not known, which a PNG needs.
    package func masks(seed: UInt64, grid: PatchGrid?) throws -> MaskChoice {
        guard let path = visiblePatches else { return .random(hidden: maskRatio, seed: seed) }
        let patches = path.lowercased().hasSuffix(".png") ? try patches(ofPNG: path, grid) : try numbers(path)
        guard !patches.isEmpty else { throw ReconstructionError.noVisiblePatch(path: path) }
        return .given(patches)
    }

    private func numbers(_ path: String) throws -> [Int] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ReconstructionError.patchesNotFound(path: path)
        }
        let words = String(decoding: data, as: UTF8.self).split { $0 == "," || $0.isWhitespace }
        let numbers = try words.map { word in
            guard let number = Int(word), (0..<1 << 20).contains(number) else {
                throw ReconstructionError.patchNumber(path: path, found: String(word.prefix(40)))
            }
            return number
        }
        return Set(numbers).sorted()
    }

    private func patches(ofPNG path: String, _ grid: PatchGrid?) throws -> [Int] {
        guard let grid else { return [0] }
        let image = try ImageSource(png: path)
        let size = image.geometry.size
        let isGrid = size.x == grid.columns && size.y == grid.rows
        guard isGrid || (size.x == grid.width && size.y == grid.height) else {
            throw IngestionError.inconsistent(
                path: path, what: "size of the mask", found: "\(size.x) × \(size.y)",
                expected: "\(grid.columns) × \(grid.rows) or \(grid.width) × \(grid.height)")
        }
        let volume = try image.load()
        let values = (0..<volume.values.count).map { volume.values[$0] }
        if isGrid { return values.indices.filter { values[$0] != 0 } }
        return (0..<grid.count).filter { patch in
            let inside = grid.pixels(of: [patch])
            let shown = inside.indices.count { inside[$0] && values[$0] != 0 }
            return 2 * shown > grid.side * grid.side
        }
    }

    /// Numbers of the slices that are taken, of an image with so many.
    package func numbers(of count: Int) -> [Int] {
        let wanted = slices.isEmpty ? Array(0..<count) : Set(slices).sorted().filter { $0 < count }
        guard let most = maxSlices, wanted.count > most else { return wanted }
        return (0..<most).map { wanted[(2 * $0 + 1) * wanted.count / (2 * most)] }
    }
}
