import ArgumentParser
import Encoding
import Foundation
import Radiomics
import TextureCore

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a feature is: formula, unit, names, special values.",
        discussion: """
            A feature goes by its tag, the name of a column, PyRadiomics' name or its IBSI code; upper and lower case are \
            alike. The name of a family lists its features, no name lists all.

              weft explain cm_contrast
              weft explain original_glcm_Contrast
              weft explain ACUI --json
            """)

    @Argument(help: "cm_contrast, cm_contrast_d2_3D_avg, glcm_Contrast, Contrast, ACUI, or a family: cm, glcm, LFYI.")
    var feature: String?

    @Flag(help: "As JSON, an array with one object a feature.")
    var json = false

    @Flag(help: "The manual page of all features, weft-features(7), as mdoc source.")
    var manual = false

    func validate() throws {
        if manual, json || feature != nil {
            throw ValidationError("--manual gives the whole page; leave out --json and the feature")
        }
    }

    func run() throws {
        guard !manual else { return Console.print(FeatureManual.page) }
        guard let feature else {
            return try show(FeatureCatalogue.all, list: FeatureFamily.allCases)
        }
        switch FeatureCatalogue.find(feature) {
        case .family(let family):
            let definitions = FeatureCatalogue.families.first { $0.0 == family }?.1 ?? []
            try show(definitions, list: [family])
        case .features(let found): try show(found, list: nil)
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
            Console.print(FeatureText.record(only))
        } else {
            Console.print("\(definitions.count) features go by '\(feature ?? "")':\n" + FeatureText.lines(definitions))
        }
    }
}

/// A feature as JSON.
private struct FeatureRecord: Encodable {
    struct Family: Encodable {
        var tag: String
        var title: String
        var ibsi: String?
        var pyradiomics: String?
    }

    struct Symbol: Encodable {
        var symbol: String
        var meaning: String
    }

    var tag: String
    var title: String
    var family: Family
    var ibsi: String?
    var pyradiomics: String?
    var unit: String
    var formula: String
    var symbols: [Symbol]
    var whenFlat: String
    var whenEmpty: String
    var deviations: String?
    var columns: [String]

    init(_ definition: FeatureDefinition) {
        let family = definition.family
        (tag, title) = (definition.tag, definition.title)
        self.family = Family(
            tag: family.rawValue, title: family.title, ibsi: family.ibsiCode, pyradiomics: family.pyradiomicsClass)
        (ibsi, pyradiomics) = (definition.ibsiCode, definition.pyradiomicsColumn)
        (unit, formula) = (definition.unit.rawValue, definition.formula)
        symbols = family.symbols.map { Symbol(symbol: $0.symbol, meaning: $0.meaning) }
        (whenFlat, whenEmpty) = (definition.whenFlat, family.whenEmpty)
        deviations = definition.deviations.isEmpty ? nil : definition.deviations
        columns = definition.ibsiColumns
    }
}

/// A feature in words.
private enum FeatureText {
    static func features(of family: FeatureFamily) -> [FeatureDefinition] {
        FeatureCatalogue.families.first { $0.0 == family }?.1 ?? []
    }

    static func list(_ family: FeatureFamily, _ definitions: [FeatureDefinition]) -> String {
        "\(family.rawValue): \(family.title)\(names(family))\n" + lines(definitions)
    }

    /// Tag, IBSI code, PyRadiomics' name and title, one feature a line.
    static func lines(_ definitions: [FeatureDefinition]) -> String {
        let tags = definitions.map(\.tag.count).max() ?? 0
        let others = definitions.map { ($0.pyradiomicsName ?? "-").count }.max() ?? 0
        return definitions.map { definition in
            "  " + padded(definition.tag, tags) + "  " + padded(definition.ibsiCode ?? "-", 4) + "  "
                + padded(definition.pyradiomicsName ?? "-", others) + "  \(definition.title)\n"
        }.joined()
    }

    static func record(_ definition: FeatureDefinition) -> String {
        let family = definition.family
        var fields = [("family", "\(family.rawValue), \(family.title)\(names(family))")]
        fields.append(("IBSI", definition.ibsiCode ?? "not in the reference manual"))
        fields.append(("PyRadiomics", definition.pyradiomicsColumn ?? "has none"))
        fields.append(("unit", definition.unit == .none ? "none" : definition.unit.rawValue))
        fields.append(("formula", definition.formula))
        fields.append(("when flat", definition.whenFlat))
        fields.append(("when empty", family.whenEmpty))
        if !definition.deviations.isEmpty { fields.append(("others", definition.deviations)) }
        if definition.isIBSIColumn {
            var columns = definition.ibsiColumns
            if family.usesDistances {
                columns.append("\(definition.tag)_d2_\(family.aggregations.last?.rawValue ?? "") at distance 2")
            }
            if family.hasDirections { columns.append("\(definition.tag)_3D_dir_1_-1_0 with --per-direction") }
            fields += columns.enumerated().map { ($0.offset == 0 ? "columns" : "", $0.element) }
        } else {
            fields.append(("columns", "with --convention pyradiomics only"))
        }
        let symbols = family.symbols.map { "    \($0.symbol): \($0.meaning)\n" }.joined()
        return "\(definition.tag): \(definition.title)\n"
            + fields.map { "  \(padded($0.0, 11))  \($0.1)\n" }.joined() + "  symbols\n" + symbols
    }

    private static func names(_ family: FeatureFamily) -> String {
        let names = [family.ibsiCode.map { "IBSI \($0)" }, family.pyradiomicsClass.map { "PyRadiomics \($0)" }]
            .compactMap { $0 }
        return names.isEmpty ? "" : " (\(names.joined(separator: ", ")))"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
