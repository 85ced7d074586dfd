import Imaging
import Ingestion

/// A scan with a region, for a bench to compute on.
struct BenchScan {
    var volume: Volume
    var region: Region
    var modality = ""

    init(volume: Volume, region: Region) { (self.volume, self.region) = (volume, region) }

    /// The first image of a folder with a mask that gives a region, and that region.
    init(path: String) throws {
        let archive = try Archive.scan([path], jobs: 1)
        for image in archive.images {
            for mask in masks(for: image, among: archive.masks) {
                for case .region(let region, _) in try mask.regions(on: image) {
                    self.init(volume: try image.load(), region: region)
                    modality = image.identity.modality
                    return
                }
            }
        }
        throw BenchmarkError.noRegion(path: path)
    }
}
