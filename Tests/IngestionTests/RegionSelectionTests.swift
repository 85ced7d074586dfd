import Ingestion
import Testing

@Suite struct RegionSelectionTests {
    static let entries = [
        MaskSource.Entry(name: "GTV-1", label: 1), .init(name: "gtv-2", label: 2), .init(name: "PTV [boost]", label: 3),
        .init(name: "Lunge ü", label: 4), .init(name: "", label: 255),
    ]

    @Test(
        arguments: [
            ([], [], [1, 2, 3, 4, 255]),
            (["GTV*"], [], [1]),
            (["GTV-1", "gtv-?"], [], [1, 2]),
            (["[Gg][Tt][Vv]-[0-9]"], [], [1, 2]),
            (["[!G]*"], [], [2, 3, 4]),
            (["PTV [boost]"], [], [3]),
            (["*boost*"], [], [3]),
            (["Lunge ?"], [], [4]),
            (["*"], [], [1, 2, 3, 4, 255]),
            ([""], [], [255]),
            (["*-?*"], [2, 3], [2]),
            ([], [255, 3], [3, 255]),
            (["[GTV-1"], [], []),
            (["GTV"], [], []),
        ] as [([String], [Int], [Int])]
    )
    func chooses(names: [String], labels: [Int], expected: [Int]) {
        let selection = RegionSelection(names: names, labels: labels)
        #expect(Self.entries.filter(selection.matches).map(\.label) == expected)
        #expect((selection.reasonForNothing(among: Self.entries) == nil) == !expected.isEmpty)
    }

    /// A pattern of many stars stays quick.
    @Test func manyStars() {
        let name = String(repeating: "a", count: 2000)
        let pattern = String(repeating: "*a", count: 40) + "b"
        #expect(!RegionSelection(names: [pattern]).matches(.init(name: name, label: 1)))
    }

    @Test(
        arguments: [
            (
                ["Gtv-1"], [],
                "no region named 'Gtv-1'; there is 'GTV-1' (label 1), 'gtv-2' (label 2), 'PTV [boost]' (label 3), 'Lunge ü' (label 4), label 255; "
                    + "upper and lower case differ: write --roi 'GTV-1'"
            ),
            (
                ["Heart"], [],
                "no region named 'Heart'; there is 'GTV-1' (label 1), 'gtv-2' (label 2), 'PTV [boost]' (label 3), 'Lunge ü' (label 4), label 255; "
                    + "give one of these names, or a pattern such as 'GTV*'"
            ),
            (
                [], [7, 8],
                "no region with label 7 or 8; there is 'GTV-1' (label 1), 'gtv-2' (label 2), 'PTV [boost]' (label 3), 'Lunge ü' (label 4), label 255; "
                    + "give one of these numbers with --label"
            ),
        ] as [([String], [Int], String)]
    )
    func saysWhatThereIs(names: [String], labels: [Int], reason: String) {
        #expect(RegionSelection(names: names, labels: labels).reasonForNothing(among: Self.entries) == reason)
    }

    @Test func emptyMask() {
        #expect(RegionSelection.all.reasonForNothing(among: []) == "the mask holds no region")
    }
}
