import Files
import Foundation
import Imaging
import Ingestion

/// All cases of a run in the order of the table: by name, whatever order the file system gave.
package struct CasePlan: Sendable {
    package private(set) var cases: [ImageCase] = []
    /// Images that were found and have no mask: said, not worked on.
    package private(set) var imagesWithoutMask: [ImageSource] = []
    package private(set) var skipped: [SkippedFile] = []
    /// Images of modalities that were not asked for, by modality.
    private var otherModalities: [String: Int] = [:]
    private var registered = RegisteredRegions()
    private var maskCount = 0
    private let regions: RegionChoice
    private let modalities: Set<String>?
    private let identity: IdentityDisclosure
    private let jobs: Int

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
        cases.sort { ($0.name, $0.shownPath) < ($1.name, $1.shownPath) }
    }

    /// Says what takes no part.
    package func say(to observer: WorkObserver) {
        if !otherModalities.isEmpty {
            let count = otherModalities.values.reduce(0, +)
            observer.note(
                "\(count) image(s) of other modalities are left out (\(listed(otherModalities)); --modality takes"
                    + " \((modalities ?? []).sorted().joined(separator: ",")))")
        }
        if !imagesWithoutMask.isEmpty {
            observer.note(
                "\(imagesWithoutMask.count) image(s) without a mask are left out (--whole-image takes them)")
        }
    }

    /// Says, at the end of a run, which patients have no region of a register's name. Nobody named the patient's region, so that
    /// this is no failure.
    package func sayWhoIsWithout(to observer: WorkObserver) {
        let selection = regions.selection
        let names = selection.names.isEmpty ? selection.register.names : []
        for line in registered.lines(names) { observer.note(line) }
    }

    private func listed(_ counts: [String: Int]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.isEmpty ? "without modality" : $0.key)" }
            .joined(separator: ", ")
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

    // MARK: files and folders

    private mutating func add(_ paths: [String], _ observer: WorkObserver) throws(IngestionError) {
        let progress = observer.begin(WorkStep("scanning", unit: "files", total: nil))
        var archive = try Archive.scan(paths, jobs: jobs) { progress.advance(to: $0) }
        progress.finish()
        // A PNG that was named on the command line is an image, also when it is called `…_mask.png`.
        var named: [MaskSource] = []
        for path in regions.masks { named += try MaskSource.all(at: path, jobs: jobs, &archive.skipped) }
        let names = CaseNames(archive.images)
        maskCount += archive.masks.count
        let known = Set(archive.masks.map(\.path))
        let beside =
            regions.isWholeImage || !regions.masks.isEmpty
            ? [] : try MaskSource.beside(paths, jobs: jobs).filter { !known.contains($0.path) }
        let drawnOn = DrawnImages(archive.images)
        var used = Set<String>()
        for image in archive.images {
            let root = InputPath.root(of: image.path, among: paths)
            let name = names.name(of: image, under: root)
            let shown = InputPath.relative(image.path, to: root)
            if regions.isWholeImage {
                guard takes(image) else { continue }
                cases.append(
                    ImageCase(
                        name: name, shownPath: shown, source: image.path, root: root, work: .wholeImage(image)))
                continue
            }
            var fitting =
                regions.masks.isEmpty
                ? masks(for: image, among: archive.masks + beside, reach: regions.reach)
                : named.filter { $0.fits(image, reach: regions.reach) }
            // The only mask given belongs to the only image: what does not fit is said in the row.
            if fitting.isEmpty, archive.images.count == 1 { fitting = named }
            guard takes(image) else {
                used.formUnion(fitting.map(\.path))
                continue
            }
            guard !fitting.isEmpty else {
                // A folder of several series names none of them.
                if paths.contains(image.path), archive.images.count(where: { $0.path == image.path }) == 1 {
                    cases.append(
                        ImageCase(
                            name: name, shownPath: shown, source: image.path, root: root,
                            work: .failed(image.identity, nil, reason: "no mask for this image; " + Self.howToGiveAMask)
                        ))
                } else {
                    imagesWithoutMask.append(image)
                    _ = hasRegistered(image, name, [])
                }
                continue
            }
            used.formUnion(fitting.map(\.path))
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
            let root = InputPath.root(of: file.path, among: paths + regions.masks)
            let name = InputPath.relative(file.path, to: root)
            let reason = mask.map { "the \($0.rawValue) mask cannot be used: \(file.reason)" } ?? file.reason
            cases.append(
                ImageCase(
                    name: name, shownPath: name, source: file.path, root: root,
                    work: .failed(ImageIdentity(), nil, reason: reason)))
        }
        guard !regions.isWholeImage else { return }
        for mask in (regions.masks.isEmpty ? archive.masks : named) where !used.contains(mask.path) {
            addOrphan(mask, root: InputPath.root(of: mask.path, among: paths + regions.masks))
        }
    }

    /// A mask whose image is not there has rows, too, so that nobody thinks it was extracted.
    private mutating func addOrphan(_ mask: MaskSource, root: String) {
        let shown = InputPath.relative(mask.path, to: root)
        let image =
            if let name = MaskFileName(shown), mask.format == .png {
                "image \(name.imageStem).png"
            } else if mask.referencedSeriesUIDs.isEmpty {
                "image (the mask names no series), nor one of its frame of reference"
            } else {
                "image (series \(mask.referencedSeriesUIDs.joined(separator: ", "))), nor one of its frame of reference"
            }
        let reason =
            "\(mask.format.rawValue): the input does not hold its \(image); add the image, or leave the mask out"
        let entries: [MaskSource.Entry?] = mask.entries.isEmpty ? [nil] : mask.entries
        for entry in entries {
            cases.append(
                ImageCase(
                    name: shown, shownPath: shown, source: mask.path, root: root,
                    work: .failed(ImageIdentity(), entry, reason: reason)))
        }
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
        if !imagesWithoutMask.isEmpty { return .noMasks(inputs: inputs, images: imagesWithoutMask.count) }
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
                let image = try Archive.scan([row.image], jobs: jobs)
                let beside =
                    regions.isWholeImage || row.mask != nil ? [] : try MaskSource.beside([row.image], jobs: jobs)
                var named: [MaskSource]?
                if !regions.isWholeImage, let path = row.mask {
                    named = try MaskSource.all(at: path, jobs: jobs, &skipped)
                }
                // Of several series in a folder the one that the mask was drawn on.
                let fitting =
                    image.images.count > 1
                    ? image.images.filter { image in named?.contains { $0.fits(image, reach: regions.reach) } ?? false }
                    : []
                let images = fitting.isEmpty ? image.images : fitting
                guard images.count == 1, let source = images.first else {
                    let reasons = image.skipped.map { "\(identity.shown($0.path)): \($0.reason)" }.joined(
                        separator: "; ")
                    let found = images.isEmpty ? "no image (\(reasons))" : "\(images.count) images"
                    addFailure(row, "row \(row.number) of the manifest: found \(found), expected one")
                    continue
                }
                guard takes(source) else { continue }
                let name =
                    row.caseName
                    ?? (source.format == .png ? stem(row) : CaseNames([source]).name(of: source, under: row.image))
                let selection = RegionSelection(
                    names: row.roi.map { [$0] } ?? regions.selection.names,
                    labels: row.label.map { [$0] } ?? regions.selection.labels, register: regions.selection.register)
                var work = ImageCase.Work.wholeImage(source)
                if !regions.isWholeImage {
                    let masks =
                        named
                        ?? Ingestion.masks(
                            for: source, among: image.masks.isEmpty ? beside : image.masks, reach: regions.reach)
                    guard !masks.isEmpty else {
                        addFailure(row, "row \(row.number) of the manifest has no mask; \(Self.howToGiveAMask)")
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

    /// What a PNG's case is called: the path as the manifest has it, wherever the manifest lies.
    private func stem(_ row: Manifest.Row) -> String {
        let path = identity.shown(row.imageAsWritten)
        return path.lowercased().hasSuffix(".png") ? String(path.dropLast(4)) : path
    }
}
