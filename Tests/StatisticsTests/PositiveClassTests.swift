import Statistics
import Testing

@Suite("which class is positive")
struct PositiveClassTests {
    @Test(
        "by its name, else the rarer one, else the second",
        arguments: [
            (["benign", "malignant"], 1, .name), (["malignant", "other"], 0, .name), (["With", "Without"], 0, .name),
            (["no", "yes"], 1, .name), (["1", "0"], 0, .name), (["0", "1"], 1, .name), (["false", "true"], 1, .name),
            // The name of the other one is enough.
            (["sarcoma", "normal"], 0, .name), (["benign", "grade 3"], 1, .name),
            // Of five observations three are of the first.
            (["a", "b"], 1, .rarer), (["yes", "positive"], 1, .rarer),
        ] as [([String], Int, PositiveClass.Reason)])
    func names(classes: [String], number: Int, reason: PositiveClass.Reason) {
        let labels = [0, 0, 0, 1, 1]
        #expect(PositiveClass(of: classes, labels: labels) == PositiveClass(number: number, reason: reason))
    }

    @Test("the rarer class may be the first; of three none is positive")
    func counts() {
        #expect(PositiveClass(of: ["a", "b"], labels: [0, 1, 1]) == PositiveClass(number: 0, reason: .rarer))
        #expect(PositiveClass(of: ["a", "b"], labels: [0, 1]) == PositiveClass(number: 1, reason: .second))
        #expect(PositiveClass(of: ["benign", "malignant", "normal"], labels: [0, 1, 2]) == nil)
        #expect(PositiveClass.positive.isDisjoint(with: PositiveClass.negative))
    }
}
