// `columns: common`: one column a feature, and no two that say the same.
import Imaging
import Radiomics
import SettingsFile
import TestSupport
import Testing
import TextureCore

@Suite struct CommonColumnTests {
    private static func settings(_ change: (inout ExtractionSettings) throws -> Void = { _ in }) throws
        -> ExtractionSettings
    {
        var settings = ExtractionSettings()
        settings.columnChoice = .common
        try change(&settings)
        return settings
    }

    @Test("one column a feature, merged, in the volume; each with an IBSI code")
    func columns() throws {
        let columns = try Self.settings().columns
        #expect(Set(columns.map(\.definition.tag)).count == columns.count)
        #expect(
            columns.allSatisfy {
                $0.definition.ibsiCode != nil && $0.aggregation.map { [.merged3D, .volume].contains($0) } ?? true
            })
        let left = Set(ExtractionSettings().columns.map(\.definition)).subtracting(columns.map(\.definition))
        #expect(left.allSatisfy { $0.standing != .common })
        #expect(left.count { $0.standing == .notStandardised } == 5)
        #expect(left.filter { $0.standing == .outside }.map(\.tag) == ["cm_mcc"])
        // The default is as it was.
        #expect(ExtractionSettings().columns.count > columns.count + 60)
        #expect(!ExtractionSettings().yaml.contains("columns"))
    }

    @Test(
        "aggregations that are given stay; an average goes where the merged matrix of the same pairs stands beside it")
    func aggregations() throws {
        let slices = try Self.settings { $0.texture.aggregations = [.averaged2D, .merged2D, .slices, .averaged25D] }
        let names = Set(slices.columns.map(\.name))
        #expect(
            names.contains("cm_contrast_2D_comb") && names.contains("szm_sze_2D")
                && names.contains("cm_contrast_2_5D_avg"))
        #expect(!names.contains("cm_contrast_2D_avg"))
    }

    @Test("a feature that is named is kept; families without any are refused; the settings file has the key")
    func selection() throws {
        let named = try Self.settings { try $0.select(features: ["cm_dissimilarity", "stat_mean"]) }
        #expect(named.columns.map(\.name) == ["cm_dissimilarity_3D_comb", "stat_mean"])
        let read = try ExtractionSettings(yaml: named.yaml)
        #expect(read == named)
        #expect(throws: SettingsError.self) {
            try ExtractionSettings(yaml: "{convention: pyradiomics, families: [shape2D], columns: common}")
        }
        let one = try Self.settings { $0.families = [.dzm] }
        #expect(one.columns.count == 16, "what repeats szm stays without it")
        let haralick = try Self.settings { try $0.select(families: ["haralick"]) }
        #expect(haralick.columns.count == 14)
        let other = try Self.settings { $0.convention = .pyradiomics }
        #expect(other.columns.contains { $0.name == "original_glcm_Contrast" })
        #expect(!other.columns.contains { $0.name == "original_glcm_SumAverage" })
    }

    /// A region without symmetry, of many levels.
    private static let scan: (Region, Volume) = {
        let size = SIMD3(9, 8, 6)
        var (values, mask): ([Int16], [UInt8]) = ([], [])
        var state: UInt64 = 7
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    values.append(Int16(1 + (UInt64(x / 2 + y / 3 + z) + (state >> 60)) % 13))
                    mask.append(x + 2 * y + z < 20 && (x + y) % 7 != 6 ? 1 : 0)
                }
            }
        }
        let geometry = Geometry(size: size, spacing: [1, 1.5, 2])
        return (
            Region(name: "r", label: 1, box: VoxelBox(lower: .zero, size: size), voxels: mask),
            Volume(geometry: geometry, values: .int16(values))
        )
    }()

    @Test("what is left out as a repetition is one, and no two of the common columns have one value")
    func repetitions() throws {
        var settings = ExtractionSettings()
        settings.discretise = GreyLevelSetting(.none)
        settings.texture.aggregations = [.merged3D, .volume]
        let (region, volume) = Self.scan
        let values = try Extractor(settings).values(of: region, in: volume)
        func value(_ tag: String) throws -> Double {
            let column = try #require(settings.columns.first { $0.definition.tag == tag })
            return try #require(values[column.name])
        }
        let voxels = Double(region.voxels.count { $0 != 0 })
        var checked = 0
        for definition in FeatureCatalogue.all {
            switch definition.standing {
            case .repeats(let tag, let relation):
                let (own, twin) = (try value(definition.tag), try value(tag))
                let expected =
                    switch relation {
                    case "equal to it": twin
                    case "twice it": 2 * twin
                    case "it times the voxels": voxels * twin
                    case "its cube": twin * twin * twin
                    case "1 over it": 1 / twin
                    case "1 over it, less 1": 1 / twin - 1
                    case "its power of 3/2, over 6π": twin * twin.squareRoot() / (6 * Double.pi)
                    default: Double.nan
                    }
                #expect(
                    abs(own - expected) <= 1e-9 * max(1, abs(expected)),
                    "\(definition.tag) \(own) is not \(relation) of \(tag) \(twin)")
                checked += 1
            case .constant: #expect(try value(definition.tag) == 1)
            case .common, .outside, .notStandardised: break
            }
        }
        #expect(checked == 16)
        settings.columnChoice = .common
        var seen: [Double: String] = [:]
        for column in settings.columns where column.family.usesDistances || column.aggregation != nil {
            guard let value = values[column.name] else { continue }
            if let other = seen[value] { Issue.record("\(column.name) and \(other) are both \(value)") }
            seen[value] = column.name
        }
        #expect(seen.count > 80)
    }
}
