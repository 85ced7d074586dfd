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
        #expect(result.notes.contains { $0.contains("names no patients") }, "\(result.notes)")
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

    @Test("names with other folders in front and classes in another order belong together; doubt is an error")
    func names() throws {
        let folder = try TemporaryFolder()
        let a = try file(
            folder, "a.csv",
            "image,patient,label,p_no,p_yes\nimages/x.png,P1,no,0.9,0.1\nimages/y.png,P2,yes,0.4,0.6\nz.png,P3,yes,0.3,0.7\n"
        )
        let b = try file(
            folder, "b.csv", "image,label,p_yes,p_no\ny,yes,0.7,0.3\nbusi/images/x,no,0.2,0.8\n./z.png,yes,0.9,0.1\n")
        var settings = EvaluationSettings()
        settings.resamples = 100
        let result = try EvaluationResult(of: [a, b], settings: settings, jobs: 1)
        #expect(result.comparisons.map(\.shared) == [3])
        #expect(result.models[1].metrics[.auroc]?.statistic == .value(1))
        #expect(
            result.models[1].set.classes == ["no", "yes"]
                && result.models[1].metrics.confusion.counts == [[1, 0], [0, 2]])
        let twice = try file(folder, "c.csv", "image,label,p_no,p_yes\na/x.png,no,0.9,0.1\nb/x.png,yes,0.4,0.6\n")
        let short = try file(folder, "d.csv", "image,label,p_no,p_yes\nx.png,no,0.9,0.1\n")
        let error = #expect(throws: EvaluationError.self) {
            try EvaluationResult(of: [twice, short], settings: settings, jobs: 1)
        }
        #expect(error?.description.contains("could be 'a/x.png' or 'b/x.png'") == true, "\(String(describing: error))")
        let other = #expect(throws: EvaluationError.self) {
            try EvaluationResult(of: [short, twice], settings: settings, jobs: 1)
        }
        #expect(
            other?.description.contains("'x.png' could be 'a/x.png' or 'b/x.png'") == true,
            "\(String(describing: other))")
    }

    @Test("it begins with the positive class and the area; of two patients nothing is tested, anywhere")
    func answer() throws {
        let folder = try TemporaryFolder()
        func rows(_ patients: Int, _ shift: Double) -> String {
            "image,patient,fold,label,p_other,p_malignant\n"
                + (0..<12).map { row in
                    let away = shift * Double(row) / 100
                    let p = row % 2 == 0 ? 0.1 + away : 0.8 - away
                    return
                        "i\(row),P\(row / 2 % patients),\(row % patients),\(row % 2 == 0 ? "other" : "malignant"),\(1 - p),\(p)\n"
                }.joined()
        }
        var settings = EvaluationSettings()
        settings.resamples = 100
        func evaluate(_ patients: Int) throws -> EvaluationResult {
            try EvaluationResult(
                of: [
                    file(folder, "a.csv", rows(patients, 1)), file(folder, "b.csv", rows(patients, 5)),
                ], settings: settings, jobs: 1)
        }
        let six = try evaluate(6)
        #expect(
            six.text.hasPrefix("Positive is malignant (by its name; --positive names another): 6 of 12 images. A, "),
            "\(six.text.prefix(200))")
        #expect(six.answer.count == 2 && six.answer[1].contains("A is better by"), "\(six.answer)")
        #expect(six.comparisons[0].rows.contains { $0.name == "delong_by_patient" && $0.probability != nil })
        let two = try evaluate(2)
        #expect(two.comparisons[0].rows.allSatisfy { $0.probability == nil } && two.models[0].metrics.delong == nil)
        #expect(two.comparisons[0].rows.map(\.name) == ["accuracy_difference", "mcnemar_exact", "auroc_difference"])
        #expect(!two.text.contains("0.0001") && two.text.contains("2 patients: fewer than 6"))
        #expect(!two.answer[1].contains(" p "), "\(two.answer)")
    }

    @Test("slices pooled to a case by the mean of their probabilities, which is said")
    func pooled() throws {
        let folder = try TemporaryFolder()
        let a = try file(
            folder, "a.csv",
            "image,case,label,p_no,p_yes\n1,a,no,0.9,0.1\n2,a,no,0.4,0.6\n3,b,yes,0.2,0.8\n4,b,yes,0.6,0.4\n5,b,yes,0.4,0.6\n"
        )
        var settings = EvaluationSettings()
        (settings.resamples, settings.unit, settings.rule) = (100, .case, .mean)
        let result = try EvaluationResult(of: [a], settings: settings, jobs: 1)
        let set = result.models[0].set
        #expect(set.images == ["a", "b"] && set.labels == [0, 1] && set.classes == ["no", "yes"])
        #expect(abs(set.probabilities[0, 1] - 0.35) < 1e-15 && abs(set.probabilities[1, 1] - 0.6) < 1e-15)
        #expect(result.text.contains("5 images are pooled to 2 cases, by the mean of their probabilities"))
        // A case whose slices differ is positive when any is; of three classes nobody can say.
        let mixed = try file(folder, "m.csv", "image,case,label,p_no,p_yes\n1,a,no,0.9,0.1\n2,a,yes,0.4,0.6\n")
        #expect(try EvaluationResult(of: [mixed], settings: settings, jobs: 1).models[0].set.labels == [1])
        let three = try file(folder, "t.csv", "image,case,label,p_x,p_y,p_z\n1,a,x,0.9,0.1,0\n2,a,y,0.4,0.6,0\n")
        let error = #expect(throws: EvaluationError.self) {
            try EvaluationResult(of: [three], settings: settings, jobs: 1)
        }
        #expect(
            error?.description.contains("case 'a' has slices of x and of y") == true, "\(String(describing: error))")
    }
}
