import Imaging

extension ImageSource {
    /// What the values measure when the image is loaded as `unit`, as far as the headers that the scan read say it.
    public func intensityUnit(as unit: ImageUnit) -> IntensityUnit {
        if format == .dicom, identity.modality == "PT", let title = unit.title { return .named(title) }
        guard let slice = slices.first else { return .arbitrary }
        return slice.pixels?.frame(slice.frame).unit ?? .arbitrary
    }
}
