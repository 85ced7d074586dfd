import SettingsFile
import TextureCore
import Yams

extension ExtractionSettings {
    /// The key `images`.
    static let imagesKey = SettingsKey<ExtractionSettings>(
        "images",
        .named(
            "images",
            help: """
                What features are computed of: original, or filters such as '{kind: log, sigma: [1, 3]}', in YAML. Default: \
                original.
                """),
        "a list of original and filters",
        read: { node, path, settings throws(SettingsError) in
            settings.images = try ImageItem.list(node, path)
        },
        written: { settings in
            settings.images == [.original] ? nil : Node(settings.images.map(\.node))
        }
    ).about(
        """
        A filter is {kind: …} with keys of its kind, IBSI-2's parameters in mm unless said; a list of values makes an image \
        each. mean: support (voxels). log: sigma, truncate (sigmas, 4). laws: kernels (L5E5E5), energyDistance (voxels). \
        gabor: sigma, lambda, gamma (1), theta and thetaStep (degrees), planes (of xy, xz, yz). wavelet: family (coif1; haar, \
        db1 to db10, sym2 to sym8, coif1 to coif5), level (1), subbands (all, or LLH …). simoncelli: level (1). riesz: order \
        ([1, 0, 0]), of (another of these filters, with a rotationInvariant of its own). gradient: useSpacing (true). lbp2D: \
        radius (1), samples (8). lbp3D: levels (2), subdivision (1), parts (all, or m1, m2 …, k). square, squareRoot, logarithm, exponential. All IBSI \
        filters: dimension (3D; of one slice, 2D), boundary (mirror, nearest, periodic or zero), rotationInvariant (none; max \
        or mean over the 24 right-angle turns, within slices 4, of a Gabor filter over its directions and planes; log and \
        simoncelli are the same in all). A mean that cancels out, as of an odd order or kernel, is refused. binWidth or \
        binCount are grey levels of that image alone; otherwise a response has discretise.binCount bins, or 32: what is in HU \
        says nothing about it. A column of a filtered image is image__feature, log_s3__stat_mean. With convention pyradiomics \
        the filters are its own (log: ITK's recursive Gaussian; wavelet: PyWavelets' undecimated steps, level and start_level \
        as there), and so are the names of the columns.
        """)

    /// Each item as it goes with the convention, and no image twice.
    func validateImages() throws(SettingsError) {
        guard !images.isEmpty else { throw .value(key: "images", found: "none", expected: "at least one image") }
        for depth in [ImageDepth.volume, .oneSlice] {
            var names: Set<String> = []
            for (number, item) in images.enumerated() {
                let path = images.count == 1 ? "images" : "images[\(number + 1)]"
                let item = item.resolved(for: depth)
                // What is said for volumes need not go with one slice.
                if depth == .volume { try item.validate(in: convention, path) }
                for image in item.images(in: convention, force2D: texture.pyradiomics.force2DDimension) {
                    guard names.insert(image.name).inserted else {
                        throw .conflict("\(path): the image \(image.name) is there twice; leave one of them out")
                    }
                }
            }
        }
    }
}

extension ImageItem {
    /// From a list of items, or one of them.
    package static func list(_ node: Node, _ path: String) throws(SettingsError) -> [ImageItem] {
        guard let items = node.sequence.map(Array.init) else { return [try ImageItem(node, path)] }
        var list: [ImageItem] = []
        for (number, item) in items.enumerated() {
            list.append(try ImageItem(item, items.count == 1 ? path : "\(path)[\(number + 1)]"))
        }
        return list
    }

    /// From the text of `--images` or `--filter`.
    package static func list(yaml: String, option: String) throws(SettingsError) -> [ImageItem] {
        guard let node = try Node.root(of: yaml) else {
            throw .value(key: option, found: "nothing", expected: "a filter such as {kind: log, sigma: 3}")
        }
        return try list(node, option)
    }
}
