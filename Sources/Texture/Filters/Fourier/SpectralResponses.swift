// Responses of filters in Fourier space: Simoncelli's, and Riesz transforms of other filters, pooled over turns where asked.

import Imaging
import Parallel

extension ImageFilter {
    /// A Riesz transform reaches far: unless the image is periodic it is continued by this many voxels first, as in the IBSI-2
    /// reference.
    private var margin: SIMD3<Int> {
        guard case .riesz = kind, boundary != .periodic else { return .zero }
        return SIMD3(16, 16, dimension == .slice ? 0 : 16)
    }

    /// Of the grid that is transformed.
    func spectralVoxels(of box: VoxelBox, in grid: Geometry) -> Double {
        let size = sources(of: box, in: grid).size &+ 2 &* margin
        return Double(size.x) * Double(size.y) * Double(size.z)
    }

    func spectral(_ filter: SpectralFilter, in box: VoxelBox, _ block: VolumeBlock, _ workers: Workers) -> [Double] {
        let image = LengthenedImage(of: box, block, margin: margin, self)
        let spectrum = filter.spectrum(of: image.values, size: image.size, workers)
        return image.inside(filter.responses(of: spectrum, workers))
    }

    func riesz(in box: VoxelBox, _ block: VolumeBlock, _ workers: Workers) -> [Double] {
        let image = LengthenedImage(of: box, block, margin: margin, self)
        var filter = SpectralFilter(isPlanar: dimension == .slice)
        var grid = block.grid
        grid.size = image.size
        let whole = VoxelBox(lower: .zero, size: image.size)
        var pooled: [Double] = []
        for part in rieszParts {
            var values = image.values
            if let inner = part.inner {
                if case .simoncelli(let level) = inner.kind {
                    // A factor of the same transform.
                    filter.simoncelliLevel = level
                } else {
                    let around = VolumeBlock(grid: grid, box: whole, values: values)
                    values = inner.responses(in: whole, of: around, workers)
                }
            }
            let spectrum = filter.spectrum(of: values, size: image.size, workers)
            for turned in part.orders {
                filter.rieszOrder = turned.order
                let responses = image.inside(filter.responses(of: spectrum, workers))
                turned.pool(responses, into: &pooled, pooling)
            }
        }
        return pooled
    }

    /// What all turns of a Riesz transform come to: each turned inner filter once, with each of its orders once.
    private var rieszParts: [RieszPart] {
        guard case .riesz(let order, let kind, let pooled) = kind else { return [] }
        let inner = kind.map { ImageFilter($0, dimension: dimension, boundary: boundary, pooling: pooled) }
        guard pooling != .none else { return [RieszPart(inner: inner, product: nil, orders: [RieszOrder(order)])] }
        // What is pooled by itself, or alike in all directions, does not turn.
        let product = pooled == .none ? inner?.product : nil
        var parts: [RieszPart] = []
        for turn in turns {
            let turned = product.map(turn.applied)
            var place = parts.firstIndex { $0.product == turned }
            if place == nil {
                var part = RieszPart(inner: inner, product: turned, orders: [])
                if product != nil { part.inner?.turn = turn }
                parts.append(part)
                place = parts.count - 1
            }
            parts[place ?? 0].add(turn.applied(to: order), share: 1 / Double(turns.count))
        }
        return parts
    }
}

/// One way in which the filter inside a Riesz transform is turned.
private struct RieszPart {
    var inner: ImageFilter?
    /// By which it is known.
    let product: SeparableTerm?
    var orders: [RieszOrder]

    mutating func add(_ turned: (order: SIMD3<Int>, isNegative: Bool), share: Double) {
        let place = orders.firstIndex { $0.order == turned.order } ?? orders.count
        if place == orders.count { orders.append(RieszOrder(turned.order, positive: 0)) }
        if turned.isNegative { orders[place].negative += share } else { orders[place].positive += share }
    }
}

/// An order, and how much of all turns has it with which sign.
private struct RieszOrder {
    let order: SIMD3<Int>
    var positive: Double
    var negative = 0.0

    init(_ order: SIMD3<Int>, positive: Double = 1) { (self.order, self.positive) = (order, positive) }

    func pool(_ responses: [Double], into pooled: inout [Double], _ pooling: Pooling) {
        let isFirst = pooled.isEmpty
        switch pooling {
        case .none: pooled = responses
        case .mean:
            let weight = positive - negative
            if isFirst { pooled = [Double](repeating: 0, count: responses.count) }
            for k in responses.indices { pooled[k] += weight * responses[k] }
        case .max:
            func join(_ k: Int, _ value: Double) { pooled[k] = Pooling.larger(value, pooled[k]) }
            if isFirst { pooled = positive > 0 ? responses : responses.map { -$0 } }
            if positive > 0, !isFirst { for k in responses.indices { join(k, responses[k]) } }
            if negative > 0 { for k in responses.indices { join(k, -responses[k]) } }
        }
    }
}

/// The sources of a box, continued beyond the border of the image.
private struct LengthenedImage {
    let size: SIMD3<Int>
    let values: [Double]
    private let first: SIMD3<Int>
    private let box: VoxelBox
    private let grid: Geometry

    init(of box: VoxelBox, _ block: VolumeBlock, margin: SIMD3<Int>, _ filter: ImageFilter) {
        let sources = filter.sources(of: box, in: block.grid)
        let size = sources.size &+ 2 &* margin
        let axes = (0..<3).map { FilterAxis(count: block.grid.size[$0], boundary: filter.boundary) }
        let image = block.values(in: sources)
        var values = [Double](repeating: 0, count: size.x * size.y * size.z)
        let columns = (0..<size.x).map { axes[0].voxel(at: $0 - margin.x) }
        for z in 0..<size.z {
            let slice = filter.dimension == .slice ? z : axes[2].voxel(at: z - margin.z)
            for y in 0..<size.y {
                guard let slice, let row = axes[1].voxel(at: y - margin.y) else { continue }
                let (from, to) = ((slice * sources.size.y + row) * sources.size.x, (z * size.y + y) * size.x)
                for (x, column) in columns.enumerated() { values[to + x] = column.map { image[from + $0] } ?? 0 }
            }
        }
        (self.size, self.values, self.box, grid) = (size, values, box, block.grid)
        first = box.lower &- sources.lower &+ margin
    }

    /// Of a value for each voxel, those in the box.
    func inside(_ responses: [Double]) -> [Double] {
        VolumeBlock(grid: grid, box: VoxelBox(lower: .zero, size: size), values: responses)
            .values(in: VoxelBox(lower: first, size: box.size))
    }
}
