// Placeholder until the branch `masks` brings these initialisers; goes at the merge.
extension MaskSource {
    public init(rtstruct file: DICOMFile, path: String) throws(IngestionError) {
        self.init(format: .rtstruct, path: path, sopInstanceUID: file.string(.sopInstanceUID) ?? "", entries: [])
    }

    public init(segmentation file: DICOMFile, path: String) throws(IngestionError) {
        self.init(format: .seg, path: path, sopInstanceUID: file.string(.sopInstanceUID) ?? "", entries: [])
    }

    public init(labelImage path: String) throws(IngestionError) {
        self.init(format: .png, path: path, entries: [])
    }
}
