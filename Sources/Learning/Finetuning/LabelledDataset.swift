// Which images have which label, and who is whose: from an ImageFolder tree or a CSV to one entry for each prepared slice.

import Files
import Foundation
import Imaging
import Ingestion
import Preparation

/// One prepared slice with its label.
public struct LabelledSlice: Codable, Hashable, Sendable {
    /// Path of the file, as seen from the dataset.
    public var image: String
    /// As the table of labels has it; a pseudonym for DICOM; the file (or its folder) for a PNG.
    public var patient: String
    /// The image that it is a slice of, as `weft extract` calls it.
    public var caseName: String
    /// From 0, within the image.
    public var slice: Int
    /// Number of its class.
    public var label: Int
    public var split: LabelTable.Split?
    public var fold: String?

    public init(
        image: String, patient: String, caseName: String, slice: Int, label: Int, split: LabelTable.Split? = nil,
        fold: String? = nil
    ) {
        (self.image, self.patient, self.caseName, self.slice) = (image, patient, caseName, slice)
        (self.label, self.split, self.fold) = (label, split, fold)
    }
}

/// The slices of a store with their labels; kept in the run's `dataset.json`.
public struct LabelledDataset: Codable, Hashable, Sendable {
    /// In the order of the folders' names, or of the labels; numbers by size.
    public var classes: [String]
    /// One for each slice of the store; nil for one that has no label.
    public var slices: [LabelledSlice?]
    /// Files that were found or listed and cannot be used.
    public var unusable: [Unusable]

    public struct Unusable: Codable, Hashable, Sendable {
        public var path: String
        public var reason: String
    }

    public init(classes: [String], slices: [LabelledSlice?], unusable: [Unusable] = []) {
        (self.classes, self.slices, self.unusable) = (classes, slices, unusable)
    }

    /// Numbers of the labelled slices of a split in the store.
    public func slices(of split: LabelTable.Split?) -> [Int] {
        slices.indices.filter { slices[$0] != nil && (split == nil || slices[$0]?.split == split) }
    }

    public var hasSplit: Bool { slices.contains { $0?.split != nil } }
    public var hasFolds: Bool { slices.contains { $0?.fold != nil } }
}

/// Where labels come from.
public struct DatasetSource: Sendable {
    private enum Kind: Sendable {
        /// `train/CLASS/…` and `val/CLASS/…`, or `CLASS/…`.
        case folders(splits: [String: LabelTable.Split])
        /// By absolute path of a file or of a folder above it.
        case table([String: LabelTable.Row])
    }

    public let path: String
    public let classes: [String]
    /// What to scan.
    public let inputs: [String]
    /// What paths are seen from.
    public let root: String
    private let kind: Kind
    public private(set) var unusable: [LabelledDataset.Unusable] = []

    /// An ImageFolder tree, or a CSV as ``LabelTable`` has it.
    public init(path given: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: given, isDirectory: &isFolder) else {
            throw IngestionError.notFound(path: given)
        }
        path = given
        if isFolder.boolValue {
            let root = URL(fileURLWithPath: given).standardizedFileURL.path
            self.root = root
            var splits: [String: LabelTable.Split] = [:]
            let top = try Self.folders(in: root)
            for name in top { splits[name] = LabelTable.Split(word: name) }
            if !splits.values.contains(.train) { splits = [:] }
            kind = .folders(splits: splits)
            let used = splits.keys.sorted()
            inputs = used.isEmpty ? [root] : used.map { root + "/" + $0 }
            classes = Set(try inputs.flatMap { try Self.folders(in: $0) }).sorted()
            guard classes.count > 1 else { throw DatasetError.tooFewClasses(path: given, found: classes) }
        } else {
            let table = try LabelTable(path: given)
            var rows: [String: LabelTable.Row] = [:]
            for problem in table.problems {
                unusable.append(.init(path: "row \(problem.row)", reason: problem.reason))
            }
            for row in table.rows {
                if let other = rows[row.image], other.label != row.label {
                    throw DatasetError.twoLabels(
                        image: row.imageAsWritten, rows: [other.number, row.number], labels: [other.label, row.label])
                }
                rows[row.image] = row
            }
            for row in rows.values.sorted(by: { $0.number < $1.number })
            where !FileManager.default.fileExists(atPath: row.image) {
                unusable.append(.init(path: row.imageAsWritten, reason: "row \(row.number): no such file"))
                rows[row.image] = nil
            }
            let names = Set(rows.values.map(\.label))
            let numbers = names.compactMap { Double($0) }
            classes =
                numbers.count == names.count
                ? names.sorted { (Double($0) ?? 0, $0) < (Double($1) ?? 0, $1) } : names.sorted()
            guard classes.count > 1 else { throw DatasetError.tooFewClasses(path: given, found: classes) }
            kind = .table(rows)
            inputs = rows.values.sorted { $0.number < $1.number }.map(\.image)
            let folder = URL(fileURLWithPath: given).deletingLastPathComponent().standardizedFileURL.path
            root = inputs.allSatisfy { $0.hasPrefix(folder + "/") } ? folder : Self.commonFolder(of: inputs)
        }
    }

    private static func folders(in path: String) throws -> [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch { throw IngestionError.unreadable(path: path, reason: SystemError.text(of: error)) }
        return names.filter { name in
            var isFolder: ObjCBool = false
            return !name.hasPrefix(".")
                && FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
                && isFolder.boolValue
        }.sorted()
    }

    /// The deepest folder that holds all paths.
    static func commonFolder(of paths: [String]) -> String {
        var common: [Substring]?
        for path in paths {
            let parts = path.split(separator: "/").dropLast()
            guard let known = common else {
                common = Array(parts)
                continue
            }
            common = zip(known, parts).prefix { $0 == $1 }.map(\.0)
        }
        return "/" + (common ?? []).joined(separator: "/")
    }

    private struct Assignment {
        var label: String
        var patient: String?
        var split: LabelTable.Split?
        var fold: String?
    }

    private func assignment(of relative: String) -> Assignment? {
        switch kind {
        case .folders(let splits):
            let parts = relative.split(separator: "/").map(String.init)
            guard !splits.isEmpty else { return parts.count > 1 ? Assignment(label: parts[0]) : nil }
            guard parts.count > 2, let split = splits[parts[0]] else { return nil }
            return Assignment(label: parts[1], split: split)
        case .table(let rows):
            var path = (root == "/" ? "" : root) + "/" + relative
            while true {
                if let row = rows[path] {
                    return Assignment(label: row.label, patient: row.patient, split: row.split, fold: row.fold)
                }
                guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
                path = String(path[..<slash])
            }
        }
    }

    /// Labels for all slices of a store that was prepared from ``inputs``.
    ///
    /// - Parameters:
    ///   - caseName: what an image is called.
    ///   - pseudonym: of the patient of a DICOM image that no table names; nil: by the hash of the Patient ID.
    public func labels(
        for store: SliceStore, prepared: PreparedArchive, caseName: (ImageSource) -> String,
        pseudonym: (ImageIdentity) -> String? = { _ in nil }
    ) throws -> LabelledDataset {
        let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        var slices: [LabelledSlice?] = []
        // Series come in the order of the images; an image that could not be prepared has none.
        var images = prepared.images[...]
        for series in store.contents.series {
            let isOneFile = series.files.count == 1
            let wanted = Set(series.files)
            func holds(_ image: ImageSource) -> Bool {
                let files = Set(
                    image.slices.map { PreparedArchive.relative($0.path, to: [root]) } + [shown(image.path)])
                return wanted.isSubset(of: files)
            }
            while let image = images.first, !holds(image) { images.removeFirst() }
            let image = images.popFirst()
            let patient = image.flatMap { pseudonym($0.identity) } ?? "P-" + series.patient.prefix(12)
            for (place, slice) in series.slices.enumerated() {
                let file = isOneFile ? series.files[0] : series.files[place]
                guard let assignment = assignment(of: file), let label = numbers[assignment.label] else {
                    slices.append(nil)
                    continue
                }
                let known =
                    assignment.patient
                    ?? (series.modality == "PNG" ? pngPatient(file, prepared.settings.pngPatient) : patient)
                slices.append(
                    LabelledSlice(
                        image: file, patient: known, caseName: image.map(caseName) ?? stem(file), slice: slice,
                        label: label, split: assignment.split, fold: assignment.fold))
            }
        }
        let skipped =
            prepared.skipped.map { LabelledDataset.Unusable(path: shown($0.path), reason: $0.reason) }
            + prepared.masks.filter(isListed).map {
                LabelledDataset.Unusable(
                    path: shown($0),
                    reason: "is a mask by its name, expected a picture; take the row out, or rename the file")
            }
            + store.contents.skipped.map { LabelledDataset.Unusable(path: $0.path, reason: $0.reason) }
        return LabelledDataset(classes: classes, slices: slices, unusable: unusable + skipped)
    }

    /// Whether the table of labels has a row for the file itself.
    private func isListed(_ path: String) -> Bool {
        guard case .table(let rows) = kind else { return false }
        return rows[path] != nil
    }

    private func shown(_ path: String) -> String { PreparedArchive.relative(path, to: [root]) }

    private func stem(_ file: String) -> String {
        file.lowercased().hasSuffix(".png") ? String(file.dropLast(4)) : file
    }

    /// A PNG is a patient of its own, or its folder is one.
    private func pngPatient(_ file: String, _ png: PNGPatient) -> String {
        guard png == .folder else { return stem(file) }
        return file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
    }
}

/// Why a dataset cannot be trained on.
public enum DatasetError: Error, Hashable, CustomStringConvertible {
    case tooFewClasses(path: String, found: [String])
    case twoLabels(image: String, rows: [Int], labels: [String])
    case noSplit(path: String)
    case empty(place: String, unusable: Int)
    case onlyTest(path: String, images: Int)
    case classLacks(name: String, place: String)
    case sharedPatients([String], places: String)
    case tooFewPatients(found: Int, folds: Int)

    public var description: String {
        switch self {
        case .tooFewClasses(let path, let found):
            "\(path): found \(found.isEmpty ? "no class" : "one class (\(found[0]))"), expected two or more: folders "
                + "train/CLASS and val/CLASS, or a CSV with the columns image and label"
        case .twoLabels(let image, let rows, let labels):
            "\(image): has the labels '\(labels[0])' (row \(rows[0])) and '\(labels[1])' (row \(rows[1])), expected one"
        case .noSplit(let path):
            "\(path): found neither train/ and val/ nor a column split or fold; say --folds K for cross-validation by patient"
        case .empty(let place, let unusable):
            "\(place): found no image that can be used\(unusable > 0 ? " (\(unusable) cannot be read)" : "")"
        case .onlyTest(let path, let images):
            "\(path): all \(images) images are of the split test, which is never trained on; expected some called train, or no "
                + "column split"
        case .classLacks(let name, let place):
            "class '\(name)' has no image in \(place), expected at least one to train on; take fewer folds, or another seed"
        case .sharedPatients(let patients, let places):
            "\(patients.count) patient(s) in \(places), e.g. \(patients.prefix(3).joined(separator: ", ")): the result "
                + "would measure how well they are remembered; part them, let --folds K do it, or say --shared-patients allow"
        case .tooFewPatients(let found, let folds):
            "\(found) patient(s) for \(folds) folds, expected at least one a fold; take fewer folds"
        }
    }
}
