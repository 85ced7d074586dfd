import SettingsFile
import TextureCore

/// All features with their records, and the names by which they are found.
public enum FeatureCatalogue {
    /// Families in the order of the columns, with the features that PyRadiomics alone has at their ends.
    public static let families: [(FeatureFamily, [FeatureDefinition])] = FeatureFamily.allCases.map { family in
        let ibsi = family.definitions(in: .ibsi)
        let own = family.definitions(in: .pyradiomics).filter { $0.family == family && !ibsi.contains($0) }
        return (family, ibsi + own)
    }

    public static let all: [FeatureDefinition] = families.flatMap(\.1)

    /// What a name stands for.
    public enum SearchResult: Hashable, Sendable {
        /// One, or several that have the name in common.
        case features([FeatureDefinition])
        case family(FeatureFamily)
        /// Of images; `mean` is a feature first.
        case filter(ImageItem.Kind)
        /// The known names that are closest to it, best first.
        case nothing(nearest: [String])
    }

    /// By tag (`cm_contrast`), column (`cm_contrast_d2_3D_avg`), PyRadiomics' name (`original_glcm_Contrast`,
    /// `glcm_Contrast`, `Contrast`), IBSI code or title (`ACUI`, `Joint entropy`) or what others call it
    /// (``FeatureName``), or a family's tag, class, code or title. Upper and lower case, spaces and signs do not matter, nor
    /// whether a word is spelt as in Britain or in America.
    public static func find(_ name: String) -> SearchResult {
        if let own = FeatureImage.withoutImage(name) { return find(own) }
        let word = name.lowercased()
        // `IBSI:ACUI`, also at the end of a name, as LIFEx has it: `GLCM_Contrast[IBSI:ACUI]`.
        if let code = ibsiCode(in: name), case .features(let coded) = find(code) { return .features(coded) }
        if let tagged = all.first(where: { $0.tag.lowercased() == word }) { return .features([tagged]) }
        let plain = plain(name)
        let families = FeatureFamily.allCases.filter { $0.names.contains { Self.plain($0) == plain } }
        if let family = families.first { return .family(family) }
        let named = all.filter { ($0.names + $0.otherNames.map(\.name)).contains { Self.plain($0) == plain } }
        if !named.isEmpty { return .features(named) }
        let kinds = ImageItem.Kind.allCases.filter { Self.plain($0.rawValue) == plain && $0 != .original }
        if let kind = kinds.first { return .filter(kind) }
        // The longest tag that starts the name, as `ngl_lde` and no shorter one does `ngl_lde_d2_3D`.
        let column = all.filter { $0.isColumn(word) }.max { $0.tag.count < $1.tag.count }
        if let column { return .features([column]) }
        let known = FeatureFamily.allCases.flatMap(\.names) + all.flatMap(\.names) + FeatureName.all.map(\.name)
        var distances: [(Int, String)] = []
        for candidate in Set(known) { distances.append((editDistance(candidate, word), candidate)) }
        let near = distances.filter { $0.0 <= max(2, word.count / 3) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        return .nothing(nearest: near.prefix(5).map(\.1))
    }

    /// Who calls a feature so, with what differs there.
    static func sources(of name: String, for definition: FeatureDefinition) -> [String] {
        let plain = plain(name)
        var sources: [String] = []
        if Self.plain(definition.title) == plain { sources.append("IBSI") }
        if let own = definition.pyradiomicsName, Self.plain(own) == plain { sources.append("PyRadiomics") }
        return sources
            + definition.otherNames.filter { Self.plain($0.name) == plain }.map {
                $0.remark.isEmpty ? $0.source.rawValue : "\($0.source.rawValue): \($0.remark)"
            }
    }

    /// Letters and digits in lower case, spelt as in Britain: `GLCM-Entropy (log 2)` is `glcmentropylog2`.
    private static func plain(_ name: String) -> String {
        let letters = name.lowercased().filter { $0.isLetter || $0.isNumber }
        return letters.replacing("gray", with: "grey").replacing("normaliz", with: "normalis").replacing(
            "discretiz", with: "discretis"
        ).replacing("center", with: "centre").replacing("neighbor", with: "neighbour")
    }

    private static func ibsiCode(in name: String) -> String? {
        guard let mark = name.uppercased().firstRange(of: "IBSI") else { return nil }
        let rest = name.uppercased()[mark.upperBound...].drop { !$0.isLetter && !$0.isNumber }
        let code = rest.prefix { $0.isLetter || $0.isNumber }
        return code.count == 4 ? String(code) : nil
    }
}

extension FeatureFamily {
    /// By which it is found.
    fileprivate var names: [String] {
        [rawValue, title] + [abbreviation, pyradiomicsClass, ibsiCode].compactMap { $0 }
    }

    /// Of the matrix, as IBSI has it, where PyRadiomics' class is called otherwise or absent.
    fileprivate var abbreviation: String? {
        switch self {
        case .dzm: "GLDZM"
        case .ngl: "NGLDM"
        case .ivh: "IVH"
        default: nil
        }
    }

    /// The aggregations that its columns can have; none for families without matrices.
    public var aggregations: [Aggregation] {
        var all = TextureSettings()
        all.aggregations = Aggregation.allCases
        return all.aggregations(of: self)
    }

    /// Whether `--distances` makes columns of its own.
    public var usesDistances: Bool {
        switch self {
        case .cm, .ngt, .ngl: true
        default: false
        }
    }

    /// Whether `--per-direction` adds columns.
    public var hasDirections: Bool { aggregations.contains(where: \.isDirectional) }
}

extension FeatureDefinition {
    /// By which it is found.
    fileprivate var names: [String] {
        var names = [tag] + [ibsiCode, pyradiomicsName, pyradiomicsColumn].compactMap { $0 }
        if let pyradiomicsClass, let pyradiomicsName { names.append("\(pyradiomicsClass)_\(pyradiomicsName)") }
        names.append(title)
        // `glcm Joint entropy`, as in LIFEx 7.
        names += Set([pyradiomicsClass, family.abbreviation].compactMap { $0 }).map { "\($0) \(title)" }
        return names
    }

    /// Whether the IBSI convention has it; otherwise only PyRadiomics' does.
    public var isIBSIColumn: Bool { family.definitions(in: .ibsi).contains(self) }

    /// The columns of the IBSI convention, at distance 1 and without single directions.
    public var ibsiColumns: [String] {
        guard isIBSIColumn else { return [] }
        return family.aggregations.isEmpty ? [tag] : family.aggregations.map { "\(tag)_\($0.rawValue)" }
    }

    /// Whether a name in lower case is one of its columns at any distance, or in any direction.
    fileprivate func isColumn(_ name: String) -> Bool {
        guard isIBSIColumn, name.hasPrefix(tag.lowercased() + "_") else { return false }
        var rest = name.dropFirst(tag.count + 1)
        if family.usesDistances, rest.hasPrefix("d"), let end = rest.firstIndex(of: "_"),
            let distance = Int(rest[rest.index(after: rest.startIndex)..<end]), distance > 0
        {
            rest = rest[rest.index(after: end)...]
        }
        if family.aggregations.contains(where: { $0.rawValue.lowercased() == rest }) { return true }
        guard family.hasDirections, let range = rest.firstRange(of: "_dir_") else { return false }
        let dimensions = Set(family.aggregations.map { $0.dimension.rawValue.lowercased() })
        let step = rest[range.upperBound...].split(separator: "_", omittingEmptySubsequences: false)
        return dimensions.contains(String(rest[..<range.lowerBound])) && step.count == 3
            && step.allSatisfy { Int($0) != nil }
    }
}
