import Imaging
import Ingestion

/// A scan with a region, for a bench to compute on.
struct BenchScan {
    var volume: Volume
    var region: Region
    var modality = ""

    init(volume: Volume, region: Region) { (self.volume, self.region) = (volume, region) }

    /// The first image of a file or folder with a mask that gives a region, and that region.
    ///
    /// - Parameter mask: a file or folder of its own; nil: beside the image.
    init(path: String, mask: String? = nil) throws {
        let archive = try Archive.scan([path], jobs: 1)
        let given = try mask.map(Self.given)
        for image in archive.images {
            for mask in given ?? masks(for: image, among: archive.masks) {
                for case .region(let region, _) in try mask.regions(on: image) {
                    self.init(volume: try image.load(), region: region)
                    modality = image.identity.modality
                    return
                }
            }
        }
        throw BenchmarkError.noRegion(path: mask ?? path)
    }

    private static func given(at path: String) throws -> [MaskSource] {
        // A PNG, a volume of labels, or what holds others.
        if let labels = try? MaskSource(labelImage: path) { return [labels] }
        if let labels = try? MaskSource(labelVolume: path) { return [labels] }
        return try Archive.scan([path], jobs: 1).masks
    }
}
