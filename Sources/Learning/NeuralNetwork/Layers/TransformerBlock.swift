import Parallel

// Legend: B sequences, L tokens each, N = B · L rows, D width, H heads.

/// A pre-norm transformer block, x [N, D] to [N, D]:
/// mid = x + proj(attention(qkv(norm1(x)))), out = mid + fc2(GELU(fc1(norm2(mid)))). With ``LayerScale`` each branch is
/// scaled before it is added: mid = x + γ₁ ⊙ proj(…), out = mid + γ₂ ⊙ fc2(…).
public struct TransformerBlock: Sendable {
    public let norm1: LayerNorm
    public let qkv: Linear
    public let attention: Attention
    public let projection: Linear
    public let attentionScale: LayerScale?
    public let norm2: LayerNorm
    public let fc1: Linear
    public let fc2: Linear
    public let hiddenScale: LayerScale?

    var width: Int { norm1.width }
    var hiddenWidth: Int { fc1.outputs }

    /// Adds its parameters under the names of timm's block: `name.norm1`, `name.attn.qkv`, `name.attn.proj`, `name.norm2`,
    /// `name.mlp.fc1`, `name.mlp.fc2`; with a scaling `name.ls1` and `name.ls2` behind the branches.
    public init(
        _ name: String, width: Int, heads: Int, hiddenWidth: Int, scaling: LayerScaling = .none,
        in layout: inout ParameterLayout
    ) {
        let isScaled = scaling == .perChannel
        norm1 = LayerNorm("\(name).norm1", width: width, in: &layout)
        qkv = Linear("\(name).attn.qkv", inputs: width, outputs: 3 * width, in: &layout)
        attention = Attention(width: width, heads: heads)
        projection = Linear("\(name).attn.proj", inputs: width, outputs: width, in: &layout)
        attentionScale = isScaled ? LayerScale("\(name).ls1", width: width, in: &layout) : nil
        norm2 = LayerNorm("\(name).norm2", width: width, in: &layout)
        fc1 = Linear("\(name).mlp.fc1", inputs: width, outputs: hiddenWidth, in: &layout)
        fc2 = Linear("\(name).mlp.fc2", inputs: hiddenWidth, outputs: width, in: &layout)
        hiddenScale = isScaled ? LayerScale("\(name).ls2", width: width, in: &layout) : nil
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
        /// The branches before γ, where they have one [N, D].
        let projected: UnsafeMutablePointer<T>?
        let lifted: UnsafeMutablePointer<T>?
        /// [N, D]
        let middle: UnsafeMutablePointer<T>
        /// [N, 2]
        let moments2: UnsafeMutablePointer<T>
        /// Before GELU [N, 4 D].
        let hidden: UnsafeMutablePointer<T>

        init(rows: Int, width: Int, hiddenWidth: Int, scaling: LayerScaling, from arena: Arena<T>) {
            projected = scaling == .none ? nil : arena.take(rows * width)
            lifted = scaling == .none ? nil : arena.take(rows * width)
            moments1 = arena.take(2 * rows)
            qkv = arena.take(3 * rows * width)
            attended = arena.take(rows * width)
            middle = arena.take(rows * width)
            moments2 = arena.take(2 * rows)
            hidden = arena.take(rows * hiddenWidth)
        }
    }

    /// With `drop` each branch is multiplied by its sequence's factor before it is added: mid = x + s₁ · …, out = mid + s₂ · …;
    /// s comes after γ, as in timm.
    func forward<T>(
        _ x: UnsafePointer<T>, sequences: Int, tokens: Int, into out: UnsafeMutablePointer<T>, keeping kept: Kept<T>,
        scratch: TransformerScratch<T>, drop: DropPath<T>.Factors? = nil, _ context: LayerContext<T>
    ) {
        let rows = sequences * tokens
        norm1.forward(x, rows: rows, into: scratch.normed, moments: kept.moments1, context)
        qkv.forward(scratch.normed, rows: rows, into: kept.qkv, context)
        attention.forward(
            kept.qkv, sequences: sequences, tokens: tokens, into: kept.attended, scratch: scratch.attention, context)
        add(
            projection, of: kept.attended, to: x, rows: rows, into: kept.middle, scaled: attentionScale,
            keeping: kept.projected, drop: drop?.attention, rowLength: tokens * width, context)
        norm2.forward(kept.middle, rows: rows, into: scratch.normed, moments: kept.moments2, context)
        fc1.forward(scratch.normed, rows: rows, into: kept.hidden, context)
        GELU.forward(kept.hidden, count: rows * hiddenWidth, into: scratch.activated, workers: context.workers)
        add(
            fc2, of: scratch.activated, to: kept.middle, rows: rows, into: out, scaled: hiddenScale,
            keeping: kept.lifted, drop: drop?.hidden, rowLength: tokens * width, context)
    }

    /// out = x + s · γ ⊙ linear(input), all [N, D], with s of drop path and γ of `scale` where there are any; what γ scales is
    /// kept in `product`.
    private func add<T>(
        _ linear: Linear, of input: UnsafePointer<T>, to x: UnsafePointer<T>, rows: Int,
        into out: UnsafeMutablePointer<T>, scaled scale: LayerScale?, keeping product: UnsafeMutablePointer<T>?,
        drop: DropPath<T>.Branch?, rowLength: Int, _ context: LayerContext<T>
    ) {
        guard scale != nil || drop != nil else {
            return linear.forward(input, rows: rows, into: out, adding: x, context)
        }
        let target = product ?? out
        linear.forward(input, rows: rows, into: target, context)
        scale?.forward(target, rows: rows, into: out, context)
        if let drop { return drop.weigh(out, adding: x, rowLength: rowLength, context.workers) }
        context.workers.forEachRange(of: rows, size: Workers.rowsPerTask(width: width)) { range, _ in
            let start = range.lowerBound * width
            Vectors.add(x + start, out + start, into: out + start, count: range.count * width)
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
        /// The gradient by a branch: that by the sum, times the branch's factor and γ; writes the gradient of γ.
        func branch(
            _ factors: DropPath<T>.Branch?, _ scale: LayerScale?, _ product: UnsafeMutablePointer<T>?
        ) -> UnsafeMutablePointer<T> {
            guard factors != nil || scale != nil else { return gradient }
            let weighed = scratch.branchGradient(count: rows * width)
            if let factors {
                factors.weigh(gradient, into: weighed, rowLength: tokens * width, context.workers)
            } else {
                weighed.update(from: gradient, count: rows * width)
            }
            if let scale, let product { scale.backward(weighed, x: product, rows: rows, context) }
            return weighed
        }
        // out = mid + fc2(GELU(hidden))
        let outer = branch(drop?.hidden, hiddenScale, kept.lifted)
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
        let inner = branch(drop?.attention, attentionScale, kept.projected)
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

    /// The gradient by a branch [N, D]; memory that only drop path and LayerScale need.
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
    public let scaling: LayerScaling
    public let blocks: [TransformerBlock]

    /// Blocks `name.0`, `name.1`, …
    public init(
        _ name: String, depth: Int, width: Int, heads: Int, hiddenWidth: Int, scaling: LayerScaling = .none,
        in layout: inout ParameterLayout
    ) {
        (self.width, self.heads, self.hiddenWidth, self.scaling) = (width, heads, hiddenWidth, scaling)
        blocks = (0..<depth).map { index in
            TransformerBlock(
                "\(name).\(index)", width: width, heads: heads, hiddenWidth: hiddenWidth, scaling: scaling, in: &layout)
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
    ///
    /// - Parameter behind: is called with the number of each block, from 1, and its output.
    public func forward<T>(
        _ states: TransformerStates<T>, sequences: Int, tokens: Int, scratch: TransformerScratch<T>,
        drop: DropPath<T>? = nil, _ context: LayerContext<T>,
        behind: (Int, UnsafeMutablePointer<T>) -> Void = { _, _ in }
    ) {
        for (index, block) in blocks.enumerated() {
            block.forward(
                states.residual[index], sequences: sequences, tokens: tokens, into: states.residual[index + 1],
                keeping: states.kept[index], scratch: scratch, drop: drop?.factors[index], context)
            behind(index + 1, states.residual[index + 1])
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
            TransformerBlock.Kept(
                rows: rows, width: stack.width, hiddenWidth: stack.hiddenWidth, scaling: stack.scaling, from: arena)
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
