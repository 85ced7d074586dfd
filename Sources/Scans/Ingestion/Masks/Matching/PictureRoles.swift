import Files
import Foundation

/// Which PNGs and volumes among the files of a scan are masks, by their names and folders alone: `a_mask.png`, `a_seg.png` beside
/// `a.png`, `masks/a.png` and `masks/a_mask.png` beside `images/a.png`, also with equal folders below the two; `labelsTr/a.nii.gz`
/// beside `imagesTr/a_0000.nii.gz`; and every volume in a folder of masks, which may be called after organs.
struct PictureRoles {
    enum Role: Hashable, Sendable {
        case image
        /// Of the images at these paths, without their suffix.
        case mask(of: [String])
        /// The same, if its values are labels: pictures may be called so, too.
        case maskIfLabels(of: [String])
    }

    /// Absolute paths without suffix of what may be an image, in whatever format, by what their masks may be named after.
    private var stems: [String: [String]] = [:]
    /// Those paths by what stays of them without the one folder that stands beside a folder of masks.
    private var besideMasks: [String: [String]] = [:]
    /// Folders of masks that hold a mask of an image which is there.
    private var foldersInUse: Set<String> = []
    private let currentFolder = FileManager.default.currentDirectoryPath

    init(_ files: [String]) {
        guard files.contains(where: MaskFileName.isOfLabelImage) else { return }
        // One folder may have been given in two spellings.
        let files = files.map { FileName($0).absolute(in: currentFolder) }
        let places = files.compactMap(MaskPlace.init)
        for path in files where !FileKind.isCompanionName(path) && MaskFileName(path) == nil {
            let stem = Self.stem(of: path)
            for form in ImageNameForms.of(stem) where stems[form]?.contains(stem) != true {
                stems[form, default: []].append(stem)
            }
        }
        let parents = Set(places.map(\.parent))
        guard !parents.isEmpty else { return }
        for path in files where !FileKind.isCompanionName(path) && MaskPlace(path) == nil {
            let stem = Self.stem(of: path)
            for form in ImageNameForms.of(stem) {
                for (parent, rest) in Self.splits(form) where parents.contains(parent) {
                    besideMasks[parent + rest, default: []].append(stem)
                    // Without the folder that stands beside the one of the masks.
                    if let slash = rest.firstIndex(of: "/") {
                        besideMasks[parent + rest[rest.index(after: slash)...], default: []].append(stem)
                    }
                }
            }
        }
        for place in places where !imageStems(of: place).isEmpty { foldersInUse.insert(place.folder) }
    }

    func role(of path: String) -> Role {
        guard MaskFileName.isOfLabelImage(path) else { return .image }
        let path = FileName(path).absolute(in: currentFolder)
        let name = MaskFileName(likely: path)
        let place = MaskPlace(path)
        let found = (name.flatMap { stems[$0.imageStem] } ?? []) + (place.map(imageStems) ?? [])
        if let name, name.evidence == .certain { return .mask(of: found.isEmpty ? [name.imageStem] : found) }
        // Of volumes the values tell labels from an image, so that the name need not say more.
        let isLikely =
            VolumeFormat(named: path) != nil && (name != nil || place != nil || MaskFileName.isWordAlone(path))
        let isInFolder = place.map { foldersInUse.contains($0.folder) } ?? false
        return found.isEmpty && !isInFolder && !isLikely ? .image : .maskIfLabels(of: found)
    }

    private func imageStems(of place: MaskPlace) -> [String] {
        var found: [String] = []
        for name in place.names {
            for stem in besideMasks[place.parent + name] ?? [] where !found.contains(stem) { found.append(stem) }
        }
        return found
    }

    private static func stem(of path: String) -> String {
        String(FileName(path).pathWithoutImageSuffix)
    }

    /// The path cut behind each of its folders, the slash with the folder.
    private static func splits(_ path: String) -> [(folder: String, rest: Substring)] {
        path.indices.filter { path[$0] == "/" }.map { slash in
            let next = path.index(after: slash)
            return (String(path[..<next]), path[next...])
        }
    }

    /// Where a PNG or a volume lies in a folder of masks.
    private struct MaskPlace {
        /// The folder that the folder of masks lies in, with its slash.
        let parent: String
        /// The folder of masks, with its slash.
        let folder: String
        /// What its image may be called as seen from there, without suffix: as the mask is, or without its `_mask`.
        let names: [String]

        init?(_ path: String) {
            guard MaskFileName.isOfLabelImage(path) else { return nil }
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            let folders = parts.dropLast()
            guard let place = folders.lastIndex(where: { MaskFolderName.matches($0) }),
                !folders[(place + 1)...].contains(where: { MaskFolderName.isOfImages($0) })
            else { return nil }
            func joined(_ parts: ArraySlice<Substring>) -> String { parts.map { $0 + "/" }.joined() }
            parent = joined(folders[..<place])
            folder = joined(folders[...place])
            let below = path.dropFirst(folder.count)
            let own = String(FileName(String(below)).pathWithoutImageSuffix)
            names = [own] + (MaskFileName(likely: String(below)).map { [$0.imageStem] } ?? [])
        }
    }
}
