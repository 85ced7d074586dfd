import Ingestion

/// The images of a run, by what masks name them by.
struct DrawnImages {
    private var seriesUIDs: Set<String> = []
    private var instanceUIDs: Set<String> = []

    init(_ images: [ImageSource]) {
        for image in images {
            seriesUIDs.insert(image.identity.seriesUID)
            instanceUIDs.formUnion(image.slices.lazy.map(\.sopInstanceUID))
        }
        seriesUIDs.remove("")
        instanceUIDs.remove("")
    }

    /// Whether a DICOM mask was drawn on another image than this one, and that image is there.
    func holdTheImage(of mask: MaskSource, otherThan image: ImageSource) -> Bool {
        guard !mask.format.isLabelImage else { return false }
        let slices = mask.referencedInstanceUIDs.intersection(instanceUIDs)
        guard slices.isEmpty else { return !image.slices.contains { slices.contains($0.sopInstanceUID) } }
        return !mask.referencedSeriesUIDs.contains(image.identity.seriesUID)
            && mask.referencedSeriesUIDs.contains(where: seriesUIDs.contains)
    }
}
