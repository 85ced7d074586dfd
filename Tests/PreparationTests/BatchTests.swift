import Foundation
import Preparation
import TestSupport
import Testing

@Suite("Hold-out and batches")
struct BatchTests {
    @Test("No patient is on both sides, and the share holds", arguments: [UInt64(0), 1, 99], [0.0, 0.1, 0.25, 0.9])
    func holdout(seed: UInt64, share: Double) {
        let patients = (0..<20).flatMap { patient in (0..<(patient % 4 + 1)).map { _ in "patient \(patient)" } }
        let split = Holdout(patients: patients, share: share, seed: seed)
        let training = Set(split.training.map { patients[$0] })
        let validation = Set(split.validation.map { patients[$0] })
        #expect(training.isDisjoint(with: validation))
        #expect(split.training.count + split.validation.count == patients.count)
        #expect(validation.count == Int((share * 20).rounded()))
        #expect((split.trainingPatients, split.validationPatients) == (training.count, validation.count))
    }

    @Test("The hold-out follows the seed, and one patient alone trains")
    func holdoutSeeds() {
        let patients = (0..<40).map { "p\($0)" }
        #expect(Holdout(patients: patients, share: 0.5, seed: 1) == Holdout(patients: patients, share: 0.5, seed: 1))
        #expect(Holdout(patients: patients, share: 0.5, seed: 1) != Holdout(patients: patients, share: 0.5, seed: 2))
        #expect(Holdout(patients: ["a", "a"], share: 0.5, seed: 1).training == [0, 1])
        #expect(Holdout(patients: ["a", "b"], share: 0.01, seed: 1).validation.count == 1)
    }

    @Test("An epoch's order holds every image once, is its own, and repeats")
    func order() {
        let order = BatchOrder(count: 103, batchSize: 8, seed: 5)
        #expect(order.batchesPerEpoch == 12)
        #expect(order.permutation(epoch: 3).sorted() == Array(0..<103))
        #expect(order.permutation(epoch: 3) == order.permutation(epoch: 3))
        #expect(order.permutation(epoch: 3) != order.permutation(epoch: 4))
        #expect(order.permutation(epoch: 3) != BatchOrder(count: 103, batchSize: 8, seed: 6).permutation(epoch: 3))
        #expect(BatchOrder(count: 3, batchSize: 8, seed: 5).batchesPerEpoch == 1)
    }

    @Test("A view depends on seed, epoch and slice, not on its batch")
    func views() throws {
        let archive = try TestArchive(images: 6)
        let caches = try TemporaryFolder()
        var settings = PreparationSettings()
        settings.side = 36
        let store = try PreparedArchive(scanning: archive.classFolders, settings: settings, jobs: 1)
            .cache(at: caches["cache"], jobs: 1).store
        let loader = BatchLoader(
            store: store, slices: [1, 2, 4, 5],
            augmentation: Augmentation(crop: .random(area: 0.2...1), flip: .horizontal),
            normalisation: try .measured(store, slices: [1, 2, 4, 5], jobs: 1), size: 32, seed: 3)
        let area = 32 * 32
        let together = try loader.batch([0, 1, 2, 3], epoch: 2)
        #expect(together.slices == [1, 2, 4, 5])
        for place in 0..<4 {
            let alone = try loader.batch([place], epoch: 2).values
            #expect(Array(together.values[place * area..<(place + 1) * area]) == alone)
        }
        #expect(try loader.batch([0], epoch: 2).values != loader.batch([0], epoch: 3).values)
    }

    @Test("Measured mean and deviation do not depend on threads and normalise to 0 and 1")
    func normalisation() throws {
        let archive = try TestArchive(images: 5)
        let caches = try TemporaryFolder()
        var settings = PreparationSettings()
        settings.side = 32
        let store = try PreparedArchive(scanning: archive.classFolders, settings: settings, jobs: 1)
            .cache(at: caches["cache"], jobs: 1).store
        let all = Array(0..<store.count)
        let measured = try ChannelNormalisation.measured(store, slices: all, jobs: 1)
        #expect(try measured == ChannelNormalisation.measured(store, slices: all, jobs: 2))
        let loader = BatchLoader(
            store: store, slices: all, augmentation: Augmentation(), normalisation: measured, size: 32, seed: 0)
        let values = try loader.batch(all, epoch: 0).values.map(Double.init)
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
        #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-5, "mean \(mean), variance \(variance)")
        let grey = measured.range
        #expect(abs(Double(measured.grey(Float(grey.lowerBound)))) < 1e-6)
        #expect(abs(Double(measured.grey(Float(grey.upperBound))) - 1) < 1e-6)
    }

    @Test("The middle of a slice, repeated in three channels with ImageNet's statistics")
    func channels() throws {
        let archive = try TestArchive(images: 2)
        let caches = try TemporaryFolder()
        var settings = PreparationSettings()
        settings.side = 40
        let store = try PreparedArchive(scanning: archive.classFolders, settings: settings, jobs: 1)
            .cache(at: caches["cache"], jobs: 1).store
        let loader = BatchLoader(
            store: store, slices: [0], augmentation: Augmentation(), normalisation: .imageNet, size: 36, seed: 0)
        let values = try loader.batch([0], epoch: 0).values
        #expect(values.count == 3 * 36 * 36)
        let corner = Float(try store.slice(0).pixels[2 * 40 + 2]) / 65535
        for (channel, (mean, deviation)) in zip([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]).enumerated() {
            #expect(abs(values[channel * 36 * 36] - (corner - Float(mean)) / Float(deviation)) < 1e-6)
        }
    }
}
