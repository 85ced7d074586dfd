import MaskedAutoencoder
import Parallel
import Testing

@Suite("Read-outs of a frozen encoder")
struct ReadoutTests {
    private func encoder(seed: UInt64 = 1) throws -> FrozenEncoder {
        try FrozenEncoder(
            untrained: MaskedAutoencoderConfiguration(model: "vit-ti8", imageSize: 32), seed: seed, batchCapacity: 4,
            workers: Workers(1))
    }

    private func images(_ count: Int) -> [Float] {
        (0..<count * 1024).map { index -> Float in
            let grey: Int = (index * 7919 + index / 1024 * 31) % 251
            return Float(grey) / 125 - 1
        }
    }

    @Test("Moments are mean and standard deviation of the weighted patch tokens, however they come in")
    func moments() throws {
        let encoder = try encoder()
        let readout = Readout(pool: .moments, blocks: [4, 12])
        let tokens = encoder.tokens(of: images(3), count: 3, for: readout)
        let weights = (0..<3).map { image in (0..<16).map { Double(($0 + image) % 3) } }
        var pooled = PooledTokens(readout, of: encoder)
        for image in 0..<3 { pooled.add(tokens.map { $0[image] }, weights: weights[image]) }
        let values = pooled.values(encoder)
        #expect(values.count == readout.length(of: encoder) && readout.names(of: encoder).count == values.count)
        #expect(pooled.tokenCount == weights.joined().count { $0 > 0 })
        var worst = 0.0
        for (place, _) in [4, 12].enumerated() {
            for k in 0..<192 {
                var pairs: [(Double, Double)] = []
                for image in 0..<3 {
                    for patch in 0..<16 {
                        pairs.append((weights[image][patch], Double(tokens[place][image][(patch + 1) * 192 + k])))
                    }
                }
                let sum = pairs.reduce(0) { $0 + $1.0 }
                let mean = pairs.reduce(0) { $0 + $1.0 * $1.1 } / sum
                let squares = pairs.reduce(0.0) { (sum: Double, pair) -> Double in
                    sum + pair.0 * (pair.1 - mean) * (pair.1 - mean)
                }
                let deviation = (squares / sum).squareRoot()
                worst = max(
                    worst, abs(values[place * 384 + k] - mean), abs(values[place * 384 + 192 + k] - deviation))
            }
        }
        #expect(worst < 1e-12, "\(worst)")
        #expect(readout.names(of: encoder)[384 + 192] == "block12_sd_0")
    }

    @Test("A batch, the number of blocks asked for and the place of an image change nothing")
    func alone() throws {
        let encoder = try encoder()
        let all = encoder.tokens(of: images(4), count: 4, for: Readout(blocks: [2, 7, 12]))
        let image = Array(images(4)[3 * 1024..<4 * 1024])
        for (readout, place) in [(Readout(blocks: [7]), 1), (Readout(), 2)] {
            let own = encoder.tokens(of: image, count: 1, for: readout)[0][0]
            // Products of another size are summed in another order.
            let worst = zip(own, all[place][3]).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(worst < 1e-4, "\(worst)")
        }
    }

    @Test("What the encoder does not have is refused")
    func refused() throws {
        let encoder = try encoder()
        #expect(throws: ReadoutError.noSuchBlock(found: 13, depth: 12)) { try Readout(blocks: [13]).check(encoder) }
        #expect(throws: ReadoutError.repeated(3)) { try Readout(blocks: [3, 5, 3]).check(encoder) }
    }
}
