import Foundation
import MaskedAutoencoder
import Preparation

extension Trainer {
    /// The held-out slices that are looked at: at most `run.validationImages`, evenly spread.
    var validationSlices: [Int] {
        let held = holdout.validation
        let most = settings.run.validationImages
        guard held.count > most else { return held }
        return (0..<most).map { held[$0 * held.count / most] }
    }

    /// Every term on the held-out slices: the middle of each, not flipped, each with a mask of its own that is the same in
    /// every epoch. Nil when none is held out.
    package func validate(epoch: Int, step: Int) throws -> ValidationRecord? {
        let slices = validationSlices
        guard !slices.isEmpty else { return nil }
        let phase = settings.loss.phase(ofEpoch: epoch)
        let loss = try settings.loss.everyTerm(epoch: epoch, range: range)
        let loader = heldOutLoader(slices)
        let size = settings.optimiser.batchSize
        var sum = MeanTerms()
        for start in stride(from: 0, to: slices.count, by: size) {
            let count = min(size, slices.count - start)
            let batch = try loader.batch(start..<start + count, epoch: 0)
            let mask = mask("validation", epoch: 0, item: start, images: count)
            let value = try batch.values.withUnsafeBufferPointer { values in
                try network.forward(values.baseAddress!, mask: mask).loss(loss)
            }
            sum.add(value, share: Double(count) / Double(slices.count))
        }
        return ValidationRecord(
            epoch: epoch, step: step, phase: phase, loss: settings.loss.total(of: sum, phase: phase),
            mse: sum.mse, glcm: sum.glcm, ssim: sum.ssim, images: slices.count,
            residentMB: residentMegabytes())
    }

    func heldOutLoader(_ slices: [Int]) -> BatchLoader {
        BatchLoader(
            store: store, slices: slices, augmentation: Augmentation(), normalisation: loader.normalisation,
            size: loader.size, seed: settings.run.seed)
    }
}

/// What the process keeps in memory now, without what it has mapped from files, MB; 0 where the system does not say.
private func residentMegabytes() -> Double {
    guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return 0 }
    let pages = String(decoding: data, as: UTF8.self).split(separator: " ").compactMap { Double($0) }
    guard pages.count > 2 else { return 0 }
    return ((pages[1] - pages[2]) * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e6 * 10).rounded() / 10
}
