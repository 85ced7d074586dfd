import SettingsFile
import TextureCore
import Yams

/// What a settings file says of the images of one modality, `modality: {CT: …}`: keys that are laid over the common ones.
public struct ModalitySection: Hashable, Sendable {
    /// DICOM's code, CT, PT, MR …; PNG for PNGs.
    public let modality: String
    /// The keys with their values, in YAML's flow style.
    private let yaml: String
    /// Paths of keys, and of steps that a word settles as a whole.
    private let named: Set<String>

    /// - Parameters:
    ///   - name: in any case; PET and MRI are understood.
    ///   - yaml: a mapping of keys, `{resegment: {range: [-500, 400]}}`.
    public init(_ name: String, yaml: String) throws(SettingsError) {
        guard let node = try Node.root(of: yaml) else {
            throw .value(key: "modality.\(name)", found: "nothing", expected: Self.expected)
        }
        try self.init(name, node)
    }

    init(_ name: String, _ node: Node) throws(SettingsError) {
        modality = try Self.code(name, key: "modality")
        guard node.mapping != nil else {
            throw .value(key: "modality.\(name)", found: node.shown, expected: Self.expected)
        }
        yaml = node.flow
        named = Set(
            node.mapping.map(Array.init)?.flatMap { step, keys in
                let name = step.string ?? ""
                return keys.mapping?.keys.map { "\(name).\($0.string ?? "")" } ?? [name]
            } ?? [])
        var alone = ExtractionSettings()
        try Self.read(node, into: &alone, under: Self.path(modality))
        guard modality == "PT" || alone.imageUnit == .stored else {
            throw .conflict(
                "\(Self.path(modality)).imageUnit: only a PET (PT) has standardised uptake values; leave it out, or write stored"
            )
        }
    }

    static func path(_ modality: String) -> String { "modality.\(modality)" }

    private static let expected = "keys of \(keys.map(\.name).joined(separator: ", "))"

    /// What can differ between the modalities of a table: not what its columns follow from.
    static let keys = ExtractionSettings.stepKeys + [pyradiomics]

    private static let pyradiomics: SettingsKey<ExtractionSettings> = {
        let names = [
            "normalize", "normalizeScale", "removeOutliers", "resegmentMode", "resegmentRange", "voxelArrayShift",
        ]
        let keys = PyRadiomicsKeys.keys.filter { names.contains($0.name) }
        return SettingsKey(
            "pyradiomics", .absent("its keys have options"), "keys of \(names.joined(separator: ", "))",
            read: { node, path, settings throws(SettingsError) in
                var draft = PyRadiomicsKeys(settings)
                try keys.read(node, into: &draft, under: path, nulls: .skipped)
                draft.apply(to: &settings)
            }, written: { _ in nil })
    }()

    private static func read(
        _ node: Node, into settings: inout ExtractionSettings, under path: String
    ) throws(SettingsError) {
        try keys.read(node, into: &settings, under: path)
    }

    /// Lays the section over the common settings.
    func apply(to settings: inout ExtractionSettings) throws(SettingsError) {
        guard let node = try Node.root(of: yaml) else { return }
        // A width here is instead of a count there, and ends of one kind instead of another's.
        if names("discretise.binWidth") || names("discretise.binCount") { settings.discretise.bins = .automatic }
        if names("ivh.binWidth") || names("ivh.binCount") { settings.intensityVolume = .automatic }
        if names("pyradiomics.resegmentRange") {
            (settings.resegment.range, settings.pyradiomics.thresholds) = (nil, nil)
        } else if names("resegment.range") {
            settings.pyradiomics.thresholds = nil
        }
        try Self.read(node, into: &settings, under: Self.path(modality))
    }

    /// Whether the section says what a key is, by itself or by a word for all of the key's step (`resample: none`).
    public func names(_ path: String) -> Bool {
        named.contains(path) || named.contains(path.prefix { $0 != "." }.description)
    }

    /// As a file has it: a text without quotes is written as it is.
    var pair: (Node, Node) { (Node(modality), Node(yaml)) }

    // MARK: Modalities

    /// DICOM's code of a modality as people write it.
    ///
    /// - Parameter key: a key or an option, for the message.
    public static func code(_ name: String, key: String) throws(SettingsError) -> String {
        let upper = name.uppercased()
        let code = ["PET": "PT", "MRI": "MR"][upper] ?? upper
        guard codes.contains(code) else {
            throw .value(
                key: key, found: "'\(name)'",
                expected: "a modality as DICOM writes it: \(common.joined(separator: ", ")), …")
        }
        return code
    }

    private static let common = ["CT", "PT", "MR", "US", "NM", "MG", "DX", "CR", "XA", "RF", "PNG"]

    /// Modality (0008,0060) of images (PS3.3 C.7.3.1.1.1), those of PS3.3 that hold pictures; PNG is weft's own.
    private static let codes = Set(
        common + [
            "BI", "BDUS", "BMD", "DG", "DMS", "ES", "GM", "HC", "IO", "IVOCT", "IVUS", "LS", "OAM", "OCT", "OP", "OPM",
            "OPT", "OPTBSV", "OPTENF", "OPV", "OT", "PA", "POS", "PX", "RTIMAGE", "RTDOSE", "SC", "SM", "ST", "TG",
            "XC",
        ])
}

extension ExtractionSettings {
    /// The key `modality`.
    static let modalityKey = SettingsKey<ExtractionSettings>(
        "modality",
        .absent("sections lie over the common keys, which the options set; --modality chooses images"),
        """
        by modality (CT, PT, MR, …) keys of \(ModalitySection.keys.map(\.name).joined(separator: ", ")), \
        e.g. {CT: {resegment: {range: [-500, 400]}}, PT: {imageUnit: suvbw, discretise: {binWidth: 0.25}}}
        """,
        read: { node, path, settings throws(SettingsError) in
            var sections: [ModalitySection] = []
            for (name, keys) in try node.pairs(path, expected: "modalities with their keys") {
                let section = try ModalitySection(name, keys)
                guard !sections.contains(where: { $0.modality == section.modality }) else {
                    throw .conflict("\(path): two sections for \(section.modality); put their keys into one")
                }
                sections.append(section)
            }
            settings.sections = sections
        },
        written: { settings in
            settings.sections.isEmpty ? nil : Node(settings.sections.map(\.pair))
        }
    ).about("What holds for one modality alone: a range in HU does not cut an MR, a width in SUV does not bin a CT.")
}
