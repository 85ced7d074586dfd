// What a number must offer to be computed with in this module. Float trains; Double is the twin that the tests compare with
// references: the same layers, the same kernels.

internal import COpenBLAS
import Glibc

/// Float trains, Double proves.
public protocol NetworkScalar: BinaryFloatingPoint, ElementwiseKernels, Sendable {
    /// A vector of the kernels. They are generic over it, and each operation is written on a concrete SIMD type because the
    /// generic SIMD operators go lane by lane.
    associatedtype Lanes: NetworkLanes where Lanes.Scalar == Self

    /// C[m, n] ← alpha · A[m, k] · B[k, n] + beta · C by OpenBLAS, row-major; see ``MatrixProduct``.
    static func product(
        _ orderA: MatrixOrder, _ orderB: MatrixOrder, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self,
        _ a: UnsafePointer<Self>, _ strideA: Int, _ b: UnsafePointer<Self>, _ strideB: Int, _ beta: Self,
        _ c: UnsafeMutablePointer<Self>, _ strideC: Int)
}

extension Float: NetworkScalar {
    public typealias Lanes = FloatLanes

    public static func product(
        _ orderA: MatrixOrder, _ orderB: MatrixOrder, _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
        _ a: UnsafePointer<Float>, _ strideA: Int, _ b: UnsafePointer<Float>, _ strideB: Int, _ beta: Float,
        _ c: UnsafeMutablePointer<Float>, _ strideC: Int
    ) {
        copenblas_sgemm(
            CblasRowMajor, orderA.flag, orderB.flag, blasint(m), blasint(n), blasint(k), alpha, a, blasint(strideA), b,
            blasint(strideB), beta, c, blasint(strideC))
    }
}

extension Double: NetworkScalar {
    public typealias Lanes = DoubleLanes

    public static func product(
        _ orderA: MatrixOrder, _ orderB: MatrixOrder, _ m: Int, _ n: Int, _ k: Int, _ alpha: Double,
        _ a: UnsafePointer<Double>, _ strideA: Int, _ b: UnsafePointer<Double>, _ strideB: Int, _ beta: Double,
        _ c: UnsafeMutablePointer<Double>, _ strideC: Int
    ) {
        copenblas_dgemm(
            CblasRowMajor, orderA.flag, orderB.flag, blasint(m), blasint(n), blasint(k), alpha, a, blasint(strideA), b,
            blasint(strideB), beta, c, blasint(strideC))
    }
}

public enum MatrixOrder: Sendable {
    case asStored, transposed

    fileprivate var flag: CBLAS_TRANSPOSE { self == .asStored ? CblasNoTrans : CblasTrans }
}

/// A few numbers computed with at once.
public protocol NetworkLanes {
    associatedtype Scalar: NetworkScalar

    static var count: Int { get }
    init(repeating x: Scalar)
    init(_ pointer: UnsafePointer<Scalar>)
    func store(to pointer: UnsafeMutablePointer<Scalar>)
    subscript(lane: Int) -> Scalar { get set }

    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self
    static func * (a: Self, b: Scalar) -> Self
    var squareRoot: Self { get }
    func maximum(_ other: Self) -> Self
    /// Over the lanes, in a fixed order.
    var total: Scalar { get }
    var largest: Scalar { get }
}

extension NetworkLanes {
    static var zero: Self { Self(repeating: 0) }

    /// The first `count` lanes from memory, the others `rest`.
    @inline(__always)
    init(first count: Int, of pointer: UnsafePointer<Scalar>, rest: Scalar) {
        self.init(repeating: rest)
        for lane in 0..<count { self[lane] = pointer[lane] }
    }

    @inline(__always)
    func store(first count: Int, to pointer: UnsafeMutablePointer<Scalar>) {
        for lane in 0..<count { pointer[lane] = self[lane] }
    }
}

public struct FloatLanes: NetworkLanes {
    var v: SIMD16<Float>

    public static var count: Int { 16 }
    @inline(__always) init(v: SIMD16<Float>) { self.v = v }
    @inline(__always) public init(repeating x: Float) { v = SIMD16(repeating: x) }
    @inline(__always) public init(_ pointer: UnsafePointer<Float>) {
        v = UnsafeRawPointer(pointer).loadUnaligned(as: SIMD16<Float>.self)
    }
    @inline(__always) public func store(to pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: v, as: SIMD16<Float>.self)
    }
    @inline(__always) public subscript(lane: Int) -> Float {
        get { v[lane] }
        set { v[lane] = newValue }
    }
    @inline(__always) public static func + (a: Self, b: Self) -> Self { Self(v: a.v + b.v) }
    @inline(__always) public static func - (a: Self, b: Self) -> Self { Self(v: a.v - b.v) }
    @inline(__always) public static func * (a: Self, b: Self) -> Self { Self(v: a.v * b.v) }
    @inline(__always) public static func / (a: Self, b: Self) -> Self { Self(v: a.v / b.v) }
    @inline(__always) public static func * (a: Self, b: Float) -> Self { Self(v: a.v * b) }
    @inline(__always) public var squareRoot: Self { Self(v: v.squareRoot()) }
    @inline(__always) public func maximum(_ other: Self) -> Self {
        Self(v: v.replacing(with: other.v, where: v .< other.v))
    }
    @inline(__always) public var total: Float {
        let eight = v.lowHalf + v.highHalf
        let four = eight.lowHalf + eight.highHalf
        return (four[0] + four[2]) + (four[1] + four[3])
    }
    @inline(__always) public var largest: Float {
        let eight = v.lowHalf.replacing(with: v.highHalf, where: v.lowHalf .< v.highHalf)
        let four = eight.lowHalf.replacing(with: eight.highHalf, where: eight.lowHalf .< eight.highHalf)
        return max(max(four[0], four[1]), max(four[2], four[3]))
    }
}

public struct DoubleLanes: NetworkLanes {
    var v: SIMD8<Double>

    public static var count: Int { 8 }
    @inline(__always) init(v: SIMD8<Double>) { self.v = v }
    @inline(__always) public init(repeating x: Double) { v = SIMD8(repeating: x) }
    @inline(__always) public init(_ pointer: UnsafePointer<Double>) {
        v = UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Double>.self)
    }
    @inline(__always) public func store(to pointer: UnsafeMutablePointer<Double>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: v, as: SIMD8<Double>.self)
    }
    @inline(__always) public subscript(lane: Int) -> Double {
        get { v[lane] }
        set { v[lane] = newValue }
    }
    @inline(__always) public static func + (a: Self, b: Self) -> Self { Self(v: a.v + b.v) }
    @inline(__always) public static func - (a: Self, b: Self) -> Self { Self(v: a.v - b.v) }
    @inline(__always) public static func * (a: Self, b: Self) -> Self { Self(v: a.v * b.v) }
    @inline(__always) public static func / (a: Self, b: Self) -> Self { Self(v: a.v / b.v) }
    @inline(__always) public static func * (a: Self, b: Double) -> Self { Self(v: a.v * b) }
    @inline(__always) public var squareRoot: Self { Self(v: v.squareRoot()) }
    @inline(__always) public func maximum(_ other: Self) -> Self {
        Self(v: v.replacing(with: other.v, where: v .< other.v))
    }
    @inline(__always) public var total: Double { v.indices.reduce(0) { $0 + v[$1] } }
    @inline(__always) public var largest: Double { v.indices.reduce(v[0]) { Swift.max($0, v[$1]) } }
}
