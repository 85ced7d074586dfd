import Foundation
import Imaging
import Ingestion

/// One image and what is to be extracted from it.
struct ExtractionCase: Sendable {
    /// What the row's identity columns need.
    var name: String
    var shownPath: String
    var work: Work
    /// Beyond the image's own.
    var findings: [Finding] = []

    enum Work: Sendable {
        case regions(ImageSource, masks: [MaskSource], RegionSelection)
        case wholeImage(ImageSource)
        /// Known to fail before anything is loaded.
        case failed(ImageIdentity, MaskSource.Entry?, reason: String)
    }
}

/// All cases of a run in the order of the table: by name, whatever order the file system gave.
struct ExtractionPlan {
    var cases: [ExtractionCase]
    /// Images that were found and have no mask: said, not extracted.
    var imagesWithoutMask: [ImageSource] = []
    var skipped: [SkippedFile] = []

    init(input: [String], regions: RegionOptions, running: RunningOptions) throws {
        cases = []
        let manifests = input.filter { $0.lowercased().hasSuffix(".csv") }
        let paths = input.filter { !$0.lowercased().hasSuffix(".csv") }
        do {
            for manifest in manifests { try add(Manifest(path: manifest), regions, running) }
            if !paths.isEmpty { try add(paths, regions, running) }
        } catch let error as IngestionError {
            throw CommandFailure(error)
        }
        guard !cases.isEmpty else { throw nothingToDo(input) }
        cases.sort { ($0.name, $0.shownPath) < ($1.name, $1.shownPath) }
    }

    // MARK: files and folders

    private mutating func add(_ paths: [String], _ regions: RegionOptions, _ running: RunningOptions) throws {
        let progress = Progress("scanning", unit: "files", total: nil, verbosity: running.verbosity)
        var archive = try Archive.scan(paths, jobs: running.jobs) { progress.advance(to: $0) }
        progress.finish()
        // A PNG that was named on the command line is an image, also when it is called `…_mask.png`.
        var named: [MaskSource] = []
        for path in regions.mask { named += try MaskSource.all(at: path, jobs: running.jobs, &archive.skipped) }
        let names = CaseNames(archive.images)
        let known = Set(archive.masks.map(\.path))
        let beside =
            regions.wholeImage || !regions.mask.isEmpty
            ? [] : try MaskSource.beside(paths, jobs: running.jobs).filter { !known.contains($0.path) }
        var used = Set<String>()
        for image in archive.images {
            let root = InputPath.root(of: image.path, among: paths)
            let name = names.name(of: image, under: root)
            let shown = InputPath.relative(image.path, to: root)
            if regions.wholeImage {
                cases.append(ExtractionCase(name: name, shownPath: shown, work: .wholeImage(image)))
                continue
            }
            var fitting =
                regions.mask.isEmpty
                ? masks(for: image, among: archive.masks + beside) : named.filter { $0.fits(image) }
            // The only mask given belongs to the only image: what does not fit is said in the row.
            if fitting.isEmpty, archive.images.count == 1 { fitting = named }
            guard !fitting.isEmpty else {
                if paths.contains(where: { $0 == image.path }) {
                    cases.append(
                        ExtractionCase(
                            name: name, shownPath: shown,
                            work: .failed(image.identity, nil, reason: "no mask for this image; " + Self.howToGiveAMask)
                        ))
                } else {
                    imagesWithoutMask.append(image)
                }
                continue
            }
            used.formUnion(fitting.map(\.path))
            cases.append(
                ExtractionCase(name: name, shownPath: shown, work: .regions(image, masks: fitting, regions.selection)))
        }
        // Nobody who names a file expects the table to pass over it; one that a folder holds is none of the cases.
        for file in archive.skipped {
            guard paths.contains(file.path), !cases.isEmpty else {
                skipped.append(file)
                continue
            }
            let name = URL(fileURLWithPath: file.path).lastPathComponent
            cases.append(
                ExtractionCase(name: name, shownPath: name, work: .failed(ImageIdentity(), nil, reason: file.reason)))
        }
        guard !regions.wholeImage else { return }
        for mask in (regions.mask.isEmpty ? archive.masks : named) where !used.contains(mask.path) {
            addOrphan(mask, root: InputPath.root(of: mask.path, among: paths + regions.mask))
        }
    }

    /// A mask whose image is not there has rows, too, so that nobody thinks it was extracted.
    private mutating func addOrphan(_ mask: MaskSource, root: String) {
        let shown = InputPath.relative(mask.path, to: root)
        let image =
            mask.format == .png
            ? "image \(mask.path.replacing("_mask.png", with: ".png"))"
            : "image (series \(mask.referencedSeriesUIDs.joined(separator: ", "))), nor one of its frame of reference"
        let reason =
            "\(mask.format.rawValue): the input does not hold its \(image); add the image, or leave the mask out"
        for entry in mask.entries {
            cases.append(
                ExtractionCase(
                    name: shown, shownPath: shown,
                    work: .failed(ImageIdentity(), entry, reason: reason)))
        }
    }

    private static let howToGiveAMask = "put it beside the image, give --mask, or take all of it with --whole-image"

    private func nothingToDo(_ input: [String]) -> CommandFailure {
        let place = input.joined(separator: ", ")
        if !imagesWithoutMask.isEmpty {
            return CommandFailure(
                .inputUnreadable,
                "\(place): found \(imagesWithoutMask.count) image(s) and no mask for any; \(Self.howToGiveAMask)")
        }
        let first = skipped.first.map { "; \($0.path): \($0.reason)" } ?? ""
        return CommandFailure(
            .inputUnreadable,
            "\(place): no image found, \(skipped.count) file(s) skipped\(first). `weft inspect` lists them all")
    }

    // MARK: manifests

    private mutating func add(_ manifest: Manifest, _ regions: RegionOptions, _ running: RunningOptions) throws {
        for row in manifest.rows {
            do {
                let image = try Archive.scan([row.image], jobs: running.jobs)
                let beside =
                    regions.wholeImage || row.mask != nil ? [] : try MaskSource.beside([row.image], jobs: running.jobs)
                guard image.images.count == 1, let source = image.images.first else {
                    let reasons = image.skipped.map { "\($0.path): \($0.reason)" }.joined(separator: "; ")
                    let found = image.images.isEmpty ? "no image (\(reasons))" : "\(image.images.count) images"
                    addFailure(row, "row \(row.number) of the manifest: found \(found), expected one")
                    continue
                }
                let name =
                    row.caseName
                    ?? (source.format == .png ? row.stem : CaseNames([source]).name(of: source, under: row.image))
                let selection = RegionSelection(
                    names: row.roi.map { [$0] } ?? regions.roi, labels: row.label.map { [$0] } ?? regions.label)
                var work = ExtractionCase.Work.wholeImage(source)
                if !regions.wholeImage {
                    var masks = Ingestion.masks(for: source, among: image.masks.isEmpty ? beside : image.masks)
                    if let path = row.mask { masks = try MaskSource.all(at: path, jobs: running.jobs, &skipped) }
                    guard !masks.isEmpty else {
                        addFailure(row, "row \(row.number) of the manifest has no mask; \(Self.howToGiveAMask)")
                        continue
                    }
                    work = .regions(source, masks: masks, selection)
                }
                cases.append(ExtractionCase(name: name, shownPath: row.imageAsWritten, work: work))
            } catch {
                addFailure(row, "row \(row.number) of the manifest: \(error)")
            }
        }
    }

    private mutating func addFailure(_ row: Manifest.Row, _ reason: String) {
        let entry = row.roi.map { MaskSource.Entry(name: $0, label: row.label ?? 0) }
        cases.append(
            ExtractionCase(
                name: row.caseName ?? row.stem, shownPath: row.imageAsWritten,
                work: .failed(ImageIdentity(), entry, reason: reason)))
    }
}

extension Manifest.Row {
    /// What a PNG's case is called: the path as the manifest has it, wherever the manifest lies.
    fileprivate var stem: String {
        imageAsWritten.lowercased().hasSuffix(".png") ? String(imageAsWritten.dropLast(4)) : imageAsWritten
    }
}

extension MaskSource {
    /// The masks in the folders of files that were named one by one, e.g. `speckle_mask.png` for `speckle.png`.
    static func beside(_ paths: [String], jobs: Int) throws(IngestionError) -> [MaskSource] {
        var folders: Set<String> = []
        var files: [String] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/" : ""
            guard folders.insert(folder).inserted else { continue }
            let names: [String]
            do {
                names = try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder).sorted()
            } catch {
                throw .unreadable(path: folder, reason: error.localizedDescription)
            }
            files += names.filter { !$0.hasPrefix(".") && !Self.isFolder(folder + $0) }.map { folder + $0 }
        }
        return files.isEmpty ? [] : try Archive.scan(files, jobs: jobs).masks
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || isFolder.boolValue
    }

    /// The masks at a path that the user named as a mask: a file, or a folder of them.
    static func all(at path: String, jobs: Int, _ skipped: inout [SkippedFile]) throws(IngestionError) -> [MaskSource] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw .notFound(path: path) }
        if !isFolder.boolValue, path.lowercased().hasSuffix(".png") { return [try MaskSource(labelImage: path)] }
        let archive = try Archive.scan([path], jobs: jobs)
        var masks = archive.masks
        // In a folder of masks `name.png` is one, whatever it is called.
        for image in archive.images where image.format == .png { masks.append(try MaskSource(labelImage: image.path)) }
        skipped += archive.skipped
        guard !masks.isEmpty else {
            let reason = archive.skipped.first.map { ": \($0.reason)" } ?? ""
            throw .unreadable(path: path, reason: "no RTSTRUCT, SEG or PNG mask there\(reason)")
        }
        return masks
    }

    /// Whether a mask that was named with `--mask` is meant for this image.
    func fits(_ image: ImageSource) -> Bool {
        guard format == .png, image.format == .png else { return !masks(for: image, among: [self]).isEmpty }
        func stem(_ path: String) -> String {
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            return name.hasSuffix("_mask") ? String(name.dropLast(5)) : name
        }
        return stem(path) == stem(image.path)
    }
}
