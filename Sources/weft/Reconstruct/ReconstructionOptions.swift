import ArgumentParser
import Foundation
import Ingestion
import Reconstruction

/// What of each slice the network sees, and which part is hidden from it.
struct ReconstructionOptions: ParsableArguments {
    /// Which part of a slice becomes the network's square.
    enum View: String, CaseIterable, ExpressibleByArgument, Codable, Sendable {
        /// All of it, as weft embed sees it.
        case whole
        /// The middle, at the scale of pre-training: resized to 8/7 of the square, then cropped.
        case centre
    }

    @Option(help: "Share of the patches that is hidden.")
    var maskRatio = 0.75

    @Option(
        help: """
            The patches that are shown, the same of every slice: a text file with their numbers (from 0, row by row), or a \
            PNG with a pixel a patch, or as large as the network's square, not 0 where the encoder may look.
            """, completion: .file())
    var visiblePatches: String?

    @Option(
        help: """
            Part of a slice that the network gets: whole (default), resized to its square; centre, the middle 7/8 at the scale \
            of pre-training.
            """)
    var view = View.whole

    @Option(help: "Only this slice of every image, its number from 0. May be repeated. Default: all.")
    var slice: [Int] = []

    @Option(help: "At most so many slices of an image, evenly spread.")
    var maxSlices: Int?

    @Option(help: "Only images of this modality: CT, MR, PT, US, PNG … May be repeated. Default: all.")
    var modality: [String] = []

    func validate() throws {
        guard (0..<1).contains(maskRatio) else {
            throw ValidationError("--mask-ratio is \(maskRatio), expected 0 to less than 1")
        }
        if let most = maxSlices, most < 1 { throw ValidationError("--max-slices is \(most), expected a number from 1") }
        if let bad = slice.first(where: { $0 < 0 }) { throw ValidationError("--slice is \(bad), expected 0 or more") }
    }

    /// - Parameter grid: of the network; nil as long as it is not known, which a PNG needs.
    func masks(seed: UInt64, grid: PatchGrid?) throws -> MaskChoice {
        guard let path = visiblePatches else { return .random(hidden: maskRatio, seed: seed) }
        let patches = path.lowercased().hasSuffix(".png") ? try patches(ofPNG: path, grid) : try numbers(path)
        guard !patches.isEmpty else {
            throw CommandFailure(.inputUnreadable, "\(path): no patch is visible, expected one at least")
        }
        return .given(patches)
    }

    private func numbers(_ path: String) throws -> [Int] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.inputNotFound, "\(path): cannot be read, expected numbers of patches; check the path")
        }
        let words = String(decoding: data, as: UTF8.self).split { $0 == "," || $0.isWhitespace }
        let numbers = try words.map { word in
            guard let number = Int(word), (0..<1 << 20).contains(number) else {
                throw CommandFailure(
                    .inputUnreadable, "\(path): found '\(word.prefix(40))', expected numbers of patches from 0")
            }
            return number
        }
        return Set(numbers).sorted()
    }

    private func patches(ofPNG path: String, _ grid: PatchGrid?) throws -> [Int] {
        guard let grid else { return [0] }
        let values: [Double]
        do throws(IngestionError) {
            let image = try ImageSource(png: path)
            let size = image.geometry.size
            let isGrid = size.x == grid.columns && size.y == grid.rows
            guard isGrid || (size.x == grid.width && size.y == grid.height) else {
                throw IngestionError.inconsistent(
                    path: path, what: "size of the mask", found: "\(size.x) × \(size.y)",
                    expected: "\(grid.columns) × \(grid.rows) or \(grid.width) × \(grid.height)")
            }
            let volume = try image.load()
            values = (0..<volume.values.count).map { volume.values[$0] }
            if isGrid { return values.indices.filter { values[$0] != 0 } }
        } catch { throw CommandFailure(error) }
        return (0..<grid.count).filter { patch in
            let inside = grid.pixels(of: [patch])
            let shown = inside.indices.count { inside[$0] && values[$0] != 0 }
            return 2 * shown > grid.side * grid.side
        }
    }

    /// Numbers of the slices that are taken.
    func slices(of count: Int) -> [Int] {
        let wanted = slice.isEmpty ? Array(0..<count) : Set(slice).sorted().filter { $0 < count }
        guard let most = maxSlices, wanted.count > most else { return wanted }
        return (0..<most).map { wanted[(2 * $0 + 1) * wanted.count / (2 * most)] }
    }
}
