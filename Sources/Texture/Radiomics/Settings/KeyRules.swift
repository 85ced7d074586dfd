// Which key belongs to which convention, and what it needs beside it to change anything: what would change nothing is refused.

import SettingsFile
import TextureCore

/// One key of ``ExtractionSettings/keys``.
///
/// A family that is not among those computed is no reason to refuse a key: one settings file serves tables of several families.
package struct KeyRule: Sendable {
    package let path: String
    /// The convention that has it, and why the other has not; nil: both have it.
    let only: (convention: Convention, reason: String)?
    let needs: [KeyNeed]
    /// Whether settings ask for another value than the usual one.
    let isAsked: @Sendable (ExtractionSettings) -> Bool

    private init(
        _ path: String, only: (Convention, String)? = nil, needs: [KeyNeed] = [],
        isAsked: @escaping @Sendable (ExtractionSettings) -> Bool = { _ in false }
    ) {
        (self.path, self.only, self.needs, self.isAsked) = (path, only, needs, isAsked)
    }

    package static let all: [KeyRule] = [
        KeyRule("convention"), KeyRule("imageUnit"), KeyRule("maskOperations"), KeyRule("resample"),
        KeyRule("resample.spacing"),
        KeyRule("resample.interpolation"), KeyRule("resegment"),
        KeyRule("resegment.range", needs: [.noThresholds]) { $0.resegment.range != nil },
        KeyRule("resegment.outlierSigma"), KeyRule("discretise"), KeyRule("discretise.binWidth"),
        KeyRule("discretise.binCount"),
        .ibsi(
            "discretise.lowerBound", "PyRadiomics starts bins at a multiple of their width",
            needs: [.binWidth, .openRange]
        ) { $0.discretise.lowerBound != nil },
        .ibsi("ivh", noHistogram) { $0.intensityVolume == .none },
        .ibsi("ivh.binWidth", noHistogram) { if case .width = $0.intensityVolume { true } else { false } },
        .ibsi("ivh.binCount", noHistogram) { if case .count = $0.intensityVolume { true } else { false } },
        KeyRule("texture"), KeyRule("texture.distances"),
        .ibsi("texture.aggregations", "PyRadiomics has one way to aggregate a class") {
            $0.texture.aggregation != .automatic
        },
        .ibsi(
            "texture.directions", "PyRadiomics gives no value of a single direction", needs: [.directionalAggregation]
        ) { $0.texture.directions == .each },
        KeyRule("pyradiomics"), .pyradiomics("symmetricalGLCM") { !$0.symmetricalGLCM },
        .pyradiomics("weightingNorm") { $0.weightingNorm != .none }, .pyradiomics("force2D") { $0.force2D },
        .pyradiomics("force2Ddimension", needs: [.force2D]) { $0.force2Ddimension != 0 },
        .pyradiomics("gldm_a") { $0.gldmA != 0 }, .pyradiomics("normalize") { $0.normalize },
        .pyradiomics("normalizeScale", needs: [.normalisation]) { $0.normalizeScale != 1 },
        .pyradiomics("removeOutliers", needs: [.normalisation]) { $0.removeOutliers != nil },
        .pyradiomics("resegmentMode", needs: [.resegmentation]) { $0.resegmentMode != .absolute },
        .pyradiomics("resegmentRange") { $0.resegmentRange != nil },
        .pyradiomics("resegmentShape", needs: [.resegmentation]) { $0.resegmentShape },
        .pyradiomics("minimumROIDimensions") { $0.minimumROIDimensions != nil },
        .pyradiomics("minimumROISize") { $0.minimumROISize != nil },
        .pyradiomics("voxelArrayShift") { $0.voxelArrayShift != 0 },
        .pyradiomics("padDistance", needs: [.cropping]) { $0.padDistance != 5 },
        .pyradiomics("preCrop") { $0.preCrop }, KeyRule("images"), KeyRule("families"), KeyRule("features"),
        KeyRule("columns"), KeyRule("modality"), KeyRule("regions"),
    ]

    private static let noHistogram = "PyRadiomics has no intensity-volume histogram"

    private static func ibsi(
        _ path: String, _ reason: String, needs: [KeyNeed] = [],
        isAsked: @escaping @Sendable (ExtractionSettings) -> Bool
    ) -> KeyRule { KeyRule(path, only: (.ibsi, reason), needs: needs, isAsked: isAsked) }

    private static func pyradiomics(
        _ name: String, needs: [KeyNeed] = [], isAsked: @escaping @Sendable (PyRadiomicsKeys) -> Bool
    ) -> KeyRule {
        KeyRule("pyradiomics.\(name)", only: (.pyradiomics, "it is PyRadiomics' own"), needs: needs) {
            isAsked(PyRadiomicsKeys($0))
        }
    }

    /// With its option, for messages.
    var title: String { option.map { "\(path) (--\($0))" } ?? path }

    /// Nil where it has none.
    var option: String? {
        guard case .named(let name, _) = ExtractionSettings.entries.first(where: { $0.path == path })?.option else {
            return nil
        }
        return name
    }

    func check(_ convention: Convention) throws(SettingsError) {
        guard let only, only.convention != convention else { return }
        throw .conflict(
            "\(title) is not taken in the convention \(convention.rawValue): \(only.reason); leave it out, or choose"
                + " convention: \(only.convention.rawValue)")
    }
}

/// What another key has to say before one has an effect.
enum KeyNeed: Sendable {
    case binWidth, openRange, noThresholds, directionalAggregation, force2D, normalisation, resegmentation
    case cropping

    func isMet(in settings: ExtractionSettings) -> Bool {
        switch self {
        case .binWidth: if case .width = settings.discretise.bins { true } else { false }
        case .openRange: settings.resegment.range?.lowerBound.isFinite != true
        case .noThresholds: settings.pyradiomics.thresholds == nil
        case .directionalAggregation:
            ImageDepth.allCases.contains { settings.texture.aggregation.list(for: $0).contains(where: \.isDirectional) }
        case .force2D: settings.texture.pyradiomics.force2DDimension != nil
        case .normalisation: settings.pyradiomics.normalisation != nil
        case .cropping: settings.resample != nil || settings.pyradiomics.crop == .toRegion
        case .resegmentation:
            settings.resegment != Resegmentation() || settings.pyradiomics.thresholds != nil
        }
    }

    /// Why the key changes nothing, and what to do.
    var words: String {
        switch self {
        case .binWidth: "changes nothing without a fixed width of bins: give discretise.binWidth (--bin-width) as well"
        case .openRange:
            "changes nothing beside resegment.range (--range), at whose lower end bins start: leave one of them out"
        case .noThresholds:
            "changes nothing beside pyradiomics.resegmentRange, which is relative to the region: leave one of them out"
        case .directionalAggregation:
            "changes nothing without an aggregation that has directions, such as 3D_comb (--aggregations)"
        case .force2D: "changes nothing without pyradiomics.force2D: true (--force-2d)"
        case .normalisation: "changes nothing without pyradiomics.normalize: true (--normalize)"
        case .cropping:
            "changes nothing without a resampled or cropped image: give resample.spacing (--resample) or"
                + " pyradiomics.preCrop: true (--pre-crop) as well"
        case .resegmentation: "changes nothing without a re-segmentation: give resegment.range (--range) as well"
        }
    }
}

extension ExtractionSettings {
    /// Refuses what the convention does not take and what changes nothing, in the common keys and in the sections.
    ///
    /// - Parameter options: names of those that were given, whatever their values.
    func checkRules(options: Set<String>) throws(SettingsError) {
        var sectioned: [(section: ModalitySection, settings: ExtractionSettings)] = []
        for section in sections {
            var settings = self
            try section.apply(to: &settings)
            sectioned.append((section, settings))
        }
        for rule in KeyRule.all {
            if rule.option.map(options.contains) == true || rule.isAsked(self) {
                try rule.check(convention)
                // A common key may be there for the modalities of some sections alone.
                for need in rule.needs where !([self] + sectioned.map(\.settings)).contains(where: need.isMet) {
                    throw .conflict("\(rule.title) \(need.words)")
                }
            }
            for (section, settings) in sectioned where section.names(rule.path) && rule.isAsked(settings) {
                try rule.check(convention)
                for need in rule.needs where !need.isMet(in: settings) {
                    throw .conflict("\(ModalitySection.path(section.modality)).\(rule.path) \(need.words)")
                }
            }
        }
        try checkFamilies()
    }

    private func checkFamilies() throws(SettingsError) {
        if let family = families?.first(where: { $0.features(in: convention).isEmpty }) {
            throw .conflict(
                "the family \(family.rawValue) has no features in the convention \(convention.rawValue); leave it out of the"
                    + " families, or choose another convention")
        }
        if convention == .ibsi, families?.isEmpty != true, columns(of: Set(ImageDepth.allCases)).isEmpty {
            throw .conflict(
                "none of the families \(activeFamilies.map(\.rawValue).joined(separator: ", ")) has one of the aggregations"
                    + " \(texture.aggregations.map(\.rawValue).joined(separator: ", ")); choose others with --aggregations"
            )
        }
    }

    /// Of the keys under `pyradiomics`, some of which the settings do not keep when they have no effect.
    func checkNeeds(of draft: PyRadiomicsKeys) throws(SettingsError) {
        let asked: [(String, KeyNeed, Bool)] = [
            ("force2Ddimension", .force2D, draft.force2Ddimension != 0),
            ("normalizeScale", .normalisation, draft.normalizeScale != 1),
            ("removeOutliers", .normalisation, draft.removeOutliers != nil),
            ("resegmentMode", .resegmentation, draft.resegmentMode != .absolute && draft.resegmentRange == nil),
        ]
        for (name, need, isAsked) in asked where isAsked && !need.isMet(in: self) {
            throw .conflict("pyradiomics.\(name) \(need.words)")
        }
    }
}
