import Encoding
import Files
import Foundation
import Imaging
import Radiomics
import Reports

/// How the maps of a region were made.
struct MapRecord: Encodable {
    struct Entry: Encodable {
        var feature: String
        var title: String
        var unit: String
        var ibsi: String?
        var aggregation: String?
        /// Voxels of the region where the feature is undefined.
        var undefined: Int
        var minimum: Double?
        var maximum: Double?
        var mean: Double?
        var data = ""
        var pngOffset: Double?
        var pngScale: Double?
        /// The first picture; `pictureSlice` is its slice on the grid, from 0.
        var picture = ""
        var pictureSlice = 0
        /// Values of the first and the last colour.
        var pictureRange: [Double]?
        var pictures: [Picture] = []
        var montage: String?
    }

    struct Picture: Encodable {
        var file: String
        /// On the grid, from 0.
        var slice: Int
        /// As the series counts.
        var number: Int
    }

    /// What is black and white in the pictures, in the unit of the image.
    struct Window: Encodable {
        var low: Double
        var high: Double
        var unit: String
        var reason: String
    }

    struct Grid: Encodable {
        var size: [Int]
        var spacing: [Double]
        var origin: [Double]
        var direction: [[Double]]
    }

    struct Box: Encodable {
        var first: [Int]
        var size: [Int]
    }

    struct Kernel: Encodable {
        var radius: Int
        var voxels: String
        var flatAxis: String?
    }

    let weft = Release.version
    /// Tells whether maps are still of the same content, settings and version.
    var contentHash: String
    var name: String
    var patient: String
    var study: String
    var series: String
    var modality: String
    var image: String
    var mask: String?
    var roi: String
    var label: Int
    var settings: String
    var kernel: Kernel
    var grid: Grid
    var box: Box
    var voxels: Int
    var greyLevels: Int?
    var notes: [String]
    var warnings: [String]
    var window: Window
    var maps: [Entry]

    private enum CodingKeys: String, CodingKey {
        case weft, contentHash
        case name = "case"
        case patient, study, series, modality, image, mask, roi, label, settings, kernel, grid, box, voxels, greyLevels
        case notes, warnings, window, maps
    }

    init(
        _ result: FeatureMaps, _ origin: MapOrigin, _ settings: FeatureMapSettings, _ disclosure: IdentityDisclosure,
        window: GreyWindow, maps: [Entry], warnings: [String]
    ) {
        contentHash = origin.contentHash
        let identity = origin.image.identity
        (name, patient) = (origin.item.name, identity.patient(disclosure))
        (study, series, modality) = (identity.studyUID, identity.seriesUID, identity.modality)
        (image, mask) = (
            origin.item.shownPath, origin.mask.map { String(FileName($0.path).name) }
        )
        (roi, label) = (origin.region.name, origin.region.label)
        self.settings = settings.extraction.yaml
        kernel = Kernel(
            radius: settings.kernelRadius, voxels: settings.kernelVoxels == .ofRegion ? "region" : "all",
            flatAxis: settings.flatAxis.map { ["x", "y", "z"][$0] })
        let geometry = result.image.grid
        func list<Scalar>(_ v: SIMD3<Scalar>) -> [Scalar] { [v.x, v.y, v.z] }
        grid = Grid(
            size: list(geometry.size), spacing: list(geometry.spacing), origin: list(geometry.origin),
            direction: [list(geometry.direction.x), list(geometry.direction.y), list(geometry.direction.z)])
        box = Box(first: list(result.box.lower), size: list(result.box.size))
        voxels = result.inside.count { $0 != 0 }
        greyLevels = result.greyLevelCount > 0 ? result.greyLevelCount : nil
        self.window = Window(
            low: window.range.lowerBound, high: window.range.upperBound, unit: origin.unit.shown(settings) ?? "",
            reason: window.reason.text)
        (notes, self.warnings, self.maps) = (origin.notes + result.notes, warnings, maps)
    }

    var json: Data {
        get throws {
            try JSON.document(self)
        }
    }
}
