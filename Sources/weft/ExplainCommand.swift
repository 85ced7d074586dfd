import ArgumentParser
import Encoding
import Radiomics
import Workflows

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a feature is: formula, unit, names, special values.",
        discussion: """
            A feature goes by its tag, the name of a column, its IBSI code or name, PyRadiomics' name, or what Haralick's \
            paper, MATLAB, scikit-image, LIFEx and clinics call it (homogeneity, SUVpeak, TLG); upper and lower case are \
            alike. A name with several meanings lists them. The name of a family lists its features, that of a filter (log, \
            wavelet, …) says what it is and which keys it has, no name lists all.

              weft explain cm_contrast
              weft explain original_glcm_Contrast
              weft explain ACUI --json
            """)

    @Argument(
        help: "cm_contrast, cm_contrast_d2_3D_avg, glcm_Contrast, Contrast, ACUI, a family: cm, LFYI, or a filter: log."
    )
    var feature: String?

    @Flag(help: "As JSON, an array with one object a feature.")
    var json = false

    @Flag(help: "The manual page of all features, weft-features(7), as mdoc source.")
    var manual = false

    @Flag(help: "The manual page of all settings keys, weft-settings(5), as mdoc source.")
    var settingsManual = false

    func validate() throws {
        if settingsManual, json || manual || feature != nil {
            throw ValidationError("--settings-manual gives the whole page; leave out all else")
        }
        if manual, json || feature != nil {
            throw ValidationError("--manual gives the whole page; leave out --json and the feature")
        }
    }

    func run() throws {
        guard !manual else { return Console.print(FeatureManual.page) }
        guard !settingsManual else { return Console.print(SettingsManual.page) }
        guard let feature else {
            return try show(FeatureCatalogue.all, list: FeatureFamily.allCases)
        }
        switch FeatureCatalogue.find(feature) {
        case .family(let family):
            let definitions = FeatureCatalogue.families.first { $0.0 == family }?.1 ?? []
            try show(definitions, list: [family])
        case .features(let found): try show(found, list: nil)
        case .filter(let kind): Console.print(FeatureText.filter(kind))
        case .nothing(let nearest):
            let hint = nearest.isEmpty ? "'weft explain' lists all" : "did you mean \(nearest.joined(separator: ", "))?"
            throw CommandFailure(.usage, "no feature or family '\(feature)'; \(hint)")
        }
    }

    /// - Parameter list: the families to list; nil: records.
    private func show(_ definitions: [FeatureDefinition], list families: [FeatureFamily]?) throws {
        if json {
            let records = try JSON.document(definitions.map(FeatureRecord.init), keys: .convertToSnakeCase)
            Console.print(String(decoding: records, as: UTF8.self))
        } else if let families {
            Console.print(families.map { FeatureText.list($0, FeatureText.features(of: $0)) }.joined(separator: "\n"))
        } else if let only = definitions.first, definitions.count == 1 {
            Console.print(FeatureText.record(only, asked: feature ?? ""))
        } else {
            let name = feature ?? ""
            Console.print(
                "\(definitions.count) features go by '\(name)':\n" + FeatureText.meanings(definitions, of: name))
        }
    }
}
