import Encoding

/// The manual page of the catalogue, weft-features(7), as mdoc(7) source. The committed page is made with it.
public enum FeatureManual {
    public static var page: String {
        var lines = opening
        for (family, definitions) in FeatureCatalogue.families {
            lines.append(".Ss " + heading(family))
            lines += text(intro(family))
            lines.append(".Bl -tag -width Ds -compact")
            for (symbol, meaning) in family.symbols { lines += [".It \"\(symbol)\""] + text(meaning) }
            lines += [".El", ".Bl -tag -width Ds"]
            for definition in definitions { lines += entry(definition) }
            lines.append(".El")
        }
        return (lines + closing).joined(separator: "\n") + "\n"
    }

    private static let opening =
        [
            ".\\\" Made by: weft explain --manual", ".Dd November 22, 2026", ".Dt WEFT-FEATURES 7", ".Os", ".Sh NAME",
            ".Nm weft-features", ".Nd definitions of the features that weft computes", ".Sh DESCRIPTION",
            "Each feature stands under its tag, as in the tables of consensus values of the", "IBSI reference manual.",
            "Columns of", ".Xr weft-extract 1",
            "are called by the tag; for a matrix with directions or slices the", "aggregation follows.",
            ".Xr weft-explain 1", "shows one feature by any of its names.", ".Ss Aggregations",
            ".Bl -tag -width 2_5D_comb -compact",
        ]
        + Aggregation.allCases.flatMap { aggregation -> [String] in
            [".It Cm " + aggregation.rawValue] + text("\(aggregation.meaning) (IBSI \(aggregation.ibsiCode)).")
        } + [".El"] + FeatureAdvice.lines + [".Sh FEATURES"]

    private static let closing =
        [
            ".Sh SEE ALSO", ".Xr weft 1 ,", ".Xr weft-explain 1 ,", ".Xr weft-extract 1 ,", ".Xr weft-settings 5",
        ] + FeatureAdvice.sources + [
            ".Sh STANDARDS", "The reference manual of the Image Biomarker Standardisation Initiative,",
            "version 11; PyRadiomics 3.0.1.",
        ]

    private static func heading(_ family: FeatureFamily) -> String {
        family.title.prefix(1).uppercased() + family.title.dropFirst()
    }

    private static func intro(_ family: FeatureFamily) -> String {
        var names = ["Family \(family.rawValue)"]
        if let code = family.ibsiCode { names.append("IBSI \(code)") }
        if let name = family.pyradiomicsClass { names.append("class \(name) of PyRadiomics") }
        var sentence = names.joined(separator: ", ") + "."
        if !family.aggregations.isEmpty {
            sentence += " Aggregations: " + family.aggregations.map(\.rawValue).joined(separator: ", ") + "."
        }
        return sentence + " When empty: \(family.whenEmpty). Symbols:"
    }

    private static func entry(_ definition: FeatureDefinition) -> [String] {
        var lines = [".It Cm " + definition.tag] + text(definition.title + ".")
        lines += [".Bd -ragged -offset indent -compact"] + text(definition.formula) + [".Ed"]
        var names: [String] = []
        if let code = definition.ibsiCode { names.append("IBSI \(code)") }
        if let column = definition.pyradiomicsColumn { names.append(column) }
        if definition.unit != .none { names.append("unit \(definition.unit.rawValue)") }
        if !names.isEmpty { lines += text(names.joined(separator: "; ") + ".") }
        lines += text("When flat: \(definition.whenFlat).")
        if !definition.deviations.isEmpty { lines += text("Others: \(definition.deviations).") }
        return lines
    }

    private static func text(_ text: String) -> [String] { ManualText.lines(text) }
}

extension Aggregation {
    public var meaning: String {
        switch self {
        case .averaged2D: "by slice, averaged over slices and directions"
        case .merged2D: "by slice, directions merged, averaged over slices"
        case .averaged25D: "slices merged, averaged over directions"
        case .merged25D: "slices and directions merged"
        case .averaged3D: "in the volume, averaged over 13 directions"
        case .merged3D: "in the volume, directions merged"
        case .slices: "without directions, by slice, averaged over slices"
        case .mergedSlices: "without directions, slices merged"
        case .volume: "without directions, in the volume"
        }
    }
}
