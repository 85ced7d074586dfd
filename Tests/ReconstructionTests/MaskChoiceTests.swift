import Reconstruction
import Testing

@Suite("which patches an encoder sees")
struct MaskChoiceTests {
    private let grid = PatchGrid(width: 32, height: 32, side: 8)

    @Test("a mask depends on seed and name alone and shows as many patches as MAE keeps")
    func masks() {
        let choice = MaskChoice.random(hidden: 0.75, seed: 3)
        let shown = choice.visible(name: "a slice 1", count: 196)
        #expect(shown.count == 49 && shown == shown.sorted() && Set(shown).count == 49)
        #expect(shown == choice.visible(name: "a slice 1", count: 196))
        #expect(shown != choice.visible(name: "a slice 2", count: 196))
        #expect(shown != MaskChoice.random(hidden: 0.75, seed: 4).visible(name: "a slice 1", count: 196))
        #expect(grid.others(than: [0, 15]) == Array(1..<15))
        #expect(grid.pixels(of: [5]).indices.count { grid.pixels(of: [5])[$0] } == 64)
        #expect(grid.pixels(of: [5])[8 * 32 + 8] && !grid.pixels(of: [5])[7 * 32 + 8])
    }
}
