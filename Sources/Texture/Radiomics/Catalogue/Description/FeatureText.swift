/// Features in words, for a person at a terminal.
package enum FeatureText {
    package static func features(of family: FeatureFamily) -> [FeatureDefinition] {
        FeatureCatalogue.families.first { $0.0 == family }?.1 ?? []
    }

    package static func list(_ family: FeatureFamily, _ definitions: [FeatureDefinition]) -> String {
        "\(family.rawValue): \(family.title)\(names(family))\n" + lines(definitions)
    }

    /// Tag, IBSI code, PyRadiomics' name and title, one line per feature.
    package static func lines(_ definitions: [FeatureDefinition]) -> String {
        let tags = definitions.map(\.tag.count).max() ?? 0
        let others = definitions.map { ($0.pyradiomicsName ?? "-").count }.max() ?? 0
        return definitions.map { definition in
            "  " + padded(definition.tag, tags) + "  " + padded(definition.ibsiCode ?? "-", 4) + "  "
                + padded(definition.pyradiomicsName ?? "-", others) + "  \(definition.title)\n"
        }.joined()
    }

    /// - Parameter name: by which it was asked for; one of a filtered image says so.
    package static func record(_ definition: FeatureDefinition, asked name: String = "") -> String {
        let family = definition.family
        var fields = [("family", "\(family.rawValue), \(family.title)\(names(family))")]
        if let (image, kind) = FeatureImage.image(ofColumn: name) {
            fields.append(("image", "\(image), not the original: \(kind.about)"))
        }
        fields.append(("IBSI", definition.ibsiCode ?? "not in the reference manual"))
        fields.append(("PyRadiomics", definition.pyradiomicsColumn ?? "has none"))
        fields += others(definition)
        fields.append(("unit", definition.unit == .none ? "none" : definition.unit.rawValue))
        fields.append(("formula", definition.formula))
        fields.append(("when flat", definition.whenFlat))
        fields.append(("when empty", family.whenEmpty))
        if !definition.deviations.isEmpty { fields.append(("others", definition.deviations)) }
        if case let reason = definition.standing.reasonAgainst, !reason.isEmpty {
            fields.append(("not common", reason))
        }
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
            + fields.map { "  \(padded($0.0, 18))  \($0.1)\n" }.joined() + "  symbols\n" + symbols
    }

    /// By source: `Haralick 1973  f9, Entropy`.
    private static func others(_ definition: FeatureDefinition) -> [(String, String)] {
        let names = Dictionary(grouping: definition.otherNames, by: \.source)
        return FeatureName.Source.allCases.compactMap { source in
            names[source].map { names in
                let shown = names.map { $0.remark.isEmpty ? $0.name : "\($0.name) (\($0.remark))" }
                return (source.rawValue, shown.joined(separator: ", "))
            }
        }
    }

    /// What a name that means several features means for whom: a line for each.
    package static func meanings(_ definitions: [FeatureDefinition], of name: String) -> String {
        let tags = definitions.map(\.tag.count).max() ?? 0
        return definitions.map { definition in
            let whose = FeatureCatalogue.sources(of: name, for: definition)
            return "  " + padded(definition.tag, tags) + "  \(definition.ibsiCode ?? "-   ")  \(definition.title)"
                + (whose.isEmpty ? "" : " (\(whose.joined(separator: "; ")))") + "\n"
        }.joined()
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
