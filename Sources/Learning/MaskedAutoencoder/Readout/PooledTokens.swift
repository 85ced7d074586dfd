/// The tokens of one image or region, behind the blocks of a read-out, added up view by view.
public struct PooledTokens: Sendable {
    private let readout: Readout
    /// One a block.
    private var blocks: [WeightedMoments]

    public init(_ readout: Readout, of encoder: FrozenEncoder) {
        self.readout = readout
        blocks = readout.blocks(of: encoder.depth).map { _ in WeightedMoments(width: encoder.width) }
    }

    /// - Parameters:
    ///   - tokens: [blocks][1 + L, D] of one view, class token first.
    ///   - weights: of each patch [L], such as the region's voxels in it; nil: each counts once. A class token counts as
    ///     much as all of them.
    public mutating func add(_ tokens: [[Float]], weights: [Double]? = nil) {
        precondition(tokens.count == blocks.count, "tokens behind \(tokens.count) blocks, expected \(blocks.count)")
        for (place, tokens) in tokens.enumerated() {
            let width = blocks[place].width
            let patches = tokens.count / width - 1
            precondition(
                weights == nil || weights?.count == patches, "\(weights?.count ?? 0) weights, \(patches) patches")
            tokens.withUnsafeBufferPointer { tokens in
                func token(_ row: Int) -> UnsafeBufferPointer<Float> {
                    .init(rebasing: tokens[row * width..<(row + 1) * width])
                }
                guard readout.pool != .classToken else {
                    return blocks[place].add(token(0), weight: weights?.reduce(0, +) ?? Double(patches))
                }
                for patch in 0..<patches { blocks[place].add(token(1 + patch), weight: weights?[patch] ?? 1) }
            }
        }
    }

    /// How many patches took part.
    public var tokenCount: Int { blocks.first?.count ?? 0 }

    /// The row, as ``Readout/names(of:)`` calls it.
    public func values(_ encoder: FrozenEncoder) -> [Double] {
        blocks.flatMap { block in
            switch readout.pool {
            case .moments: block.mean + block.deviation
            case .mean: encoder.normalised(mean: block.mean)
            case .classToken: block.mean
            }
        }
    }
}

/// Mean and standard deviation of weighted vectors in one pass (West 1979, doi 10.1145/359146.359153).
struct WeightedMoments: Sendable {
    private(set) var mean: [Double]
    /// Σ w (x - mean)²
    private var squares: [Double]
    private var weight = 0.0
    private(set) var count = 0

    var width: Int { mean.count }

    init(width: Int) {
        mean = [Double](repeating: 0, count: width)
        squares = mean
    }

    /// One of weight 0 changes nothing.
    mutating func add(_ vector: UnsafeBufferPointer<Float>, weight added: Double) {
        guard added > 0 else { return }
        count += 1
        weight += added
        let share = added / weight
        for k in vector.indices {
            let difference = Double(vector[k]) - mean[k]
            mean[k] += share * difference
            squares[k] += added * difference * (Double(vector[k]) - mean[k])
        }
    }

    /// Of all weight, not one less: those of a region are known, not sampled.
    var deviation: [Double] { squares.map { weight > 0 ? max(0, $0 / weight).squareRoot() : 0 } }
}
