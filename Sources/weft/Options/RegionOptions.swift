import ArgumentParser
import Imaging
import Ingestion
import Radiomics
import SettingsFile
import Workflows

/// Which voxels of which images.
struct RegionOptions: ParsableArguments {
    @Option(
        help: """
            RTSTRUCT, SEG or label image (NIfTI, NRRD, MetaImage, PNG), or a folder of them, when it does not lie beside the \
            images. May be repeated.
            """
    )
    var mask: [String] = []

    @Option(
        help: "Only regions whose name matches, e.g. 'GTV*' (* any text, ? one letter). May be repeated. Default: all.")
    var roi: [String] = []

    @Option(help: "Only the ROI, segment or mask value with this number. May be repeated. Default: all.")
    var label: [Int] = []

    @Option(
        help: """
            Only regions of these kinds of mask: rtstruct, seg, nifti, nrrd, metaimage or png, several separated by commas; one \
            of them where a region stands in several. Default: all.
            """)
    var maskKind: MaskKinds?

    @Option(
        help: """
            A label image (NIfTI, NRRD, MetaImage) or SEG on another grid: own (default: its rows say what differs), image (brought onto \
            the image's by the nearest voxel) or image-linear (by linear interpolation, from one half upwards).
            """)
    var maskGrid = MaskGrid.own

    @Option(
        help: """
            Which images a DICOM mask is used on: referenced (those of the series that it names) or frame (default: where no \
            mask names an image's series, also those of the same frame of reference, e.g. the PET of a PET/CT).
            """)
    var masksOf = MaskReach.frame

    @Option(help: ExtractionSettings.optionHelp("regions"))
    var regions: [RegionSpellings] = []

    @Flag(help: "Take the whole image as the region, without a mask.")
    var wholeImage = false

    func validate() throws {
        if wholeImage, !mask.isEmpty || !roi.isEmpty || !label.isEmpty || maskKind != nil || !regions.isEmpty {
            throw ValidationError(
                "--whole-image takes every voxel; leave out --mask, --mask-kind, --roi, --label and --regions, or leave it out"
            )
        }
    }

    /// What `--regions` says, which is instead of what a settings file says.
    func register(insteadOf other: RegionRegister = RegionRegister()) throws(SettingsError) -> RegionRegister {
        guard !regions.isEmpty else { return other }
        let register = RegionRegister(regions.map(\.entry))
        try register.check(key: "--regions")
        return register
    }

    var choice: RegionChoice { wholeImage ? .wholeImage : chosen(labels: label) }

    /// With the label that a settings file names, where the options name no region.
    func choice(settingsLabel: Int?, _ verbosity: Verbosity) -> RegionChoice {
        guard let settingsLabel, label.isEmpty, roi.isEmpty, !wholeImage else { return choice }
        Console.note(
            "only regions with the label \(settingsLabel) of the settings file; --label or --roi names others",
            verbosity)
        return chosen(labels: [settingsLabel])
    }

    private func chosen(labels: [Int]) -> RegionChoice {
        let selection = RegionSelection(
            names: roi, labels: labels, formats: maskKind?.formats ?? [],
            register: RegionRegister(regions.map(\.entry)), maskGrid: maskGrid)
        return .regions(masks: mask, selection, reach: masksOf)
    }
}

/// What labels are called; beside the regions, for `weft compare` has labels of its own.
struct LabelNameOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Table with columns index (or label) and name: what the labels of label images are called.",
            valueName: "table.csv"),
        completion: .file(extensions: ["csv", "tsv"]))
    var labels: String?

    func name(_ choice: RegionChoice) -> RegionChoice { choice.named(by: labels) }
}

/// `GTV=GTV*,Tumour`: a name with the spellings that masks have for it.
struct RegionSpellings: ExpressibleByArgument {
    let entry: RegionRegister.Entry

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let name = NameList(argument: String(parts[0]))?.names.first else { return nil }
        entry = RegionRegister.Entry(name, NameList(argument: String(parts[1]))?.names ?? [])
    }
}

extension MaskReach: ExpressibleByArgument {}
extension MaskGrid: ExpressibleByArgument {}

/// Kinds of mask, separated by commas.
struct MaskKinds: ExpressibleByArgument {
    let formats: Set<MaskSource.Format>

    init?(argument: String) {
        var formats: Set<MaskSource.Format> = []
        for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let format = MaskSource.Format.allCases.first { $0.rawValue.lowercased() == name.lowercased() }
            guard let format else { return nil }
            formats.insert(format)
        }
        self.formats = formats
    }

    static var allValueStrings: [String] { MaskSource.Format.allCases.map { $0.rawValue.lowercased() } }
}
