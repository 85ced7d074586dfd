import Preparation
import Testing

@Suite struct StoredGreyTests {
    @Test(
        "grey values become whole numbers, and what is none becomes the nearest end",
        arguments: [
            (0, 0), (1, 65535), (0.5, 32768), (-0.1, 0), (1.5, 65535), (.infinity, 65535), (-.infinity, 0), (.nan, 0),
            (1e-9, 0), (Float(1).nextDown, 65535),
        ] as [(Float, UInt16)])
    func ends(grey: Float, expected: UInt16) {
        #expect(UInt16(grey: grey) == expected)
        let eight = UInt8(grey: grey)
        #expect(eight == UInt8((Int(expected) + 128) / 257) || grey == 0.5)
    }
}
