import Files
import Foundation
import Ingestion

/// The masks that were named with `--mask`, and which image each is meant for.
struct GivenMasks {
    private struct Given {
        var mask: MaskSource
        /// The path that was named: the file itself, or a folder above it.
        var root: String
        /// Folders between the two.
        var folders: [Substring]

        var isNamedItself: Bool { root == mask.path }
    }

    private var given: [Given] = []
    /// Files of a kind that would be a mask and cannot be read.
    private(set) var skipped: [SkippedFile] = []
    /// PNGs and volumes that serve as masks, whatever else leads to them.
    private var pictures: Set<FileIdentity> = []

    var masks: [MaskSource] { given.map(\.mask) }

    /// Reads files and folders of them; only masks that the selection takes are meant for images.
    init(_ paths: [String], _ selection: RegionSelection, jobs: Int) throws(IngestionError) {
        var found: [Given] = []
        for root in paths {
            for mask in try Self.masks(at: root, jobs: jobs, &skipped) {
                if mask.format.isLabelImage, let identity = FileIdentity(at: mask.path) {
                    // The same file in two spellings is one mask.
                    guard pictures.insert(identity).inserted else { continue }
                }
                guard selection.takes(mask) else { continue }
                let below = InputPath.relative(mask.path, to: root)
                found.append(Given(mask: mask, root: root, folders: below.split(separator: "/").dropLast()))
            }
        }
        // Parts of one segmentation may be named one by one.
        var joined = Dictionary(uniqueKeysWithValues: MaskSource.joined(found.map(\.mask)).map { ($0.path, $0) })
        given = found.compactMap { item in
            joined.removeValue(forKey: item.mask.path).map { Given(mask: $0, root: item.root, folders: item.folders) }
        }
    }

    private static func masks(
        at path: String, jobs: Int, _ skipped: inout [SkippedFile]
    ) throws(IngestionError) -> [MaskSource] {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if isThere, !isFolder.boolValue, FileName(path).isOfImage { return [try MaskSource(labels: path)] }
        let archive = try Archive.scan([path], jobs: jobs)
        var masks = archive.masks
        // In a folder of masks `name.png` is one, whatever it is called, unless it is the image of another one there.
        let index = MaskIndex(archive.masks, of: archive.images)
        for image in archive.images where image.mayHoldLabels && index.masks(for: image).isEmpty {
            masks.append(try MaskSource(labels: image.path))
        }
        skipped += archive.skipped
        guard !masks.isEmpty else {
            let found = archive.skipped.first { !isFolder.boolValue || $0.kind == nil } ?? archive.skipped.first
            let what = archive.images.isEmpty ? "" : ", only \(archive.images.count) image(s)"
            throw .unreadable(
                path: path,
                reason:
                    "no RTSTRUCT, SEG or label image (NIfTI, NRRD, MetaImage, PNG) there\(what)\(found.map { ": \($0.reason)" } ?? "")"
            )
        }
        return masks
    }

    /// Whether the mask itself was named, not a folder that holds it.
    func isNamedItself(_ mask: MaskSource) -> Bool { given.contains { $0.mask.path == mask.path && $0.isNamedItself } }

    /// Whether the image is a file that serves as a mask: then it is none.
    func serves(_ image: ImageSource) -> Bool {
        image.format != .dicom && FileIdentity(at: image.path).map(pictures.contains) == true
    }

    // MARK: Which is whose

    /// For each image its masks in the order given, and whose names are one told apart: DICOM masks by their references, label
    /// images by the names of file and folder, volumes of labels that have no image's name by their grid. The only image gets each
    /// label image that was named itself, and every mask when none fits.
    func fitting(_ images: [ImageSource], reach: MaskReach) -> [[MaskSource]] {
        let references = MaskIndex(given.map(\.mask).filter { !$0.format.isLabelImage }, of: [])
        let names = ImageNames(images)
        var fitting = images.map { image in
            image.format != .dicom ? [] : Set(references.masks(for: image, reach: reach).map(\.path))
        }
        var ambiguous: [String: [Int]] = [:]
        var named: Set<Int> = []
        for (place, item) in given.enumerated() where item.mask.format.isLabelImage {
            let found = names.images(of: item.mask.path, below: item.folders, among: given.map(\.folders))
            for k in found { fitting[k].insert(item.mask.path) }
            if !found.isEmpty { named.insert(place) }
            if found.count > 1 { ambiguous[item.mask.path] = found }
        }
        let byGrid = GridMatching(
            given.map(\.mask), except: named, images, in: FileManager.default.currentDirectoryPath)
        for k in images.indices { fitting[k].formUnion(byGrid.masks(for: images[k]).map { given[$0.index].mask.path }) }
        var guessed: Set<String> = []
        if images.count == 1 {
            fitting[0].formUnion(given.filter { $0.isNamedItself && $0.mask.format.isLabelImage }.map(\.mask.path))
            // Masks that bear the names of other pictures are sorted by name.
            if fitting[0].isEmpty, !given.contains(where: { Self.isOfAnotherImage($0.mask, beside: images[0]) }) {
                fitting[0] = Set(given.map(\.mask.path))
                if given.count > 1 { guessed = fitting[0] }
            }
        }
        return zip(images, fitting).map { image, paths in
            let findings = Dictionary(
                byGrid.masks(for: image).map { (given[$0.index].mask.path, $0.finding) },
                uniquingKeysWith: { first, _ in first })
            return given.map(\.mask).filter { paths.contains($0.path) }.map { mask in
                if let finding = findings[mask.path] { return mask.adding(finding) }
                let name = FileName(mask.path).name
                if guessed.contains(mask.path), mask.format == .png {
                    return mask.adding(
                        "the mask \(name) has another name than the image, and is used because no other image was given"
                    )
                }
                guard let several = ambiguous[mask.path] else { return mask }
                return mask.adding(
                    "the mask \(name) is used on \(several.count) images of its name ("
                        + several.prefix(3).map { Self.shown(images[$0].path) }.joined(separator: ", ")
                        + (several.count > 3 ? ", …" : "") + "); put masks into folders named as those of their images")
            }.namedApart(on: image)
        }
    }

    /// Those that belong to the image by their references, or of pictures by their names wherever they lie.
    func naming(_ image: ImageSource, reach: MaskReach) -> [MaskSource] {
        guard image.format != .dicom else { return MaskIndex(masks, of: [image]).masks(for: image, reach: reach) }
        let forms = ImageNameForms.of(String(FileName(image.path).imageStem))
        return masks.filter { mask in
            guard mask.format.isLabelImage else { return false }
            let name = FileName(mask.path)
            let stems =
                [String(name.imageStem)] + (MaskFileName(likely: String(name.name)).map { [$0.imageStem] } ?? [])
            return stems.contains(where: forms.contains) || mask.fits(image)
        }.namedApart(on: image)
    }

    /// Whether a picture lies beside the image that the mask has the name of.
    private static func isOfAnotherImage(_ mask: MaskSource, beside image: ImageSource) -> Bool {
        guard mask.format == .png, image.format == .png else { return false }
        let (name, folder) = (FileName(mask.path), FileName(image.path).folder)
        let stems = [String(name.stem)] + (MaskFileName(likely: String(name.name)).map { [$0.imageStem] } ?? [])
        return stems.contains { stem in
            let path = "\(folder)\(stem).png"
            return FileManager.default.fileExists(atPath: path) && FileIdentity(at: path) != FileIdentity(at: mask.path)
        }
    }

    /// With the folder that tells it from others of its name.
    private static func shown(_ path: String) -> String {
        path.split(separator: "/").suffix(2).joined(separator: "/")
    }
}

/// PNG images and volumes by name.
private struct ImageNames {
    private var byStem: [String: [Int]] = [:]
    private var folders: [Int: [Substring]] = [:]
    private let paths: [String]

    init(_ images: [ImageSource]) {
        let current = FileManager.default.currentDirectoryPath
        paths = images.map { FileName($0.path).absolute(in: current) }
        for (index, image) in images.enumerated() where image.format != .dicom {
            for form in ImageNameForms.of(String(FileName(image.path).imageStem)) {
                byStem[form, default: []].append(index)
            }
            folders[index] = paths[index].split(separator: "/").dropLast()
        }
    }

    /// The images that a label image is a mask of. Of those that bear its name the ones whose folders end as the mask's do; where the
    /// folders agree nowhere they may sort the masks by something else, which one image of that name can do without.
    ///
    /// - Parameter below: folders of the mask, below the path that was named.
    func images(of mask: String, below: [Substring], among others: [[Substring]]) -> [Int] {
        let name = FileName(mask)
        let named =
            byStem[String(name.imageStem)] ?? MaskFileName(likely: String(name.name)).flatMap { byStem[$0.imageStem] }
            ?? []
        let agreeing = named.filter { index in
            let own = folders[index] ?? []
            return own.suffix(below.count).elementsEqual(below.suffix(own.count))
        }
        guard agreeing.isEmpty, named.count == 1, let only = named.first else { return agreeing }
        // Another mask's folders are the image's, so that these are those of another image.
        let isElsewhere = others.contains { !$0.isEmpty && (folders[only] ?? []).suffix($0.count).elementsEqual($0) }
        return isElsewhere ? [] : named
    }
}

extension MaskSource {
    fileprivate func adding(_ warning: String) -> MaskSource {
        var mask = self
        mask.findings.append(Finding(.warning, warning))
        return mask
    }

    /// Of a PNG or a volume.
    fileprivate init(labels path: String) throws(IngestionError) {
        if FileName(path).ends(in: ".png") {
            try self.init(labelImage: path)
        } else {
            try self.init(labelVolume: path)
        }
    }
}

extension ImageSource {
    /// A PNG in a folder of masks is one; of a volume the values say it.
    fileprivate var mayHoldLabels: Bool {
        format == .png || (format.volumeFormat != nil && MaskSource.looksLikeLabels(self))
    }
}

extension Archive {
    /// Adds what is not among the skipped files already, under whatever path.
    mutating func skip(_ files: [SkippedFile]) {
        let known = Set(skipped.compactMap { FileIdentity(at: $0.path) })
        skipped += files.filter { file in FileIdentity(at: file.path).map { !known.contains($0) } ?? true }
    }
}
