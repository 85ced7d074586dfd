import DICOM
import Files
import Imaging
import Parallel

/// What files, folders and whole archives hold: images, masks, and what takes no part and why.
public struct Archive: Sendable {
    public var images: [ImageSource]
    public var masks: [MaskSource]
    public var skipped: [SkippedFile]

    public init(images: [ImageSource] = [], masks: [MaskSource] = [], skipped: [SkippedFile] = []) {
        (self.images, self.masks, self.skipped) = (images, masks, skipped)
    }

    /// Walks `paths` and reads every file's header once, on up to `jobs` threads. The result does not depend on `jobs`
    /// nor on the order in which the file system lists its files.
    ///
    /// - Parameter progress: called from any thread with the number of files read so far.
    /// - Throws: ``IngestionError/notFound(path:)`` or ``IngestionError/unreadable(path:reason:)`` for one of `paths`;
    ///   what is wrong with a file or folder below only puts it among `skipped`. Images beside whose slices a DICOM file
    ///   could not be read carry a warning: their stack may be short of it.
    public static func scan(
        _ paths: [String], jobs: Int, progress: (@Sendable (Int) -> Void)? = nil
    ) throws(IngestionError) -> Archive {
        let walk = try FileWalk(under: paths)
        let files = walk.files
        do {
            try DICOMFile.prepare()
        } catch {
            guard case .notReady(let reason) = error else { throw .dicom(error) }
            throw .unreadable(path: paths.first ?? ".", reason: reason)
        }
        let done = SharedCounter()
        let contents = Workers(jobs).map(files.count) { index in
            let content = FileContent(path: files[index])
            progress?(done.take() + 1)
            return content
        }
        var archive = Archive(skipped: walk.skipped)
        var headers: [SliceHeader] = []
        var unreadable: [SkippedFile] = []
        for (path, content) in zip(files, contents) {
            switch content {
            case .slices(let slices): headers += slices
            case .image(let image): archive.images.append(image)
            case .mask(let mask): archive.masks.append(mask)
            case .skipped(let reason): archive.skipped.append(SkippedFile(path: path, reason: reason))
            case .unreadableDICOM(let reason):
                archive.skipped.append(SkippedFile(path: path, reason: reason))
                unreadable.append(SkippedFile(path: path, reason: reason))
            case .index: continue
            }
        }
        archive.masks = MaskSource.joined(archive.masks)
        archive.images = SliceStack.images(from: headers) + archive.images
        archive.warn(of: unreadable)
        return archive
    }

    /// A finding on every DICOM image of a folder in which a DICOM file could not be read.
    private mutating func warn(of unreadable: [SkippedFile]) {
        let besides = Dictionary(grouping: unreadable) { FileName($0.path).folder }
        guard !besides.isEmpty else { return }
        for index in images.indices where images[index].format == .dicom {
            for folder in Set(images[index].slices.map { FileName($0.path).folder }).sorted() {
                guard let files = besides[folder], let first = files.first else { continue }
                let name = first.path.dropFirst(folder.count)
                let isOne = files.count == 1
                let count = isOne ? "1 file beside its slices was" : "\(files.count) files beside its slices were"
                let rest = isOne ? "" : "; and \(files.count - 1) more"
                images[index].findings.append(Finding(.warning, "\(count) skipped: \(name): \(first.reason)\(rest)"))
            }
        }
    }
}

/// What one file turned out to be.
private enum FileContent: Sendable {
    case slices([SliceHeader])
    case image(ImageSource)
    case mask(MaskSource)
    /// A DICOMDIR lists files that are found without it.
    case index
    case skipped(String)
    /// Should be DICOM, by its first bytes or its name, and could not be read.
    case unreadableDICOM(String)

    private static let mediaStorageDirectory = "1.2.840.10008.1.3.10"

    init(path: String) {
        let isPNG = FileName(path).ends(in: ".png")
        do throws(IngestionError) {
            self = isPNG ? try Self.png(path) : try Self.dicom(path)
        } catch {
            self = !isPNG && Self.shouldBeDICOM(path, error) ? .unreadableDICOM(error.reason) : .skipped(error.reason)
        }
    }

    private static func shouldBeDICOM(_ path: String, _ error: IngestionError) -> Bool {
        guard case .dicom(.notDICOM) = error else { return true }
        return FileName(path).ends(in: ".dcm") || DICOMFile.hasMagic(path)
    }

    private static func png(_ path: String) throws(IngestionError) -> FileContent {
        MaskFileName(path) != nil
            ? .mask(try MaskSource(labelImage: path)) : .image(try ImageSource(png: path))
    }

    private static func dicom(_ path: String) throws(IngestionError) -> FileContent {
        if FileName(path).name == "DICOMDIR" { return .index }
        let file = try DICOMFile.open(path)
        let modality = file.string(.modality) ?? ""
        if file.string(.sopClassUID) == mediaStorageDirectory { return .index }
        switch modality {
        case "RTSTRUCT": return .mask(try MaskSource(rtstruct: file, path: path))
        case "SEG": return .mask(try MaskSource(segmentation: file, path: path))
        case "RTDOSE":
            return .skipped("found a dose grid (RTDOSE), expected an image, an RTSTRUCT or a SEG; leave it out")
        default: break
        }
        let hasPixels = [DICOMTag.pixelData, .floatPixelData, .doubleFloatPixelData].contains {
            file.root.count($0) != nil
        }
        guard hasPixels || (file.root.count(.rows) != nil && file.root.count(.columns) != nil) else {
            let shown = modality.isEmpty ? "an object" : "a \(modality) object"
            return .skipped("found \(shown) without pixels, expected an image, an RTSTRUCT or a SEG; leave it out")
        }
        return .slices(try file.sliceHeaders())
    }
}
