import DICOM
import Encoding
import Figures
import Files
import Foundation
import Imaging
import Ingestion
import PNG
import Radiomics
import Reports
import VolumeWriting

/// Whose maps they are.
struct MapOrigin {
    var item: ImageCase
    var image: ImageSource
    var region: Region
    var mask: MaskSource?
    var unit: IntensityUnit
    /// What is to be known of the region.
    var notes: [String] = []
    /// Of all that its maps hang on.
    var contentHash: String
}

/// Writes the maps of one region: data and picture of each, and one JSON file that says how they were made.
struct MapFiles {
    let folder: String
    let format: MapFormat
    let extent: MapVoxels.Extent
    let background: Float
    let pictures: MapPictureChoice
    let settings: FeatureMapSettings
    let disclosure: IdentityDisclosure

    /// What was written of a region.
    struct Written {
        var maps: Int
        /// What is to be known of the pictures.
        var notes: [String]
    }

    /// Of all that the files of a region hang on.
    func contentHash(of volume: Volume, _ region: Region) -> String {
        let parts = [
            Release.version, settings.yaml,
            "\(settings.flatAxis.map { "\($0)" } ?? "-") \(format) \(extent) \(background) \(pictures) \(disclosure.isFull)",
            volume.fingerprint.description, region.fingerprint.description,
        ]
        return Fingerprint(of: parts.joined(separator: "\n")).description
    }

    /// How many maps an earlier run has made of the same content; nil when it has made none.
    func earlier(_ name: String, contentHash: String) -> Int? {
        struct Earlier: Decodable {
            struct Entry: Decodable { var data: String }
            var contentHash: String
            var maps: [Entry]
        }
        do {
            let record = try JSONDecoder().decode(Earlier.self, from: try readWholeFile(at: path(name, "json")))
            return record.contentHash == contentHash ? record.maps.count : nil
        } catch {
            // None, or one of another version.
            return nil
        }
    }

    /// The JSON file comes last: where it is, all the others are.
    func write(_ maps: FeatureMaps, _ origin: MapOrigin, name: String, warnings: [String]) throws -> Written {
        let plan = PicturePlan(maps, origin, pictures, settings)
        var entries: [MapRecord.Entry] = []
        for (number, map) in maps.maps.enumerated() {
            let stem = "\(name)_\(map.column.name)"
            let values = map.values.filter(\.isFinite)
            var entry = MapRecord.Entry(
                feature: map.column.name, title: map.column.definition.title,
                unit: unit(map.column.definition, map.column.isOfOriginal ? origin.unit : .arbitrary),
                ibsi: map.column.definition.ibsiCode,
                aggregation: map.column.aggregation?.ibsiCode, undefined: maps.inside.count { $0 != 0 } - values.count)
            if let low = values.min(), let high = values.max() {
                (entry.minimum, entry.maximum) = (Double(low), Double(high))
                entry.mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
            }
            try write(map, number: number, of: maps, origin, stem, &entry)
            try writePictures(map, of: maps, origin, stem, plan, &entry)
            entries.append(entry)
        }
        let record = MapRecord(
            maps, origin, settings, disclosure, window: plan.window, maps: entries, warnings: warnings)
        try writeWholeFile(at: path(name, "json"), record.json)
        return Written(maps: entries.count, notes: plan.notes)
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
        case .nifti:
            entry.data = "\(stem).nii.gz"
            let file = NIfTIFile(
                voxels(map, maps), description: "weft \(Release.version) \(map.column.name) \(entry.unit)")
            try writeWholeFile(at: path(stem, "nii.gz"), file.write)
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

    private func writePictures(
        _ map: FeatureMap, of maps: FeatureMaps, _ origin: MapOrigin, _ stem: String, _ plan: PicturePlan,
        _ entry: inout MapRecord.Entry
    ) throws {
        let drawn = MapPictures(
            maps, map, window: plan.window,
            MapLabels(map, of: maps, origin, unit: entry.unit, names: plan.names, settings, disclosure))
        entry.pictureRange = drawn.range.map { [$0.lowerBound, $0.upperBound] }
        for slice in plan.slices {
            let number = pictures.slices == .all ? "_slice-\(plan.names.fileNumber(slice))" : ""
            let file = try write(drawn.picture(of: slice), "\(stem)_picture\(number)")
            entry.pictures.append(.init(file: file, slice: slice, number: plan.names.number(slice)))
        }
        (entry.picture, entry.pictureSlice) = (entry.pictures[0].file, entry.pictures[0].slice)
        if let montage = plan.montage {
            entry.montage = try write(
                drawn.montage(of: montage.slices, remark: montage.remark), "\(stem)_montage")
        }
    }

    /// Returns the name of the file.
    private func write(_ canvas: Canvas, _ stem: String) throws -> String {
        try PNGWriter.write(
            rgb: canvas.samples, width: canvas.width, height: canvas.height, to: path(stem, "png"))
        return "\(stem).png"
    }

    private func voxels(_ map: FeatureMap, _ maps: FeatureMaps) -> MapVoxels {
        MapVoxels(
            map.values, inside: maps.inside, box: maps.box, of: maps.image.grid, extent: extent, background: background)
    }

    private func path(_ stem: String, _ suffix: String) -> String { "\(folder)/\(stem).\(suffix)" }

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
}

/// Which slices of a region pictures show, in which window: the same for all of its maps.
struct PicturePlan {
    let names: MapSliceNames
    let window: GreyWindow
    /// Of the grid; at least one.
    let slices: [Int]
    /// Nil where none is wanted.
    let montage: (slices: [Int], remark: String)?
    /// What was not as asked.
    private(set) var notes: [String] = []

    init(_ maps: FeatureMaps, _ origin: MapOrigin, _ choice: MapPictureChoice, _ settings: FeatureMapSettings) {
        let image = origin.image
        names = MapSliceNames(image, grid: maps.image.grid)
        let region = maps.slices
        window =
            choice.window.map { GreyWindow($0, .given) }
            ?? maps.window(
                modality: settings.normalises ? "" : image.identity.modality,
                stated: image.statedWindows(slice: names.sourceSlice(region.largest), settings: settings),
                storable: image.storableWindow(settings))
        switch choice.slices {
        case .largest: slices = [region.largest]
        case .all: slices = region.crossed
        case .number(let number):
            let found = names.gridSlice(numbered: number).flatMap { region.crossed.contains($0) ? $0 : nil }
            slices = [found ?? region.largest]
            if found == nil {
                let (own, shown) = (region.crossed.map(names.number), names.number(region.largest))
                let place =
                    own.count > 1
                    ? "it lies on slices \(own.min() ?? 0) to \(own.max() ?? 0), and its largest, \(shown), is shown"
                    : "it lies on slice \(shown), which is shown"
                notes.append("found no voxel of the region on slice \(number), which --slice asks for; \(place)")
            }
        }
        guard choice.montage == .ofRegion else {
            montage = nil
            return
        }
        let shown = MapPictures.montageSlices(of: region.crossed)
        let all = region.crossed.count
        let remark = "\(shown.count < all ? "\(shown.count) of the region's \(all)" : "all \(all)") slices"
        montage = (shown, all == 1 ? "its only slice" : shown.count < all ? remark : "\(remark) of the region")
        if shown.count < all { notes.append("the montage shows \(remark), evenly spread") }
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
