import Glibc
import Imaging
import TextureCore

/// Morphological features, IBSI 3.1. All but the last five of the main list describe the morphological mask alone.
public enum MorphologicalFeature: Hashable, CaseIterable, Sendable {
    case volume, approximateVolume, area, areaToVolume, compactness1, compactness2, sphericalDisproportion, sphericity
    case asphericity, centreOfMassShift, maximumDiameter, majorAxis, minorAxis, leastAxis, elongation, flatness
    case volumeDensityBox, areaDensityBox, volumeDensityTurnedBox, areaDensityTurnedBox
    case volumeDensityEllipsoid, areaDensityEllipsoid, volumeDensityEnclosingEllipsoid, areaDensityEnclosingEllipsoid
    case volumeDensityHull, areaDensityHull, integratedIntensity, moran, geary

    /// Whether it is of all pairs of voxels (``SpatialAutocorrelation``) and not of the body.
    var isOfPairs: Bool { self == .moran || self == .geary }
}

/// The shape of a region: of its morphological mask, before voxels were taken out by intensity.
struct RegionShape {
    /// mm³, inside the surface.
    let volume: Double
    /// mm², of the surface.
    let area: Double
    /// mm³, voxels times their volume.
    let voxelVolume: Double
    /// Eigenvalues of the covariance of the voxel centres, mm², descending.
    let variances: SIMD3<Double>
    /// Mean of the voxel centres, mm from the centre of the region's first voxel.
    let centre: SIMD3<Double>
    /// Of the box around the surface, mm; the surface ends half a voxel beyond the outermost centres.
    let extent: SIMD3<Double>
    let points: SurfacePoints

    /// The region must be cropped and not empty.
    ///
    /// The covariance is divided by N - 1 in the consensus values of IBSI (by N the digital phantom's minor axis, least
    /// axis and density of the ellipsoid miss them), by N in PyRadiomics.
    init(_ region: Region, edges: VoxelEdges, convention: Convention) {
        let mask = PaddedMask(region)
        let census = CubeCensus(mask)
        volume = census.volume * edges.sides.x * edges.sides.y * edges.sides.z
        area = census.area(edges)
        points = SurfacePoints(mask, edges: edges)
        let size = region.box.size
        extent = edges.isUpright ? edges.way(size) : points.extent

        let moments = VoxelMoments(region)
        voxelVolume = Double(moments.count) * edges.sides.x * edges.sides.y * edges.sides.z
        centre = edges.way(moments.mean)
        let correction = convention == .ibsi ? Double(moments.count) / Double(max(1, moments.count - 1)) : 1
        variances = moments.covariance(edges).eigenvalues * correction
    }

    /// mm; four standard deviations, which are the axes of an ellipsoid with these variances times √5 / 2.
    var majorAxis: Double { 4 * variances.x.squareRoot() }
    var minorAxis: Double { 4 * variances.y.squareRoot() }
    var leastAxis: Double { 4 * variances.z.squareRoot() }

    /// (36 π V²)^(1/3), mm²: area of the sphere of the same volume.
    var areaOfSphere: Double { cbrt(36 * Double.pi * volume * volume) }

    /// Area of the ellipsoid with the principal axes, mm². 0 when two axes are 0.
    var areaOfEllipsoid: Double { ellipsoidArea(halfAxes: SIMD3(majorAxis, minorAxis, leastAxis) / 2) }

    var volumeOfEllipsoid: Double { majorAxis * minorAxis * leastAxis * Double.pi / 6 }
    var volumeOfBox: Double { extent.x * extent.y * extent.z }
    var areaOfBox: Double { 2 * (extent.x * extent.y + extent.y * extent.z + extent.z * extent.x) }
}

/// Area of an ellipsoid, mm²: the series of IBSI RDD2, 20 terms, in the form (αβ)^k P_k((α² + β²) / 2αβ) that has a value
/// for spheroids (αβ = 0) as well. 0 when two axes are 0.
///
/// - Parameter halfAxes: in descending order, mm.
func ellipsoidArea(halfAxes: SIMD3<Double>) -> Double {
    let (a, b, c) = (halfAxes.x, halfAxes.y, halfAxes.z)
    guard b > 0 else { return 0 }
    let alpha2 = 1 - (b / a) * (b / a)
    let beta2 = 1 - (c / a) * (c / a)
    let product = alpha2 * beta2
    let half = (alpha2 + beta2) / 2
    // Bonnet's recursion, each polynomial times (αβ)^k.
    var (previous, current) = (1.0, half)
    var sum = 1.0
    for k in 1...20 {
        sum += current / (1 - 4 * Double(k * k))
        (previous, current) = (
            current, (Double(2 * k + 1) * half * current - Double(k) * product * previous) / Double(k + 1)
        )
    }
    return 4 * Double.pi * a * b * sum
}

/// The morphological features of one region but for those of all pairs of its voxels.
struct Morphology {
    private let shape: RegionShape
    private let hull: ConvexHull
    private let box: EnclosingBox
    private let ellipsoid: EnclosingEllipsoid
    private let diameter: Double
    private let mean: Double
    private let shift: Measure

    /// - Parameters:
    ///   - region: morphological mask, cropped, not empty.
    ///   - inside: intensity mask of the region's box, not empty.
    ///   - intensities: of the region's box.
    init(_ region: Region, inside: [UInt8], intensities: [Double], edges: VoxelEdges) {
        shape = RegionShape(region, edges: edges, convention: .ibsi)
        hull = shape.points.hull()
        diameter = shape.points.diameter(of: hull.corners)
        box = EnclosingBox(hull)
        ellipsoid = EnclosingEllipsoid(around: hull.mesh.corners)
        let size = region.box.size
        var (count, sum) = (0, 0.0)
        var weighted = SIMD3<Double>.zero
        for z in 0..<size.z {
            for y in 0..<size.y {
                let row = region.box.offset(0, y, z)
                var (ofRow, alongRow) = (0.0, 0.0)
                for x in 0..<size.x where inside[row + x] != 0 {
                    count += 1
                    ofRow += intensities[row + x]
                    alongRow += Double(x) * intensities[row + x]
                }
                sum += ofRow
                weighted += SIMD3(alongRow, Double(y) * ofRow, Double(z) * ofRow)
            }
        }
        mean = sum / Double(count)
        shift = sum == 0 ? .undefined(.zeroIntensitySum) : .value(length(edges.way(weighted / sum) - shape.centre))
    }

    /// - Parameter feature: none that ``MorphologicalFeature/isOfPairs``.
    func measure(_ feature: MorphologicalFeature) -> Measure {
        let (volume, area) = (shape.volume, shape.area)
        switch feature {
        case .volume: return .value(volume)
        case .approximateVolume: return .value(shape.voxelVolume)
        case .area: return .value(area)
        case .areaToVolume: return .value(area / volume)
        case .compactness1: return .value(volume / (Double.pi * area * area * area).squareRoot())
        case .compactness2: return .value(36 * Double.pi * volume * volume / (area * area * area))
        case .sphericalDisproportion: return .value(area / shape.areaOfSphere)
        case .sphericity: return .value(shape.areaOfSphere / area)
        case .asphericity: return .value(area / shape.areaOfSphere - 1)
        case .centreOfMassShift: return shift
        case .maximumDiameter: return .value(diameter)
        case .majorAxis: return .value(shape.majorAxis)
        case .minorAxis: return .value(shape.minorAxis)
        case .leastAxis: return .value(shape.leastAxis)
        case .elongation: return shape.ratio(shape.minorAxis, shape.majorAxis)
        case .flatness: return shape.ratio(shape.leastAxis, shape.majorAxis)
        case .volumeDensityBox: return .value(volume / shape.volumeOfBox)
        case .areaDensityBox: return .value(area / shape.areaOfBox)
        case .volumeDensityTurnedBox: return .value(volume / box.volume)
        case .areaDensityTurnedBox: return .value(area / box.area)
        case .volumeDensityEllipsoid: return shape.ratio(volume, shape.volumeOfEllipsoid)
        case .areaDensityEllipsoid: return shape.ratio(area, shape.areaOfEllipsoid)
        case .volumeDensityEnclosingEllipsoid: return .value(volume / ellipsoid.volume)
        case .areaDensityEnclosingEllipsoid: return .value(area / ellipsoidArea(halfAxes: ellipsoid.halfAxes))
        case .volumeDensityHull: return .value(volume / hull.volume)
        case .areaDensityHull: return .value(area / hull.area)
        case .integratedIntensity: return .value(mean * volume)
        case .moran, .geary: preconditionFailure("a feature of pairs")
        }
    }
}

extension RegionShape {
    /// Undefined when there is no extent to divide by.
    func ratio(_ a: Double, _ b: Double) -> Measure { b > 0 ? .value(a / b) : .undefined(.noVolume) }
}

/// Number, sum and sum of products of the voxel indices, exact in whole numbers.
private struct VoxelMoments {
    private(set) var count = 0
    private var first = SIMD3<Int>.zero
    /// xx, yy, zz and xy, xz, yz.
    private var squares = SIMD3<Int>.zero
    private var products = SIMD3<Int>.zero

    init(_ region: Region) {
        let size = region.box.size
        for z in 0..<size.z {
            for y in 0..<size.y {
                let row = region.box.offset(0, y, z)
                var (n, sum, square) = (0, 0, 0)
                for x in 0..<size.x {
                    let flag = Int(region.voxels[row + x])
                    n += flag
                    sum += flag * x
                    square += flag * x * x
                }
                count += n
                first &+= SIMD3(sum, n * y, n * z)
                squares &+= SIMD3(square, n * y * y, n * z * z)
                products &+= SIMD3(sum * y, sum * z, n * y * z)
            }
        }
    }

    var mean: SIMD3<Double> { SIMD3(Double(first.x), Double(first.y), Double(first.z)) / Double(count) }

    /// (N Σ ab - Σ a Σ b) / N², the numerator exact, so that a flat region has a variance of exactly 0.
    func covariance(_ edges: VoxelEdges) -> SymmetricMatrix {
        let n = Double(count) * Double(count)
        // Of 15 million voxels the products have 65 bits.
        func moment(_ ab: Int, _ a: Int, _ b: Int) -> Double {
            Double(Int128(count) * Int128(ab) - Int128(a) * Int128(b)) / n
        }
        let (s, p) = (edges.sides, edges.push)
        let (xx, yy, zz) = (
            moment(squares.x, first.x, first.x), moment(squares.y, first.y, first.y),
            moment(squares.z, first.z, first.z)
        )
        let (xy, xz, yz) = (
            moment(products.x, first.x, first.y), moment(products.y, first.x, first.z),
            moment(products.z, first.y, first.z)
        )
        guard !edges.isUpright else {
            return SymmetricMatrix(
                xx: xx * s.x * s.x, yy: yy * s.y * s.y, zz: zz * s.z * s.z, xy: xy * s.x * s.y, xz: xz * s.x * s.z,
                yz: yz * s.y * s.z)
        }
        // Of (x s.x + z p.x, y s.y + z p.y, z s.z).
        return SymmetricMatrix(
            xx: xx * s.x * s.x + 2 * xz * s.x * p.x + zz * p.x * p.x,
            yy: yy * s.y * s.y + 2 * yz * s.y * p.y + zz * p.y * p.y, zz: zz * s.z * s.z,
            xy: xy * s.x * s.y + xz * s.x * p.y + yz * s.y * p.x + zz * p.x * p.y,
            xz: (xz * s.x + zz * p.x) * s.z, yz: (yz * s.y + zz * p.y) * s.z)
    }
}
