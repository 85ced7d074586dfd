import SettingsFile
import TextureCore

/// What a feature map is made with, beside the settings that it has in common with a table of features.
public struct FeatureMapSettings: Hashable, Sendable {
    /// Convention, grid, re-segmentation, grey levels, distances and aggregations; ``ExtractionSettings/columns`` are the
    /// maps, in their order.
    public var extraction: ExtractionSettings
    /// The kernel of a voxel is the cube (the square, within slices) of so many voxels on each side of it.
    public var kernelRadius = 1
    public var kernelVoxels = KernelVoxels.ofRegion
    /// What files have outside the region; nil: NaN, in the convention `pyradiomics` 0, its `initValue`.
    public var outside: Double?

    /// Which voxels of a kernel count; the same ones decide about the bins of the grey levels (PyRadiomics:
    /// `maskedKernel`).
    public enum KernelVoxels: String, CaseIterable, Sendable {
        case ofRegion
        /// All voxels of the image. Grey levels are binned over the region's box and the kernel's radius around it.
        case all
    }

    public static let radii = 1...32

    public init(_ extraction: ExtractionSettings) { self.extraction = extraction }

    /// Gives a feature one map, of all directions together, where the settings leave the aggregation to the image.
    public mutating func mergeDirections() {
        guard extraction.convention == .ibsi, extraction.texture.aggregation == .automatic else { return }
        extraction.texture.aggregation = .merged
    }

    /// The settings of the maps of one image, with nothing left open: a slice has no volume, so its kernels are squares
    /// unless aggregations of the volume are listed.
    /// - Throws: ``SettingsError`` of a section, as ``ExtractionSettings/resolved(for:)``.
    public func resolved(for kind: ImageKind) throws(SettingsError) -> FeatureMapSettings {
        var settings = self
        if kind.depth == .oneSlice, extraction.texture.aggregation == .merged || extraction.convention == .pyradiomics {
            settings.stayWithinSlices()
        }
        settings.extraction = try settings.extraction.resolved(for: kind)
        if extraction.convention == .ibsi { settings.extraction.texture.aggregations = settings.aggregations }
        return settings
    }

    /// What maps have in common with a table of features, as a settings file; the kernel, which has no keys, as a comment.
    package var yaml: String {
        let voxels = kernelVoxels == .ofRegion ? "--masked-kernel" : "--no-masked-kernel"
        return "# --kernel-radius \(kernelRadius) \(voxels)\n" + extraction.yaml
    }

    /// Names of maps: tags, PyRadiomics' names, or families and classes for all of their features.
    public mutating func select(_ names: [String]) throws(SettingsError) {
        var all: [String] = []
        for name in names {
            let family = FeatureFamily.allCases.first { $0.rawValue == name || $0.pyradiomicsClass == name }
            if let family, Self.families.contains(family) {
                all += extraction.selectable(in: family).map { extraction.fullName(of: $0, in: family) }
            } else {
                all.append(name)
            }
        }
        extraction.families = nil
        try extraction.select(features: all)
        if let family = extraction.families?.first(where: { !Self.families.contains($0) }) {
            throw .value(
                key: "--feature", found: "\(names.joined(separator: ",")), of the family \(family.rawValue)",
                expected: "features of co-occurrence (cm), statistics (stat) or the histogram (ih)")
        }
    }

    static let families: [FeatureFamily] = [.cm, .stat, .ih]

    /// Takes the kernel out of the third dimension.
    public mutating func stayWithinSlices() {
        switch extraction.convention {
        case .ibsi:
            extraction.texture.aggregations = aggregations.map { aggregation in
                switch aggregation {
                case .averaged3D: .averaged2D
                case .merged3D: .merged2D
                default: aggregation
                }
            }
        case .pyradiomics:
            extraction.texture.pyradiomics.force2DDimension = extraction.texture.pyradiomics.force2DDimension ?? 0
        }
    }

    /// Those that pairs of voxels have; families without directions have no maps.
    private var aggregations: [Aggregation] { extraction.texture.aggregations(of: .cm) }

    /// The axis (0 x, 1 y, 2 z) along which kernels are one voxel thick; nil: none.
    public var flatAxis: Int? {
        switch extraction.convention {
        case .ibsi: aggregations.contains { $0.isVolumetric } ? nil : 2
        case .pyradiomics: extraction.texture.pyradiomics.force2DDimension.map { 2 - $0 }
        }
    }

    /// Settings that contradict each other or cannot be carried out.
    public func validate() throws(SettingsError) { try validate(options: []) }

    /// - Parameter options: names of options that were given, also with the value that is usual.
    package func validate(options: Set<String>) throws(SettingsError) {
        guard Self.radii.contains(kernelRadius) else {
            throw .value(
                key: "--kernel-radius", found: "\(kernelRadius)",
                expected: "a number of voxels from \(Self.radii.lowerBound) to \(Self.radii.upperBound)")
        }
        try extraction.validate(options: options)
        if let far = extraction.texture.distances.max(), far > 2 * kernelRadius {
            throw .conflict(
                "no two voxels of a kernel of radius \(kernelRadius) are \(far) apart; choose a larger --kernel-radius or"
                    + " smaller --distances")
        }
        let images = extraction.featureImages
        guard images.count == 1 else {
            throw .value(
                key: "images (--images)", found: images.map(\.name).joined(separator: ", "),
                expected: "one image: maps are made of one at a time")
        }
        guard extraction.convention == .ibsi else { return }
        if case .listed = extraction.texture.aggregation,
            !aggregations.allSatisfy({ $0.isDirectional && $0.dimension != .mergedSlices })
        {
            throw .value(
                key: "--aggregations", found: aggregations.map(\.rawValue).joined(separator: ","),
                expected: "3D_comb, 3D_avg, 2D_comb or 2D_avg")
        }
        guard Set(aggregations.map(\.dimension)).count == 1 else {
            throw .conflict("a kernel lies in a slice or in the volume; give --aggregations of 2D or of 3D, not both")
        }
    }

    /// Voxels that a kernel spans along x, y, z.
    public var kernelSize: SIMD3<Int> { 2 &* radius &+ 1 }

    /// Voxels on each side of the centre of a kernel, along x, y, z.
    var radius: SIMD3<Int> {
        var radius = SIMD3(repeating: kernelRadius)
        if let flatAxis { radius[flatAxis] = 0 }
        return radius
    }
}
