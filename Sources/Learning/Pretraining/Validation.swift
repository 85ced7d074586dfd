import Foundation
import MaskedAutoencoder
import Preparation
import TextureCore

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
        let loss = balance.applied(
            to: try settings.loss.everyTerm(epoch: epoch, range: range), of: settings.loss.phase(ofEpoch: epoch))
        var sum = MeanTerms()
        var tokens: [[Double]] = []
        try forEachPass(of: slices) { pass, share in
            sum.add(
                try pass.loss(loss), meanGuess: try pass.meanGuess(PixelLoss(target: settings.loss.pixels)),
                errors: settings.loss.pixels == .values ? pass.firstChannelErrors() : nil, share: share)
            tokens += pass.meanTokens()
        }
        var record = ValidationRecord(
            epoch: epoch, step: step, phase: settings.loss.phase(ofEpoch: epoch), loss: sum.total,
            mse: sum.value(.mse), glcm: sum.value(.glcm), ssim: sum.value(.ssim), images: slices.count,
            residentMB: residentMegabytes())
        record.meanGuess = sum.meanGuess
        (record.greyMSE, record.greyMeanGuess) = sum.greys(deviation: settings.data.deviation[0])
        record.effectiveRank = try effectiveRank(tokens)
        return record
    }

    /// Of the mean tokens of the held-out images, with training images beside them where those are few: a handful has no rank.
    private func effectiveRank(_ heldOut: [[Double]]) throws -> Double? {
        let (wanted, training) = (64, holdout.training)
        var tokens = heldOut
        if tokens.count < wanted {
            let count = min(wanted - tokens.count, training.count)
            try forEachPass(of: (0..<count).map { training[$0 * training.count / count] }) { pass, _ in
                tokens += pass.meanTokens()
            }
        }
        return tokens.count >= Self.fewestForRank ? EffectiveRank.of(tokens) : nil
    }

    static let fewestForRank = 12

    /// Calls with the passes of slices as validation sees them, and the share of the slices that is in each.
    private func forEachPass(
        of slices: [Int], _ body: (borrowing MaskedAutoencoderPass<Float>, _ share: Double) throws -> Void
    ) throws {
        let loader = heldOutLoader(slices)
        let size = settings.optimiser.batchSize
        for start in stride(from: 0, to: slices.count, by: size) {
            let count = min(size, slices.count - start)
            let batch = try loader.batch(start..<start + count, epoch: 0)
            let mask = mask("validation", epoch: 0, item: start, images: count)
            try batch.values.withUnsafeBufferPointer { values in
                try body(network.forward(values.baseAddress!, mask: mask), Double(count) / Double(slices.count))
            }
        }
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
