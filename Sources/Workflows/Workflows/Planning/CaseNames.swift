import Files
import Imaging
import Ingestion

/// Names for images that are the same in every run: made of identifiers of the files, not of where they lie.
package struct CaseNames {
    /// Series that hold more than one image, which takes more to tell them apart.
    private let sharedSeries: Set<String>

    package init(_ images: [ImageSource]) {
        let counts = Dictionary(grouping: images.map(\.identity.seriesUID), by: { $0 }).mapValues(\.count)
        sharedSeries = Set(counts.filter { $0.value > 1 }.keys)
    }

    /// `CT-1f3a90b2c4` for DICOM; the path within the input for a PNG or a volume, `liver/case7`, and of several volumes in a file
    /// the number of each, `dwi#2`.
    package func name(of image: ImageSource, under root: String) -> String {
        guard image.format == .dicom else {
            let name = FileName(InputPath.relative(image.path, to: root)).caseName
            return image.volumeCount > 1 ? "\(name)#\(image.volumeNumber + 1)" : name
        }
        let series = image.identity.seriesUID
        let first = image.slices.first
        let isAlone = !series.isEmpty && !sharedSeries.contains(series)
        let key = isAlone ? series : "\(series) \(first?.sopInstanceUID ?? image.path) \(first?.frame ?? 0)"
        let modality = image.identity.modality.isEmpty ? "image" : image.identity.modality
        return "\(modality)-\(Fingerprint(of: key).description.prefix(10))"
    }
}

extension FileName {
    /// The path without the suffix of a PNG or a volume; other files keep theirs.
    var caseName: String { isOfImage ? String(pathWithoutImageSuffix) : path }
}
