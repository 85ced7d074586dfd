import DICOM
import Encoding
import Files
import Foundation
import Imaging
import Ingestion
import PNG
import Radiomics
import Reports

/// Whose maps they are.
struct MapOrigin {
    var item: ImageCase
    var image: ImageSource
    var region: Region
    var mask: MaskSource?
    var unit: IntensityUnit
}

/// Writes the maps of one region: data and picture of each, and one JSON file that says how they were made.
struct MapFiles {
    let folder: String
    let format: MapFormat
    let extent: MapVoxels.Extent
    let background: Float
    let settings: FeatureMapSettings
    let disclosure: IdentityDisclosure

    /// Returns how many maps were written. The JSON file comes last: where it is, all the others are.
    func write(_ maps: FeatureMaps, _ origin: MapOrigin, name: String, warnings: [String]) throws -> Int {
        var entries: [MapRecord.Entry] = []
        for (number, map) in maps.maps.enumerated() {
            let stem = "\(name)_\(map.column.name)"
            let values = map.values.filter(\.isFinite)
            var entry = MapRecord.Entry(
                feature: map.column.name, title: map.column.definition.title,
                unit: unit(map.column.definition, origin.unit), ibsi: map.column.definition.ibsiCode,
                aggregation: map.column.aggregation?.ibsiCode, undefined: maps.inside.count { $0 != 0 } - values.count)
            if let low = values.min(), let high = values.max() {
                (entry.minimum, entry.maximum) = (Double(low), Double(high))
                entry.mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
            }
            try write(map, number: number, of: maps, origin, stem, &entry)
            try writePicture(map, of: maps, origin, stem, &entry)
            entries.append(entry)
        }
        let record = MapRecord(
            maps, origin, settings, disclosure, maps: entries, warnings: warnings)
        try writeWholeFile(at: path(name, "json"), record.json)
        return entries.count
    }

    /// The data of one map.
    private func write(
        _ map: FeatureMap, number: Int, of maps: FeatureMaps, _ origin: MapOrigin, _ stem: String,
        _ entry: inout MapRecord.Entry
    ) throws {
        switch format {
        case .nrrd:
            entry.data = "\(stem).nrrd"
            let file = NRRDFile(
                voxels(map, maps), content: map.column.name,
                notes: [
                    ("weft_version", Release.version), ("unit", entry.unit),
                    ("kernel_radius", "\(settings.kernelRadius)"),
                ])
            try writeWholeFile(at: path(stem, "nrrd"), file.write)
        case .dicom:
            entry.data = "\(stem).dcm"
            let file = try ParametricMap(
                map, maps, voxels(map, maps), of: origin.image, number: number + 1, intensity: origin.unit,
                settings: settings, version: Release.version)
            do {
                try file.write(to: path(stem, "dcm"))
            } catch let error as DICOMWritingError {
                throw FileWritingError(path: path(stem, "dcm"), reason: error.description)
            }
        case .png:
            entry.data = "\(stem).png"
            let stored = StoredLevels(map.values, maps)
            (entry.pngOffset, entry.pngScale) = (stored.offset, stored.scale)
            try PNGWriter.write(
                grey: stored.pixels, width: maps.image.grid.size.x, height: maps.image.grid.size.y,
                to: path(stem, "png"))
        }
    }

    private func writePicture(
        _ map: FeatureMap, of maps: FeatureMaps, _ origin: MapOrigin, _ stem: String, _ entry: inout MapRecord.Entry
    ) throws {
        let picture = MapPicture(maps, map, labels(map, origin, entry.unit))
        entry.picture = "\(stem)_picture.png"
        entry.pictureSlice = picture.slice
        entry.pictureRange = picture.range.map { [$0.lowerBound, $0.upperBound] }
        try PNGWriter.write(
            rgb: picture.canvas.samples, width: picture.canvas.width, height: picture.canvas.height,
            to: path(stem, "picture", separator: "_") + ".png")
    }

    private func voxels(_ map: FeatureMap, _ maps: FeatureMaps) -> MapVoxels {
        MapVoxels(
            map.values, inside: maps.inside, box: maps.box, of: maps.image.grid, extent: extent, background: background)
    }

    private func path(_ stem: String, _ suffix: String, separator: String = ".") -> String {
        "\(folder)/\(stem)\(separator)\(suffix)"
    }

    private func unit(_ definition: FeatureDefinition, _ unit: IntensityUnit) -> String {
        guard definition.unit != .none else { return "" }
        let name: String? =
            switch unit {
            case .hounsfield: "HU"
            case .named(let name): name
            case .arbitrary: nil
            }
        return name.map { definition.unit.rawValue.replacing("intensity", with: $0) } ?? definition.unit.rawValue
    }

    private func labels(_ map: FeatureMap, _ origin: MapOrigin, _ unit: String) -> MapPicture.Labels {
        MapPicture.Labels(
            title: map.column.name,
            subtitle: origin.mask == nil
                ? origin.item.name : "\(origin.item.name) \(origin.region.name) \(origin.region.label)".printable,
            unit: unit)
    }
}

/// A map in 16 bits on the whole slice: 0 where there is no value, otherwise value = offset + scale · stored.
private struct StoredLevels {
    private(set) var pixels: [UInt16]
    private(set) var offset = 0.0
    private(set) var scale = 0.0

    init(_ values: [Float], _ maps: FeatureMaps) {
        let grid = maps.image.grid.size
        pixels = [UInt16](repeating: 0, count: grid.x * grid.y)
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return }
        // Stored levels 1 to 65,535; a map of one value has them all at 1.
        scale = low < high ? (Double(high) - Double(low)) / 65_534 : 1
        offset = Double(low) - scale
        for y in 0..<maps.box.size.y {
            for x in 0..<maps.box.size.x {
                let value = values[maps.box.offset(x, y, 0)]
                guard value.isFinite else { continue }
                let target = (maps.box.lower.y + y) * grid.x + maps.box.lower.x + x
                pixels[target] = UInt16(max(1, min(65_535, ((Double(value) - offset) / scale).rounded())))
            }
        }
    }
}
