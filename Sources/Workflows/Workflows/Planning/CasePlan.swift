import Files
import Foundation
import Imaging
import Ingestion

/// All cases of a run in the order of the table, whatever order the file system gave.
package struct CasePlan: Sendable {
    package private(set) var cases: [ImageCase] = []
    /// Images that were found and have no mask: said, not worked on.
    package private(set) var imagesWithoutMask: [ImageSource] = []
    package private(set) var skipped: [SkippedFile] = []
    /// Masks where all of an image is worked on: said, and never taken for images.
    private(set) var unusedMasks: [MaskSource] = []
    /// Masks in a folder of `--mask` where single images were named: said, and no failures.
    private(set) var masksOfOthers: [MaskSource] = []
    /// Images of modalities that were not asked for, by modality.
    private(set) var otherModalities: [String: Int] = [:]
    private(set) var registered = RegisteredRegions()
    private var maskCount = 0
    let regions: RegionChoice
    let modalities: Set<String>?
    /// Images that do not say their modality, and were taken for the one that was asked for.
    private(set) var namedImages = 0
    private let identity: IdentityDisclosure
    private let jobs: Int
    /// Of `--labels`.
    private var labelNames: LabelNames?

    /// - Parameters:
    ///   - inputs: DICOM files and folders of them, PNGs, CSV manifests.
    ///   - modalities: of which images are taken, by DICOM's code; nil: of any.
    ///   - jobs: files that are read at the same time.
    /// - Throws: ``WorkflowError`` when an input cannot be read, or nothing in it has anything to be worked on.
    package init(
        _ inputs: [String], regions: RegionChoice, modalities: Set<String>? = nil, identity: IdentityDisclosure,
        jobs: Int, observer: WorkObserver = .silent
    ) throws(WorkflowError) {
        (self.regions, self.modalities, self.identity, self.jobs) = (regions, modalities, identity, jobs)
        if let table = regions.selection.labelTable {
            do { labelNames = try LabelNames(path: table) } catch { throw .ingestion(error) }
        }
        let manifests = inputs.filter { $0.lowercased().hasSuffix(".csv") }
        let paths = inputs.filter { !$0.lowercased().hasSuffix(".csv") }
        for path in manifests {
            let manifest: Manifest
            do { manifest = try Manifest(path: path) } catch { throw .ingestion(error) }
            try add(manifest)
        }
        if !paths.isEmpty {
            do { try add(paths, observer) } catch { throw .ingestion(error) }
        }
        guard !cases.isEmpty else { throw nothingToDo(inputs) }
        nameApart()
        cases.putInOrder(identity)
    }

    /// Whether an image is of a modality that is asked for; counts those that are not.
    private mutating func takes(_ image: ImageSource) -> Bool {
        guard let modalities, !modalities.contains(image.identity.modality) else { return true }
        otherModalities[image.identity.modality, default: 0] += 1
        return false
    }

    /// Whether the image has a region that is asked for, where a register alone says which: without one it has no row.
    private mutating func hasRegistered(_ image: ImageSource, _ name: String, _ masks: [MaskSource]) -> Bool {
        let selection = regions.selection
        guard !selection.register.isEmpty else { return true }
        let patient = image.identity.patient(identity)
        registered.add(patient.isEmpty ? name : patient, masks, selection)
        return !selection.names.isEmpty || masks.lazy.flatMap(\.entries).contains(where: selection.matches)
    }

    /// Cases of different images get different names: those of equal ones the last folder of their input, and a number
    /// when that is not enough.
    private mutating func nameApart() {
        func shared() -> [[Int]] {
            Dictionary(grouping: cases.indices, by: { cases[$0].name }).values.filter { group in
                Set(group.map { cases[$0].source }).count > 1
            }
        }
        for group in shared() {
            for k in group {
                let root = URL(fileURLWithPath: cases[k].root)
                let isItself = root.path == URL(fileURLWithPath: cases[k].source).path
                let folder = (isItself ? root.deletingLastPathComponent() : root).lastPathComponent
                cases[k].name = "\(folder)/\(cases[k].name)"
            }
        }
        for group in shared() {
            let sources = Set(group.map { cases[$0].source }).sorted()
            for k in group { cases[k].name += "#\((sources.firstIndex(of: cases[k].source) ?? 0) + 1)" }
        }
    }

    /// With the names that `--labels` has for them.
    private func named(_ masks: [MaskSource]) -> [MaskSource] {
        labelNames.map { names in masks.map { $0.named(by: names) } } ?? masks
    }

    // MARK: files and folders

    private mutating func add(_ paths: [String], _ observer: WorkObserver) throws(IngestionError) {
        let progress = observer.begin(WorkStep("scanning", unit: "files", total: nil))
        var archive = try Archive.scan(paths, jobs: jobs) { progress.advance(to: $0) }
        progress.finish()
        namedImages += archive.nameModality(modalities ?? [])?.count ?? 0
        let given = try GivenMasks(regions.masks, regions.selection, jobs: jobs)
        // A file that serves as a mask is no image.
        let selfMasked = archive.images.filter(given.serves)
        archive.images.removeAll(where: given.serves)
        archive.skip(given.skipped)
        archive.masks.removeAll { !regions.selection.takes($0) }
        let names = CaseNames(archive.images)
        maskCount += archive.masks.count + given.masks.count
        if regions.isWholeImage { unusedMasks += archive.masks }
        let fitting = try masks(of: archive, given, named: paths).map(named)
        let drawnOn = DrawnImages(archive.images)
        var used = Set<String>()
        for (image, fitting) in zip(archive.images, fitting) {
            let root = InputPath.root(of: image.path, among: archive.roots)
            let name = names.name(of: image, under: root)
            let shown = InputPath.relative(image.path, to: root)
            if regions.isWholeImage {
                guard takes(image) else { continue }
                cases.append(
                    ImageCase(
                        name: name, shownPath: shown, source: image.path, root: root, work: .wholeImage(image)))
                continue
            }
            guard takes(image) else {
                used.formUnion(fitting.flatMap(\.paths))
                continue
            }
            guard !fitting.isEmpty else {
                // A folder of several series names none of them.
                if paths.contains(image.path), archive.images.count(where: { $0.path == image.path }) == 1 {
                    cases.append(
                        ImageCase(
                            name: name, shownPath: shown, source: image.path, root: root,
                            work: .failed(
                                image.identity, nil,
                                reason: "no \(regions.selection.maskTitle) for this image; " + Self.howToGiveAMask)
                        ))
                } else {
                    imagesWithoutMask.append(image)
                    _ = hasRegistered(image, name, [])
                }
                continue
            }
            used.formUnion(fitting.flatMap(\.paths))
            guard hasRegistered(image, name, fitting) else { continue }
            let borrowed = fitting.filter { drawnOn.holdTheImage(of: $0, otherThan: image) }
            cases.append(
                ImageCase(
                    name: name, shownPath: shown, source: image.path, root: root,
                    work: .regions(image, masks: fitting, regions.selection),
                    borrowedMasks: Set(borrowed.map(\.path))))
        }
        // Nobody who names a file expects the table to pass over it, nor over a mask that a folder holds; what else a folder
        // holds is none of the cases.
        for file in archive.skipped {
            let mask = regions.isWholeImage ? nil : file.intendedMask
            guard paths.contains(file.path) || mask != nil, !archive.images.isEmpty || !cases.isEmpty else {
                skipped.append(file)
                continue
            }
            let root = InputPath.root(of: file.path, among: archive.roots + regions.masks)
            let name = InputPath.relative(file.path, to: root)
            let reason = mask.map { "the \($0.rawValue) mask cannot be used: \(file.reason)" } ?? file.reason
            cases.append(
                ImageCase(
                    name: name, shownPath: name, source: file.path, root: root,
                    work: .failed(ImageIdentity(), nil, reason: reason)))
        }
        guard !regions.isWholeImage else { return }
        // Who names single images has masks of others in the folder of masks.
        let isOfSingleImages = archive.roots == paths && Set(archive.images.map(\.path)) == Set(paths)
        for mask in (regions.masks.isEmpty ? archive.masks : given.masks) where !used.contains(mask.path) {
            if isOfSingleImages, !regions.masks.isEmpty, !given.isNamedItself(mask) {
                masksOfOthers.append(mask)
                continue
            }
            let root = InputPath.root(of: mask.path, among: archive.roots + regions.masks)
            let orphan = OrphanMask(
                mask, shownPath: InputPath.relative(mask.path, to: root), selfMasked, archive.skipped)
            for entry in orphan.entries {
                cases.append(
                    ImageCase(
                        name: orphan.shownPath, shownPath: orphan.shownPath, source: mask.path, root: root,
                        work: .failed(ImageIdentity(), entry, reason: orphan.reason)))
            }
        }
    }

    /// For each image of the archive the masks that belong to it: those of `--mask`, or those that lie among the inputs or
    /// beside them.
    private func masks(
        of archive: Archive, _ given: GivenMasks, named paths: [String]
    ) throws(IngestionError) -> [[MaskSource]] {
        guard !regions.isWholeImage else { return archive.images.map { _ in [] } }
        guard regions.masks.isEmpty else { return given.fitting(archive.images, reach: regions.reach) }
        let known = Set(archive.masks.map { InputPath.absolute($0.path) })
        let beside = try MaskSource.beside(paths, jobs: jobs).filter {
            !known.contains(InputPath.absolute($0.path)) && regions.selection.takes($0)
        }
        let index = MaskIndex(MaskSource.joined(archive.masks + beside), of: archive.images)
        return archive.images.map { index.masks(for: $0, reach: regions.reach) }
    }

    static let howToGiveAMask = "put it beside the image, give --mask, or take all of it with --whole-image"

    private func nothingToDo(_ inputs: [String]) -> WorkflowError {
        if !registered.found.isEmpty, registered.isEmpty {
            return .noSpelling(of: regions.selection.register.names, found: registered.found)
        }
        if !otherModalities.isEmpty, imagesWithoutMask.isEmpty {
            return .otherModalities(
                wanted: (modalities ?? []).sorted(),
                found: otherModalities.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" })
        }
        if !imagesWithoutMask.isEmpty {
            return .noMasks(
                inputs: inputs, images: imagesWithoutMask.count, wanted: regions.selection.maskTitle)
        }
        if maskCount > 0 { return .noImages(inputs: inputs, masks: maskCount) }
        return .nothingReadable(inputs: inputs, skipped: skipped)
    }

    // MARK: manifests

    private mutating func add(_ manifest: Manifest) throws(WorkflowError) {
        try Self.refuseRepeatedCases(manifest)
        for row in manifest.rows {
            do throws(IngestionError) {
                if let problem = row.problem {
                    addFailure(row, "row \(row.number) of the manifest: \(problem)")
                    continue
                }
                var image = try Archive.scan([row.image], jobs: jobs)
                namedImages += image.nameModality(modalities ?? [])?.count ?? 0
                let beside =
                    regions.isWholeImage || row.mask != nil ? [] : try MaskSource.beside([row.image], jobs: jobs)
                var given: [MaskSource]?
                if !regions.isWholeImage, let path = row.mask {
                    let masks = try GivenMasks([path], regions.selection, jobs: jobs)
                    skipped += masks.skipped
                    if image.images.contains(where: masks.serves), image.images.count == 1 {
                        addFailure(
                            row,
                            "row \(row.number) of the manifest: Mask is the file of Image, expected another one; a file that "
                                + "serves as a mask is never an image")
                        continue
                    }
                    image.images.removeAll(where: masks.serves)
                    // Of several series in a folder the one that the mask was drawn on.
                    let fitting = masks.fitting(image.images, reach: regions.reach)
                    if fitting.contains(where: { !$0.isEmpty }) {
                        image.images = zip(image.images, fitting).filter { !$1.isEmpty }.map(\.0)
                    }
                    given = fitting.first { !$0.isEmpty } ?? masks.masks
                }
                guard image.images.count == 1, let source = image.images.first else {
                    let found = image.reasonForNoImage ?? "found \(image.images.count) images, expected one"
                    addFailure(row, "row \(row.number) of the manifest: \(identity.shown(row.image)): \(found)")
                    continue
                }
                guard takes(source) else { continue }
                let name =
                    row.caseName
                    ?? (source.format != .dicom ? stem(row) : CaseNames([source]).name(of: source, under: row.image))
                let selection = RegionSelection(
                    names: row.roi.map { [$0] } ?? regions.selection.names,
                    labels: row.label.map { [$0] } ?? regions.selection.labels,
                    formats: regions.selection.formats, register: regions.selection.register,
                    maskGrid: regions.selection.maskGrid)
                var work = ImageCase.Work.wholeImage(source)
                if !regions.isWholeImage {
                    let found =
                        given
                        ?? Ingestion.masks(
                            for: source, among: image.masks.isEmpty ? beside : image.masks, reach: regions.reach
                        ).filter(selection.takes)
                    let masks = named(found)
                    guard !masks.isEmpty else {
                        addFailure(
                            row,
                            "row \(row.number) of the manifest has no \(selection.maskTitle); \(Self.howToGiveAMask)")
                        continue
                    }
                    guard row.roi != nil || hasRegistered(source, name, masks) else { continue }
                    work = .regions(source, masks: masks, selection)
                }
                cases.append(
                    ImageCase(
                        name: name, shownPath: identity.shown(row.imageAsWritten), source: source.path,
                        root: row.image,
                        work: work))
            } catch {
                addFailure(row, "row \(row.number) of the manifest: \(identity.shown(error.path)): \(error.reason)")
            }
        }
    }

    /// One name for two images would make their rows one patient's. Rows for several regions of an image share it.
    private static func refuseRepeatedCases(_ manifest: Manifest) throws(WorkflowError) {
        let named = Dictionary(grouping: manifest.rows.filter { $0.caseName != nil }, by: \.caseName)
        let repeated = named.filter { Set($0.value.map(\.image)).count > 1 }
            .min { ($0.value.first?.number ?? 0) < ($1.value.first?.number ?? 0) }
        guard let (name, rows) = repeated else { return }
        throw .repeatedCase(name: name ?? "", rows: rows.map(\.number))
    }

    private mutating func addFailure(_ row: Manifest.Row, _ reason: String) {
        let entry = row.roi.map { MaskSource.Entry(name: $0, label: row.label ?? 0) }
        cases.append(
            ImageCase(
                name: row.caseName ?? stem(row), shownPath: identity.shown(row.imageAsWritten), source: row.image,
                root: row.image,
                work: .failed(ImageIdentity(), entry, reason: reason)))
    }

    /// What the case of a PNG or a volume is called: the path as the manifest has it, wherever the manifest lies.
    private func stem(_ row: Manifest.Row) -> String {
        FileName(identity.shown(row.imageAsWritten)).caseName
    }
}
