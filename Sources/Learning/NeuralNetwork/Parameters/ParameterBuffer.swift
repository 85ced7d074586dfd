import Glibc
import Parallel

/// Which parameters a network has and where each lies in one flat buffer. Built by the layers in forward order.
public struct ParameterLayout: Sendable, Equatable {
    /// A parameter's name (that of the public MAE weights), shape and place.
    public struct Entry: Sendable, Equatable {
        public let name: String
        public let shape: [Int]
        /// A multiple of 16, so that every parameter starts at a multiple of 64 bytes.
        public let offset: Int
        public var count: Int { shape.reduce(1, *) }
    }

    public private(set) var entries: [Entry] = []
    /// Values of all parameters and of the gaps between them.
    public private(set) var bufferCount = 0
    private var places: [String: Int] = [:]

    public init() {}

    @discardableResult
    public mutating func add(_ name: String, _ shape: Int...) -> Entry {
        precondition(places[name] == nil, "parameter \(name) is added twice")
        let entry = Entry(name: name, shape: shape, offset: bufferCount)
        places[name] = entries.count
        entries.append(entry)
        bufferCount += (entry.count + 15) / 16 * 16
        return entry
    }

    public subscript(name: String) -> Entry? { places[name].map { entries[$0] } }

    /// Values of all parameters.
    public var count: Int { entries.reduce(0) { $0 + $1.count } }
}

/// One value for each parameter of a network in one allocation: weights, gradients and both moments of AdamW are four of
/// these with the same layout.
public final class ParameterBuffer<T: NetworkScalar>: @unchecked Sendable {
    public let layout: ParameterLayout
    /// `layout.bufferCount` values; zero in the gaps.
    public let values: UnsafeMutablePointer<T>

    public init(_ layout: ParameterLayout) {
        self.layout = layout
        values = alignedZeros(layout.bufferCount)
    }

    deinit { values.deallocate() }

    /// The values of a parameter of the layout.
    public subscript(entry: ParameterLayout.Entry) -> UnsafeMutableBufferPointer<T> {
        UnsafeMutableBufferPointer(start: values + entry.offset, count: entry.count)
    }

    /// Nil when the layout has no such name.
    public subscript(name: String) -> UnsafeMutableBufferPointer<T>? { layout[name].map { self[$0] } }

    public func copy(from other: ParameterBuffer) {
        precondition(layout == other.layout, "buffers of different networks")
        values.update(from: other.values, count: layout.bufferCount)
    }
}

/// Memory for activations, gradients of activations and scratch: taken once, when a network is made, so that a step allocates
/// nothing. Freed together.
public final class Arena<T: NetworkScalar>: @unchecked Sendable {
    private var blocks: [UnsafeMutablePointer<T>] = []

    public init() {}

    deinit { for block in blocks { block.deallocate() } }

    public func take(_ count: Int) -> UnsafeMutablePointer<T> {
        let block: UnsafeMutablePointer<T> = alignedZeros(count)
        blocks.append(block)
        return block
    }
}

/// Memory of several megabytes asks for pages of 2 MB: with pages of 4 KB, AdamW over the parameters of a ViT-B and the packing
/// of its matrices wait for addresses (measured: see the module's README).
private func alignedZeros<T: NetworkScalar>(_ count: Int) -> UnsafeMutablePointer<T> {
    let bytes = max(1, count) * MemoryLayout<T>.stride
    let page = 1 << 21
    let isLarge = bytes >= 2 * page
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? page : 64)
    // A refusal costs speed only.
    if isLarge { madvise(raw, bytes, MADV_HUGEPAGE) }
    memset(raw, 0, bytes)
    return raw.bindMemory(to: T.self, capacity: count)
}

/// What a layer needs beside its activations.
public struct LayerContext<T: NetworkScalar> {
    public let weights: ParameterBuffer<T>
    /// Where backward writes; forward leaves it alone.
    public let gradients: ParameterBuffer<T>
    /// Overwritten by the first backward of a step, added to by those that accumulate.
    public var accumulation: MatrixProduct.Previous
    public let workers: Workers

    public init(
        weights: ParameterBuffer<T>, gradients: ParameterBuffer<T>, accumulation: MatrixProduct.Previous,
        workers: Workers
    ) {
        (self.weights, self.gradients, self.accumulation, self.workers) = (weights, gradients, accumulation, workers)
    }

    func weight(_ entry: ParameterLayout.Entry) -> UnsafeMutablePointer<T> { weights.values + entry.offset }
    func gradient(_ entry: ParameterLayout.Entry) -> UnsafeMutablePointer<T> { gradients.values + entry.offset }
}
