import Foundation
import TestSupport
import Testing

@Suite("weft harmonise") struct HarmoniseTests {
    private static let features = """
        case,patient,status,diagnostics_note,cm_a,cm_b,flat
        1,p1,ok,x,1.0,10,5
        2,p2,ok,"a, b",2.5,11,5
        3,p3,ok,x,1.5,12.5,5
        4,p4,ok,x,4.0,18,5
        5,p5,ok,x,6.0,21,5
        6,p6,ok,x,4.5,,5
        7,p7,ok,x,5.5,22,5
        8,p8,failed,,,,
        9,p9,ok,x,100,200,5

        """
    private static let patients = """
        patient,scanner,age,sex,split
        p1,A,50,F,train
        p2,A,61,M,train
        p3,A,55,M,train
        p4,B,52,F,train
        p5,B,64,M,train
        p6,B,58,F,train
        p7,B,49,M,train
        p8,B,49,M,train
        p9,B,49,M,test

        """

    private func prepared() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write("features.csv", Self.features)
        try scratch.write("patients.csv", Self.patients)
        return scratch
    }

    @Test("Fitted on training rows; applied, other cells and failed rows stay as they are")
    func fitAndApply() throws {
        let scratch = try prepared()
        let fit = try scratch.weft(
            "harmonise", "fit", "features.csv", "--with", "patients.csv", "--batch", "scanner", "--covariates", "sex",
            "-o", "combat.json")
        #expect(fit.status == 0, "\(fit.error)")
        #expect(fit.error.contains("1 row(s) of the test set or fold took no part"))
        #expect(fit.error.contains("1 feature(s) do not vary within their batches and stay as they are: flat"))
        #expect(fit.error.contains("fitted to 7 rows: A 3, B 4"))
        let apply = try scratch.weft(
            "harmonise", "apply", "features.csv", "--with", "patients.csv", "--model", "combat.json", "-o", "-")
        #expect(apply.status == 0, "\(apply.error)")
        let lines = apply.text.split(separator: "\n").map(String.init)
        #expect(lines.count == 10 && lines[0] == Self.features.split(separator: "\n")[0])
        #expect(lines[2].hasPrefix("2,p2,ok,\"a, b\","))
        #expect(lines[8] == "8,p8,failed,,,,")
        #expect(lines[6].hasSuffix(",,5"), "no value, none made")
        // Nearer to each other than before.
        let values = lines.dropFirst().map {
            Double($0.split(separator: ",", omittingEmptySubsequences: false).dropLast(2).last ?? "")
        }
        func mean(_ rows: [Int]) -> Double { rows.reduce(0) { $0 + (values[$1] ?? .nan) } / Double(rows.count) }
        #expect(abs(mean([0, 1, 2]) - mean([3, 4, 5, 6])) < 2, "\(values)")
        // The test row has no say in the fit: another value of it gives the same model.
        let again = try scratch.weft(
            "harmonise", "fit", "features.csv", "--with", "patients.csv", "--batch", "scanner", "--covariates", "sex",
            "-o", "again.json", "-q")
        #expect(again.status == 0 && again.error.isEmpty)
        #expect(try scratch.read("again.json") == scratch.read("combat.json"))
    }

    @Test("What does not fit says what was found")
    func refusals() throws {
        let scratch = try prepared()
        func fit(_ more: String...) throws -> (status: Int32, error: String) {
            let result = try scratch.start(["harmonise", "fit", "features.csv", "-o", "m.json", "-q"] + more).wait()
            return (result.status, result.error)
        }
        let column = try fit("--batch", "scanner")
        #expect(
            column.status == 65
                && column.error.contains("expected one named scanner; a column of another table comes in with --with"))
        let same = try fit("--with", "patients.csv", "--batch", "scanner", "--covariates", "scanner")
        #expect(same.status == 65 && same.error.contains("cannot be told apart"), "\(same.error)")
        try scratch.write("double.csv", Self.patients.replacing("p3,A", with: "p2,A"))
        let double = try fit("--with", "double.csv", "--batch", "scanner")
        #expect(
            double.status == 65 && double.error.contains("found 2 rows with patient 'p2', expected one"),
            "\(double.error)")
        let fitted = try scratch.weft(
            "harmonise", "fit", "features.csv", "--with", "patients.csv", "--batch", "scanner", "-o", "combat.json",
            "-q")
        #expect(fitted.status == 0, "\(fitted.error)")
        try scratch.write("new.csv", Self.patients.replacing("p1,A", with: "p1,C"))
        let unknown = try scratch.weft(
            "harmonise", "apply", "features.csv", "--with", "new.csv", "--model", "combat.json", "-o", "out.csv")
        #expect(unknown.status == 65 && unknown.error.contains("found a row of batch 'C'"), "\(unknown.error)")
        #expect(!scratch.exists("out.csv"))
        try scratch.write("no.json", "{}")
        let model = try scratch.weft("harmonise", "apply", "features.csv", "--model", "no.json", "-o", "out.csv")
        #expect(model.status == 65 && model.error.contains("expected the file that weft harmonise fit wrote"))
    }
}
