import Imaging
import Radiomics
import TextureCore

extension Extractor {
    /// Values by column name; undefined ones are absent.
    func values(of region: Region, in volume: Volume, modality: String = "") throws -> [String: Double] {
        let extraction = try features(of: region, in: volume, modality: modality)
        var values: [String: Double] = [:]
        for value in extraction.values { values[value.column.name] = value.measure.value }
        return values
    }
}

/// A volume of one slice (or more) whose every voxel belongs to the region.
func wholeImage(_ values: [Double], _ size: SIMD3<Int>) -> (volume: Volume, region: Region) {
    let geometry = Geometry(size: size)
    return (Volume(geometry: geometry, values: .float64(values)), .whole(geometry))
}
