import Evaluation
import Imaging
import SeededRandom
import Testing

@Suite("texture of two images, second minus first")
struct ImageComparisonTests {
    private static let size = SIMD3(24, 20, 2)

    private func volume(_ seed: UInt64, smooth: Bool = false) -> Volume {
        var generator = SeededGenerator(seed: seed)
        var values = (0..<Self.size.x * Self.size.y * Self.size.z).map { _ in
            Double(generator.integer(below: 400)) - 200
        }
        if smooth { values = values.indices.map { (values[$0] + values[($0 + 1) % values.count]) / 2 } }
        return Volume(geometry: Geometry(size: Self.size), values: .float64(values), unit: .hounsfield)
    }

    private func pair(
        _ number: Int, region: String = "", patient: String = "", modality: String = "CT"
    ) -> ComparedImages.Pair {
        let levels = EqualLevels(-200...200, count: 16)
        let volumes = [volume(UInt64(number)), volume(UInt64(number), smooth: true)]
        let measured = volumes.map { MeasuredImage($0, .whole($0.geometry), levels: levels) }
        var pair = ComparedImages.Pair(
            "case\(number)", [.init(path: "a"), .init(path: "b")], measured[0], measured[1])
        (pair.region, pair.patient, pair.modality, pair.unit) = (region, patient, modality, "HU")
        return pair
    }

    private func comparison(_ pairs: [ComparedImages.Pair]) -> ImageComparison {
        var compared = ComparedImages(names: ["before", "after"])
        (compared.bins, compared.things, compared.pairs) = (16, "series", pairs)
        return ImageComparison(compared, resamples: 200, seed: 1, command: "weft compare")
    }

    @Test("edges of levels: the lower end is in, the upper in the last, what lies beyond in the outer ones")
    func levels() {
        let levels = EqualLevels(-160...240, count: 4)
        let found = [-1000.0, -160, -61, -60, 139.9, 140, 239, 240, 3000].map(levels.level)
        #expect(found == [1, 1, 1, 2, 3, 4, 4, 4, 4] && levels.width == 100)
        #expect(EqualLevels(5...5, count: 8).level(5) == 1)
    }

    @Test("a region's matrix is a brute-force count within slices; voxels that are no numbers take no part")
    func matrix() {
        var image = volume(3)
        guard case .float64(var values) = image.values else { return }
        values[50] = .nan
        image.values = .float64(values)
        let box = VoxelBox(lower: SIMD3(2, 3, 0), size: SIMD3(15, 12, 2))
        var generator = SeededGenerator(seed: 9)
        let inside = (0..<box.voxelCount).map { _ in UInt8(generator.integer(below: 4) > 0 ? 1 : 0) }
        let region = Region(name: "r", label: 1, box: box, voxels: inside)
        let levels = EqualLevels(-100...150, count: 8)
        let measured = MeasuredImage(image, region, levels: levels)
        func level(_ x: Int, _ y: Int, _ z: Int) -> Int? {
            guard (0..<box.size.x).contains(x), (0..<box.size.y).contains(y), inside[box.offset(x, y, z)] != 0 else {
                return nil
            }
            let value = values[image.geometry.offset(x + 2, y + 3, z)]
            guard value.isFinite else { return nil }
            return min(7, max(0, Int(((value + 100) / 250 * 8).rounded(.down))))
        }
        var counts = [[Double]](repeating: [Double](repeating: 0, count: 8), count: 8)
        var (voxels, cut, total) = (0, 0, 0.0)
        for z in 0..<2 {
            for y in 0..<box.size.y {
                for x in 0..<box.size.x {
                    guard let a = level(x, y, z) else { continue }
                    voxels += 1
                    let value = values[image.geometry.offset(x + 2, y + 3, z)]
                    if value < -100 || value > 150 { cut += 1 }
                    for (dx, dy) in [(1, 0), (1, -1), (0, 1), (1, 1)] {
                        guard let b = level(x + dx, y + dy, z) else { continue }
                        counts[a][b] += 1
                        counts[b][a] += 1
                        total += 2
                    }
                }
            }
        }
        #expect(measured.voxels == voxels && measured.below + measured.above == cut)
        let worst = zip(measured.shares.joined(), counts.joined()).map { abs($0 - $1 / total) }.max() ?? .infinity
        #expect(worst < 1e-15, "\(worst)")
        #expect(measured.notNumbers == 1 - (50 % 24 >= 2 && 50 % 24 < 17 && 50 / 24 >= 3 ? 0 : 1))
    }

    @Test("differences are second minus first; what n cases can prove is said: none below 6, not below 10 after Holm")
    func smallNumbers() throws {
        let one = comparison([pair(0)])
        let contrast = try #require(TextureMeasurement.features.firstIndex(of: .contrast))
        let row = one.regions[0].rows[contrast]
        let (a, b) = (try #require(row.first), try #require(row.second))
        // Smoothing takes contrast away.
        #expect(b < a && row.difference == b - a && row.probability == nil && row.spread == nil)
        let five = comparison((0..<5).map { pair($0) })
        #expect(five.regions[0].rows.allSatisfy { $0.probability == nil })
        #expect(five.smallNumbers.first?.contains("5 pairs of series: fewer than 6, so no test is made") == true)
        #expect(!five.text.contains("p (Holm)") && !five.csv.contains(",p,"))
        let six = comparison((0..<6).map { pair($0) })
        #expect(six.regions[0].rows[contrast].probability == 2.0 / 64)
        #expect(
            six.smallNumbers.first?.contains("0.0312; times 25 rows (Holm's correction) that is 0.7812") == true,
            "\(six.smallNumbers)")
        #expect(six.regions[0].rows.allSatisfy { ($0.corrected ?? 0) >= 0.05 })
        #expect(six.answers[0].contains("nor could so few prove one"))
        let ten = comparison((0..<10).map { pair($0) })
        // 25 · 2 / 2¹⁰ is 0.049.
        #expect(ten.smallNumbers.isEmpty && (ten.regions[0].rows[contrast].corrected ?? 1) < 0.05)
        #expect(ten.answers[0].contains("p < 0.05 after Holm's correction"))
        let spread = try #require(ten.regions[0].rows[contrast].spread?.interval)
        #expect(spread.low <= spread.high && spread.high < 0)
    }

    @Test("patients are counted where all are known, pairs else; regions and modalities stand apart")
    func units() throws {
        let known = comparison((0..<8).map { pair($0, patient: "P\($0 / 2)") })
        #expect(known.regions[0].unit == .patients && known.regions[0].unitCount == 4)
        #expect(known.summary.hasPrefix("4 patients, 8 pairs of series;"), "\(known.summary)")
        let unknown = comparison((0..<8).map { pair($0, patient: $0 == 3 ? "" : "P\($0)") })
        #expect(unknown.regions[0].unit == .pairs && !unknown.text.contains("patient"))
        let regions = comparison((0..<3).flatMap { [pair($0, region: "GTV"), pair($0, region: "rim")] })
        #expect(regions.regions.map(\.region) == ["GTV", "rim"] && regions.regions.allSatisfy { $0.unitCount == 3 })
        let modalities = comparison([pair(0), pair(1, modality: "PT")])
        #expect(modalities.regions.map(\.region) == ["CT", "PT"])
    }

    @Test("equal images have equal voxels and say so; others a root mean square and a similarity below 1")
    func voxels() throws {
        let (a, b) = (volume(1), volume(1, smooth: true))
        let whole = Region.whole(a.geometry)
        let same = try #require(VoxelDifference((a, whole), (a, whole), range: -200...200))
        #expect(same.changed == 0 && same.rootMeanSquare == 0 && abs((same.similarity ?? 0) - 1) < 1e-6)
        let other = try #require(VoxelDifference((a, whole), (b, whole), range: -200...200))
        var sum = 0.0
        for place in 0..<a.values.count {
            sum += (a.values[place] - b.values[place]) * (a.values[place] - b.values[place])
        }
        #expect(abs(other.rootMeanSquare - (sum / Double(a.values.count)).squareRoot()) < 1e-9)
        #expect((other.similarity ?? 1) < 0.95)
        var equal = pair(0)
        (equal.second, equal.voxels) = (equal.first, same)
        #expect(
            comparison([equal]).answers == [
                "before and after hold the same values, voxel by voxel: every difference is 0."
            ])
    }
}
