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

extension [Float] {
    init(unwritten count: Int) {
        self.init(unsafeUninitializedCapacity: count) { memory, written in
            LargePages.ask(for: UnsafeMutableRawBufferPointer(memory))
            written = count
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
