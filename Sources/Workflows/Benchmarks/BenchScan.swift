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
        let archive = try Archive.scan([path], jobs: 1)
        guard archive.masks.isEmpty else { return archive.masks }
        if let file = archive.skipped.first { throw IngestionError.unreadable(path: file.path, reason: file.reason) }
        // A label image whose name does not say that it is one.
        return try archive.images.prefix(1).map {
            try $0.format == .png ? MaskSource(labelImage: $0.path) : MaskSource(labelVolume: $0.path)
        }
    }
}
