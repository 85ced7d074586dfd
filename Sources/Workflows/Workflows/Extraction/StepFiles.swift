import Files
import Imaging
import Ingestion
import Radiomics
import Reports
import Tables
import VolumeWriting

/// Where the steps before the features go, and as what.
public struct StepOutput: Sendable {
    public var folder: OutputFolder
    public var format: Format

    /// Both say where the voxels lie; 3D Slicer, ITK and nibabel read both.
    public enum Format: String, CaseIterable, Sendable {
        case nifti = "nii.gz"
        case nrrd
    }

    public init(_ folder: OutputFolder, format: Format = .nifti) { (self.folder, self.format) = (folder, format) }
}

extension StepOutput {
    /// Writes what the features of a region were computed of: `…_image`, `…_mask`, `…_resegmented` and `…_levels`, in the box around the
    /// region that was read, on one grid.
    ///
    /// - Returns: why a file cannot be written.
    func write(_ steps: RegionSteps, _ identity: RowIdentity, mask: MaskSource?, maskHash: String) -> String? {
        let prefix = folder.file(of: identity, mask: mask, maskHash: maskHash)
        let whole = [UInt8](repeating: 1, count: steps.image.count)
        var grid = steps.grid
        grid.size = steps.imageBox.size
        let lower = steps.imageBox.lower
        grid.origin = steps.grid.position(of: SIMD3(Double(lower.x), Double(lower.y), Double(lower.z)))
        let inner = VoxelBox(lower: steps.box.lower &- lower, size: steps.box.size)
        func ofRegion(_ values: [Float], _ element: MapVoxels.Element) -> MapVoxels {
            MapVoxels(
                values, inside: steps.mask, box: inner, of: grid, extent: .grid, background: 0, as: element)
        }
        var files: [(name: String, voxels: MapVoxels)] = [
            (
                "image",
                MapVoxels(
                    steps.image.map { Float($0) }, inside: whole,
                    box: VoxelBox(lower: .zero, size: steps.imageBox.size), of: grid, extent: .grid, background: 0)
            ),
            ("mask", ofRegion(steps.mask.map { $0 == 0 ? 0 : 1 }, .uint8)),
            ("resegmented", ofRegion(steps.resegmented.map { $0 == 0 ? 0 : 1 }, .uint8)),
        ]
        if let levels = steps.levels { files.append(("levels", ofRegion(levels.map { Float($0) }, .uint16))) }
        for (name, voxels) in files {
            let path = "\(prefix)_\(name).\(format.rawValue)"
            do {
                try writeWholeFile(at: path) { temporary in
                    switch format {
                    case .nifti:
                        try NIfTIFile(voxels, description: "weft \(Release.version) \(name)").write(to: temporary)
                    case .nrrd:
                        try NRRDFile(voxels, content: name, notes: [("weft_version", Release.version)])
                            .write(to: temporary)
                    }
                }
            } catch let error as FileWritingError {
                return "step \(FileName(path).name) cannot be written: \(error.reason)"
            } catch { return "step \(FileName(path).name) cannot be written: \(error)" }
        }
        return nil
    }
}
