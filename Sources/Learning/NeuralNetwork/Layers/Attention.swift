import Parallel

// Legend: B sequences, L tokens each, D width, H heads, d = D / H.

/// Multi-head softmax attention without the linear layers around it: for each sequence and head
/// y = softmax(q kᵀ / √d) v (Vaswani et al.: Attention is all you need, 2017). No parameters.
public struct Attention: Sendable {
    public let width: Int
    public let heads: Int
    private var headWidth: Int { width / heads }

    public init(width: Int, heads: Int) {
        precondition(heads > 0 && width % heads == 0, "\(heads) heads do not divide a width of \(width)")
        (self.width, self.heads) = (width, heads)
    }

    /// qkv [B, L, 3, H, d] to y [B, L, D]. The weights are not kept: backward computes them again from qkv, which costs less
    /// than writing and reading B · H · L² values.
    public func forward<T>(
        _ qkv: UnsafePointer<T>, sequences: Int, tokens: Int, into y: UnsafeMutablePointer<T>,
        scratch: AttentionScratch<T>,
        _ context: LayerContext<T>
    ) {
        forEachHead(sequences, context.workers) { sequence, head, lane in
            let weights = scratch.weights(lane)
            let (_, _, v) = weigh(qkv, sequence, head, tokens: tokens, into: weights)
            MatrixProduct.multiplySmall(
                MatrixView(weights, tokens, tokens, stride: paddedLength(tokens)), v,
                into: place(y, sequence, head, tokens), stride: width)
        }
    }

    /// dqkv [B, L, 3, H, d] from dy [B, L, D] and forward's qkv.
    public func backward<T>(
        _ dy: UnsafePointer<T>, qkv: UnsafePointer<T>, sequences: Int, tokens: Int, into dqkv: UnsafeMutablePointer<T>,
        scratch: AttentionScratch<T>, _ context: LayerContext<T>
    ) {
        forEachHead(sequences, context.workers) { sequence, head, lane in
            let (weights, slopes) = (scratch.weights(lane), scratch.slopes(lane))
            let (q, k, v) = weigh(qkv, sequence, head, tokens: tokens, into: weights)
            let padded = paddedLength(tokens)
            let p = MatrixView(weights, tokens, tokens, stride: padded)
            let dyHead = MatrixView(
                dy + sequence * tokens * width + head * headWidth, tokens, headWidth, stride: width)
            let start = dqkv + sequence * tokens * 3 * width + head * headWidth
            // y = p v
            MatrixProduct.multiplySmall(p.transposed, dyHead, into: start + 2 * width, stride: 3 * width)
            MatrixProduct.multiplySmall(dyHead, v.transposed, into: slopes, stride: padded)
            // p = softmax(s)
            T.softmaxBackward(weights, dpToDs: slopes, rows: tokens, side: tokens, stride: padded)
            // s = q kᵀ / √d
            let ds = MatrixView(slopes, tokens, tokens, stride: padded)
            MatrixProduct.multiplySmall(ds, k, into: start, stride: 3 * width, factor: scale())
            MatrixProduct.multiplySmall(ds.transposed, q, into: start + width, stride: 3 * width, factor: scale())
        }
    }

    private func scale<T: NetworkScalar>() -> T { 1 / T(headWidth).squareRoot() }

    private func place<T>(
        _ y: UnsafeMutablePointer<T>, _ sequence: Int, _ head: Int, _ tokens: Int
    ) -> UnsafeMutablePointer<T> {
        y + sequence * tokens * width + head * headWidth
    }

    /// softmax(q kᵀ / √d) into `weights` [L, L], rows padded; gives q, k and v [L, d].
    private func weigh<T>(
        _ qkv: UnsafePointer<T>, _ sequence: Int, _ head: Int, tokens: Int, into weights: UnsafeMutablePointer<T>
    ) -> (q: MatrixView<T>, k: MatrixView<T>, v: MatrixView<T>) {
        let start = qkv + sequence * tokens * 3 * width + head * headWidth
        let q = MatrixView(start, tokens, headWidth, stride: 3 * width)
        let k = MatrixView(start + width, tokens, headWidth, stride: 3 * width)
        let v = MatrixView(start + 2 * width, tokens, headWidth, stride: 3 * width)
        MatrixProduct.multiplySmall(q, k.transposed, into: weights, stride: paddedLength(tokens))
        T.softmax(weights, rows: tokens, side: tokens, stride: paddedLength(tokens), scale: scale())
        return (q, k, v)
    }

    private func forEachHead(_ sequences: Int, _ workers: Workers, _ body: (Int, Int, Int) -> Void) {
        workers.forEach(sequences * heads) { task, lane in body(task / heads, task % heads, lane) }
    }
}

/// Rows of the matrices [L, L] start at multiples of 16, so that the kernels need no scalar ends; what fills a row up is 0.
private func paddedLength(_ tokens: Int) -> Int { (tokens + 15) / 16 * 16 }

/// Two matrices [L, L] a thread.
public struct AttentionScratch<T: NetworkScalar>: @unchecked Sendable {
    private let values: UnsafeMutablePointer<T>
    private let size: Int

    public init(tokens: Int, workers: Workers, from arena: Arena<T>) {
        size = tokens * paddedLength(tokens)
        values = arena.take(2 * size * workers.count)
    }

    func weights(_ lane: Int) -> UnsafeMutablePointer<T> { values + 2 * lane * size }
    func slopes(_ lane: Int) -> UnsafeMutablePointer<T> { values + (2 * lane + 1) * size }
}
