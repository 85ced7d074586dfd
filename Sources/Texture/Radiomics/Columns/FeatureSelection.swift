// Single features of a family: what is kept of its columns.

import SettingsFile
import TextureCore

extension ExtractionSettings {
    /// The columns of a family that are kept. In the IBSI convention in the order of the catalogue, in PyRadiomics' in the
    /// order in which they were named, as there.
    func kept(_ all: [FeatureColumn], of family: FeatureFamily) -> [FeatureColumn] {
        guard let named = features[family] else { return all }
        return switch convention {
        case .ibsi: all.filter { named.contains($0.feature) }
        case .pyradiomics: named.compactMap { name in all.first { $0.feature == name } }
        }
    }

    /// What a feature is called in a settings file: its tag, in the PyRadiomics convention `glcm_Contrast`.
    func fullName(of feature: String, in family: FeatureFamily) -> String {
        convention == .ibsi ? feature : "\(family.pyradiomicsClass ?? family.rawValue)_\(feature)"
    }

    /// The names by which the features of a family can be selected.
    func selectable(in family: FeatureFamily) -> [String] {
        switch convention {
        case .ibsi: family.definitions(in: convention).map(\.tag)
        case .pyradiomics:
            family.definitions(in: convention).compactMap(\.pyradiomicsName)
                + (family == .morph ? PyRadiomicsShape.deprecated.map(\.rawValue) : [])
        }
    }

    private func fullNames(in family: FeatureFamily) -> [String] {
        selectable(in: family).map { fullName(of: $0, in: family) }
    }

    /// The word that leaves families or aggregations to the image.
    package static let automaticWord = "automatic"

    /// The word that stands for the features of Haralick's paper among the names of families.
    package static let haralickWord = "haralick"

    /// Computes these families, by tag or PyRadiomics' class. `haralick` are the 14 features of 1973 (those that the
    /// convention has), one number each: with directions merged, unless other aggregations were chosen. `automatic` alone are
    /// all that the image has.
    public mutating func select(families names: [String]) throws(SettingsError) {
        guard names != [Self.automaticWord] else {
            families = nil
            return
        }
        var named: [FeatureFamily] = []
        for name in names {
            if name.lowercased() == Self.haralickWord {
                selectHaralick()
                named.append(.cm)
            } else {
                let family = try FeatureFamily(named: name)
                if family == .cm { features[.cm] = nil }
                named.append(family)
            }
        }
        families = named
    }

    private mutating func selectHaralick() {
        let known = Set(selectable(in: .cm))
        let definitions = FeatureName.haralickTags.compactMap { tag in FeatureCatalogue.all.first { $0.tag == tag } }
        features[.cm] = definitions.compactMap { convention == .ibsi ? $0.tag : $0.pyradiomicsName }.filter(
            known.contains)
        if convention == .ibsi, texture.aggregation == .automatic { texture.aggregation = .merged }
    }

    /// Keeps single features, by tag or, in the PyRadiomics convention, `glcm_Contrast` or `original_glcm_Contrast`. Without
    /// ``families`` only those of the features are computed.
    public mutating func select(features names: [String]) throws(SettingsError) {
        features = [:]
        var order: [FeatureFamily] = []
        for name in names {
            let short = name.hasPrefix("original_") ? String(name.dropFirst("original_".count)) : name
            let family = FeatureFamily.allCases.first { fullNames(in: $0).contains(short) }
            guard let family,
                let feature = selectable(in: family).first(where: { fullName(of: $0, in: family) == short })
            else {
                let all = FeatureFamily.allCases.flatMap { fullNames(in: $0) }
                throw convention.unknownFeature(name, among: all, like: short)
            }
            if features[family] == nil { order.append(family) }
            if features[family]?.contains(feature) != true { features[family, default: []].append(feature) }
        }
        guard !order.isEmpty else { throw .value(key: "features", found: "none", expected: "at least one feature") }
        if families == nil { families = order }
    }

    /// Features that were named for another convention, or of a family that is not computed.
    func validateFeatures() throws(SettingsError) {
        for (family, named) in features {
            let known = selectable(in: family)
            for feature in named where !known.contains(feature) {
                throw convention.unknownFeature(feature, among: known)
            }
            guard activeFamilies.contains(family) else {
                throw .conflict(
                    "the feature \(fullName(of: named.first ?? "", in: family)) belongs to the family \(family.rawValue),"
                        + " which is not among the families; add it there, or leave out the families")
            }
        }
    }
}

extension Convention {
    /// - Parameter short: the name without a prefix that the known names do not have.
    func unknownFeature(_ name: String, among known: [String], like short: String? = nil) -> SettingsError {
        .unknownName(
            name, kind: "feature", place: "in the convention \(rawValue)",
            nearest: nearestWord(to: short ?? name, among: known), overview: "'weft explain' lists them")
    }
}
