import Files

extension [MaskSource] {
    /// The masks of one image with regions whose names tell them apart. A label image knows numbers only, unless it has names for
    /// them; where an image has several such masks, the regions of each are called by what its file's name has beyond the image's
    /// (`mask`, `mask_1`), or by the folder where the files' names are one. A volume that is called after nothing but what it shows
    /// (`liver.nii.gz`) gives its name also when it is alone.
    package func namedApart(on image: ImageSource) -> [MaskSource] {
        let pictures = indices.filter { self[$0].format.isLabelImage && !self[$0].hasNames }
        guard pictures.count > 1 || pictures.contains(where: { self[$0].isCalledByContent(beside: image) }) else {
            return self
        }
        let stem = FileName(image.path).imageStem
        let paths = pictures.map { FileName(self[$0].path) }
        let folders = paths.map { $0.folder.split(separator: "/").last.map(String.init) ?? "" }
        var names = zip(paths, folders).map { path, folder in
            let name = Self.name(of: path.imageStem, beyond: stem)
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
            let isPicture = masks[index].format == .png
            for entry in masks[index].entries.indices where isPicture || masks[index].entries[entry].name.isEmpty {
                masks[index].entries[entry].name = name
            }
        }
        return masks
    }

    private static func name(of mask: Substring, beyond image: Substring) -> String {
        let form = ImageNameForms.of(String(image)).first(where: mask.hasPrefix)
        guard let form else { return String(mask) }
        return String(mask.dropFirst(form.count).drop { "_-. ".contains($0) })
    }

    /// Places of the names that stand more than once, by name.
    private static func repeated(_ names: [String]) -> [[Int]] {
        Dictionary(grouping: names.indices, by: { names[$0] }).filter { $0.value.count > 1 }
            .sorted { $0.key < $1.key }.map(\.value)
    }
}

extension MaskSource {
    /// Whether all of its regions are told apart by names of their own; those of a PNG never are.
    fileprivate var hasNames: Bool { format != .png && !entries.isEmpty && entries.allSatisfy { !$0.name.isEmpty } }

    /// Whether the file's name is neither a word for masks nor made of the image's.
    fileprivate func isCalledByContent(beside image: ImageSource) -> Bool {
        let stem = FileName(path).imageStem
        return format.volumeFormat != nil && MaskFileName(likely: path) == nil && !MaskFileName.isWordAlone(path)
            && !ImageNameForms.of(String(FileName(image.path).imageStem)).contains(String(stem))
    }
}
