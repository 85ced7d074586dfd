import Parallel

// Legend: B sequences, L tokens each, N = B · L rows, D width, H heads.

/// A pre-norm transformer block, x [N, D] to [N, D]:
/// mid = x + proj(attention(qkv(norm1(x)))), out = mid + fc2(GELU(fc1(norm2(mid)))).
public struct TransformerBlock: Sendable {
    public let norm1: LayerNorm
    public let qkv: Linear
    public let attention: Attention
    public let projection: Linear
    public let norm2: LayerNorm
    public let fc1: Linear
    public let fc2: Linear

    var width: Int { norm1.width }
    var hiddenWidth: Int { fc1.outputs }

    /// Adds its parameters under the names of timm's block: `name.norm1`, `name.attn.qkv`, `name.attn.proj`, `name.norm2`,
    /// `name.mlp.fc1`, `name.mlp.fc2`.
    public init(_ name: String, width: Int, heads: Int, hiddenWidth: Int, in layout: inout ParameterLayout) {
        norm1 = LayerNorm("\(name).norm1", width: width, in: &layout)
        qkv = Linear("\(name).attn.qkv", inputs: width, outputs: 3 * width, in: &layout)
        attention = Attention(width: width, heads: heads)
        projection = Linear("\(name).attn.proj", inputs: width, outputs: width, in: &layout)
        norm2 = LayerNorm("\(name).norm2", width: width, in: &layout)
        fc1 = Linear("\(name).mlp.fc1", inputs: width, outputs: hiddenWidth, in: &layout)
        fc2 = Linear("\(name).mlp.fc2", inputs: hiddenWidth, outputs: width, in: &layout)
    }

    /// What backward needs, beside the block's input. The outputs of norms and of GELU are computed again instead: they
    /// would be 6 D of 16 D values a token.
    public struct Kept<T: NetworkScalar>: @unchecked Sendable {
        /// [N, 2]
        let moments1: UnsafeMutablePointer<T>
        /// [N, 3 D]
        let qkv: UnsafeMutablePointer<T>
        /// [N, D]
        let attended: UnsafeMutablePointer<T>
        /// [N, D]
        let middle: UnsafeMutablePointer<T>
        /// [N, 2]
        let moments2: UnsafeMutablePointer<T>
        /// Before GELU [N, 4 D].
        let hidden: UnsafeMutablePointer<T>

        init(rows: Int, width: Int, hiddenWidth: Int, from arena: Arena<T>) {
            moments1 = arena.take(2 * rows)
            qkv = arena.take(3 * rows * width)
            attended = arena.take(rows * width)
            middle = arena.take(rows * width)
            moments2 = arena.take(2 * rows)
            hidden = arena.take(rows * hiddenWidth)
        }
    }

    /// With `drop` each branch is multiplied by its sequence's factor before it is added: mid = x + s₁ · …, out = mid + s₂ · ….
    func forward<T>(
        _ x: UnsafePointer<T>, sequences: Int, tokens: Int, into out: UnsafeMutablePointer<T>, keeping kept: Kept<T>,
        scratch: TransformerScratch<T>, drop: DropPath<T>.Factors? = nil, _ context: LayerContext<T>
    ) {
        let rows = sequences * tokens
        norm1.forward(x, rows: rows, into: scratch.normed, moments: kept.moments1, context)
        qkv.forward(scratch.normed, rows: rows, into: kept.qkv, context)
        attention.forward(
            kept.qkv, sequences: sequences, tokens: tokens, into: kept.attended, scratch: scratch.attention, context)
        if let drop {
            projection.forward(kept.attended, rows: rows, into: kept.middle, context)
            drop.attention.weigh(kept.middle, adding: x, rowLength: tokens * width, context.workers)
        } else {
            projection.forward(kept.attended, rows: rows, into: kept.middle, adding: x, context)
        }
        norm2.forward(kept.middle, rows: rows, into: scratch.normed, moments: kept.moments2, context)
        fc1.forward(scratch.normed, rows: rows, into: kept.hidden, context)
        GELU.forward(kept.hidden, count: rows * hiddenWidth, into: scratch.activated, workers: context.workers)
        if let drop {
            fc2.forward(scratch.activated, rows: rows, into: out, context)
            drop.hidden.weigh(out, adding: kept.middle, rowLength: tokens * width, context.workers)
        } else {
            fc2.forward(scratch.activated, rows: rows, into: out, adding: kept.middle, context)
        }
    }

    /// Turns `gradient` [N, D] from that by the block's output into that by its input x; writes the gradients of its
    /// parameters. `drop` as in forward.
    func backward<T>(
        _ gradient: UnsafeMutablePointer<T>, x: UnsafePointer<T>, sequences: Int, tokens: Int, kept: Kept<T>,
        scratch: TransformerScratch<T>, drop: DropPath<T>.Factors? = nil, _ context: LayerContext<T>
    ) {
        let rows = sequences * tokens
        let (slopes, wide) = (scratch.slopes, scratch.wideSlopes)
        /// The gradient by a branch: that by the sum, times the branch's factor.
        func branch(_ factors: DropPath<T>.Branch?) -> UnsafeMutablePointer<T> {
            guard let factors else { return gradient }
            let weighed = scratch.branchGradient(count: rows * width)
            factors.weigh(gradient, into: weighed, rowLength: tokens * width, context.workers)
            return weighed
        }
        // out = mid + fc2(GELU(hidden))
        let outer = branch(drop?.hidden)
        fc2.backwardInput(outer, rows: rows, into: wide, context)
        GELU.backward(
            kept.hidden, count: rows * hiddenWidth, dyToDx: wide, recomputing: scratch.activated,
            workers: context.workers)
        fc2.backwardParameters(outer, x: scratch.activated, rows: rows, context)
        // hidden = fc1(norm2(mid))
        fc1.backwardInput(wide, rows: rows, into: slopes, context)
        norm2.backward(
            slopes, x: kept.middle, moments: kept.moments2, rows: rows, addingTo: gradient, recomputing: scratch.normed,
            context)
        fc1.backwardParameters(wide, x: scratch.normed, rows: rows, context)
        // mid = x + proj(attention(qkv))
        let inner = branch(drop?.attention)
        projection.backwardInput(inner, rows: rows, into: slopes, context)
        projection.backwardParameters(inner, x: kept.attended, rows: rows, context)
        attention.backward(
            slopes, qkv: kept.qkv, sequences: sequences, tokens: tokens, into: wide, scratch: scratch.attention, context
        )
        // qkv = qkv(norm1(x))
        qkv.backwardInput(wide, rows: rows, into: slopes, context)
        norm1.backward(
            slopes, x: x, moments: kept.moments1, rows: rows, addingTo: gradient, recomputing: scratch.normed, context)
        qkv.backwardParameters(wide, x: scratch.normed, rows: rows, context)
    }
}

/// What one block uses and the next one uses again; one for all blocks of all stacks of a network.
public struct TransformerScratch<T: NetworkScalar>: @unchecked Sendable {
    /// [N, D]
    let normed: UnsafeMutablePointer<T>
    /// [N, D]
    let slopes: UnsafeMutablePointer<T>
    /// [N, 4 D]
    let activated: UnsafeMutablePointer<T>
    /// [N, 4 D], and [N, 3 D] of qkv.
    let wideSlopes: UnsafeMutablePointer<T>
    let attention: AttentionScratch<T>
    private let branch: LazyBuffer<T>

    /// Large enough for every stack of `users`.
    public init(_ users: [TransformerStack.Size], workers: Workers, from arena: Arena<T>) {
        let narrow = users.map { $0.rows * $0.width }.max() ?? 0
        let wide = users.map { $0.rows * max(3 * $0.width, $0.hiddenWidth) }.max() ?? 0
        normed = arena.take(narrow)
        slopes = arena.take(narrow)
        activated = arena.take(wide)
        wideSlopes = arena.take(wide)
        attention = AttentionScratch(tokens: users.map(\.tokens).max() ?? 0, workers: workers, from: arena)
        branch = LazyBuffer(narrow, arena)
    }

    /// The gradient by a branch [N, D]; memory that only drop path needs.
    func branchGradient(count: Int) -> UnsafeMutablePointer<T> {
        precondition(count <= branch.count)
        return branch.values
    }
}

/// Values whose memory is taken from the arena when they are first asked for.
private final class LazyBuffer<T: NetworkScalar>: @unchecked Sendable {
    let count: Int
    private let arena: Arena<T>
    private(set) lazy var values = arena.take(count)

    init(_ count: Int, _ arena: Arena<T>) { (self.count, self.arena) = (count, arena) }
}

/// Transformer blocks one after another; see ``TransformerStates`` for what they keep.
public struct TransformerStack: Sendable {
    public let width: Int
    public let heads: Int
    public let hiddenWidth: Int
    public let blocks: [TransformerBlock]

    /// Blocks `name.0`, `name.1`, …
    public init(
        _ name: String, depth: Int, width: Int, heads: Int, hiddenWidth: Int, in layout: inout ParameterLayout
    ) {
        (self.width, self.heads, self.hiddenWidth) = (width, heads, hiddenWidth)
        blocks = (0..<depth).map { index in
            TransformerBlock("\(name).\(index)", width: width, heads: heads, hiddenWidth: hiddenWidth, in: &layout)
        }
    }

    public struct Size: Sendable {
        let rows: Int
        let tokens: Int
        let width: Int
        let hiddenWidth: Int
    }

    /// Of up to so many sequences of so many tokens.
    public func size(sequences: Int, tokens: Int) -> Size {
        Size(rows: sequences * tokens, tokens: tokens, width: width, hiddenWidth: hiddenWidth)
    }

    /// From `states.input` to `states.output`, all [B, L, D].
    public func forward<T>(
        _ states: TransformerStates<T>, sequences: Int, tokens: Int, scratch: TransformerScratch<T>,
        drop: DropPath<T>? = nil, _ context: LayerContext<T>
    ) {
        for (index, block) in blocks.enumerated() {
            block.forward(
                states.residual[index], sequences: sequences, tokens: tokens, into: states.residual[index + 1],
                keeping: states.kept[index], scratch: scratch, drop: drop?.factors[index], context)
        }
    }

    /// Turns `gradient` [B, L, D] from that by `states.output` into that by `states.input`; `drop` is the one that forward had.
    public func backward<T>(
        _ gradient: UnsafeMutablePointer<T>, _ states: TransformerStates<T>, sequences: Int, tokens: Int,
        scratch: TransformerScratch<T>, drop: DropPath<T>? = nil, _ context: LayerContext<T>
    ) {
        precondition(states.purpose == .training, "states that keep nothing for backward")
        for (index, block) in blocks.enumerated().reversed() {
            block.backward(
                gradient, x: states.residual[index], sequences: sequences, tokens: tokens, kept: states.kept[index],
                scratch: scratch, drop: drop?.factors[index], context)
        }
    }
}

/// The activations of a stack: its input, the output of each block, and what each block keeps.
public struct TransformerStates<T: NetworkScalar>: @unchecked Sendable {
    /// [B, L, D] each: the input, then each block's output.
    public let residual: [UnsafeMutablePointer<T>]
    let kept: [TransformerBlock.Kept<T>]

    public var input: UnsafeMutablePointer<T> { residual[0] }
    public var output: UnsafeMutablePointer<T> { residual[residual.count - 1] }

    public enum Purpose: Sendable {
        case training
        /// Nothing is kept for backward: all blocks share the memory of one, and only ``output`` is worth reading.
        case inference
    }

    let purpose: Purpose

    public init(
        of stack: TransformerStack, sequences: Int, tokens: Int, for purpose: Purpose = .training, from arena: Arena<T>
    ) {
        let rows = sequences * tokens
        self.purpose = purpose
        func make() -> TransformerBlock.Kept<T> {
            TransformerBlock.Kept(rows: rows, width: stack.width, hiddenWidth: stack.hiddenWidth, from: arena)
        }
        switch purpose {
        case .training:
            residual = (0...stack.blocks.count).map { _ in arena.take(rows * stack.width) }
            kept = stack.blocks.map { _ in make() }
        case .inference:
            let (even, odd, shared) = (arena.take(rows * stack.width), arena.take(rows * stack.width), make())
            residual = (0...stack.blocks.count).map { $0 % 2 == 0 ? even : odd }
            kept = stack.blocks.map { _ in shared }
        }
    }
}
