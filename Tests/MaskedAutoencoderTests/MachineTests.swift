import Glibc
import MaskedAutoencoder
import Testing

/// What is asked of the machine before a network is made.
@Suite("What a network needs of the machine")
struct MachineTests {
    private func network(_ name: String, side: Int) throws -> MaskedAutoencoderConfiguration {
        try MaskedAutoencoderConfiguration(model: name, imageSize: side)
    }

    private func need(_ check: () throws(ConfigurationError) -> Void) -> Double? {
        do throws(ConfigurationError) {
            try check()
            return nil
        } catch {
            guard case .memory(let needed, let available, _) = error else { return nil }
            #expect(needed > available && "\(error)".contains("take fewer images at once"), "\(error)")
            return needed
        }
    }

    @Test("a small network fits; one that the machine has no memory for is refused, whatever it is for")
    func memory() throws {
        let small = try network("vit-ti16", side: 32)
        #expect(need { () throws(ConfigurationError) in try small.checkMachine(pretrainingOf: 4) } == nil)
        #expect(need { () throws(ConfigurationError) in try small.checkMachine(embeddingOf: 4) } == nil)
        let large = try network("vit-h14", side: 224)
        let many = 1 << 30
        let training = try #require(
            need { () throws(ConfigurationError) in try large.checkMachine(pretrainingOf: many) })
        let tuning = try #require(need { () throws(ConfigurationError) in try large.checkMachine(finetuningOf: many) })
        let embedding = try #require(
            need { () throws(ConfigurationError) in try large.checkMachine(embeddingOf: many) })
        let filling = try #require(
            need { () throws(ConfigurationError) in try large.checkMachine(reconstructing: many) })
        // A frozen encoder keeps one block; hidden patches cost the encoder nothing while it is pre-trained.
        #expect(embedding < tuning && training < tuning && filling < training)
    }

    /// The count is a lower bound, so it is no more than what the parts are known to take: weights, two moments and gradients.
    @Test("the need grows with the images in step, and starts with four copies of the weights")
    func growth() throws {
        let large = try network("vit-h14", side: 224)
        let needs = [30, 31, 32].compactMap { power in
            need { () throws(ConfigurationError) in try large.checkMachine(finetuningOf: 1 << power) }
        }
        try #require(needs.count == 3)
        #expect(abs((needs[2] - needs[1]) / (needs[1] - needs[0]) - 2) < 1e-6)
        let rest = 2 * needs[0] - needs[1]
        // vit-h: 32 blocks of 12 · 1280² weights, and the attention of 257 tokens.
        #expect(abs(rest - 4 * (4.0 * 32 * 12 * 1280 * 1280 + 2 * 257 * 257) / 1e9) < 0.01 * rest, "\(rest) GB")
    }
}
