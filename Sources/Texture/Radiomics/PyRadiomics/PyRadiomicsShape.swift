import Imaging
import TextureCore

/// PyRadiomics' class `shape`, in its order (shape.py). Surface and axes are those of IBSI; the planar diameters are its
/// own: the longest distance between surface points in one plane across z (slice), y (column), x (row).
public enum PyRadiomicsShape: String, CaseIterable, Sendable {
    case elongation = "Elongation"
    case flatness = "Flatness"
    case leastAxisLength = "LeastAxisLength"
    case majorAxisLength = "MajorAxisLength"
    case maximum2DDiameterColumn = "Maximum2DDiameterColumn"
    case maximum2DDiameterRow = "Maximum2DDiameterRow"
    case maximum2DDiameterSlice = "Maximum2DDiameterSlice"
    case maximum3DDiameter = "Maximum3DDiameter"
    case meshVolume = "MeshVolume"
    case minorAxisLength = "MinorAxisLength"
    case sphericity = "Sphericity"
    case surfaceArea = "SurfaceArea"
    case surfaceVolumeRatio = "SurfaceVolumeRatio"
    case voxelVolume = "VoxelVolume"
    // Deprecated, and computed where they are named alone.
    case compactness1 = "Compactness1"
    case compactness2 = "Compactness2"
    case sphericalDisproportion = "SphericalDisproportion"

    public static let deprecated: [PyRadiomicsShape] = [.compactness1, .compactness2, .sphericalDisproportion]
    /// Those that PyRadiomics computes of itself.
    public static let standard = allCases.filter { !deprecated.contains($0) }

    func measure(_ shape: RegionShape) -> Measure {
        switch self {
        case .elongation: shape.ratio(shape.minorAxis, shape.majorAxis)
        case .flatness: shape.ratio(shape.leastAxis, shape.majorAxis)
        case .leastAxisLength: .value(shape.leastAxis)
        case .majorAxisLength: .value(shape.majorAxis)
        case .maximum2DDiameterColumn: .value(shape.points.planarDiameter(across: 1))
        case .maximum2DDiameterRow: .value(shape.points.planarDiameter(across: 0))
        case .maximum2DDiameterSlice: .value(shape.points.planarDiameter(across: 2))
        case .maximum3DDiameter: .value(shape.points.diameter(of: shape.points.hull().corners))
        case .meshVolume: .value(shape.volume)
        case .minorAxisLength: .value(shape.minorAxis)
        case .sphericity: .value(shape.areaOfSphere / shape.area)
        case .surfaceArea: .value(shape.area)
        case .surfaceVolumeRatio: .value(shape.area / shape.volume)
        case .voxelVolume: .value(shape.voxelVolume)
        case .compactness1: .value(shape.volume / (Double.pi * shape.area * shape.area * shape.area).squareRoot())
        case .compactness2:
            .value(36 * Double.pi * shape.volume * shape.volume / (shape.area * shape.area * shape.area))
        case .sphericalDisproportion: .value(shape.area / shape.areaOfSphere)
        }
    }
}
