import Foundation
import Preparation
import SeededRandom
import TestSupport
import Testing

/// One picture after each operation, as Pillow 13 makes it with the arguments that timm 1.0 gives it.
private struct PillowOperations: Decodable {
    let size: Int
    let fill: Float
    let strength: Double
    let picture: [Float]
    /// By name, with + or - behind those that go both ways.
    let operations: [String: [Float]]

    static func load() throws -> PillowOperations {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Golden/rand-augment.json"
        return try JSONDecoder().decode(PillowOperations.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

@Suite("Random operations and mixing of training images")
struct RandomOperationsTests {
    @Test("Each operation is Pillow's, but for its rounding to whole levels")
    func pillow() throws {
        let golden = try PillowOperations.load()
        #expect(
            Set(golden.operations.keys.map { $0.filter(\.isLetter) }) == Set(ImageOperation.allCases.map(\.rawValue)))
        for (name, expected) in golden.operations {
            let operation = try #require(ImageOperation(rawValue: name.filter(\.isLetter)))
            let found = operation.applied(
                to: golden.picture, size: golden.size, strength: golden.strength, sign: name.hasSuffix("-") ? -1 : 1,
                fill: golden.fill)
            let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
            // Pillow cuts off (contrast, affine) or rounds what is no whole level; of sharpness the smoothed picture as well, whose
            // distance it stretches by 1.81.
            let bound: Float = operation == .sharpness ? 1.01 + 0.81 : 1.01
            #expect(worst < bound, "\(name): off by \(worst) of 255")
        }
    }

    @Test("Views follow the seed, keep their range, and are left alone about one time in four")
    func randAugment() throws {
        let archive = try TestArchive(images: 6)
        let caches = try TemporaryFolder()
        var settings = PreparationSettings()
        settings.side = 36
        let store = try PreparedArchive(scanning: archive.classFolders, settings: settings, jobs: 1)
            .cache(at: caches["cache"], jobs: 1).store
        let normalisation = ChannelNormalisation(mean: [0], deviation: [1])
        func loader(_ operations: RandomOperations) -> BatchLoader {
            BatchLoader(
                store: store, slices: [0, 1, 2, 3], augmentation: Augmentation(operations: operations),
                normalisation: normalisation, size: 32, seed: 3)
        }
        let plain = try loader(.none).batch([0, 1, 2, 3], epoch: 0).values
        var (same, all) = (0, 0)
        for epoch in 0..<50 {
            let first = try loader(.randAugment).batch([0, 1, 2, 3], epoch: epoch).values
            #expect(try loader(.randAugment).batch([0, 1, 2, 3], epoch: epoch).values == first)
            #expect(first.allSatisfy { (0...1).contains($0) })
            for image in 0..<4 {
                let range = image * 1024..<(image + 1) * 1024
                let isSame = zip(first[range], plain[range]).allSatisfy { abs($0 - $1) < 1e-5 }
                (same, all) = (same + (isSame ? 1 : 0), all + 1)
            }
        }
        // (1 - ½)² are without any, and (1 - ½ · 14 / 15)² = 0.28 with none but that of colour.
        #expect((30...85).contains(same), "\(same) of \(all) are as they were")
    }

    @Test("Mixup takes each value by its share, cutmix a rectangle, of the image at the other end of the batch")
    func mixing() {
        let (images, size) = (5, 8)
        let area = size * size
        let batch = ImageBatch(
            values: (0..<images).flatMap { [Float](repeating: Float($0), count: 2 * area) }, slices: Array(0..<images))
        for seed in UInt64(0)..<40 {
            var generator = SeededGenerator(seed: seed)
            var mixed = batch
            let share = Mixing(mixup: 0.8).mix(&mixed, channels: 2, size: size, &generator)
            #expect((0...1).contains(share))
            for image in 0..<images {
                let (own, other) = (share * Double(image), (1 - share) * Double(images - 1 - image))
                let values: [Float] = Array(mixed.values[image * 2 * area..<(image + 1) * 2 * area])
                let worst: Float = values.map { abs($0 - Float(own + other)) }.max() ?? 9
                #expect(worst < 1e-5, "image \(image): off by \(worst)")
            }
            var cut = batch
            let kept = Mixing(cutmix: 1).mix(&cut, channels: 2, size: size, &generator)
            for image in 0..<images where image != 2 {
                for channel in 0..<2 {
                    let values = cut.values[(2 * image + channel) * area..<(2 * image + channel + 1) * area]
                    #expect(values.count { $0 == Float(image) } == Int((kept * Double(area)).rounded()))
                    #expect(values.allSatisfy { $0 == Float(image) || $0 == Float(images - 1 - image) })
                }
            }
        }
        var (generator, untouched) = (SeededGenerator(seed: 1), batch)
        #expect(Mixing().mix(&untouched, channels: 2, size: size, &generator) == 1)
        #expect(untouched.values == batch.values && generator.words == SeededGenerator(seed: 1).words)
    }

    @Test("Shares are of the distribution Beta(α, α): mean ½, variance 1 / (8 α + 4)", arguments: [0.2, 0.8, 1, 3])
    func beta(alpha: Double) {
        var generator = SeededGenerator(seed: 7)
        let draws = (0..<20000).map { _ in generator.beta(alpha) }
        let mean = draws.reduce(0, +) / 20000
        let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20000
        // Five standard errors of the mean; of the variance, whose fourth moment is below that of 0 and 1, as well.
        #expect(abs(mean - 0.5) < 5 * (1 / (8 * alpha + 4) / 20000).squareRoot(), "\(mean)")
        #expect(abs(variance - 1 / (8 * alpha + 4)) < 5 * 0.25 / 20000.0.squareRoot(), "\(variance)")
    }

    @Test("Balanced epochs hold as many images of each group, and in time every image")
    func balanced() {
        let groups = (0..<100).map { $0 < 90 ? 0 : $0 < 97 ? 1 : 2 }
        let order = BatchOrder(count: 100, batchSize: 10, seed: 4, balancing: groups)
        var seen: Set<Int> = []
        for epoch in 0..<12 {
            let images = order.permutation(epoch: epoch)
            #expect(images == order.permutation(epoch: epoch) && images.count == 100)
            let counts = (0..<3).map { group in images.count { groups[$0] == group } }
            #expect(counts.allSatisfy { (33...34).contains($0) }, "\(counts)")
            // Each of the ten rare ones comes as often as the others of its group, give or take one.
            for group in 1...2 {
                let times = groups.indices.filter { groups[$0] == group }.map { image in images.count { $0 == image } }
                #expect((times.max() ?? 0) - (times.min() ?? 0) <= 1, "\(times)")
            }
            seen.formUnion(images)
        }
        #expect(seen.count == 100)
    }
}
