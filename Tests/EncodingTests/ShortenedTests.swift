import Encoding
import Testing

@Suite("what a message shows of a long text")
struct ShortenedTests {
    @Test("a short text stays, a long one keeps its two ends")
    func ends() {
        #expect("image,mask".shortened() == "image,mask")
        let long = "begin" + String(repeating: "x", count: 5_000_000) + "end"
        let shown = long.shortened()
        #expect(shown.count <= 200 && shown.hasPrefix("begin") && shown.hasSuffix("end") && shown.contains("…"))
        #expect(String(repeating: "é", count: 200).shortened() == String(repeating: "é", count: 200))
        #expect("abcdefghij".shortened(to: 5) == "ab…ij")
    }
}
