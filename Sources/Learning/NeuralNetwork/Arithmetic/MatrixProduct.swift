internal import COpenBLAS
import Parallel

// The one place that multiplies matrices. Every product is cut into blocks of rows or columns by its shape alone, never by the number of
// threads, and OpenBLAS works on each block with one thread: so one thread and many give the same bits (OpenBLAS' own
// threads do not: measured, shapes that are no multiple of its kernels differ).

/// A view of rows · columns values in row-major order, each row `stride` after the last; transposed by a flag.
public struct MatrixView<T: NetworkScalar> {
    let values: UnsafePointer<T>
    public let rows: Int
    public let columns: Int
    let stride: Int
    let order: MatrixOrder

    public init(_ values: UnsafePointer<T>, _ rows: Int, _ columns: Int, stride: Int? = nil) {
        self.init(values, rows, columns, stride ?? columns, .asStored)
    }

    private init(_ values: UnsafePointer<T>, _ rows: Int, _ columns: Int, _ stride: Int, _ order: MatrixOrder) {
        (self.values, self.rows, self.columns, self.stride, self.order) = (values, rows, columns, stride, order)
    }

    public var transposed: MatrixView {
        MatrixView(values, columns, rows, stride, order == .asStored ? .transposed : .asStored)
    }

    fileprivate func rows(_ range: Range<Int>) -> MatrixView {
        let first = order == .asStored ? range.lowerBound * stride : range.lowerBound
        return MatrixView(values + first, range.count, columns, stride, order)
    }

    fileprivate func columns(_ range: Range<Int>) -> MatrixView { transposed.rows(range).transposed }
}

public enum MatrixProduct {
    /// What becomes of the values that the result is written over.
    public enum Previous: Sendable {
        case overwritten, added
    }

    /// c [a.rows, b.columns] = a · b (+ c). `prepare` is called with each block of rows and columns before it is computed, by
    /// the thread that computes it: a place to write what is to be added to.
    public static func multiply<T: NetworkScalar>(
        _ a: MatrixView<T>, _ b: MatrixView<T>, into c: UnsafeMutablePointer<T>, previous: Previous, workers: Workers,
        prepare: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void = { _, _ in }
    ) {
        let (m, n) = (a.rows, b.columns)
        let size = blockSize(m, n, a.columns)
        // OpenBLAS packs both factors of a block. The longer side is cut, so that the larger factor is packed once.
        if n > m {
            workers.forEachRange(of: n, size: size) { columns, _ in
                prepare(0..<m, columns)
                product(a, b.columns(columns), into: c + columns.lowerBound, stride: n, previous: previous)
            }
        } else {
            workers.forEachRange(of: m, size: size) { rows, _ in
                prepare(rows, 0..<n)
                product(a.rows(rows), b, into: c + rows.lowerBound * n, stride: n, previous: previous)
            }
        }
    }

    /// The same for a small product in the calling thread; `c` may have a stride of its own.
    static func multiplySmall<T: NetworkScalar>(
        _ a: MatrixView<T>, _ b: MatrixView<T>, into c: UnsafeMutablePointer<T>, stride: Int, factor: T = 1
    ) {
        product(a, b, into: c, stride: stride, factor: factor, previous: .overwritten)
    }

    private static func product<T: NetworkScalar>(
        _ a: MatrixView<T>, _ b: MatrixView<T>, into c: UnsafeMutablePointer<T>, stride: Int, factor: T = 1,
        previous: Previous
    ) {
        precondition(a.columns == b.rows, "product of [\(a.rows), \(a.columns)] and [\(b.rows), \(b.columns)]")
        T.product(
            a.order, b.order, a.rows, b.columns, a.columns, factor, a.values, a.stride, b.values, b.stride,
            previous == .added ? 1 : 0, c, stride)
    }

    /// Two blocks of the longer side, or one of a small product; more only for products so large that packing the other factor
    /// once a block does not show (measured: 4 blocks of a product of 10⁹ multiplications lose up to 30 %).
    private static func blockSize(_ m: Int, _ n: Int, _ k: Int) -> Int {
        let multiplications = m * n * k
        guard multiplications >= 1 << 21 else { return max(m, n) }
        let blocks = max(2, min(16, multiplications >> 30))
        return ((max(m, n) + blocks - 1) / blocks + 15) / 16 * 16
    }
}
