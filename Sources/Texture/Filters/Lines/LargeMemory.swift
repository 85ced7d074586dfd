import Glibc

extension [Double] {
    /// Not written yet, in large pages where the system has them: each page is cleared when it is first touched, which for small
    /// ones takes longer than a short kernel.
    init(unwritten count: Int) {
        self.init(unsafeUninitializedCapacity: count) { memory, written in
            LargePages.ask(for: UnsafeMutableRawBufferPointer(memory))
            written = count
        }
    }
}

/// Doubles of which the last 16 of 52 bits are cut off: 6 bytes a value, 7e-11 of it. Tasks write disjoint places.
final class ShortDoubles: @unchecked Sendable {
    private let high: UnsafeMutablePointer<UInt32>
    private let low: UnsafeMutablePointer<UInt16>

    init(_ count: Int) {
        (high, low) = (.allocate(capacity: max(1, count)), .allocate(capacity: max(1, count)))
        LargePages.ask(for: UnsafeMutableRawBufferPointer(start: high, count: 4 * count))
        LargePages.ask(for: UnsafeMutableRawBufferPointer(start: low, count: 2 * count))
    }

    deinit {
        high.deallocate()
        low.deallocate()
    }

    subscript(place: Int) -> Double {
        get { Double(bitPattern: UInt64(high[place]) << 32 | UInt64(low[place]) << 16) }
        set {
            let bits = newValue.bitPattern
            high[place] = UInt32(truncatingIfNeeded: bits >> 32)
            low[place] = UInt16(truncatingIfNeeded: bits >> 16)
        }
    }
}

private enum LargePages {
    private static let size = 1 << 21

    static func ask(for memory: UnsafeMutableRawBufferPointer) {
        guard let start = memory.baseAddress, memory.count >= 2 * size else { return }
        let first = (UInt(bitPattern: start) + UInt(size) - 1) / UInt(size) * UInt(size)
        let last = (UInt(bitPattern: start) + UInt(memory.count)) / UInt(size) * UInt(size)
        // Only a wish: what it answers does not matter.
        _ = madvise(UnsafeMutableRawPointer(bitPattern: first), Int(last - first), Int32(MADV_HUGEPAGE))
    }
}

/// The caller knows its tasks to write disjoint memory, which outlives them.
struct SharedPointer<Value>: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Value>

    init(to pointer: UnsafeMutablePointer<Value>?) {
        guard let pointer else { preconditionFailure("no memory to write to") }
        self.pointer = pointer
    }
}

/// Memory of one thread.
final class Scratch {
    let pointer: UnsafeMutablePointer<Double>

    init(_ count: Int) {
        pointer = .allocate(capacity: max(1, count))
        pointer.initialize(repeating: 0, count: max(1, count))
    }

    deinit { pointer.deallocate() }
}
