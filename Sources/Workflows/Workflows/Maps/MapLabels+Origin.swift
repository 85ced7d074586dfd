import Foundation
import Imaging
import Ingestion
import Radiomics
import Reports
import TextureCore

extension MapLabels {
    /// What pictures say of a map: how it was made, of what, and where its slices lie. Nothing of it identifies the patient
    /// unless that was asked for.
    init(
        _ map: FeatureMap, of maps: FeatureMaps, _ origin: MapOrigin, unit: String, names: MapSliceNames,
        _ settings: FeatureMapSettings, _ disclosure: IdentityDisclosure
    ) {
        let image = origin.image
        let lengths = image.lengths
        let sides = image.patientPosition == .stated ? PatientSides(maps.image.grid.direction) : nil
        let (grid, largest) = (maps.image.grid, maps.slices.largest)
        self.init(
            title: map.column.definition.title.prefix(1).uppercased() + map.column.definition.title.dropFirst(),
            unit: unit,
            making: [
                map.column.name, Self.kernel(settings, grid.spacing, lengths),
                Self.bins(map, maps, map.column.isOfOriginal ? origin.unit : .arbitrary, settings),
                Self.distances(map, settings),
            ].compactMap { $0 },
            subject: Self.subject(maps, origin, disclosure),
            imageUnit: origin.unit.shown(settings) ?? "", lengths: lengths, sides: sides,
            polarity: GreyPolarity(modality: image.identity.modality)
        ) { slice in
            guard grid.size.z > 1 || sides != nil else { return Slice(parts: [], brief: []) }
            let position = sides?.position(of: grid.position(of: SIMD3(0, 0, Double(slice)))) { Self.millimetres($0) }
            let isLargest = slice == largest && maps.slices.crossed.count > 1
            return Slice(
                parts: [names.shown(slice, plane: sides?.plane.rawValue) + (isLargest ? ", its largest" : "")]
                    + (position.map { [$0] } ?? []),
                brief: ["\(names.number(slice))"] + (position.map { [$0] } ?? []))
        }
    }

    /// Case, region, and how many of its voxels count where not all do.
    private static func subject(
        _ maps: FeatureMaps, _ origin: MapOrigin, _ disclosure: IdentityDisclosure
    ) -> [String] {
        let (all, used) = (maps.region.count { $0 != 0 }, maps.inside.count { $0 != 0 })
        let region =
            origin.mask == nil
            ? "whole image"
            : origin.region.name.isEmpty
                ? "label \(origin.region.label)" : "\(origin.region.name) (label \(origin.region.label))"
        let patient = disclosure == .full ? origin.image.identity.patient(disclosure) : ""
        return [
            patient.isEmpty ? "" : "patient \(patient)", origin.item.name, region,
            used < all ? "\(used) of \(all) voxels" : "",
        ].map(\.printable)
    }

    /// `kernel 3 × 3 × 3 voxels (2.9 × 2.9 × 9 mm)`
    private static func kernel(
        _ settings: FeatureMapSettings, _ spacing: SIMD3<Double>, _ lengths: LengthUnit
    ) -> String {
        let size = settings.kernelSize
        let axes = (0..<3).filter { size[$0] > 1 }
        let voxels = axes.map { "\(size[$0])" }.joined(separator: " × ")
        let sides = axes.map { String(format: "%.3g", Double(size[$0]) * spacing[$0]) }.joined(separator: " × ")
        let reach = settings.kernelVoxels == .all ? ", also outside the region" : ""
        return "kernel \(voxels) " + (axes.count < 3 ? "pixels" : "voxels")
            + (lengths == .millimetre ? " (\(sides) mm)" : "") + reach
    }

    /// `bins of 25 HU from -1000 HU`; nil for a map that reads no grey levels.
    private static func bins(
        _ map: FeatureMap, _ maps: FeatureMaps, _ unit: IntensityUnit, _ settings: FeatureMapSettings
    ) -> String? {
        guard map.column.definition.family.usesGreyLevels, let discretisation = maps.discretisation else { return nil }
        let unit = unit.shown(settings).map { " \($0)" } ?? ""
        func number(_ value: Double) -> String { String(format: "%.6g", value) }
        switch discretisation {
        case .binWidth(let width, let lowerBound?):
            return "bins of \(number(width))\(unit) from \(number(lowerBound))\(unit)"
        case .binWidth(let width, nil):
            let start =
                settings.extraction.convention == .pyradiomics
                ? "from a multiple of it" : "from the region's minimum"
            return "bins of \(number(width))\(unit) \(start)"
        case .binCount(let count): return "\(count) bins over the region's range"
        case .none: return "grey levels as stored"
        }
    }

    /// Nil for voxels side by side, which is usual.
    private static func distances(_ map: FeatureMap, _ settings: FeatureMapSettings) -> String? {
        guard map.column.definition.family == .cm else { return nil }
        let distances = map.column.distance.map { [$0] } ?? settings.extraction.texture.distances
        guard distances != [1] else { return nil }
        return "distance \(distances.map(String.init).joined(separator: ", "))"
    }

    private static func millimetres(_ value: Double) -> String {
        let text = String(format: "%.1f", value)
        return text == "-0.0" ? "0.0" : text
    }
}

extension ImageSource {
    /// The windows that a picture may have from the file, in the unit that the image was loaded in.
    func statedWindows(slice: Int, settings: FeatureMapSettings) -> [ClosedRange<Double>] {
        settings.normalises ? [] : statedWindows(slice: slice)
    }

    /// What 8 bits can be, for a PNG of them; nil for wider samples, which hardly an image fills.
    func storableWindow(_ settings: FeatureMapSettings) -> ClosedRange<Double>? {
        guard format == .png, !settings.normalises, let range = try? ImageSource.storedRange(png: path) else {
            return nil
        }
        return range.upperBound <= 255 ? range : nil
    }
}

extension FeatureMapSettings {
    /// Whether intensities have lost their unit.
    var normalises: Bool { extraction.convention == .pyradiomics && extraction.pyradiomics.normalisation != nil }
}

extension IntensityUnit {
    /// As a reader knows it; nil for none.
    func shown(_ settings: FeatureMapSettings) -> String? {
        guard !settings.normalises else { return nil }
        switch self {
        case .hounsfield: return "HU"
        // Units (0054,1001) of PET, PS3.3 C.8.9.1.1.3.
        case .named("BQML"): return "Bq/ml"
        case .named("GML"): return "g/ml"
        case .named("CM2ML"): return "cm2/ml"
        case .named("CNTS"): return "counts"
        case .named(let name): return name.printable
        case .arbitrary: return nil
        }
    }
}
