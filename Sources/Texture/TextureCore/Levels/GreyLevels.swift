// Intensities in, grey levels out: the exact half of the texture core starts here. Which voxels belong to the region
// is decided before; which voxels are neighbours is decided after (VoxelPairs.swift).

import Glibc

/// How intensities become grey levels.
public enum Discretisation: Hashable, Sendable {
    /// Fixed bin size (IBSI Q3RU): bins of `width` from `lowerBound` (`nil`: the smallest intensity of the region).
    /// PyRadiomics takes a multiple of the width instead and knows no lower bound.
    case binWidth(Double, lowerBound: Double?)
    /// Fixed bin number (IBSI K15C): the region's range cut into this many bins.
    case binCount(Int)
    /// The intensities are grey levels already: whole numbers from 1.
    case none
}

/// What can make grey levels impossible.
public enum DiscretisationError: Error, Equatable, CustomStringConvertible {
    case notFinite(found: Double)
    case tooManyLevels(found: Double, most: Int)
    case notGreyLevels(found: Double)
    case badBinWidth(Double)
    case badBinCount(Int)
    /// Numbers so large that the edges of two bins are the same number, or that their distance is none.
    case indistinguishableBins(width: Double, range: ClosedRange<Double>)

    public var description: String {
        switch self {
        case .notFinite(let found):
            "the region holds the value \(found); expected numbers. Exclude such voxels from the mask or give --range"
        case .tooManyLevels(let found, let most):
            "\(found) grey levels, at most \(most) are possible; choose a larger --bin-width or a --bin-count"
        case .notGreyLevels(let found):
            "without discretisation the intensities must be whole numbers from 1 to \(GreyLevels.most), found \(found);"
                + " choose --bin-width 1 or a --bin-count"
        case .indistinguishableBins(let width, let range):
            "bins of width \(width) cannot be told apart among values from \(range.lowerBound) to \(range.upperBound); expected"
                + " values whose neighbouring bins are different numbers. Check rescale slope and intercept of the image, or"
                + " choose wider bins"
        case .badBinWidth(let width): "a bin width must be a positive number, found \(width)"
        case .badBinCount(let count): "a bin count must be between 1 and \(GreyLevels.most), found \(count)"
        }
    }
}

/// The grey level of each voxel of a region, from 1.
public struct GreyLevels: Sendable {
    /// One a voxel of the region, in the order of the intensities.
    public let levels: [UInt16]
    /// Ng: the number of bins for a fixed bin number, otherwise the highest level that occurs.
    public let count: Int

    /// Level 0 means "outside the region" in a ``LevelGrid``.
    public static let most = Int(UInt16.max)

    /// Grey levels of the intensities of a region, by ``GreyLevelRule``.
    public init(
        of intensities: [Double], by discretisation: Discretisation, convention: Convention,
        precision: ArithmeticPrecision = .double
    ) throws(DiscretisationError) {
        guard let range = try Self.range(intensities) else {
            (levels, count) = ([], 0)
            return
        }
        let rule = try GreyLevelRule(range: range, by: discretisation, convention: convention, precision: precision)
        var levels = [UInt16](repeating: 0, count: intensities.count)
        for k in levels.indices { levels[k] = try rule.level(of: intensities[k]) }
        self.levels = levels
        count = rule.count
    }

    /// Smallest and largest intensity; nil when there are none.
    private static func range(_ intensities: [Double]) throws(DiscretisationError) -> ClosedRange<Double>? {
        guard var low = intensities.first else { return nil }
        var high = low
        for value in intensities {
            guard value.isFinite else { throw .notFinite(found: value) }
            low = min(low, value)
            high = max(high, value)
        }
        return low...high
    }
}

/// Which grey level an intensity of a region becomes, once the range of its intensities is known.
///
/// IBSI (reference manual 2.7; the two ends as in MIRP, which produced the consensus values):
/// - bin width: `floor((x - x0) / w) + 1`, levels below 1 become 1, x0 is the lower bound;
/// - bin count: `floor(N (x - min) / (max - min)) + 1`, the maximum falls into bin N; when all are equal: `ceil(N/2)`.
///
/// PyRadiomics (imageoperations.py: getBinEdges), bit for bit:
/// - bin width: edges `lo + k ((lo + w) - lo)` with `lo = min - min mod w`, half-open, level = edges not above x;
/// - bin count: NumPy's histogram edges, the last one raised by 1.
public struct GreyLevelRule: Sendable {
    /// Ng: the number of bins for a fixed bin number, otherwise the highest level that occurs.
    public let count: Int
    private let way: Way

    private enum Way {
        case width(Double, from: Double)
        case bins(Double, from: Double, span: Double)
        case one(UInt16)
        case edges(BinEdges)
        case whole
    }

    /// `range`: smallest and largest intensity of the region, finite. `precision` matters to PyRadiomics alone: it bins an
    /// image of 32-bit floats in 32-bit arithmetic (under NumPy 2).
    public init(
        range: ClosedRange<Double>, by discretisation: Discretisation, convention: Convention,
        precision: ArithmeticPrecision = .double
    ) throws(DiscretisationError) {
        switch (discretisation, convention) {
        case (.binWidth(let width, let lowerBound), .ibsi):
            guard width > 0, width.isFinite else { throw .badBinWidth(width) }
            let start = lowerBound ?? range.lowerBound
            let top = max(1, ((range.upperBound - start) / width).rounded(.down) + 1)
            guard top <= Double(GreyLevels.most) else { throw .tooManyLevels(found: top, most: GreyLevels.most) }
            (way, count) = (.width(width, from: start), Int(top))
        case (.binWidth(let width, _), .pyradiomics):
            guard width > 0, width.isFinite else { throw .badBinWidth(width) }
            let edges = try BinEdges.pyradiomics(width: width, range: range, precision: precision)
            (way, count) = (.edges(edges), edges.level(of: range.upperBound))
        case (.binCount(let bins), _) where !(1...GreyLevels.most).contains(bins): throw .badBinCount(bins)
        case (.binCount(let bins), .ibsi):
            let span = range.upperBound - range.lowerBound
            guard (Double(bins) * span).isFinite else {
                throw .indistinguishableBins(width: span / Double(bins), range: range)
            }
            way = span == 0 ? .one(UInt16((bins + 1) / 2)) : .bins(Double(bins), from: range.lowerBound, span: span)
            count = bins
        case (.binCount(let bins), .pyradiomics):
            let edges = try BinEdges.pyradiomics(count: bins, range: range, precision: precision)
            (way, count) = (.edges(edges), edges.level(of: range.upperBound))
        case (.none, _):
            (way, count) = (.whole, Int(min(max(range.upperBound, 0), Double(GreyLevels.most))))
        }
    }

    /// Of an intensity in the range.
    @inline(__always)
    public func level(of value: Double) throws(DiscretisationError) -> UInt16 {
        switch way {
        case .width(let width, let start): return UInt16(max(1, ((value - start) / width).rounded(.down) + 1))
        case .bins(let bins, let start, let span):
            return UInt16(min(bins, (bins * (value - start) / span).rounded(.down) + 1))
        case .one(let level): return level
        case .edges(let edges): return UInt16(edges.level(of: value))
        case .whole:
            guard value >= 1, value <= Double(GreyLevels.most), value == value.rounded() else {
                throw .notGreyLevels(found: value)
            }
            return UInt16(value)
        }
    }
}

/// In which arithmetic PyRadiomics finds its bin edges: that of the image's own type.
public enum ArithmeticPrecision: Sendable {
    case single, double
}

/// Ascending edges; a value's level is the number of edges that are not above it (NumPy's `digitize`).
struct BinEdges {
    let edges: [Double]

    /// Edges by `numpy.arange(lo, max + 2 w, w)`, which NumPy fills as `lo + k ((lo + w) - lo)`, not as `lo + k w`.
    static func pyradiomics(
        width: Double, range: ClosedRange<Double>, precision: ArithmeticPrecision
    ) throws(DiscretisationError) -> BinEdges {
        switch precision {
        case .double: try arange(Double.self, width: width, range: range)
        case .single: try arange(Float.self, width: width, range: range)
        }
    }

    private static func arange<Scalar: BinaryFloatingPoint>(
        _: Scalar.Type, width: Double, range: ClosedRange<Double>
    ) throws(DiscretisationError) -> BinEdges {
        let w = Scalar(width)
        let minimum = Scalar(range.lowerBound)
        // Python's modulo has the sign of the divisor.
        var remainder = minimum.truncatingRemainder(dividingBy: w)
        if remainder < 0 { remainder += w }
        let low = minimum - remainder
        let high = Scalar(range.upperBound) + 2 * w
        let count = Double(((high - low) / w).rounded(.up))
        // Also where the numbers leave the range of the image's own type.
        guard low.isFinite, high.isFinite, low + w > low, count >= 1 else {
            throw .indistinguishableBins(width: width, range: range)
        }
        guard count - 1 <= Double(GreyLevels.most) else {
            throw .tooManyLevels(found: count - 1, most: GreyLevels.most)
        }
        let step = Double(low + w) - Double(low)
        return BinEdges(edges: (0..<Int(count)).map { Double(low) + Double($0) * step })
    }

    /// Edges of `numpy.histogram(values, count)`, the last one raised by 1 so that the maximum falls into the last bin.
    static func pyradiomics(
        count: Int, range: ClosedRange<Double>, precision: ArithmeticPrecision
    ) throws(DiscretisationError) -> BinEdges {
        switch precision {
        case .double: try linspace(Double.self, count: count, range: range)
        case .single: try linspace(Float.self, count: count, range: range)
        }
    }

    private static func linspace<Scalar: BinaryFloatingPoint>(
        _: Scalar.Type, count: Int, range: ClosedRange<Double>
    ) throws(DiscretisationError) -> BinEdges {
        var first = Scalar(range.lowerBound)
        var last = Scalar(range.upperBound)
        if first == last { (first, last) = (first - 0.5, last + 0.5) }
        let step = (last - first) / Scalar(count)
        var edges = (0...count).map { Double(Scalar($0) * step + first) }
        guard first.isFinite, last.isFinite, step.isFinite, step > 0, edges[1] > edges[0] else {
            throw .indistinguishableBins(width: Double(step), range: range)
        }
        edges[count] = Double(last + 1)
        return BinEdges(edges: edges)
    }

    /// From 1 for values not below the first edge.
    func level(of value: Double) -> Int {
        // A guess from the first step, then the exact comparison: edges are nearly evenly spaced.
        let step = edges.count > 1 ? edges[1] - edges[0] : 1
        let guess = min(max((value - edges[0]) / step, -1), Double(edges.count))
        var level = min(Int(guess) + 1, edges.count)
        while level < edges.count, edges[level] <= value { level += 1 }
        while level > 0, edges[level - 1] > value { level -= 1 }
        return level
    }
}
