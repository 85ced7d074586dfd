import Reconstruction
import Testing

@Suite("errors of hidden patches")
struct HiddenErrorTests {
    /// Two patches of 2 × 2: black and white with a mean of one quarter in the one that is shown, 0.75 grey in the other.
    @Test("by hand: of the network and of the mean grey, grey values 0 to 1")
    func byHand() throws {
        let grid = PatchGrid(width: 4, height: 2, side: 2)
        let (white, grey) = (UInt16(65535), UInt16(49151))
        let original: [UInt16] = [0, 0, grey, grey, white, 0, grey, grey]
        let made: [UInt16] = [white, white, grey, grey, white, white, grey, 0]
        let error = try #require(HiddenError(original: original, reconstruction: made, grid: grid, visible: [0]))
        // What is shown does not count, however wrong it is.
        #expect(abs(error.network - 0.75 * 0.75 / 4) < 1e-5, "\(error)")
        #expect(abs(error.meanGrey - 0.25) < 1e-5, "\(error)")
        #expect(HiddenError.meanGrey(of: original, grid: grid, visible: [1]) == grey)
        #expect(HiddenError(original: original, reconstruction: made, grid: grid, visible: [0, 1]) == nil)
    }
}
