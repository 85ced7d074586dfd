/// What there is to say of a feature, as a value that can be encoded: its keys are those of `weft explain --json`.
package struct FeatureRecord: Encodable {
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

    /// What others call it, and how the value there differs.
    struct Name: Encodable {
        var source: String
        var name: String
        var remark: String?
    }

    var tag: String
    var title: String
    var family: Family
    var ibsi: String?
    var pyradiomics: String?
    var names: [Name]
    var unit: String
    var formula: String
    var symbols: [Symbol]
    var whenFlat: String
    var whenEmpty: String
    var deviations: String?
    var columns: [String]

    package init(_ definition: FeatureDefinition) {
        let family = definition.family
        (tag, title) = (definition.tag, definition.title)
        self.family = Family(
            tag: family.rawValue, title: family.title, ibsi: family.ibsiCode, pyradiomics: family.pyradiomicsClass)
        (ibsi, pyradiomics) = (definition.ibsiCode, definition.pyradiomicsColumn)
        names = definition.otherNames.map {
            Name(source: $0.source.rawValue, name: $0.name, remark: $0.remark.isEmpty ? nil : $0.remark)
        }
        (unit, formula) = (definition.unit.rawValue, definition.formula)
        symbols = family.symbols.map { Symbol(symbol: $0.symbol, meaning: $0.meaning) }
        (whenFlat, whenEmpty) = (definition.whenFlat, family.whenEmpty)
        deviations = definition.deviations.isEmpty ? nil : definition.deviations
        columns = definition.ibsiColumns
    }
}
