// Numbers in the image's own unit. Those that stand in no section belong to one unit: a range in HU cuts no MR, a width in
// SUV bins no CT.

import TextureCore

/// A key whose value is in the unit of the intensities.
public struct AbsoluteNumber: Hashable, Sendable {
    /// Of the settings file.
    public var path: String
    /// The option of the command line.
    public var option: String

    /// Those that decide about the numbers of an image.
    ///
    /// - Parameter settings: of that image, ``ExtractionSettings/resolved(for:)``.
    public static func all(in settings: ExtractionSettings) -> [AbsoluteNumber] {
        all.filter { $0.1(settings) }.map(\.0)
    }

    private static let all: [(AbsoluteNumber, @Sendable (ExtractionSettings) -> Bool)] = [
        (
            .init("maskOperations", "--mask-operations"),
            { $0.maskOperations.contains { $0.kind == .threshold && $0.percent == nil } }
        ),
        // What is cut and binned relative to the region needs no unit.
        (.init("resegment.range", "--range"), { $0.resegment.range != nil && $0.pyradiomics.thresholds == nil }),
        (.init("discretise.binWidth", "--bin-width"), { if case .width = $0.discretise.bins { true } else { false } }),
        (
            .init("discretise.lowerBound", "--lower-bound"),
            { $0.discretise.lowerBound != nil && KeyNeed.binWidth.isMet(in: $0) && KeyNeed.openRange.isMet(in: $0) }
        ),
        (.init("ivh.binWidth", "--ivh-bin-width"), { if case .width = $0.intensityVolume { true } else { false } }),
        (.init("pyradiomics.voxelArrayShift", "--voxel-array-shift"), { $0.pyradiomics.voxelArrayShift != 0 }),
    ]

    private init(_ path: String, _ option: String) { (self.path, self.option) = (path, option) }
}

extension ExtractionSettings {
    /// Whether the section of a modality says what a key is.
    public func section(of modality: String, names path: String) -> Bool {
        guard let section = sections.first(where: { $0.modality == modality }) else { return false }
        return section.names(path) || path == "resegment.range" && section.names("pyradiomics.resegmentRange")
    }
}

/// What becomes of numbers that images of several units share.
public enum SharedNumbers: Sendable {
    case refused
    /// As in a parameter file of PyRadiomics, which has one number for whatever image it is given.
    case applied
}
