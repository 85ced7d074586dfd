import Files

extension [MaskSource] {
    /// The masks of one image with regions whose names tell them apart. A PNG knows numbers only; where an image has several
    /// such masks, the regions of each are called by what its file's name has beyond the image's (`mask`, `mask_1`), or by the
    /// folder where the files' names are one.
    package func namedApart(on image: ImageSource) -> [MaskSource] {
        let pictures = indices.filter { self[$0].format == .png }
        guard pictures.count > 1 else { return self }
        let stem = FileName(image.path).stem
        let paths = pictures.map { FileName(self[$0].path) }
        let folders = paths.map { $0.folder.split(separator: "/").last.map(String.init) ?? "" }
        var names = zip(paths, folders).map { path, folder in
            let name = Self.name(of: path.stem, beyond: stem)
            return name.isEmpty ? folder : name
        }
        for k in Self.repeated(names).joined() where names[k] != folders[k] && !folders[k].isEmpty {
            names[k] = "\(folders[k])/\(names[k])"
        }
        for repeated in Self.repeated(names) {
            for (number, k) in repeated.enumerated() where number > 0 { names[k] += "#\(number + 1)" }
        }
        var masks = self
        for (name, index) in zip(names, pictures) {
            for entry in masks[index].entries.indices { masks[index].entries[entry].name = name }
        }
        return masks
    }

    private static func name(of mask: Substring, beyond image: Substring) -> String {
        guard mask.hasPrefix(image) else { return String(mask) }
        return String(mask.dropFirst(image.count).drop { "_-. ".contains($0) })
    }

    /// Places of the names that stand more than once, by name.
    private static func repeated(_ names: [String]) -> [[Int]] {
        Dictionary(grouping: names.indices, by: { names[$0] }).filter { $0.value.count > 1 }
            .sorted { $0.key < $1.key }.map(\.value)
    }
}
