// The few vector operations that the soft kernels are made of. The kernels are generic over these so that the Double
// twin, which the tests compare with references, is the same code as the Float kernel that trains; each operation is
// written on a concrete SIMD type because the generic SIMD operators go lane by lane.

import Glibc

/// Float trains, Double proves.
protocol SoftScalar: BinaryFloatingPoint, Sendable {
    /// Four and eight lanes.
    associatedtype Narrow: KernelLanes where Narrow.Scalar == Self
    associatedtype Wide: KernelLanes where Wide.Scalar == Self
    /// Weights below are left out: what the sums cannot see.
    static var smallestWeight: Double { get }

    // The steps of a co-occurrence loss; by default the generic code that defines them.

    /// ``SoftMemberships/fill(_:count:band:clamped:scratch:)``
    static func fill(
        _ memberships: SoftMemberships<Self>, _ values: UnsafePointer<Self>, count: Int, band: SoftBand,
        clamped: Bool, scratch: UnsafeMutablePointer<Self>
    ) -> Bool
    /// ``SoftCooccurrence/accumulate(_:_:band:into:of:)`` of the bands of `values`.
    static func accumulate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<Self>, of values: UnsafePointer<Self>, band: SoftBand,
        into plane: UnsafeMutablePointer<Self>, of planes: SoftPlanes<Self>)
    /// ``MatrixDifference/init(_:_:)``, listing what was touched first.
    static func compare(_ planes: SoftPlanes<Self>, _ comparison: MatrixComparison<Self>) -> MatrixDifference
    /// ``SoftCooccurrence/backpropagate(_:_:band:from:into:)``
    static func backpropagate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<Self>, band: SoftBand, from planes: SoftPlanes<Self>,
        into partialSums: UnsafeMutablePointer<Self>)
}

extension SoftScalar {
    static func fill(
        _ memberships: SoftMemberships<Self>, _ values: UnsafePointer<Self>, count: Int, band: SoftBand,
        clamped: Bool, scratch: UnsafeMutablePointer<Self>
    ) -> Bool { memberships.fill(values, count: count, band: band, clamped: clamped, scratch: scratch) }

    static func accumulate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<Self>, of values: UnsafePointer<Self>, band: SoftBand,
        into plane: UnsafeMutablePointer<Self>, of planes: SoftPlanes<Self>
    ) { SoftCooccurrence.accumulate(pairs, memberships, band: band, into: plane, of: planes) }

    static func compare(_ planes: SoftPlanes<Self>, _ comparison: MatrixComparison<Self>) -> MatrixDifference {
        planes.listTouched()
        return MatrixDifference(planes, comparison)
    }

    static func backpropagate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<Self>, band: SoftBand, from planes: SoftPlanes<Self>,
        into partialSums: UnsafeMutablePointer<Self>
    ) { SoftCooccurrence.backpropagate(pairs, memberships, band: band, from: planes, into: partialSums) }
}

extension Float: SoftScalar {
    typealias Narrow = Float4
    typealias Wide = Float8
    static var smallestWeight: Double { 1e-7 }
}

extension Double: SoftScalar {
    typealias Narrow = Double4
    typealias Wide = Double8
    static var smallestWeight: Double { 1e-17 }
}

protocol KernelLanes {
    associatedtype Scalar: SoftScalar
    static var count: Int { get }
    /// 0, 1, 2, …
    static var ramp: Self { get }
    init(repeating x: Scalar)
    subscript(lane: Int) -> Scalar { get set }
    /// self + a x
    func adding(_ a: Scalar, _ x: Self) -> Self
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func * (a: Self, b: Scalar) -> Self
    var reciprocal: Self { get }
    /// 0 where smaller than `least`.
    func cleared(below least: Scalar) -> Self
    /// Sum over the lanes, in a fixed order.
    var total: Scalar { get }
    /// e^x, held at a limit beyond which the logistic function is 0 or 1.
    var exponential: Self { get }
}

extension KernelLanes {
    @inline(__always)
    static func load(_ pointer: UnsafePointer<Scalar>) -> Self {
        UnsafeRawPointer(pointer).loadUnaligned(as: Self.self)
    }
    @inline(__always)
    static func load(_ pointer: UnsafeMutablePointer<Scalar>) -> Self {
        UnsafeRawPointer(pointer).loadUnaligned(as: Self.self)
    }
    @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Scalar>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Self.self)
    }
}

struct Float4: KernelLanes {
    var v: SIMD4<Float>

    static var count: Int { 4 }
    static var ramp: Self { Self(v: SIMD4(0, 1, 2, 3)) }
    @inline(__always) init(v: SIMD4<Float>) { self.v = v }
    @inline(__always) init(repeating x: Float) { v = SIMD4(repeating: x) }
    @inline(__always) subscript(lane: Int) -> Float {
        get { v[lane] }
        set { v[lane] = newValue }
    }
    @inline(__always) func adding(_ a: Float, _ x: Self) -> Self { Self(v: v + a * x.v) }
    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(v: a.v + b.v) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(v: a.v - b.v) }
    @inline(__always) static func * (a: Self, b: Self) -> Self { Self(v: a.v * b.v) }
    @inline(__always) static func * (a: Self, b: Float) -> Self { Self(v: a.v * b) }
    @inline(__always) var reciprocal: Self { Self(v: 1 / v) }
    @inline(__always) func cleared(below least: Float) -> Self { Self(v: v.replacing(with: 0, where: v .< least)) }
    @inline(__always) var total: Float { (v[0] + v[2]) + (v[1] + v[3]) }
    @inline(__always) var exponential: Self { Float4(v: exponentialOfFloats(v)) }
}

/// Two native vectors rather than a SIMD8, which the compiler may take apart into vectors of two.
struct Float8: KernelLanes {
    var low: SIMD4<Float>
    var high: SIMD4<Float>

    static var count: Int { 8 }
    static var ramp: Self { Self(low: SIMD4(0, 1, 2, 3), high: SIMD4(4, 5, 6, 7)) }
    @inline(__always) init(low: SIMD4<Float>, high: SIMD4<Float>) { (self.low, self.high) = (low, high) }
    @inline(__always) init(repeating x: Float) { (low, high) = (SIMD4(repeating: x), SIMD4(repeating: x)) }
    @inline(__always) subscript(lane: Int) -> Float {
        get { lane < 4 ? low[lane] : high[lane - 4] }
        set { if lane < 4 { low[lane] = newValue } else { high[lane - 4] = newValue } }
    }
    @inline(__always) func adding(_ a: Float, _ x: Self) -> Self { Self(low: low + a * x.low, high: high + a * x.high) }
    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(low: a.low + b.low, high: a.high + b.high) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(low: a.low - b.low, high: a.high - b.high) }
    @inline(__always) static func * (a: Self, b: Self) -> Self { Self(low: a.low * b.low, high: a.high * b.high) }
    @inline(__always) static func * (a: Self, b: Float) -> Self { Self(low: a.low * b, high: a.high * b) }
    @inline(__always) var reciprocal: Self { Self(low: 1 / low, high: 1 / high) }
    @inline(__always) func cleared(below least: Float) -> Self {
        Self(low: low.replacing(with: 0, where: low .< least), high: high.replacing(with: 0, where: high .< least))
    }
    @inline(__always) var total: Float { Float4(v: low + high).total }
    @inline(__always) var exponential: Self {
        Self(low: exponentialOfFloats(low), high: exponentialOfFloats(high))
    }
}

struct Double4: KernelLanes {
    var v: SIMD4<Double>

    static var count: Int { 4 }
    static var ramp: Self { Self(v: SIMD4(0, 1, 2, 3)) }
    @inline(__always) init(v: SIMD4<Double>) { self.v = v }
    @inline(__always) init(repeating x: Double) { v = SIMD4(repeating: x) }
    @inline(__always) subscript(lane: Int) -> Double {
        get { v[lane] }
        set { v[lane] = newValue }
    }
    @inline(__always) func adding(_ a: Double, _ x: Self) -> Self { Self(v: v + a * x.v) }
    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(v: a.v + b.v) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(v: a.v - b.v) }
    @inline(__always) static func * (a: Self, b: Self) -> Self { Self(v: a.v * b.v) }
    @inline(__always) static func * (a: Self, b: Double) -> Self { Self(v: a.v * b) }
    @inline(__always) var reciprocal: Self { Self(v: 1 / v) }
    @inline(__always) func cleared(below least: Double) -> Self { Self(v: v.replacing(with: 0, where: v .< least)) }
    @inline(__always) var total: Double { (v[0] + v[2]) + (v[1] + v[3]) }
    @inline(__always) var exponential: Self {
        var powers = SIMD4<Double>()
        for lane in powers.indices { powers[lane] = exp(min(300, max(-300, v[lane]))) }
        return Self(v: powers)
    }
}

struct Double8: KernelLanes {
    var v: SIMD8<Double>

    static var count: Int { 8 }
    static var ramp: Self { Self(v: SIMD8(0, 1, 2, 3, 4, 5, 6, 7)) }
    @inline(__always) init(v: SIMD8<Double>) { self.v = v }
    @inline(__always) init(repeating x: Double) { v = SIMD8(repeating: x) }
    @inline(__always) subscript(lane: Int) -> Double {
        get { v[lane] }
        set { v[lane] = newValue }
    }
    @inline(__always) func adding(_ a: Double, _ x: Self) -> Self { Self(v: v + a * x.v) }
    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(v: a.v + b.v) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(v: a.v - b.v) }
    @inline(__always) static func * (a: Self, b: Self) -> Self { Self(v: a.v * b.v) }
    @inline(__always) static func * (a: Self, b: Double) -> Self { Self(v: a.v * b) }
    @inline(__always) var reciprocal: Self { Self(v: 1 / v) }
    @inline(__always) func cleared(below least: Double) -> Self { Self(v: v.replacing(with: 0, where: v .< least)) }
    @inline(__always) var total: Double { Double4(v: v.lowHalf + v.highHalf).total }
    @inline(__always) var exponential: Self {
        let (low, high) = (Double4(v: v.lowHalf).exponential, Double4(v: v.highHalf).exponential)
        return Self(v: SIMD8(lowHalf: low.v, highHalf: high.v))
    }
}

/// e^x for |x| ≤ 60 (beyond, e^±60) within 2 ulp: e^x = 2^n e^r, |r| ≤ ln 2 / 2, e^r by its Taylor polynomial of degree 7 in
/// Estrin's order. Adding 1.5·2²³ rounds to a whole number and leaves it in the low bits.
@inline(__always)
private func exponentialOfFloats(_ x: SIMD4<Float>) -> SIMD4<Float> {
    var x = x
    x.replace(with: -60, where: x .< -60)
    x.replace(with: 60, where: x .> 60)
    let shifted = x * Float(1.442_695_04) + Float(12_582_912)
    let n = shifted - Float(12_582_912)
    // ln 2 in two parts, the first with so few bits that n times it is exact.
    let r = (x - n * Float(0.693_359_375)) - n * Float(-2.121_944_4e-4)
    let r2 = r * r
    let low = (1 + r) + r2 * (Float(1.0 / 2) + r * Float(1.0 / 6))
    let high = (Float(1.0 / 24) + r * Float(1.0 / 120)) + r2 * (Float(1.0 / 720) + r * Float(1.0 / 5040))
    let polynomial = low + (r2 * r2) * high
    let exponent = unsafeBitCast(shifted, to: SIMD4<UInt32>.self) &<< 23
    return unsafeBitCast(unsafeBitCast(polynomial, to: SIMD4<UInt32>.self) &+ exponent, to: SIMD4<Float>.self)
}
