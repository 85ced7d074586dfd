import Glibc
import Imaging
import TextureCore

/// PyRadiomics' class `shape2D`, in its order (shape2D.py): the outline of a region that is one slice thick, by marching
/// squares with corners at half edges. Only with `force2D`; only when asked for by name, as there. Outside IBSI.
public enum PyRadiomicsShape2D: String, CaseIterable, Sendable {
    case elongation = "Elongation"
    case majorAxisLength = "MajorAxisLength"
    case maximumDiameter = "MaximumDiameter"
    case meshSurface = "MeshSurface"
    case minorAxisLength = "MinorAxisLength"
    case perimeter = "Perimeter"
    case perimeterSurfaceRatio = "PerimeterSurfaceRatio"
    case pixelSurface = "PixelSurface"
    case sphericity = "Sphericity"

    func measure(_ outline: Outline) -> Measure {
        switch self {
        case .elongation:
            outline.variances.x > 0
                ? .value((outline.variances.y / outline.variances.x).squareRoot()) : .undefined(.noVolume)
        case .majorAxisLength: .value(4 * outline.variances.x.squareRoot())
        case .maximumDiameter: .value(outline.diameter)
        case .meshSurface: .value(outline.surface)
        case .minorAxisLength: .value(4 * outline.variances.y.squareRoot())
        case .perimeter: .value(outline.perimeter)
        case .perimeterSurfaceRatio: .value(outline.perimeter / outline.surface)
        case .pixelSurface: .value(outline.pixelSurface)
        case .sphericity: .value(2 * (Double.pi * outline.surface).squareRoot() / outline.perimeter)
        }
    }
}

/// The outline of a flat region.
struct Outline {
    /// mm², inside the outline, and as pixels times their area.
    private(set) var surface = 0.0
    let pixelSurface: Double
    /// mm
    private(set) var perimeter = 0.0
    /// Longest distance between two corners of the outline, mm.
    let diameter: Double
    /// Eigenvalues of the population covariance of the pixel centres, mm², descending.
    let variances: SIMD2<Double>

    /// - Parameter axis: across the slice; nil is returned when the region has more than one along it.
    init?(_ region: Region, across axis: Int, spacing: SIMD3<Double>) {
        guard region.box.size[axis] == 1 else { return nil }
        let (u, v) = (axis == 0 ? 1 : 0, axis == 2 ? 1 : 2)
        let (width, height) = (region.box.size[u], region.box.size[v])
        let (a, b) = (spacing[u], spacing[v])
        // With one axis of size 1 the pixels lie in memory with u fastest, whichever axis it is.
        func inside(_ x: Int, _ y: Int) -> Bool {
            x >= 0 && y >= 0 && x < width && y < height && region.voxels[y * width + x] != 0
        }
        for y in -1..<height {
            for x in -1..<width {
                let corners = [inside(x, y), inside(x + 1, y), inside(x + 1, y + 1), inside(x, y + 1)]
                // Each side of length a/2 and b/2; of two opposite corners each is cut off by itself.
                let cut = hypot(a, b) / 2
                switch corners.count(where: { $0 }) {
                case 1: (surface, perimeter) = (surface + a * b / 8, perimeter + cut)
                case 2 where corners[0] == corners[2]:
                    (surface, perimeter) = (surface + a * b / 4, perimeter + 2 * cut)
                case 2: (surface, perimeter) = (surface + a * b / 2, perimeter + (corners[0] == corners[1] ? a : b))
                case 3: (surface, perimeter) = (surface + a * b * 7 / 8, perimeter + cut)
                case 4: surface += a * b
                default: break
                }
            }
        }

        var points: [SIMD2<Int>] = []
        var (n, first, squares, product) = (0, SIMD2<Int>.zero, SIMD2<Int>.zero, 0)
        for y in -1..<height {
            for x in -1..<width {
                if inside(x, y) != inside(x + 1, y) { points.append(SIMD2(2 * x + 1, 2 * y)) }
                guard inside(x, y) else { continue }
                n += 1
                first &+= SIMD2(x, y)
                squares &+= SIMD2(x * x, y * y)
                product += x * y
            }
            for x in 0..<width where inside(x, y) != inside(x, y + 1) { points.append(SIMD2(2 * x, 2 * y + 1)) }
        }
        pixelSurface = Double(n) * a * b
        let corners = convexPolygon(points)
        var longest = 0.0
        for p in corners {
            for q in corners { longest = max(longest, hypot(Double(p.x - q.x) * a / 2, Double(p.y - q.y) * b / 2)) }
        }
        diameter = longest

        let count = Double(n) * Double(n)
        let covariance = SymmetricMatrix(
            xx: Double(n * squares.x - first.x * first.x) / count * a * a,
            yy: Double(n * squares.y - first.y * first.y) / count * b * b, zz: 0,
            xy: Double(n * product - first.x * first.y) / count * a * b, xz: 0, yz: 0)
        let values = covariance.eigenvalues
        variances = SIMD2(values.x, values.y)
    }
}
