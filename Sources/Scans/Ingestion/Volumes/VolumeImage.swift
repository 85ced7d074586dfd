import Files
import Imaging

extension ImageSource {
    /// The volumes of a NIfTI, NRRD or MetaImage file, each an image; reads the header only. The voxels stay in the order in which
    /// the file has them.
    static func volumes(in path: String, as format: VolumeFormat) throws(IngestionError) -> [ImageSource] {
        let header: VolumeHeader
        do throws(VolumeError) { header = try VolumeHeader(path: path, as: format) } catch {
            throw .volume(path: path, error)
        }
        guard header.segments.isEmpty, header.sample.elementsPerVoxel == 1 || !header.hasLayers else {
            throw .notMeasurable(path: path, reason: "found a segmentation, expected an image; give it with --mask")
        }
        return (0..<header.volumeCount).map { ImageSource(header, volume: $0) }
    }

    private init(_ header: VolumeHeader, volume: Int) {
        var identity = ImageIdentity()
        identity.modality = header.format.rawValue
        identity.seriesDescription = String(FileName(header.path).imageStem)
        let geometry = header.geometry
        let slices = (0..<geometry.size.z).map { z in
            Slice(
                path: header.path, frame: volume * geometry.size.z + z, sopInstanceUID: "",
                position: geometry.position(of: SIMD3(0, 0, Double(z))))
        }
        var findings = header.findings
        if header.volumeCount > 1 {
            findings.append(
                Finding(
                    .note, "volume \(volume + 1) of the \(header.volumeCount) in the file, each an image of its own"))
        }
        self.init(
            format: Format(header.format), identity: identity, path: header.path, geometry: geometry, slices: slices,
            findings: findings, patientPosition: header.position)
        thickness = header.thickness
        volumeCount = header.volumeCount
        furtherPaths = Array(header.paths.dropFirst())
    }

    /// Which volume of its file it is, from 0.
    public var volumeNumber: Int { (slices.first?.frame ?? 0) / max(geometry.size.z, 1) }

    /// The values, and what only reading them shows. The header is read again: a file that has changed in between is refused.
    func loadVolume() throws(IngestionError) -> (volume: Volume, findings: [Finding]) {
        guard let format = format.volumeFormat else { preconditionFailure("\(format) is no volume file") }
        let header: VolumeHeader
        do throws(VolumeError) { header = try VolumeHeader(path: path, as: format) } catch {
            throw .volume(path: path, error)
        }
        guard header.geometry == geometry, header.volumeCount == volumeCount else { throw .changed(path: path) }
        let read = try header.values(ofVolume: volumeNumber)
        var volume = Volume(geometry: geometry, values: read.values)
        var findings = read.findings
        volume.isWidened = read.isWidened && !header.isColour
        if volume.isWidened {
            findings.append(
                Finding(
                    .note,
                    "the floats are all whole numbers: rounded again after resampling, as IBSI has it for integers"))
        }
        return (volume, findings)
    }
}

extension VolumeHeader {
    var hasLayers: Bool { if case .layers = sample.content { true } else { false } }
}

extension ImageSource.Format {
    init(_ format: VolumeFormat) {
        switch format {
        case .nifti: self = .nifti
        case .nrrd: self = .nrrd
        case .metaImage: self = .metaImage
        }
    }

    /// Nil for DICOM and PNG.
    public var volumeFormat: VolumeFormat? {
        switch self {
        case .dicom, .png: nil
        case .nifti: .nifti
        case .nrrd: .nrrd
        case .metaImage: .metaImage
        }
    }
}
