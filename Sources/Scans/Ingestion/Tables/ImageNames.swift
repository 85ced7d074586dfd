/// The one way in which tables name images: by the longest common end of the path, in whole folders, the suffix `.png` and a
/// leading `./` not counted. So `busi/images/x.png`, `images/x.png` and `x` are one image, and `a/x` and `b/x` are two: of two
/// names that mean one image the shorter is the end of the longer.
public struct ImageNames: Sendable {
    /// What one of the names has in common with the name that was looked up.
    public enum Match: Hashable, Sendable {
        /// All of it.
        case whole
        /// One is the end of the other. A name that is the shorter one may be that of several images.
        case end(isShorter: Bool)
        /// It names a folder that holds the image.
        case folder
    }

    /// Places of the names, by the part of each that counts.
    private var places: [String: [Int]] = [:]
    /// The parts that count, by their last component.
    private var plainByEnd: [Substring: [String]] = [:]

    public init(_ names: some Sequence<String>) {
        for (place, name) in names.enumerated() {
            let plain = Self.plain(name)
            guard !plain.isEmpty else { continue }
            if places[plain] == nil { plainByEnd[Self.end(of: plain), default: []].append(plain) }
            places[plain, default: []].append(place)
        }
    }

    /// The names that are meant, by their places: the one that is the same, else those with the longest common end, else those of
    /// the nearest folder above. More than one where it cannot be told; none where nothing fits.
    public func matching(_ name: String) -> (places: [Int], match: Match) {
        let plain = Self.plain(name)
        if let found = found(plain) { return found }
        var folder = plain
        while let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            folder = String(folder[..<slash])
            // A row that names a folder by the end of its path only would hold too much.
            if let found = found(folder), found.match != .end(isShorter: true) { return (found.places, .folder) }
        }
        return ([], .whole)
    }

    private func found(_ plain: String) -> (places: [Int], match: Match)? {
        if let same = places[plain] { return (same, .whole) }
        guard !plain.isEmpty else { return nil }
        let alike = (plainByEnd[Self.end(of: plain)] ?? []).filter {
            $0.hasSuffix("/" + plain) || plain.hasSuffix("/" + $0)
        }
        let longest = alike.map { min($0.utf8.count, plain.utf8.count) }.max()
        let nearest = alike.filter { min($0.utf8.count, plain.utf8.count) == longest }
        guard let first = nearest.first else { return nil }
        return (nearest.flatMap { places[$0] ?? [] }.sorted(), .end(isShorter: first.utf8.count < plain.utf8.count))
    }

    private static func end(of name: String) -> Substring {
        name[(name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...]
    }

    /// The part of a name that counts.
    public static func plain(_ name: String) -> String {
        var name = Substring(name)
        while name.hasPrefix("./") { name = name.dropFirst(2) }
        while name.count > 1, name.hasSuffix("/") { name = name.dropLast() }
        return String(name.lowercased().hasSuffix(".png") ? name.dropLast(4) : name)
    }
}
