import Glibc
import NumericalMethods

// What a network needs of the machine, asked before it is made: what is not there would end the process. Of memory the counts are
// lower bounds: what is refused could not have been trained.
extension MaskedAutoencoderConfiguration {
    /// - Parameter images: that go through encoder and decoder at once.
    /// - Throws: ``ConfigurationError/memory(needed:available:images:)`` or ``ConfigurationError/library(_:)``
    public func checkMachine(pretrainingOf images: Int) throws(ConfigurationError) {
        let visible = Double(visibleCount + 1) * Double(images)
        let all = Double(patchCount + 1) * Double(images)
        try check(
            values: 4 * (Self.parameters(encoder) + Self.parameters(decoder)) + Self.activations(encoder, rows: visible)
                + Self.activations(decoder, rows: all) + attention(tokens: patchCount + 1), images)
    }

    public func checkMachine(finetuningOf images: Int) throws(ConfigurationError) {
        let rows = Double(patchCount + 1) * Double(images)
        try check(
            values: 4 * Self.parameters(encoder) + Self.activations(encoder, rows: rows)
                + attention(tokens: patchCount + 1), images)
    }

    /// Of the encoder without gradients, which keeps the activations of one block.
    public func checkMachine(embeddingOf images: Int) throws(ConfigurationError) {
        let rows = Double(patchCount + 1) * Double(images)
        var block = encoder
        block.depth = 1
        try check(
            values: Self.parameters(encoder) + Self.activations(block, rows: rows) + attention(tokens: patchCount + 1),
            images)
    }

    /// Of encoder and decoder without gradients, which keep the activations of one block each.
    public func checkMachine(reconstructing images: Int) throws(ConfigurationError) {
        let (visible, all) = (Double(visibleCount + 1) * Double(images), Double(patchCount + 1) * Double(images))
        var (first, second) = (encoder, decoder)
        (first.depth, second.depth) = (1, 1)
        try check(
            values: Self.parameters(encoder) + Self.parameters(decoder)
                + max(Self.activations(first, rows: visible), Self.activations(second, rows: all))
                + attention(tokens: patchCount + 1), images)
    }

    /// Matrices of the blocks: qkv, proj, fc1, fc2.
    private static func parameters(_ part: Transformer) -> Double {
        12 * Double(part.width) * Double(part.width) * Double(part.depth)
    }

    /// Ten widths a token and block.
    private static func activations(_ part: Transformer, rows: Double) -> Double {
        rows * Double(part.width) * 10 * Double(part.depth)
    }

    /// Weights of one head, and their slopes.
    private func attention(tokens: Int) -> Double { 2 * Double(tokens) * Double(tokens) }

    /// - Parameter values: of four bytes.
    private func check(values: Double, _ images: Int) throws(ConfigurationError) {
        let available = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e9
        let needed = (values + 3 * Double(images) * Double(imageLength)) * 4 / 1e9
        guard available <= 0 || needed <= available else {
            throw .memory(needed: needed, available: available, images: images)
        }
        do { try OpenBLAS.load() } catch { throw .library(error) }
    }
}
