import Evaluation
import NumericalMethods
import Reconstruction
import SeededRandom
import Statistics
import Testing
import TextureCore

@Suite("texture of originals against reconstructions")
struct TextureComparisonTests {
    private let grid = PatchGrid(width: 32, height: 32, side: 8)

    private func noise(_ seed: UInt64) -> [UInt16] {
        var generator = SeededGenerator(seed: seed)
        return (0..<grid.width * grid.height).map { _ in UInt16(generator.integer(below: 65536)) }
    }

    private func picture(_ number: Int, visible: [Int]?, _ reconstructions: [[UInt16]]) -> ReconstructedPicture {
        var origin = ReconstructedPicture.Origin(caseID: "case \(number)", patient: "patient \(number / 2)")
        origin.slice = number
        return ReconstructedPicture(
            origin, grid: grid, visible: visible, original: noise(UInt64(number)), reconstructions: reconstructions)
    }

    @Test("a change in visible patches is an error there and nowhere else; a perfect model has none")
    func scopes() throws {
        let visible = [0, 5, 10, 15]
        let seen = grid.pixels(of: visible)
        let pictures = (0..<4).map { number -> ReconstructedPicture in
            let original = noise(UInt64(number))
            let changed = original.indices.map { seen[$0] ? 65535 - original[$0] / 4 : original[$0] }
            return picture(number, visible: visible, [original, changed])
        }
        let comparison = try TextureComparison(
            pictures, measurement: try TextureMeasurement(bins: 8, sharpness: 5), jobs: 2)
        for view in comparison.views {
            let errors = try #require(comparison.figures[view]).map { model in
                model.joined().compactMap { $0?.error }
            }
            #expect(!errors[0].isEmpty && errors[0].allSatisfy { $0 == 0 }, "\(view)")
            // The whole picture is pasted, so what changed in visible patches is not in it.
            let largest = errors[1].max() ?? 0
            #expect(view.scope == .visible ? largest > 0.1 : largest == 0, "\(view): \(largest)")
        }
        #expect(comparison.distances.joined().allSatisfy { $0?.meanSquaredError == 0 && $0?.cooccurrence == 0 })
    }

    @Test("the exact matrix is a brute-force count; sharp soft counts of bin centres agree with it")
    func matrices() throws {
        let bins = 8
        let measurement = try TextureMeasurement(bins: bins, sharpness: 1e5)
        // Centres of bins: 0…1 in eighths.
        let pixels = noise(7).map { UInt16((Double($0 / 8192) + 0.5) / Double(bins) * 65535) }
        let exact = measurement.matrix(pixels, width: grid.width)
        var counts = [[Double]](repeating: [Double](repeating: 0, count: bins), count: bins)
        for y in 0..<32 {
            for x in 0..<32 {
                for (dx, dy) in [(1, 0), (1, -1), (0, 1), (1, 1)]
                where (0..<32).contains(x + dx) && (0..<32).contains(y + dy) {
                    let a = Int(pixels[y * 32 + x]) / 8192
                    let b = Int(pixels[(y + dy) * 32 + x + dx]) / 8192
                    counts[a][b] += 1
                    counts[b][a] += 1
                }
            }
        }
        #expect(exact.levels == Array(1...bins) && exact.dense == counts)
        let soft = measurement.softMatrix(pixels, width: grid.width).dense
        let worst = zip(soft.joined(), counts.joined()).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 1e-3, "\(worst)")
    }

    @Test("the scale of a feature is its spread, else its size, else 1")
    func relativeError() throws {
        let originals = (0..<6).map { number in picture(number, visible: nil, [noise(UInt64(number + 50))]) }
        let comparison = try TextureComparison(
            originals, measurement: try TextureMeasurement(bins: 16, sharpness: 5), jobs: 1)
        let view = TextureView(.image, .whole, .exact)
        let figures = try #require(comparison.figures[view])[0]
        for feature in TextureMeasurement.features.indices {
            let values = figures.compactMap { $0[feature]?.original }
            let middle = quantile(values.sorted(), 0.5)
            let spread = 1.4826 * quantile(values.map { abs($0 - middle) }.sorted(), 0.5)
            for figure in figures.compactMap({ $0[feature] }) {
                let expected = abs(figure.reconstruction - figure.original) / (abs(figure.original) + spread)
                #expect(
                    abs(figure.error - expected) <= 1e-12 * max(1, expected), "\(TextureMeasurement.features[feature])")
            }
        }
    }

    @Test("the closer model is found, by patient when there are enough, and the worst picture stands first")
    func closer() throws {
        let pictures = (0..<16).map { number -> ReconstructedPicture in
            let original = noise(UInt64(number))
            // A little wrong, and wrong all over; the last picture more than any.
            let near = original.map { UInt16(Double($0) * 0.98) }
            let far = original.map { UInt16(Double($0) * (number == 15 ? 0.1 : 0.6)) }
            return picture(number, visible: [0, 1, 2], [far, near])
        }
        let comparison = try TextureComparison(
            pictures, measurement: try TextureMeasurement(bins: 16, sharpness: 5), jobs: 2)
        let rows = comparison.rows(TextureView(.image, .masked, .exact), resamples: 200, seed: 0)
        let contrast = try #require(TextureMeasurement.features.firstIndex(of: .contrast))
        let difference = rows[contrast].differences[0]
        #expect(comparison.unit == .patients && (difference.mean.value ?? 0) < 0)
        // Eight patients that all agree: 2 / 2⁸.
        #expect(difference.probability == 2.0 / 256)
        #expect((difference.corrected ?? 0) >= 2.0 / 256)
        #expect(comparison.worstFirst.first == 15 && Set(comparison.worstFirst) == Set(0..<16))
        let few = try TextureComparison(
            Array(pictures.prefix(4)), measurement: try TextureMeasurement(bins: 16, sharpness: 5), jobs: 2)
        let row = few.rows(TextureView(.image, .masked, .exact), resamples: 200, seed: 0)[0]
        #expect(row.differences[0].probability == nil && row.differences[0].corrected == nil)
    }

    @Test("Holm's correction, an example worked by hand")
    func correction() {
        // Sorted 0.01 · 4, 0.02 · 3, 0.03 · 2, 0.5 · 1.
        let corrected = holm([0.03, 0.01, 0.5, 0.02])
        for (found, expected) in zip(corrected, [0.06, 0.04, 0.5, 0.06]) { #expect(abs(found - expected) < 1e-15) }
        #expect(holm([0.6, 0.7]) == [1, 1])
    }
}
