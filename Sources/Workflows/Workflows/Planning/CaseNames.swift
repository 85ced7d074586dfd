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

    /// `CT-1f3a90b2c4` for DICOM; the path within the input for a PNG, `liver/case7`.
    package func name(of image: ImageSource, under root: String) -> String {
        guard image.format == .dicom else {
            let path = InputPath.relative(image.path, to: root)
            return path.lowercased().hasSuffix(".png") ? String(path.dropLast(4)) : path
        }
        let series = image.identity.seriesUID
        let first = image.slices.first
        let isAlone = !series.isEmpty && !sharedSeries.contains(series)
        let key = isAlone ? series : "\(series) \(first?.sopInstanceUID ?? image.path) \(first?.frame ?? 0)"
        let modality = image.identity.modality.isEmpty ? "image" : image.identity.modality
        return "\(modality)-\(Fingerprint(of: key).description.prefix(10))"
    }
}
