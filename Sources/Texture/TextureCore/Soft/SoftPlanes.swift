// The soft counts of a prediction and of its target, as two dense planes of which little is touched: what was touched is
// remembered by rows and blocks of columns, so that comparing and clearing visit it once and nothing else. Made once per thread.

/// Two planes of soft counts [side][stride], all zero between patches.
struct SoftPlanes<T: SoftScalar> {
    let own: UnsafeMutablePointer<T>
    let other: UnsafeMutablePointer<T>
    /// Which blocks of columns of a row were touched: bit b stands for the columns b · 2^`blockShift` and on.
    let touched: UnsafeMutablePointer<UInt32>
    /// The blocks that a band touches, by its first bin.
    let blocksOfStart: UnsafeMutablePointer<UInt32>
    /// Where the touched vectors of eight cells begin, once they are listed, and how many there are.
    let vectors: UnsafeMutablePointer<UInt32>
    let vectorCount: UnsafeMutablePointer<Int32>
    let side: Int
    let stride: Int
    let blockShift: Int

    init(_ band: SoftBand) {
        (side, stride) = (band.side, band.stride)
        // 32 bits a row: blocks of 8 columns up to 256 bins, of 16 up to 512.
        blockShift = side > 256 ? 4 : 3
        let capacity = side * stride
        (own, other) = (Self.zeros(capacity), Self.zeros(capacity))
        touched = .allocate(capacity: side + 8)
        touched.initialize(repeating: 0, count: side + 8)
        vectors = .allocate(capacity: capacity / 8 + 16)
        vectors.initialize(repeating: 0, count: capacity / 8 + 16)
        vectorCount = .allocate(capacity: 1)
        vectorCount.initialize(to: 0)
        blocksOfStart = .allocate(capacity: side)
        for start in 0..<side {
            let (first, last) = (start >> blockShift, (min(side, start + band.kept) - 1) >> blockShift)
            blocksOfStart[start] = UInt32.max << UInt32(first) & UInt32.max >> UInt32(31 - last)
        }
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<T> {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<T>.stride, alignment: 64)
        let cells = raw.bindMemory(to: T.self, capacity: count)
        cells.initialize(repeating: 0, count: count)
        return cells
    }

    func deallocate() {
        own.deallocate()
        other.deallocate()
        touched.deallocate()
        blocksOfStart.deallocate()
        vectors.deallocate()
        vectorCount.deallocate()
    }

    /// Turns what was touched into a list, in the order of rows and columns.
    func listTouched() {
        var count = 0
        for row in 0..<side {
            var blocks = touched[row]
            while blocks != 0 {
                let first = row * stride + blocks.trailingZeroBitCount << blockShift
                for at in Swift.stride(from: first, to: first + 1 << blockShift, by: 8) {
                    vectors[count] = UInt32(at)
                    count += 1
                }
                blocks &= blocks - 1
            }
            touched[row] = 0
        }
        vectorCount.pointee = Int32(count)
    }

    /// Calls with the first cell of each listed vector.
    @inline(__always)
    func forEachVector(_ body: (Int) -> Void) {
        for k in 0..<Int(vectorCount.pointee) { body(Int(vectors[k])) }
    }

    /// Zeroes the listed cells of a plane.
    func clear(_ plane: UnsafeMutablePointer<T>) {
        forEachVector { at in T.Wide(repeating: 0).store(plane + at) }
    }

    /// Adds a number to the listed cells of the first plane.
    func shift(by shift: T) {
        forEachVector { at in
            (T.Wide.load(own + at) + T.Wide(repeating: shift)).store(own + at)
        }
    }

    /// Writes the cells of a plane that are not 0, by rows, to a matrix over the levels 1...Ng; the vectors must be listed.
    func write(_ plane: UnsafePointer<T>, to matrix: inout CooccurrenceMatrix) {
        let bins = matrix.greyLevelCount
        let isDirected = matrix.symmetry == .directed
        matrix.removeEntries()
        forEachVector { at in
            let (row, first) = (at / stride, at % stride)
            for column in first..<max(first, min(first + 8, bins)) {
                let count = plane[row * stride + column]
                guard count != 0, isDirected || column >= row else { continue }
                matrix.append(
                    row: UInt16(truncatingIfNeeded: row), column: UInt16(truncatingIfNeeded: column),
                    count: Double(count))
            }
        }
    }

    /// Puts dloss/dcount where the counts of the first plane were.
    func replace(entriesOf matrix: CooccurrenceMatrix, by slopes: CellSlopes) {
        for k in matrix.counts.indices {
            let (row, column) = (Int(matrix.rows[k]), Int(matrix.columns[k]))
            own[row * stride + column] = T(slopes.upper[k])
            if matrix.symmetry == .symmetric, row != column { own[column * stride + row] = T(slopes.lower[k]) }
        }
    }
}
