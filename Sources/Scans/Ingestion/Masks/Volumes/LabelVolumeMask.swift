import Encoding
import Files
import Foundation
import Imaging

extension MaskSource {
    /// Lists the regions of a label image in NIfTI, NRRD or MetaImage: the segments of a 3D Slicer segmentation, otherwise its
    /// values but 0, ascending. Names are those of Slicer's segments, of a label table in the header (Caret, TotalSegmentator), or of
    /// a `.tsv` beside it (BIDS).
    ///
    /// - Parameter imageStems: paths, without suffix, of the images that it is a mask of; nil: what its name says.
    public init(labelVolume path: String, of imageStems: [String]? = nil) throws(IngestionError) {
        let format = VolumeFormat(named: path) ?? FileKind(of: path).flatMap(VolumeFormat.init) ?? .nifti
        let header = try Self.header(path, format)
        let labels = try LabelVolume(header)
        let regions = Self.regions(of: header, labels)
        var findings = header.findings + labels.findings + regions.findings
        if regions.entries.isEmpty { findings.append(Finding(.warning, "the mask holds only 0")) }
        if regions.entries.count > Self.manyLabels, regions.entries.allSatisfy(\.name.isEmpty) {
            findings.append(
                Finding(
                    .warning,
                    "the mask has \(regions.entries.count) labels without names, which looks like a picture rather than labels"
                ))
        }
        self.init(format: Format(format), path: header.path, entries: regions.entries, findings: findings)
        self.imageStems = imageStems ?? MaskFileName(likely: path).map { [$0.imageStem] } ?? []
        geometry = header.geometry
        furtherPaths = Array(header.paths.dropFirst())
    }

    /// More values than this without a name are hardly labels.
    private static let manyLabels = 1024

    /// The same of a volume that was taken for an image.
    package static func looksLikeLabels(_ image: ImageSource) -> Bool {
        image.volumeCount == 1 && image.format.volumeFormat.map { looksLikeLabels(volume: image.path, $0) } == true
    }

    /// Whether the values are those of labels rather than of an image: whole numbers from 0, and few of them.
    static func looksLikeLabels(volume path: String, _ format: VolumeFormat) -> Bool {
        do throws(IngestionError) {
            let header = try header(path, format)
            _ = try LabelVolume(header, mostValues: header.labelNames.isEmpty ? 256 : manyLabels)
            return true
        } catch { return false }
    }

    private static func header(_ path: String, _ format: VolumeFormat) throws(IngestionError) -> VolumeHeader {
        do throws(VolumeError) { return try VolumeHeader(path: path, as: format) } catch {
            throw .volume(path: path, error)
        }
    }

    // MARK: Which value is which region

    private struct Regions {
        var entries: [Entry]
        var keys: [Entry: LabelVolume.Key]
        var findings: [Finding] = []
    }

    private static func regions(of header: VolumeHeader, _ labels: LabelVolume) -> Regions {
        guard header.segments.isEmpty else { return regions(of: header.segments) }
        let keys = labels.boxes.keys.sorted()
        var findings: [Finding] = []
        var names = header.labelNames
        if names.isEmpty, let table = LabelNames.beside(header.path) {
            do throws(IngestionError) { names = try LabelNames(path: table).names } catch {
                findings.append(
                    Finding(.warning, "the names in \(FileName(table).name) were not used: \(error.reason)"))
            }
        }
        let entries = keys.map { Entry(name: names[$0.value] ?? "", label: $0.value) }
        return Regions(
            entries: entries, keys: Dictionary(zip(entries, keys), uniquingKeysWith: { first, _ in first }),
            findings: findings)
    }

    /// A segment goes by its value where no other one has it; where layers share values, by its place among the segments.
    private static func regions(of segments: [SlicerSegment]) -> Regions {
        let isTold = Set(segments.map(\.value)).count == segments.count
        let entries = segments.enumerated().map { place, segment in
            Entry(name: segment.name, label: isTold ? segment.value : place + 1)
        }
        let keys = segments.map { LabelVolume.Key(layer: $0.layer, value: $0.value) }
        return Regions(
            entries: entries, keys: Dictionary(zip(entries, keys), uniquingKeysWith: { first, _ in first }))
    }

    // MARK: On an image

    /// The chosen entries on the image's grid, each made when it is asked for; the file is read once for all of them.
    func labelVolumeRegions(
        _ chosen: [Entry], on image: ImageSource, _ maskGrid: MaskGrid
    ) throws(IngestionError) -> [PendingOutcome] {
        guard let format = format.volumeFormat else { preconditionFailure("\(format) is no volume file") }
        let header = try Self.header(path, format)
        let placement: GridPlacement
        var moved: Finding?
        switch GridPlacement.find(header.geometry, on: SlicePlanes(image), header.extent) {
        case .success(let found): placement = found
        case .failure(let misfit):
            guard maskGrid != .own else {
                let advice = misfit.reason + "; " + MaskGrid.advice
                return chosen.map { PendingOutcome(.failed($0, reason: advice)) }
            }
            placement = .identity
            moved = maskGrid.finding
        }
        var labels = try LabelVolume(header)
        let all = Self.regions(of: header, labels)
        if moved != nil {
            labels = labels.resampled(
                from: header.geometry, onto: image.geometry, linearly: maskGrid == .imageLinear)
        }
        // Names may have been changed since the scan, to tell files apart; numbers and their order were not.
        let keys = Dictionary(zip(entries, all.entries.map { all.keys[$0] }), uniquingKeysWith: { first, _ in first })
        let (isSame, size) = (entries.count == all.entries.count, image.geometry.size)
        return chosen.map { [labels, moved] entry in
            guard isSame, let key = keys[entry] ?? nil else {
                return PendingOutcome(.failed(entry, reason: "the mask has changed since it was scanned; start again"))
            }
            return PendingOutcome(entry, boxVoxels: labels.boxes[key]?.voxelCount ?? 0) {
                Self.outcome(of: entry, key, in: labels, placement, on: size, moved)
            }
        }
    }

    private static func outcome(
        of entry: Entry, _ key: LabelVolume.Key, in labels: LabelVolume, _ placement: GridPlacement,
        on size: SIMD3<Int>,
        _ moved: Finding?
    ) -> RegionOutcome {
        let (region, outside) = labels.region(entry, key, placement, on: size)
        guard region.box.voxelCount > 0 else {
            if moved != nil {
                return .failed(
                    entry, reason: "no voxel of the region lies on the image; give the image that it was drawn on")
            }
            guard outside > 0 else {
                return .leftOut(entry, reason: "no voxel of the mask has the value \(key.value)")
            }
            return .failed(
                entry,
                reason: "all \(outside) voxels of the region lie outside the image; give the image that it was drawn on"
            )
        }
        let findings =
            outside > 0
            ? [Finding(.warning, "\(outside) voxels of the region lie outside the image and were left out")] : []
        return .region(region, findings: findings + [moved].compactMap(\.self))
    }

    /// Whether the grid of a label image is that of an image, so that it can be the image's mask; nil for other masks.
    package func fits(_ image: ImageSource) -> Bool {
        guard let geometry, image.format != .png else { return false }
        return GridPlacement.isFound(geometry, on: SlicePlanes(image), isSegmentation ? .part : .whole)
    }

    /// By its name, which 3D Slicer gives and asks for.
    private var isSegmentation: Bool { FileName(path).ends(in: ".seg.nrrd") }
}

extension VolumeHeader {
    /// 3D Slicer stores a segmentation cropped to what is drawn.
    var extent: GridPlacement.Extent { segments.isEmpty ? .whole : .part }
}

extension MaskSource.Format {
    package init(_ format: VolumeFormat) {
        switch format {
        case .nifti: self = .nifti
        case .nrrd: self = .nrrd
        case .metaImage: self = .metaImage
        }
    }

    /// Nil for DICOM and PNG.
    public var volumeFormat: VolumeFormat? {
        switch self {
        case .rtstruct, .seg, .png: nil
        case .nifti: .nifti
        case .nrrd: .nrrd
        case .metaImage: .metaImage
        }
    }

    /// Whether the file is an image whose values are labels, and belongs to an image by its name; DICOM says whose it is by UIDs.
    public var isLabelImage: Bool { self == .png || volumeFormat != nil }
}
