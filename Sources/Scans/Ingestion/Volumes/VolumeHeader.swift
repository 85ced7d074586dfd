import Imaging

/// What the header of a NIfTI, NRRD or MetaImage file says, in weft's terms: which numbers, where they lie in the file, and
/// where their voxels lie in the patient.
struct VolumeHeader: Sendable {
    var format: VolumeFormat
    /// Of the header; the voxels may be in other files.
    var path: String
    /// One volume's.
    var geometry: Geometry
    var position = ImageSource.PatientPosition.stated
    var thickness = ImageSource.Thickness.stated
    /// How many volumes of that geometry follow each other.
    var volumeCount = 1
    var sample: Sample
    /// Value = slope · stored + intercept; nil: as stored.
    var scaling: Scaling?
    var voxels: VoxelLocation
    /// What was decided, and what is odd.
    var findings: [Finding] = []
    /// Names of the values of a label image.
    var labelNames: [Int: String] = [:]
    /// Of a Slicer segmentation, in their order; empty for any other file.
    var segments: [SlicerSegment] = []

    /// What lies at one voxel.
    struct Sample: Hashable, Sendable {
        var element: ElementType
        var order: ByteOrder
        /// Elements that follow each other.
        var content = Content.value

        enum Content: Hashable, Sendable {
            case value
            /// Red, green, blue, and perhaps an opacity, of one byte each.
            case colour(channels: Int)
            /// Of a segmentation whose segments overlap.
            case layers(Int)
        }

        var elementsPerVoxel: Int {
            switch content {
            case .value: 1
            case .colour(let channels): channels
            case .layers(let count): count
            }
        }

        var bytesPerVoxel: Int { elementsPerVoxel * element.size }
    }

    struct Scaling: Hashable, Sendable {
        var slope: Double
        var intercept: Double
    }

    /// Bytes of the voxels of one volume.
    var volumeSize: Int { geometry.voxelCount * sample.bytesPerVoxel }

    /// Every file that belongs to it.
    var paths: [String] { [path] + voxels.files.filter { $0 != path } }

    /// Reads a header, and looks whether the voxels can be there.
    ///
    /// - Parameter format: the one that the file has by its name or its first bytes.
    init(path: String, as format: VolumeFormat) throws(VolumeError) {
        switch format {
        case .nifti: try self.init(nifti: path)
        case .nrrd: try self.init(nrrd: path)
        case .metaImage: try self.init(metaImage: path)
        }
        try voxels.check(bytes: volumeSize * volumeCount)
    }

    init(format: VolumeFormat, path: String, geometry: Geometry, sample: Sample, voxels: VoxelLocation) {
        (self.format, self.path, self.geometry) = (format, path, geometry)
        (self.sample, self.voxels) = (sample, voxels)
    }

    /// Voxels along each axis, and bytes of all of them, as numbers that can be worked with.
    ///
    /// - Parameters:
    ///   - sizes: along three axes.
    ///   - bytes: of one voxel, times the number of volumes.
    static func checkedSize(
        _ sizes: [Int], bytes: Int, field: String
    ) throws(VolumeError) -> SIMD3<Int> {
        let found = sizes.map(String.init).joined(separator: " × ")
        var total = bytes
        for size in sizes {
            guard size > 0 else {
                throw .badField(name: field, found: found, expected: "a number above 0 along each axis")
            }
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard !overflow, product < 1 << 46 else {
                throw .badField(name: field, found: "\(found) voxels", expected: "an image that a computer can hold")
            }
            total = product
        }
        return SIMD3(sizes[0], sizes[1], sizes[2])
    }
}

/// A segment of a 3D Slicer segmentation: a value in one of the layers.
struct SlicerSegment: Hashable, Sendable {
    var name: String
    var layer: Int
    var value: Int
}
