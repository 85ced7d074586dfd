import Radiomics

/// Which slices of the grid a region lies on.
public struct MapSlices: Hashable, Sendable {
    /// Those with a voxel of it, ascending, from 0.
    public let crossed: [Int]
    /// The one with most of its voxels, the first of several; where it has none, the first of its box.
    public let largest: Int

    public init(crossed: [Int], largest: Int) { (self.crossed, self.largest) = (crossed, largest) }
}

extension FeatureMaps {
    public var slices: MapSlices {
        let area = box.size.x * box.size.y
        let counts = (0..<box.size.z).map { z in region[z * area..<(z + 1) * area].count { $0 != 0 } }
        let largest = counts.firstIndex(of: counts.max() ?? 0) ?? 0
        return MapSlices(
            crossed: counts.indices.filter { counts[$0] > 0 }.map { box.lower.z + $0 },
            largest: box.lower.z + largest)
    }
}
