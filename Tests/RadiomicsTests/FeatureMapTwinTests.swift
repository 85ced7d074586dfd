import Imaging
import Radiomics
import Testing
import TextureCore

/// A small image of whole numbers with a region that touches three faces of it, has a hole and a voxel by itself.
private struct MapCase {
    let size = SIMD3(11, 9, 5)
    var values: [Double] = []
    var inside: [UInt8] = []

    init() {
        var state: UInt64 = 99
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    // Flat in a corner, noisy elsewhere; levels 4 and 10 do not occur.
                    let noisy = 1 + Int(state >> 33) % 13
                    values.append(Double(x < 4 && y < 4 ? 5 : noisy == 4 || noisy == 10 ? 13 : noisy))
                    let isHole = x == 5 && y == 4 && z == 1
                    let isAlone = x == 10 && y == 8 && z == 4
                    inside.append(isAlone || (!isHole && x < 8 && y < 7 && z < 3 && x + y + z < 12) ? 1 : 0)
                }
            }
        }
    }

    var volume: Volume { Volume(geometry: Geometry(size: size, spacing: [1, 1.5, 3]), values: .float64(values)) }
    var region: Region {
        Region(name: "r", label: 1, box: VoxelBox(lower: .zero, size: size), voxels: inside).cropped()
    }

    func offset(_ v: SIMD3<Int>) -> Int { (v.z * size.y + v.y) * size.x + v.x }

    var voxels: [SIMD3<Int>] {
        (0..<size.z).flatMap { z in (0..<size.y).flatMap { y in (0..<size.x).map { SIMD3($0, y, z) } } }
    }
}

struct MapVariant: CustomTestStringConvertible, Sendable {
    var convention: Convention
    var radius: Int
    var voxels: FeatureMapSettings.KernelVoxels
    var aggregation = Aggregation.merged3D
    var flatDimension: Int?
    var weighting = PyRadiomicsTexture.Weighting.none
    var symmetry = CooccurrenceMatrix.Symmetry.symmetric
    var distances = [1]

    var testDescription: String {
        "\(convention) radius \(radius) \(voxels) \(aggregation.rawValue) flat \(flatDimension ?? -1) \(weighting) \(symmetry)"
            + " \(distances)"
    }

    static let all: [MapVariant] =
        [1, 2, 3].flatMap { radius in
            FeatureMapSettings.KernelVoxels.allCases.flatMap { voxels in
                [Aggregation.merged3D, .averaged3D, .merged2D, .averaged2D].map {
                    MapVariant(convention: .ibsi, radius: radius, voxels: voxels, aggregation: $0)
                }
                    + [nil, 0, 1].map {
                        MapVariant(convention: .pyradiomics, radius: radius, voxels: voxels, flatDimension: $0)
                    }
            }
        } + [
            MapVariant(convention: .pyradiomics, radius: 2, voxels: .ofRegion, weighting: .noWeighting),
            MapVariant(convention: .pyradiomics, radius: 2, voxels: .ofRegion, weighting: .euclidean),
            MapVariant(convention: .pyradiomics, radius: 1, voxels: .ofRegion, symmetry: .directed),
            MapVariant(convention: .pyradiomics, radius: 2, voxels: .all, distances: [1, 2]),
            MapVariant(convention: .ibsi, radius: 2, voxels: .ofRegion, distances: [2, 3]),
        ]

    var settings: FeatureMapSettings {
        get throws {
            var extraction = ExtractionSettings()
            extraction.convention = convention
            extraction.discretise = GreyLevelSetting(.none)
            extraction.texture.distances = distances
            if convention == .ibsi { extraction.texture.aggregations = [aggregation] }
            extraction.texture.pyradiomics.force2DDimension = flatDimension
            extraction.texture.pyradiomics.weightingNorm = weighting
            extraction.texture.pyradiomics.symmetricalGLCM = symmetry
            var settings = FeatureMapSettings(extraction)
            (settings.kernelRadius, settings.kernelVoxels) = (radius, voxels)
            try settings.select(["cm"].map { convention == .ibsi ? $0 : "glcm" })
            try settings.validate()
            return settings
        }
    }
}

@Suite("feature maps equal a twin that counts every kernel anew")
struct FeatureMapTwinTests {
    @Test("co-occurrence", arguments: MapVariant.all)
    func cooccurrence(_ variant: MapVariant) throws {
        let scan = MapCase()
        let settings = try variant.settings
        let maps = try FeatureMapper(settings).maps(of: scan.region, in: scan.volume, modality: "", jobs: 2)
        var flat = variant.flatDimension.map { 2 - $0 }
        if variant.convention == .ibsi, !variant.aggregation.isVolumetric { flat = 2 }
        var compared = 0
        for (number, distance) in (variant.convention == .ibsi ? variant.distances : [0]).enumerated() {
            let twin = Twin(scan, variant, flatAxis: flat, distances: distance == 0 ? variant.distances : [distance])
            for voxel in scan.voxels where scan.inside[scan.offset(voxel)] != 0 {
                let expected = twin.measures(at: voxel)
                let place = voxel &- maps.box.lower
                let k = maps.box.offset(place.x, place.y, place.z)
                let perDistance = maps.maps.count / (variant.convention == .ibsi ? variant.distances.count : 1)
                for map in maps.maps[number * perDistance..<(number + 1) * perDistance] {
                    let feature = try #require(
                        FeatureDefinition.cooccurrence.first { $0.1 == map.column.definition }?.0)
                    let value = expected[feature].value.map { Float($0) } ?? .nan
                    let found = map.values[k]
                    #expect(
                        value == found || (value.isNaN && found.isNaN),
                        "\(map.column.name) at \(voxel): \(found), expected \(value)")
                    compared += 1
                }
            }
        }
        #expect(compared >= 24 * 100)
        for map in maps.maps {
            #expect(zip(map.values, maps.inside).allSatisfy { $1 != 0 || $0.isNaN }, "a value outside the region")
        }
    }

    /// Every window counted from its voxels, into a dictionary.
    private struct Twin {
        let scan: MapCase
        let variant: MapVariant
        let radius: SIMD3<Int>
        let groups: [[Offset]]
        /// First and one past the last voxel that counts along each axis, and which do.
        let lower: SIMD3<Int>
        let upper: SIMD3<Int>
        let levels: [Int]

        init(_ scan: MapCase, _ variant: MapVariant, flatAxis: Int?, distances: [Int]) {
            (self.scan, self.variant) = (scan, variant)
            var radius = SIMD3(repeating: variant.radius)
            if let flatAxis { radius[flatAxis] = 0 }
            self.radius = radius
            // Of each pair of opposite offsets one; PyRadiomics' whole shell, IBSI's rays.
            var offsets: [Offset] = []
            let most = distances.max() ?? 1
            for z in -most...most {
                for y in -most...most {
                    for x in -most...most where (z, y, x) > (0, 0, 0) {
                        let offset = Offset(x, y, z)
                        let isRay = Set([abs(x), abs(y), abs(z)].filter { $0 > 0 }).count == 1
                        guard distances.contains(offset.reach), variant.convention == .pyradiomics || isRay else {
                            continue
                        }
                        if let flatAxis, [x, y, z][flatAxis] != 0 { continue }
                        offsets.append(offset)
                    }
                }
            }
            // In the order in which the means are formed.
            if variant.convention == .pyradiomics {
                offsets.sort { ($0.z, $0.y, $0.x) > ($1.z, $1.y, $1.x) }
            } else {
                offsets = (flatAxis == nil ? Directions.spatial : Directions.planar).map { $0 * most }
            }
            let isMerged = variant.weighting == .noWeighting || [.merged2D, .merged3D].contains(variant.aggregation)
            groups =
                isMerged && (variant.convention == .ibsi || variant.weighting == .noWeighting)
                ? [offsets] : offsets.map { [$0] }
            let region = scan.region.box
            switch variant.voxels {
            case .ofRegion: (lower, upper) = (.zero, scan.size)
            case .all:
                lower = pointwiseMax(region.lower &- variant.radius, .zero)
                upper = pointwiseMin(region.upper &+ variant.radius, scan.size)
            }
            var occurring: Set<Int> = []
            for voxel in scan.voxels where all(voxel .>= lower) && all(voxel .< upper) {
                if variant.voxels == .all || scan.inside[scan.offset(voxel)] != 0 {
                    occurring.insert(Int(scan.values[scan.offset(voxel)]))
                }
            }
            levels = occurring.sorted()
        }

        private func level(_ voxel: SIMD3<Int>, around centre: SIMD3<Int>) -> Int? {
            guard all(voxel .>= pointwiseMax(lower, centre &- radius)),
                all(voxel .<= pointwiseMin(upper &- 1, centre &+ radius)),
                variant.voxels == .all || scan.inside[scan.offset(voxel)] != 0
            else { return nil }
            return Int(scan.values[scan.offset(voxel)])
        }

        private func matrix(_ offsets: [Offset], _ centre: SIMD3<Int>) -> CooccurrenceMatrix {
            var counts: [SIMD2<Int>: Double] = [:]
            for z in centre.z - radius.z...centre.z + radius.z {
                for y in centre.y - radius.y...centre.y + radius.y {
                    for x in centre.x - radius.x...centre.x + radius.x {
                        for offset in offsets {
                            guard let a = level(SIMD3(x, y, z), around: centre),
                                let b = level(SIMD3(x + offset.x, y + offset.y, z + offset.z), around: centre)
                            else { continue }
                            counts[SIMD2(a, b), default: 0] += 1
                            if variant.symmetry == .symmetric { counts[SIMD2(b, a), default: 0] += 1 }
                        }
                    }
                }
            }
            var (rows, columns, cells): ([UInt16], [UInt16], [Double]) = ([], [], [])
            for (row, i) in levels.enumerated() {
                for (column, j) in levels.enumerated() where variant.symmetry == .directed || i <= j {
                    guard let count = counts[SIMD2(i, j)] else { continue }
                    rows.append(UInt16(row))
                    columns.append(UInt16(column))
                    cells.append(count)
                }
            }
            return CooccurrenceMatrix(
                symmetry: variant.symmetry, levels: levels, greyLevelCount: levels.last ?? 0, rows: rows,
                columns: columns, counts: cells)
        }

        func measures(at centre: SIMD3<Int>) -> HaralickFeatures {
            let all = groups.map { matrix($0, centre) }
            if variant.weighting == .euclidean {
                let weights = groups.map { group in
                    let v = SIMD3(Double(group[0].x), Double(group[0].y), Double(group[0].z)) * [1, 1.5, 3]
                    let length = (v.x * v.x + v.y * v.y + v.z * v.z).squareRoot()
                    return exponential(-length * length)
                }
                if let sum = CooccurrenceMatrix.sum(all, weights: weights) {
                    return HaralickFeatures(sum, convention: variant.convention)
                }
            }
            return .average(
                all.filter { !$0.isEmpty }.map { HaralickFeatures($0, convention: variant.convention) })
        }
    }

    @Test("statistics are those of the kernel as a region of its own", arguments: [1, 2])
    func statistics(radius: Int) throws {
        let scan = MapCase()
        var settings = FeatureMapSettings(ExtractionSettings())
        settings.kernelRadius = radius
        settings.extraction.texture.aggregations = [.merged3D]
        try settings.select(["stat"])
        let maps = try FeatureMapper(settings).maps(of: scan.region, in: scan.volume, modality: "", jobs: 2)
        #expect(maps.maps.count == 18)
        let extractor = Extractor(settings.extraction)
        for voxel in scan.voxels where scan.inside[scan.offset(voxel)] != 0 {
            var kernel = Region(name: "", label: 1, box: VoxelBox(lower: .zero, size: scan.size), voxels: scan.inside)
            for other in scan.voxels {
                let step = other &- voxel
                if max(abs(step.x), abs(step.y), abs(step.z)) > radius { kernel.voxels[scan.offset(other)] = 0 }
            }
            let values = try extractor.values(of: kernel, in: scan.volume)
            let place = voxel &- maps.box.lower
            for map in maps.maps {
                let found = map.values[maps.box.offset(place.x, place.y, place.z)]
                let expected = values[map.column.name].map { Float($0) } ?? .nan
                #expect(
                    found == expected || (found.isNaN && expected.isNaN),
                    "\(map.column.name) at \(voxel): \(found), expected \(expected)")
            }
        }
    }

    @Test("the maps do not depend on the number of threads")
    func threads() throws {
        let scan = MapCase()
        let settings = try MapVariant(convention: .ibsi, radius: 2, voxels: .all, aggregation: .averaged3D).settings
        let one = try FeatureMapper(settings).maps(of: scan.region, in: scan.volume, modality: "", jobs: 1)
        let five = try FeatureMapper(settings).maps(of: scan.region, in: scan.volume, modality: "", jobs: 5)
        for (a, b) in zip(one.maps, five.maps) { #expect(a.values.map(\.bitPattern) == b.values.map(\.bitPattern)) }
    }

    @Test("long lines and many grey levels, where a table is shared by part of a line, or by one voxel")
    func manyLevels() throws {
        let size = SIMD3(150, 12, 1)
        let values = (0..<size.x * size.y).map { Double(($0 * 7919) % 1801 + 1) }
        let volume = Volume(geometry: Geometry(size: size), values: .float64(values))
        var settings = FeatureMapSettings(ExtractionSettings())
        settings.kernelRadius = 5
        settings.extraction.discretise = GreyLevelSetting(.none)
        settings.extraction.texture.aggregations = [.merged2D]
        try settings.select(["cm_contrast", "cm_joint_entr"])
        let maps = try FeatureMapper(settings).maps(of: .whole(volume.geometry), in: volume, modality: "", jobs: 2)
        var rest = settings.extraction
        rest.families = [.cm]
        for (x, y) in [(0, 0), (63, 4), (64, 5), (100, 11), (149, 6)] {
            let lower = SIMD3(max(0, x - 5), max(0, y - 5), 0)
            let upper = SIMD3(min(size.x, x + 6), min(size.y, y + 6), 1)
            let box = VoxelBox(lower: lower, size: upper &- lower)
            let kernel = Region(
                name: "", label: 1, box: box, voxels: [UInt8](repeating: 1, count: box.voxelCount))
            let expected = try Extractor(rest).values(of: kernel, in: volume)
            for map in maps.maps {
                let value = try #require(expected[map.column.name])
                #expect(map.values[y * size.x + x] == Float(value), "\(map.column.name) at \(x), \(y)")
            }
        }
    }

    @Test("a kernel that may meet more grey levels than a table holds is refused")
    func tooManyLevels() throws {
        let size = SIMD3(100, 80, 1)
        let values = (0..<size.x * size.y).map { Double($0 + 1) }
        let volume = Volume(geometry: Geometry(size: size), values: .float64(values))
        var settings = FeatureMapSettings(ExtractionSettings())
        settings.kernelRadius = 32
        settings.extraction.discretise = GreyLevelSetting(.none)
        settings.extraction.texture.aggregations = [.merged2D]
        try settings.select(["cm_contrast"])
        #expect(throws: FeatureMapError.kernel(.tooManyLevels(found: 4225, most: 4096))) {
            try FeatureMapper(settings).maps(of: .whole(volume.geometry), in: volume, modality: "", jobs: 1)
        }
    }
}
