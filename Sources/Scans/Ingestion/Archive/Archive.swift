import DICOM
import Files
import Imaging
import Parallel

/// What files, folders and whole archives hold: images, masks, and what takes no part and why.
public struct Archive: Sendable {
    public var images: [ImageSource]
    public var masks: [MaskSource]
    public var skipped: [SkippedFile]
    /// Files beside the images that are none and need not be: a README, a licence, lists.
    public private(set) var companions: [String] = []
    /// What the paths in the archive are seen from: the paths that were given, of a DICOMDIR its folder.
    public private(set) var roots: [String] = []

    public init(images: [ImageSource] = [], masks: [MaskSource] = [], skipped: [SkippedFile] = []) {
        (self.images, self.masks, self.skipped) = (images, masks, skipped)
    }

    /// Walks `paths` and reads every file's header once, on up to `jobs` threads. The result does not depend on `jobs`
    /// nor on the order in which the file system lists its files. A DICOMDIR that is one of `paths` stands for the files that it
    /// lists.
    ///
    /// - Parameter progress: called from any thread with the number of files read so far.
    /// - Throws: ``IngestionError/notFound(path:)`` or ``IngestionError/unreadable(path:reason:)`` for one of `paths`;
    ///   what is wrong with a file or folder below only puts it among `skipped`. Images beside whose slices a DICOM file
    ///   could not be read carry a warning: their stack may be short of it.
    public static func scan(
        _ paths: [String], jobs: Int, progress: (@Sendable (Int) -> Void)? = nil
    ) throws(IngestionError) -> Archive {
        var walk = try FileWalk(under: paths)
        do {
            try DICOMFile.prepare()
        } catch {
            guard case .notReady(let reason) = error else { throw .dicom(error) }
            throw .unreadable(path: paths.first ?? ".", reason: reason)
        }
        let done = SharedCounter()
        func read(_ files: ArraySlice<String>) -> [FileContent] {
            let roles = PictureRoles(walk.files)
            let named = walk.named
            return Workers(jobs).map(files.count) { index in
                let path = files[files.startIndex + index]
                let content = FileContent(
                    path: path, role: roles.role(of: path), named.contains(path) ? .named : .found)
                progress?(done.take() + 1)
                return content
            }
        }
        var contents = read(walk.files[...])
        var roots = paths
        var listed: [SkippedFile] = []
        for case (let path, .index(let directory?)) in zip(walk.files, contents) {
            let folder = String(FileName(path).folder)
            for place in roots.indices where roots[place] == path { roots[place] = folder.isEmpty ? "." : folder }
            contents += read(walk.add(directory.files))
            listed += directory.skipped
        }
        var archive = Archive(skipped: walk.skipped + listed)
        archive.roots = roots
        archive.take(contents, of: walk.files)
        return archive
    }

    private mutating func take(_ contents: [FileContent], of files: [String]) {
        var headers: [SliceHeader] = []
        var volumes: [ImageSource] = []
        var unreadable: [SkippedFile] = []
        for (path, content) in zip(files, contents) {
            switch content {
            case .slices(let slices): headers += slices
            case .images(let found): volumes += found
            case .mask(let mask): masks.append(mask)
            case .skipped(let file): skipped.append(file)
            case .unreadableDICOM(let file):
                skipped.append(file)
                unreadable.append(file)
            case .companion: companions.append(path)
            case .index: continue
            }
        }
        masks = MaskSource.joined(masks)
        images = SliceStack.images(from: headers) + volumes
        takeLabelsOfDICOM()
        takeModalitiesOfNames()
        // Files that hold the voxels of a header are no files of their own.
        let voxels = Set(images.flatMap(\.furtherPaths) + masks.flatMap(\.furtherPaths))
        skipped.removeAll { voxels.contains($0.path) }
        warn(of: unreadable)
    }

    /// A label image on the very grid of a DICOM image is its mask, whatever it is called.
    private mutating func takeLabelsOfDICOM() {
        let series = images.filter { $0.format == .dicom }.map(SlicePlanes.init)
        guard !series.isEmpty else { return }
        images.removeAll { image in
            guard let format = image.format.volumeFormat, image.volumeCount == 1,
                series.contains(where: { GridPlacement.isFound(image.geometry, on: $0, .whole) }),
                MaskSource.looksLikeLabels(volume: image.path, format)
            else { return false }
            do throws(IngestionError) { masks.append(try MaskSource(labelVolume: image.path, of: [])) } catch {
                return false
            }
            return true
        }
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

    /// What is there in the place of an image, for a message; nil when there is an image.
    public var reasonForNoImage: String? {
        guard images.isEmpty else { return nil }
        if let mask = masks.first {
            let rest = masks.count > 1 ? " and \(masks.count - 1) more" : ""
            return "found no image, only the \(mask.format.rawValue) mask \(FileName(mask.path).name)\(rest)"
        }
        if let file = skipped.first {
            let rest = skipped.count > 1 ? "; and \(skipped.count - 1) more" : ""
            return skipped.count == 1 && roots == [file.path]
                ? file.reason : "found no image; \(FileName(file.path).name): \(file.reason)\(rest)"
        }
        guard let companion = companions.first else { return "found no file, expected \(FileKind.readNames)" }
        return
            "found no image among \(companions.count) file(s), e.g. \(FileName(companion).name); expected \(FileKind.readNames)"
    }
}
