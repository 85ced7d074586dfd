import Finetuning
import Foundation
import Ingestion
import NumericalMethods
import Preparation
import SeededRandom
import Statistics
import TestSupport
import Testing

@Suite("Labels, splits and folds")
struct DatasetTests {
    /// So many patients with one to five slices each, of one class or of both.
    private func dataset(patients: Int, seed: UInt64 = 1) -> LabelledDataset {
        var generator = SeededGenerator(seed: seed)
        var slices: [LabelledSlice?] = []
        for patient in 0..<patients {
            let usual = generator.uniform() < 0.3 ? 1 : 0
            for slice in 0..<1 + generator.integer(below: 5) {
                let label = generator.uniform() < 0.2 ? 1 - usual : usual
                slices.append(
                    LabelledSlice(
                        image: "\(patient)/\(slice)", patient: "p\(patient)", caseName: "c\(patient)", slice: slice,
                        label: label))
            }
        }
        slices.append(nil)
        return LabelledDataset(classes: ["no", "yes"], slices: slices)
    }

    @Test("No fold parts a patient, each has its share of every class, and the seed decides", arguments: [2, 3, 5, 10])
    func folds(_ count: Int) throws {
        let dataset = dataset(patients: 60)
        let parts = try dataset.parts(folds: count, seed: 4, shared: .refuse, path: "x")
        #expect(parts.map(\.fold) == (1...count).map { $0 })
        #expect(parts.flatMap(\.test).sorted() == dataset.slices(of: nil))
        let all = dataset.slices.compactMap { $0 }
        for part in parts {
            #expect(Set(part.training).isDisjoint(with: part.test))
            #expect(part.training.count + part.test.count == all.count)
            let patients = Set(part.test.compactMap { dataset.slices[$0]?.patient })
            #expect(part.training.allSatisfy { !patients.contains(dataset.slices[$0]?.patient ?? "") })
            for label in 0...1 {
                let total = Double(all.count { $0.label == label })
                let held = Double(part.test.count { dataset.slices[$0]?.label == label })
                // A patient has at most 5 slices.
                #expect(
                    abs(held - total / Double(count)) <= 5,
                    "fold \(part.fold ?? 0), class \(label): \(held) of \(total)")
            }
        }
        #expect(try dataset.parts(folds: count, seed: 4, shared: .refuse, path: "x") == parts)
        #expect(try dataset.parts(folds: count, seed: 5, shared: .refuse, path: "x") != parts)
    }

    @Test("Fine-tuning and a classifier of features hold out the same patients, whatever the order of their tables")
    func sameFolds() throws {
        let dataset = dataset(patients: 30)
        let parts = try dataset.parts(folds: 5, seed: 4, shared: .refuse, path: "x")
        let held = parts.map { part in Set(part.test.compactMap { dataset.slices[$0]?.patient }) }
        // The table of the other command, in another order.
        var generator = SeededGenerator(seed: 3)
        let slices = dataset.slices.compactMap { $0 }
        let rows = generator.permutation(slices.count).map { slices[$0] }
        let features = Matrix(
            rows: rows.count, columns: 2, values: (0..<2 * rows.count).map { _ in generator.normal() })
        let classifier = try #require(
            CrossValidatedClassifier(
                features, labels: rows.map(\.label), classes: 2, patients: rows.map(\.patient), folds: 5,
                penalties: [1], seed: 4))
        for fold in 0..<5 {
            let patients = Set(rows.indices.filter { classifier.folds[$0] == fold }.map { rows[$0].patient })
            #expect(patients == held[fold], "fold \(fold)")
        }
    }

    @Test("As many folds as patients hold out one each; more are an error")
    func leaveOneOut() throws {
        let dataset = dataset(patients: 7, seed: 3)
        let parts = try dataset.parts(folds: 7, seed: 0, shared: .refuse, path: "x")
        #expect(parts.allSatisfy { part in Set(part.test.compactMap { dataset.slices[$0]?.patient }).count == 1 })
        #expect(throws: DatasetError.tooFewPatients(found: 7, folds: 8)) {
            try dataset.parts(folds: 8, seed: 0, shared: .refuse, path: "x")
        }
    }

    @Test(
        "What chooses the epoch is of other patients than what is trained on and what is held out", arguments: [0, 5])
    func validation(folds: Int) throws {
        var dataset = dataset(patients: 60, seed: 4)
        if folds == 0 {
            dataset.slices = dataset.slices.map { slice in
                guard var labelled = slice else { return nil }
                let isHeldOut = labelled.patient.hasSuffix("3")
                labelled.split = isHeldOut ? .val : .train
                return labelled
            }
        }
        func patients(_ part: [Int]) -> Set<String> { Set(part.compactMap { dataset.slices[$0]?.patient }) }
        let whole = try dataset.parts(folds: folds, seed: 1, shared: .refuse, path: "x")
        let parts = try dataset.parts(
            folds: folds, seed: 1, shared: .refuse, validation: ValidationShare(0.15, seed: 1), path: "x")
        for (part, whole) in zip(parts, whole) {
            #expect(whole.validation.isEmpty && part.test == whole.test)
            #expect(Set(part.training).union(part.validation) == Set(whole.training))
            #expect(patients(part.training).isDisjoint(with: patients(part.validation)))
            // A seventh.
            let share = Double(part.validation.count) / Double(whole.training.count)
            #expect((0.1...0.2).contains(share), "\(share)")
            let labels = Set(part.validation.compactMap { dataset.slices[$0]?.label })
            #expect(labels == Set(dataset.classes.indices))
        }
        let other = try dataset.parts(
            folds: folds, seed: 1, shared: .refuse, validation: ValidationShare(0.15, seed: 2), path: "x")
        #expect(other.map(\.validation) != parts.map(\.validation))
        // Too few patients to part once more.
        let few = self.dataset(patients: 8, seed: 3)
        let rest = try few.parts(
            folds: 2, seed: 0, shared: .refuse, validation: ValidationShare(0.15, seed: 0), path: "x")
        #expect(rest.allSatisfy { $0.validation.isEmpty })
    }

    @Test("A table's test images are held out, and its val images choose the epoch; with folds they take no part")
    func testSplit() throws {
        func slice(_ number: Int, _ split: LabelTable.Split) -> LabelledSlice {
            LabelledSlice(
                image: "\(number)", patient: "\(number)", caseName: "c", slice: 0, label: number % 2, split: split)
        }
        let dataset = LabelledDataset(
            classes: ["a", "b"],
            slices: (0..<12).map { slice($0, .train) } + (12..<16).map { slice($0, .val) }
                + (16..<20).map { slice($0, .test) })
        let share = ValidationShare(0.5, seed: 0)
        let split = try dataset.parts(folds: 0, seed: 0, shared: .refuse, validation: share, path: "x")
        #expect(
            split == [
                DatasetPart(
                    fold: nil, training: Array(0..<12), validation: Array(12..<16), test: Array(16..<20))
            ])
        let folds = try dataset.parts(folds: 4, seed: 0, shared: .refuse, path: "x")
        #expect(Set(folds.flatMap { $0.training + $0.test }) == Set(0..<16))
    }

    @Test("What cannot be measured honestly is said")
    func complaints() throws {
        func slice(_ patient: String, _ label: Int, _ split: LabelTable.Split) -> LabelledSlice {
            LabelledSlice(image: "i", patient: patient, caseName: "c", slice: 0, label: label, split: split)
        }
        let shared = LabelledDataset(
            classes: ["a", "b"],
            slices: [slice("p", 0, .train), slice("q", 1, .train), slice("p", 0, .val), slice("r", 1, .val)])
        #expect(throws: DatasetError.sharedPatients(["p"], places: "both train and val")) {
            try shared.parts(folds: 0, seed: 0, shared: .refuse, path: "x")
        }
        #expect(try shared.parts(folds: 0, seed: 0, shared: .allow, path: "x").count == 1)
        let lacking = LabelledDataset(classes: ["a", "b"], slices: [slice("p", 0, .train), slice("q", 1, .val)])
        #expect(throws: DatasetError.classLacks(name: "b", place: "train")) {
            try lacking.parts(folds: 0, seed: 0, shared: .refuse, path: "x")
        }
        let unmeasured = LabelledDataset(
            classes: ["a", "b"], slices: [slice("p", 0, .train), slice("q", 1, .train), slice("r", 1, .val)])
        let parts = try unmeasured.parts(folds: 0, seed: 0, shared: .refuse, path: "x")
        #expect(
            unmeasured.remarks(on: parts) == [
                "class 'a' has no image in the held-out images: nothing is measured for it there"
            ])
        #expect(throws: DatasetError.empty(place: "x", unusable: 0)) {
            try LabelledDataset(classes: ["a", "b"], slices: [nil]).parts(folds: 2, seed: 0, shared: .refuse, path: "x")
        }
        #expect(throws: DatasetError.noSplit(path: "x")) {
            try dataset(patients: 4).parts(folds: 0, seed: 0, shared: .refuse, path: "x")
        }
    }

    @Test("A CSV gives labels, patients, splits and folds; what is wrong in it is listed by row")
    func table() throws {
        let folder = try TemporaryFolder()
        for index in 0..<5 {
            try LabelledPictures.write(to: folder["\(index).png"], rows: index % 2 == 0, seed: UInt64(index))
        }
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: folder["broken.png"]))
        try Data(
            """
            Image,Label,patient,fold,note
            0.png,10,A,1,x
            1.png,9,A,1,
            2.png,10,B,2,"a, b"
            3.png,9,,2,
            \(folder["4.png"]),10,C,2,
            ,9,C,1,
            0.png,,A,1,
            absent.png,9,D,1,
            broken.png,9,E,1,
            """.utf8
        ).write(to: URL(fileURLWithPath: folder["labels.csv"]))
        let source = try DatasetSource(path: folder["labels.csv"])
        // Numbers in their order.
        #expect(source.classes == ["9", "10"])
        var settings = PreparationSettings()
        settings.side = 36
        let prepared = try PreparedArchive(
            scanning: source.inputs, relativeTo: [source.root], settings: settings, jobs: 1)
        let store = try prepared.cache(at: folder["slices"], jobs: 1).store
        let dataset = try source.labels(for: store, prepared: prepared) { _ in "case" }
        let slices = dataset.slices.compactMap { $0 }.sorted { $0.image < $1.image }
        #expect(slices.map(\.image) == ["0.png", "1.png", "2.png", "3.png", "4.png"])
        #expect(slices.map(\.label) == [1, 0, 1, 0, 1])
        #expect(slices.map(\.patient) == ["A", "A", "B", "3", "C"])
        #expect(slices.map(\.fold) == ["1", "1", "2", "2", "2"])
        #expect(dataset.unusable.map(\.path).sorted() == ["absent.png", "broken.png", "row 6", "row 7"])
        let parts = try dataset.parts(folds: 0, seed: 0, shared: .refuse, path: "x")
        #expect(parts.map(\.test.count) == [2, 3])
        try Data("image,label\n0.png,1\n0.png,2\n1.png,1\n".utf8).write(to: URL(fileURLWithPath: folder["two.csv"]))
        #expect(throws: DatasetError.twoLabels(image: "0.png", rows: [1, 2], labels: ["1", "2"])) {
            try DatasetSource(path: folder["two.csv"])
        }
        try Data("image,class\n0.png,1\n".utf8).write(to: URL(fileURLWithPath: folder["other.csv"]))
        #expect { try DatasetSource(path: folder["other.csv"]) } throws: { "\($0)".contains("columns image and label") }
    }

    @Test("A linear probe finds the line, and neighbours the cluster")
    func probes() {
        var generator = SeededGenerator(seed: 2)
        var (features, labels): ([[Float]], [Int]) = ([], [])
        for index in 0..<90 {
            let label = index % 3
            features.append((0..<6).map { Float(generator.normal()) * 0.3 + ($0 == label ? 3 : 0) })
            labels.append(label)
        }
        // A value that is always the same must not turn into a division by zero.
        features = features.map { $0 + [7] }
        let (known, asked) = (Array(features[..<60]), Array(features[60...]))
        for probabilities in [
            LinearProbe(known, labels: Array(labels[..<60]), classes: 3).probabilities(asked),
            NeighbourProbe(known, labels: Array(labels[..<60]), classes: 3, neighbours: 100).probabilities(asked),
        ] {
            #expect(probabilities.count == 30)
            for (row, label) in zip(probabilities, labels[60...]) {
                #expect(abs(row.reduce(0, +) - 1) < 1e-12)
                #expect(row.indices.max { row[$0] < row[$1] } == label)
            }
        }
    }

    /// scikit-learn 1.9's `LogisticRegression(C=1 / penalty, tol=1e-10)` on `StandardScaler` features.
    @Test(
        "The linear probe's penalty is scikit-learn's 1 / C",
        arguments: [
            (1.0, [0.294682343, 0.500289189, 0.227525873, 0.196403206, 0.323858093, 0.420907373]),
            (4.0, [0.320777057, 0.403971785, 0.284650569, 0.268787083, 0.332833127, 0.372975328]),
        ])
    func penalty(_ penalty: Double, expected: [Double]) {
        let features = (0..<12).map { row -> [Float] in
            (0..<3).map { column -> Float in
                let value = row * 7 + column * 5 + row * row * (column + 1)
                return Float(value % 11)
            }
        }
        let labels = (0..<12).map { ($0 * 5 + 1) % 3 == 0 ? 1 : 0 }
        let found = LinearProbe(features, labels: labels, classes: 2, penalty: penalty).probabilities(features)
        for (row, value) in zip(found, expected) { #expect(abs(row[1] - value) < 1e-6, "\(row[1]), expected \(value)") }
    }

    /// At the minimum the gradient by the bias is 0: the mean probability of each class is its share.
    @Test("The linear probe reaches its minimum")
    func minimum() {
        var generator = SeededGenerator(seed: 5)
        let features = (0..<80).map { _ in (0..<4).map { _ in Float(generator.normal()) } }
        let labels = features.map { $0[0] + Float(generator.normal()) > 0.4 ? 1 : 0 }
        let probabilities = LinearProbe(features, labels: labels, classes: 2).probabilities(features)
        let mean = probabilities.reduce(0) { $0 + $1[1] } / 80
        #expect(abs(mean - Double(labels.reduce(0, +)) / 80) < 1e-7)
    }
}
