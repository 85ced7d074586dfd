import Files
import Imaging

/// Volumes of labels that belong to no image by their names, and the images on whose grid they lie: of those in the nearest
/// folder, and of the same subject where names say whose they are (BIDS).
package struct GridMatching: Sendable {
    package struct Match: Sendable {
        /// Of the mask.
        package var index: Int
        /// How it came to the image.
        package var finding: Finding
    }

    private var matches: [ImageKey: [Match]] = [:]

    private struct ImageKey: Hashable {
        var path: String
        var frame: Int

        init(_ image: ImageSource) {
            (path, frame) = (image.slices.first?.path ?? image.path, image.slices.first?.frame ?? 0)
        }
    }

    /// - Parameter named: positions of masks that belong to an image by their names.
    package init(_ masks: [MaskSource], except named: Set<Int>, _ images: [ImageSource], in currentFolder: String) {
        let free = masks.indices.filter { masks[$0].geometry != nil && !named.contains($0) }
        guard !free.isEmpty else { return }
        for index in free {
            let mask = masks[index]
            let subject = Subject(mask.path)
            let fitting = images.filter { $0.format != .png && subject.agrees(with: Subject($0.path)) && mask.fits($0) }
            let depths = fitting.map { Self.commonDepth(mask.path, $0.path, currentFolder) }
            let nearest = zip(fitting, depths).filter { $0.1 == depths.max() }.map(\.0)
            let finding = Self.finding(mask, nearest.count)
            for image in nearest { matches[ImageKey(image), default: []].append(Match(index: index, finding: finding)) }
        }
    }

    package func masks(for image: ImageSource) -> [Match] { matches.isEmpty ? [] : matches[ImageKey(image)] ?? [] }

    private static func finding(_ mask: MaskSource, _ count: Int) -> Finding {
        let name = FileName(mask.path).name
        return count == 1
            ? Finding(.note, "the mask \(name) belongs to the image by its grid")
            : Finding(
                .warning,
                "the mask \(name) lies on the grid of \(count) images and is used on each; call it as the image is called, with _mask"
                    + " behind it, to say which is meant")
    }

    /// How many folders two paths have in common.
    private static func commonDepth(_ a: String, _ b: String, _ currentFolder: String) -> Int {
        let (a, b) = (FileName(a).absolute(in: currentFolder), FileName(b).absolute(in: currentFolder))
        return zip(a.split(separator: "/"), b.split(separator: "/")).prefix { $0 == $1 }.count
    }

    /// What BIDS says in a name about whose image it is: `sub-01_ses-2_…`.
    private struct Subject {
        private var entities: [Substring: Substring] = [:]

        init(_ path: String) {
            for part in FileName(path).imageStem.split(separator: "_") {
                let pair = part.split(separator: "-", maxSplits: 1)
                if pair.count == 2, ["sub", "ses", "run"].contains(pair[0]) { entities[pair[0]] = pair[1] }
            }
        }

        func agrees(with other: Subject) -> Bool {
            entities.allSatisfy { name, value in other.entities[name].map { $0 == value } ?? true }
        }
    }
}
