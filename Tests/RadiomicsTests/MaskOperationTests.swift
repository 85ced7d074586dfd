import Imaging
import Radiomics
import SettingsFile
import Testing

/// Operations on regions in the order written: what becomes of names, numbers and rows.
@Suite("mask operations")
struct MaskOperationTests {
    private static let grid = Geometry(size: SIMD3(12, 10, 6), spacing: SIMD3(1, 1, 2))

    /// Value x + 10 y + 100 z.
    private static var volume: Volume {
        let values = (0..<grid.voxelCount).map { k -> Double in
            let (x, y, z) = (k % 12, k / 12 % 10, k / 120)
            return Double(x + 10 * y + 100 * z)
        }
        return Volume(geometry: grid, values: .float64(values))
    }

    private static func box(
        _ name: String, _ label: Int, _ lower: SIMD3<Int>, _ size: SIMD3<Int>
    ) -> Region {
        let box = VoxelBox(lower: lower, size: size)
        return Region(name: name, label: label, box: box, voxels: [UInt8](repeating: 1, count: box.voxelCount))
    }

    private static let regions = [
        box("GTV", 1, SIMD3(1, 1, 1), SIMD3(4, 4, 2)), box("Node", 2, SIMD3(4, 3, 2), SIMD3(4, 4, 2)),
        box("", 7, SIMD3(10, 8, 5), SIMD3(2, 2, 1)),
    ]

    private static func applied(
        _ yaml: String, wanted: [String]? = nil, masks: [Int] = [0, 0, 0]
    ) throws -> RegionSet {
        let settings = try ExtractionSettings(yaml: "maskOperations: \(yaml)")
        #expect(try ExtractionSettings(yaml: settings.yaml) == settings, "\(settings.yaml)")
        func isWanted(_ name: String) -> Bool { wanted?.contains(name) ?? true }
        let items = regions.enumerated().map { place, region in
            RegionSet.Item(region, source: place, mask: masks[place], isChosen: isWanted(region.name))
        }
        var set = RegionSet(
            items, on: volume, sliceNumbers: Array(1...6),
            matches: { pattern, name in
                pattern == name || pattern.hasSuffix("*") && name.hasPrefix(pattern.dropLast())
            })
        set.apply(settings.maskOperations) { name, _ in isWanted(name) }
        return set
    }

    private static func rows(_ set: RegionSet) -> [String: Int] {
        var rows: [String: Int] = [:]
        for item in set.items where item.isChosen {
            let name = item.region.name.isEmpty ? "#\(item.region.label)" : item.region.name
            rows[name] = rows[name] == nil ? item.region.voxelCount : -1
        }
        return rows
    }

    @Test("of several regions one, beside what it was made of")
    func joined() throws {
        let all = ["GTV": 32, "Node": 32, "#7": 4]
        func expect(_ yaml: String, _ name: String, _ count: Int) throws {
            let set = try Self.applied(yaml)
            #expect(Self.rows(set) == all.merging([name: count]) { _, new in new }, "\(yaml)")
            #expect(set.failures.isEmpty)
        }
        try expect("{kind: union, regions: [GTV, Node], name: All}", "All", 62)
        try expect("{kind: union, regions: ['*'], name: All}", "All", 66)
        try expect("{kind: union, regions: [GTV, 7], name: All}", "All", 36)
        try expect("{kind: intersection, regions: [GTV, Node], name: Both}", "Both", 2)
        try expect("{kind: difference, regions: [GTV, Node, 'x*'], name: Rest}", "Rest", 30)
    }

    @Test("the order of the list decides")
    func order() throws {
        let first = "{kind: difference, regions: [GTV, Node], name: Rest}"
        let second = "{kind: dilate, regions: Node, distance: 1}"
        let before = Self.rows(try Self.applied("[\(first), \(second)]"))
        let after = Self.rows(try Self.applied("[\(second), \(first)]"))
        #expect(before["Rest"] == 30 && before["Node"] == 64)
        #expect(after["Rest"] == 27 && after["Node"] == 64, "\(after)")
    }

    @Test("in place, or under a name of its own")
    func names() throws {
        #expect(Self.rows(try Self.applied("{kind: dilate, distance: 1}")) == ["GTV": 64, "Node": 64, "#7": 8])
        #expect(
            Self.rows(try Self.applied("{kind: ring, outer: 1, name: '*_rim'}"))
                == ["GTV": 32, "Node": 32, "#7": 4, "GTV_rim": 32, "Node_rim": 32, "7_rim": 4])
        let set = try Self.applied("[{kind: union, regions: [GTV, 7], name: All}, {kind: components, regions: All}]")
        #expect(Self.rows(set) == ["GTV": 32, "Node": 32, "#7": 4, "All_1": 32, "All_2": 4])
        #expect(set.items.last?.steps.last == "pieces of 26 neighbours, 2 of 2: 36 voxels before, 4 after")
        let large = "[{kind: union, regions: ['*'], name: All}, {kind: components, regions: All, leastVolume: 100}]"
        #expect(Self.rows(try Self.applied(large))["All_1"] == 62)
        #expect(Self.rows(try Self.applied(large))["All_2"] == nil)
    }

    @Test("only what is wanted has a row")
    func wanted() throws {
        #expect(
            Self.rows(try Self.applied("{kind: union, regions: [GTV, Node], name: All}", wanted: ["All"])) == [
                "All": 62
            ])
        #expect(Self.rows(try Self.applied("components", wanted: ["GTV"])) == ["GTV_1": 32])
        #expect(Self.rows(try Self.applied("components", wanted: ["Node_1"])) == ["Node_1": 32])
    }

    @Test("slices by area, one by one, and by their numbers")
    func slices() throws {
        #expect(Self.rows(try Self.applied("{kind: slices, take: largest, regions: GTV}"))["GTV"] == 16)
        #expect(Self.rows(try Self.applied("{kind: slices, take: [3, 9], regions: GTV}"))["GTV"] == 16)
        let each = Self.rows(try Self.applied("{kind: slices, take: each, regions: GTV}"))
        #expect(each["GTV_slice2"] == 16 && each["GTV_slice3"] == 16)
    }

    @Test("thresholds in the image's unit, of the maximum, and of the peak")
    func thresholds() throws {
        // GTV: x 1 to 4, y 1 to 4, z 1 to 2: 111 to 244.
        #expect(Self.rows(try Self.applied("{kind: threshold, least: 211, regions: GTV}"))["GTV"] == 16)
        #expect(Self.rows(try Self.applied("{kind: threshold, least: 200, most: 214, regions: GTV}"))["GTV"] == 4)
        #expect(Self.rows(try Self.applied("{kind: threshold, percent: 100, regions: GTV}"))["GTV"] == 1)
        #expect(Self.rows(try Self.applied("{kind: threshold, percent: 95, regions: GTV}"))["GTV"] == 7)
        // The mean of a sphere of 6.2 mm around a corner is that of far more than the corner.
        let peak = try Self.applied("{kind: threshold, percent: 100, of: peak, regions: GTV}")
        let steps = try #require(peak.items.first?.steps.first ?? peak.failures.first?.reason)
        #expect(steps.contains("100 % of the peak"), "\(steps)")
    }

    @Test("what is not there, and what is left empty, are failures with words")
    func failures() throws {
        func reason(_ yaml: String, masks: [Int] = [0, 0, 0]) throws -> String {
            try #require(try Self.applied(yaml, masks: masks).failures.first).reason
        }
        #expect(
            try reason("{kind: union, regions: [GTV, Gone], name: All}")
                == "union of 'GTV', 'Gone': needs the region 'Gone', which is not there; there is 'GTV', 'Node', '7'")
        #expect(try reason("{kind: erode, regions: gtv, distance: 1}").contains("needs the region 'gtv'"))
        #expect(
            try reason("{kind: erode, regions: GTV, distance: 5}")
                == "erode: none of the 32 voxels of 'GTV' is left (eroded by 5 mm)")
        #expect(
            try reason("{kind: intersection, regions: [GTV, 7], name: Both}").contains(
                "nothing is left; voxels: 'GTV' 32"))
        #expect(
            try reason("[{kind: erode, regions: GTV, distance: 5}, {kind: union, regions: [GTV, Node], name: All}]")
                .contains("erode (1)"))
        let set = try Self.applied(
            "[{kind: erode, regions: GTV, distance: 5}, {kind: union, regions: [GTV, Node], name: All}]")
        #expect(set.failures.map(\.name) == ["GTV", "All"])
        #expect(set.failures.last?.reason.contains("needs the region 'GTV', which failed: erode (1)") == true)
        #expect(try reason("{kind: union, regions: ['x*'], name: All}").contains("no region is called so"))
    }

    @Test("regions of one name in two masks are not taken for each other")
    func severalMasks() throws {
        let items = [0, 1].map { mask in
            RegionSet.Item(Self.regions[0], source: mask, mask: mask, isChosen: true)
        }
        var set = RegionSet(items, on: Self.volume, sliceNumbers: Array(1...6), matches: { $0 == $1 })
        set.apply(try ExtractionSettings(yaml: "maskOperations: {kind: union, regions: GTV, name: All}").maskOperations)
        {
            _, _ in true
        }
        #expect(set.failures.first?.reason.contains("stands in several masks") == true)
    }

    @Test(arguments: [
        ("{kind: dilate}", "distance: found nothing"), ("{distance: 2}", "an operation without kind"),
        ("dilat", "one of union, intersection"), ("{kind: dilate, distance: -1}", "a positive number of mm"),
        ("{kind: dilate, distance: 1, outer: 2}", "unknown key 'outer'"),
        ("{kind: difference, regions: A, name: B}", "a region and, after it"),
        ("{kind: ring, outer: 2, inner: 3}", "an inner distance below the outer one"),
        ("{kind: threshold}", "least or most"), ("{kind: threshold, least: 2, percent: 41}", "limits of two kinds"),
        ("{kind: components, connectivity: 8}", "6, 18 or 26"), ("{kind: slices, take: some}", "largest, each"),
        ("{kind: union, regions: [A, B], name: 'x*'}", "a name without *"),
    ])
    func refused(yaml: String, reason: String) {
        let error = #expect(throws: SettingsError.self) { try ExtractionSettings(yaml: "maskOperations: \(yaml)") }
        #expect("\(error.map(String.init(describing:)) ?? "")".contains(reason), "\(String(describing: error))")
    }
}
