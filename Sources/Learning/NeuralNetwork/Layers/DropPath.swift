import Parallel
import SeededRandom

/// Stochastic depth (Huang et al.: Deep networks with stochastic depth, 2016) as timm has it: in training, each of the two
/// branches of a block is left out for a sequence with probability r, or multiplied by 1 / (1 - r) so that its mean stays.
/// r rises linearly from 0 in the first block to `rate` in the last one. Chance comes in from outside.
public struct DropPath<T: NetworkScalar>: Sendable {
    /// One number a sequence: 0, or what the branch is multiplied by.
    public struct Branch: Sendable, Equatable {
        public let factors: [T]

        public init(_ factors: [T]) { self.factors = factors }
    }

    /// Of one block.
    public struct Factors: Sendable, Equatable {
        public let attention: Branch
        public let hidden: Branch

        public init(attention: Branch, hidden: Branch) { (self.attention, self.hidden) = (attention, hidden) }
    }

    /// One a block; nil where nothing can be dropped, which is computed as if there were no drop path.
    public let factors: [Factors?]

    /// A given choice.
    public init(factors: [Factors?]) { self.factors = factors }

    /// A draw for so many sequences.
    public init(rate: Double, depth: Int, sequences: Int, from generator: inout SeededGenerator) {
        precondition((0..<1).contains(rate), "a drop path rate of \(rate)")
        var factors: [Factors?] = []
        for index in 0..<depth {
            let own = Self.rate(ofBlock: index, depth: depth, last: rate)
            guard own > 0 else {
                factors.append(nil)
                continue
            }
            var branches: [Branch] = []
            for _ in 0..<2 {
                var values: [T] = []
                for _ in 0..<sequences { values.append(generator.uniform() < own ? 0 : T(1 / (1 - own))) }
                branches.append(Branch(values))
            }
            factors.append(Factors(attention: branches[0], hidden: branches[1]))
        }
        self.factors = factors
    }

    /// 0 in the first block, `last` in the last one.
    public static func rate(ofBlock index: Int, depth: Int, last: Double) -> Double {
        depth > 1 ? last * Double(index) / Double(depth - 1) : 0
    }
}

extension DropPath.Branch {
    /// branch [B, rowLength] becomes x + factor · branch.
    func weigh(
        _ branch: UnsafeMutablePointer<T>, adding x: UnsafePointer<T>, rowLength: Int, _ workers: Workers
    ) {
        workers.forEach(factors.count) { sequence, _ in
            let start = sequence * rowLength
            Vectors.scale(branch + start, by: factors[sequence], count: rowLength)
            Vectors.add(x + start, branch + start, into: branch + start, count: rowLength)
        }
    }

    /// target [B, rowLength] = factor · x
    func weigh(
        _ x: UnsafePointer<T>, into target: UnsafeMutablePointer<T>, rowLength: Int, _ workers: Workers
    ) {
        workers.forEach(factors.count) { sequence, _ in
            let start = sequence * rowLength
            (target + start).update(from: x + start, count: rowLength)
            Vectors.scale(target + start, by: factors[sequence], count: rowLength)
        }
    }
}
