import ArgumentParser
import Ingestion
import Workflows

/// Which voxels of which images.
struct RegionOptions: ParsableArguments {
    @Option(
        help: "RTSTRUCT, SEG or PNG mask, or a folder of them, when it does not lie beside the images. May be repeated."
    )
    var mask: [String] = []

    @Option(
        help: "Only regions whose name matches, e.g. 'GTV*' (* any text, ? one letter). May be repeated. Default: all.")
    var roi: [String] = []

    @Option(help: "Only the ROI, segment or mask value with this number. May be repeated. Default: all.")
    var label: [Int] = []

    @Option(
        help: """
            Only regions of these kinds of mask: rtstruct, seg or png, several separated by commas; one of them where a region \
            stands in several. Default: all.
            """)
    var maskKind: MaskKinds?

    @Option(
        help: """
            Which images a DICOM mask is used on: referenced (those of the series that it names) or frame (default: where no \
            mask names an image's series, also those of the same frame of reference, e.g. the PET of a PET/CT).
            """)
    var masksOf = MaskReach.frame

    @Flag(help: "Take the whole image as the region, without a mask.")
    var wholeImage = false

    func validate() throws {
        if wholeImage, !mask.isEmpty || !roi.isEmpty || !label.isEmpty || maskKind != nil {
            throw ValidationError(
                "--whole-image takes every voxel; leave out --mask, --mask-kind, --roi and --label, or leave it out")
        }
    }

    var choice: RegionChoice {
        wholeImage ? .wholeImage : regions(labels: label)
    }

    /// With the label that a settings file names, where the options name no region.
    func choice(settingsLabel: Int?, _ verbosity: Verbosity) -> RegionChoice {
        guard let settingsLabel, label.isEmpty, roi.isEmpty, !wholeImage else { return choice }
        Console.note(
            "only regions with the label \(settingsLabel) of the settings file; --label or --roi names others",
            verbosity)
        return regions(labels: [settingsLabel])
    }

    private func regions(labels: [Int]) -> RegionChoice {
        let selection = RegionSelection(names: roi, labels: labels, formats: maskKind?.formats ?? [])
        return .regions(masks: mask, selection, reach: masksOf)
    }
}

extension MaskReach: ExpressibleByArgument {}

/// Kinds of mask, separated by commas.
struct MaskKinds: ExpressibleByArgument {
    let formats: Set<MaskSource.Format>

    init?(argument: String) {
        var formats: Set<MaskSource.Format> = []
        for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let format = MaskSource.Format(rawValue: name.uppercased()) else { return nil }
            formats.insert(format)
        }
        self.formats = formats
    }

    static var allValueStrings: [String] { MaskSource.Format.allCases.map { $0.rawValue.lowercased() } }
}
