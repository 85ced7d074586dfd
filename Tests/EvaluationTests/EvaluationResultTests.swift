import Evaluation
import Statistics
import TestSupport
import Testing

@Suite("predictions, evaluated and compared")
struct EvaluationResultTests {
    private func file(_ folder: TemporaryFolder, _ name: String, _ text: String) throws -> PredictionFile {
        let path = folder[name]
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try PredictionFile(path: path)
    }

    @Test("four images by hand: counts and area; a tie goes to the first class")
    func byHand() throws {
        let folder = try TemporaryFolder()
        let predictions = try file(
            folder, "p.csv", "image,label,p_no,p_yes\na,no,0.9,0.1\nb,no,0.4,0.6\nc,yes,0.2,0.8\nd,yes,0.5,0.5\n")
        let result = try EvaluationResult(of: [predictions], settings: EvaluationSettings(), jobs: 1)
        #expect(result.positive == "yes" && result.models[0].metrics.confusion.counts == [[1, 1], [1, 1]])
        #expect(result.models[0].metrics[.auroc]?.statistic.value == 0.75)
        #expect(result.notes.count == 1 && result.notes[0].contains("names no patients"))
    }

    @Test("files about different images are refused, and compared on the shared ones when asked")
    func unshared() throws {
        let folder = try TemporaryFolder()
        let header = "image,patient,label,p_no,p_yes\n"
        let a = try file(folder, "a.csv", header + "a,P1,no,0.9,0.1\nb,P2,yes,0.4,0.6\nc,P3,no,0.6,0.4\n")
        let b = try file(folder, "b.csv", header + "a,P1,no,0.8,0.2\nb,P2,yes,0.7,0.3\n")
        var settings = EvaluationSettings()
        settings.resamples = 100
        #expect(throws: EvaluationError.self) { try EvaluationResult(of: [a, b], settings: settings, jobs: 1) }
        settings.unshared = .leaveOut
        let result = try EvaluationResult(of: [a, b], settings: settings, jobs: 1)
        #expect(result.comparisons.map(\.shared) == [2])
        settings.positive = "perhaps"
        let error = #expect(throws: EvaluationError.self) {
            try EvaluationResult(of: [a], settings: settings, jobs: 1)
        }
        #expect(error?.description == "--positive is 'perhaps', expected one of no, yes")
    }
}
