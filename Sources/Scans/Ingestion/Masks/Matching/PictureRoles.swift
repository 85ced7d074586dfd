import Files
import Foundation

/// Which PNGs among the files of a scan are masks, by their names and folders alone: `a_mask.png`, `a_seg.png` beside `a.png`,
/// `masks/a.png` and `masks/a_mask.png` beside `images/a.png`, also with equal folders below the two.
struct PictureRoles {
    enum Role: Hashable, Sendable {
        case image
        /// Of the images at these paths, without their suffix.
        case mask(of: [String])
        /// The same, if its values are labels: pictures may be called so, too.
        case maskIfLabels(of: [String])
    }

    /// Absolute paths without suffix of what may be an image, in whatever format.
    private var stems: Set<String> = []
    /// Those paths by what stays of them without the one folder that stands beside a folder of masks.
    private var besideMasks: [String: [String]] = [:]
    /// Folders of masks that hold a mask of an image which is there.
    private var foldersInUse: Set<String> = []
    private let currentFolder = FileManager.default.currentDirectoryPath

    init(_ files: [String]) {
        guard files.contains(where: { FileName($0).ends(in: ".png") }) else { return }
        // One folder may have been given in two spellings.
        let files = files.map { FileName($0).absolute(in: currentFolder) }
        let places = files.compactMap(MaskPlace.init)
        for path in files where !FileKind.isCompanionName(path) && MaskFileName(path) == nil {
            stems.insert(Self.stem(of: path))
        }
        let parents = Set(places.map(\.parent))
        guard !parents.isEmpty else { return }
        for path in files where !FileKind.isCompanionName(path) && MaskPlace(path) == nil {
            let stem = Self.stem(of: path)
            for (parent, rest) in Self.splits(stem) where parents.contains(parent) {
                besideMasks[parent + rest, default: []].append(stem)
                // Without the folder that stands beside the one of the masks.
                if let slash = rest.firstIndex(of: "/") {
                    besideMasks[parent + rest[rest.index(after: slash)...], default: []].append(stem)
                }
            }
        }
        for place in places where !imageStems(of: place).isEmpty { foldersInUse.insert(place.folder) }
    }

    func role(of path: String) -> Role {
        guard FileName(path).ends(in: ".png") else { return .image }
        let path = FileName(path).absolute(in: currentFolder)
        let name = MaskFileName(likely: path)
        let place = MaskPlace(path)
        let beside = (name?.imageStem).flatMap { stems.contains($0) ? $0 : nil }
        let found = (beside.map { [$0] } ?? []) + (place.map(imageStems) ?? [])
        if let name, name.evidence == .certain { return .mask(of: found.isEmpty ? [name.imageStem] : found) }
        let isInFolder = place.map { foldersInUse.contains($0.folder) } ?? false
        return found.isEmpty && !isInFolder ? .image : .maskIfLabels(of: found)
    }

    private func imageStems(of place: MaskPlace) -> [String] {
        var found: [String] = []
        for name in place.names {
            for stem in besideMasks[place.parent + name] ?? [] where !found.contains(stem) { found.append(stem) }
        }
        return found
    }

    private static func stem(of path: String) -> String {
        let name = FileName(path)
        // Names of volumes have two suffixes.
        let whole = name.ends(in: ".gz") ? FileName(String(name.pathWithoutSuffix)) : name
        return String(whole.pathWithoutSuffix)
    }

    /// The path cut behind each of its folders, the slash with the folder.
    private static func splits(_ path: String) -> [(folder: String, rest: Substring)] {
        path.indices.filter { path[$0] == "/" }.map { slash in
            let next = path.index(after: slash)
            return (String(path[..<next]), path[next...])
        }
    }

    /// Where a PNG lies in a folder of masks.
    private struct MaskPlace {
        /// The folder that the folder of masks lies in, with its slash.
        let parent: String
        /// The folder of masks, with its slash.
        let folder: String
        /// What its image may be called as seen from there, without suffix: as the mask is, or without its `_mask`.
        let names: [String]

        init?(_ path: String) {
            guard FileName(path).ends(in: ".png") else { return nil }
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            let folders = parts.dropLast()
            guard let place = folders.lastIndex(where: { MaskFolderName.matches($0) }),
                !folders[(place + 1)...].contains(where: { MaskFolderName.isOfImages($0) })
            else { return nil }
            func joined(_ parts: ArraySlice<Substring>) -> String { parts.map { $0 + "/" }.joined() }
            parent = joined(folders[..<place])
            folder = joined(folders[...place])
            let below = path.dropFirst(folder.count)
            let own = String(below.dropLast(".png".count))
            names = [own] + (MaskFileName(likely: String(below)).map { [$0.imageStem] } ?? [])
        }
    }
}
