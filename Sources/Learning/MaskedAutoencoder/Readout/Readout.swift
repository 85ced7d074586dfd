/// What is made of the tokens of an image or of a region.
public enum TokenPool: String, CaseIterable, Hashable, Sendable {
    /// Mean and standard deviation of the patch tokens as the block leaves them: texture is in their spread, which a mean alone
    /// throws away, and in each one's contrast, which a norm evens out.
    case moments
    /// The mean of the patch tokens, behind the norm.
    case mean
    /// The class token, which stands for whole views, behind the norm.
    case classToken = "cls"

    var norm: TokenNorm { self == .moments ? .none : .applied }
}

/// What is read off a frozen encoder: behind which blocks, and how the tokens of an image become one row.
public struct Readout: Hashable, Sendable {
    public var pool: TokenPool
    /// From 1, in this order; empty: the last one.
    public var blocks: [Int]

    public init(pool: TokenPool = .moments, blocks: [Int] = []) { (self.pool, self.blocks) = (pool, blocks) }

    /// The blocks of an encoder of so many.
    func blocks(of depth: Int) -> [Int] { blocks.isEmpty ? [depth] : blocks }

    /// Values of a row.
    public func length(of encoder: FrozenEncoder) -> Int {
        blocks(of: encoder.depth).count * encoder.width * (pool == .moments ? 2 : 1)
    }

    /// Names of the values of a row, in their order: `0` …, with what they are before the number where there is more than one
    /// kind, `block9_sd_0`.
    public func names(of encoder: FrozenEncoder) -> [String] {
        let numbers = (0..<encoder.width).map(String.init)
        let parts = pool == .moments ? ["mean_", "sd_"] : [""]
        return (blocks.isEmpty ? [""] : blocks.map { "block\($0)_" }).flatMap { block in
            parts.flatMap { part in numbers.map { block + part + $0 } }
        }
    }

    /// - Throws: ``ReadoutError``
    public func check(_ encoder: FrozenEncoder) throws(ReadoutError) {
        if let block = blocks.first(where: { !(1...encoder.depth).contains($0) }) {
            throw .noSuchBlock(found: block, depth: encoder.depth)
        }
        if let block = blocks.first(where: { block in blocks.count { $0 == block } > 1 }) { throw .repeated(block) }
    }
}

/// Why a read-out does not fit an encoder.
public enum ReadoutError: Error, Hashable, Sendable, CustomStringConvertible {
    case noSuchBlock(found: Int, depth: Int)
    case repeated(Int)

    public var description: String {
        switch self {
        case .noSuchBlock(let found, let depth): "block \(found) is asked for, the encoder has 1 to \(depth)"
        case .repeated(let block): "block \(block) is asked for twice, expected each once"
        }
    }
}
