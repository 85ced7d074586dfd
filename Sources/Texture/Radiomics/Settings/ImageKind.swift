// The settings of one image out of those of a whole run: what its modality's section says laid over the common keys, and
// what is left to the image (families, aggregations) decided by whether it has a volume.

import SettingsFile
import TextureCore

/// Whether an image has neighbours across slices.
public enum ImageDepth: String, CaseIterable, Hashable, Sendable {
    case oneSlice
    case volume

    public init(slices: Int) { self = slices == 1 ? .oneSlice : .volume }
}

/// What decides which of the settings an image gets.
public struct ImageKind: Hashable, Sendable {
    /// DICOM's code, CT, PT, MR …; PNG for a PNG.
    public var modality: String
    public var depth: ImageDepth

    public init(modality: String, depth: ImageDepth) { (self.modality, self.depth) = (modality, depth) }
}

/// How directions and slices become one value, as a user says it.
public enum AggregationChoice: Hashable, Sendable {
    /// All of the image's dimension: `3D_avg`, `3D_comb`, `3D`; of one slice `2D_avg`, `2D_comb`, `2D`.
    case automatic
    /// One value a feature, with directions merged: `3D_comb`, `3D`; of one slice `2D_comb`, `2D`.
    case merged
    case listed([Aggregation])

    public func list(for depth: ImageDepth) -> [Aggregation] {
        switch (self, depth) {
        case (.listed(let list), _): list
        case (.automatic, .volume): [.averaged3D, .merged3D, .volume]
        case (.automatic, .oneSlice): [.averaged2D, .merged2D, .slices]
        case (.merged, .volume): [.merged3D, .volume]
        case (.merged, .oneSlice): [.merged2D, .slices]
        }
    }
}

extension TextureSettings {
    /// Those of a volume; to set them is to list them, whatever the image.
    public var aggregations: [Aggregation] {
        get { aggregation.list(for: .volume) }
        set { aggregation = .listed(newValue) }
    }
}

extension ExtractionSettings {
    /// The settings that apply to an image, with nothing left open; what the settings hash of its rows is taken of.
    ///
    /// - Throws: ``SettingsError`` of a section that does not go with the common keys, which ``validate()`` finds as well.
    public func resolved(for kind: ImageKind) throws(SettingsError) -> ExtractionSettings {
        var settings = self
        try sections.first { $0.modality == kind.modality }?.apply(to: &settings)
        (settings.sections, settings.register) = ([], .init())
        return settings.resolved(for: kind.depth)
    }

    /// With families and aggregations decided.
    func resolved(for depth: ImageDepth) -> ExtractionSettings {
        var settings = self
        if convention == .ibsi { settings.texture.aggregations = texture.aggregation.list(for: depth) }
        settings.families = activeFamilies(for: depth)
        settings.images = images.map { $0.resolved(for: depth) }
        // PyRadiomics has the outline of flat regions with force2D only; of one slice that changes no other number.
        if families == nil, depth == .oneSlice, convention == .pyradiomics {
            settings.texture.pyradiomics.force2DDimension = texture.pyradiomics.force2DDimension ?? 0
        }
        return settings
    }

    /// The families that are computed, in the order of the columns. By default one slice has its outline instead of a shape,
    /// and no peak of a sphere around a voxel: it has no volume.
    public func activeFamilies(for depth: ImageDepth) -> [FeatureFamily] {
        let usual = FeatureFamily.allCases.filter { family in
            switch family {
            case .morph, .loc: depth == .volume
            case .shape2D: depth == .oneSlice
            default: true
            }
        }
        return (families ?? usual).filter { !$0.features(in: convention).isEmpty }
    }

    /// The table's feature columns when images of these depths are in it: family by family those of volumes, then those that
    /// only single slices have.
    public func columns(of depths: Set<ImageDepth>) -> [FeatureColumn] {
        let kinds = [ImageDepth.volume, .oneSlice].filter(depths.contains)
        let lists = kinds.map { resolved(for: $0).columns }
        guard lists.count > 1 else { return lists.first ?? [] }
        let families =
            families
            ?? FeatureFamily.allCases.filter { family in lists.contains { $0.contains { $0.family == family } } }
        var images: [String] = []
        for column in lists.joined() where !images.contains(column.image) { images.append(column.image) }
        var (columns, known) = ([FeatureColumn](), Set<FeatureColumn>())
        for image in images {
            for family in families {
                for column in lists.joined() where column.family == family && column.image == image {
                    if known.insert(column).inserted { columns.append(column) }
                }
            }
        }
        return columns
    }
}
