import NumericalMethods
import SeededRandom
import Statistics
import Testing

struct ResamplingTests {
    @Test("the interval of a mean is the one that theory gives, and no thread changes it")
    func mean() throws {
        var generator = SeededGenerator(seed: 5)
        let values = (0..<400).map { _ in generator.normal() }
        let mean = values.reduce(0, +) / 400
        let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 400).squareRoot() / 20
        let bootstrap = PatientBootstrap(patients: Array(0..<400), replicates: 4000, seed: 1)
        let statistic: @Sendable ([Double]) -> [Statistic] = { weights in
            [.value(zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / 400)]
        }
        let found = try #require(bootstrap.intervals(count: 1, threads: 2, statistic).first?.interval)
        #expect(bootstrap.intervals(count: 1, threads: 1, statistic).first?.interval == found)
        // The ends of 4000 resamples vary by about 5 % of the half width.
        #expect(abs(found.low - (mean - 1.96 * spread)) < 0.2 * spread, "\(found) about \(mean), \(spread)")
        #expect(abs(found.high - (mean + 1.96 * spread)) < 0.2 * spread, "\(found) about \(mean), \(spread)")
    }

    @Test("images of one patient come and go together")
    func patients() {
        let bootstrap = PatientBootstrap(patients: ["a", "b", "a", "c", "b"], replicates: 50, seed: 3)
        for replicate in 0..<50 {
            let weights = bootstrap.weights(replicate: replicate)
            #expect(weights[0] == weights[2] && weights[1] == weights[4])
            #expect(weights[0] + weights[1] + weights[3] == 3)
        }
        #expect(bootstrap.weights(replicate: 0) != bootstrap.weights(replicate: 1))
    }

    @Test("one patient has no interval, nor has what is rarely defined")
    func degenerate() {
        let one = PatientBootstrap(patients: ["a", "a"], replicates: 10)
        #expect(one.intervals(count: 1) { _ in [.value(1)] } == [.undefined(.onePatient)])
        let two = PatientBootstrap(patients: ["a", "b"], replicates: 10)
        #expect(two.intervals(count: 1) { _ in [.undefined(.noPositives)] } == [.undefined(.rarelyDefined)])
    }

    @Test func quantiles() {
        #expect(quantile([1, 2, 3, 4], 0.5) == 2.5)
        #expect(quantile([7], 0.975) == 7 && quantile([1, 2], 1) == 2 && quantile([3, 5, 9], 0) == 3)
    }

    @Test("folds split no patient and share out the classes", arguments: 0..<5 as Range<UInt64>)
    func folds(seed: UInt64) {
        let patients = (0..<200).map { $0 / 5 }
        let labels = patients.map { $0 % 4 == 0 ? 1 : 0 }
        let names = patients.map(String.init)
        let split = PatientFolds(patients: names, labels: labels, count: 5, seed: seed)
        for patient in 0..<40 { #expect(Set(split.folds[patient * 5..<patient * 5 + 5]).count == 1) }
        for fold in 0..<5 {
            #expect(split.held(fold).count { labels[$0] == 1 } == 10, "fold \(fold)")
            #expect(split.held(fold).count == 40 && split.training(fold).count == 160)
        }
        #expect(split != PatientFolds(patients: names, labels: labels, count: 5, seed: seed + 100))
    }

    @Test("the order of the observations and the numbers of the classes change no fold", arguments: [2, 3, 7])
    func order(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let patients = (0..<300).map { _ in "P-\(generator.integer(below: 60))" }
        let labels = (0..<300).map { _ in generator.integer(below: 3) }
        let split = PatientFolds(patients: patients, labels: labels, count: count, seed: 9)
        let unlabelled = PatientFolds(patients: patients, count: count, seed: 9)
        let order = generator.permutation(300)
        let shuffled = order.map { patients[$0] }
        let renamed = order.map { [2, 0, 1][labels[$0]] }
        let again = PatientFolds(patients: shuffled, labels: renamed, count: count, seed: 9)
        #expect(again.folds == order.map { split.folds[$0] })
        #expect(PatientFolds(patients: shuffled, count: count, seed: 9).folds == order.map { unlabelled.folds[$0] })
        // Without labels folds are equally large, but for a patient.
        let sizes = (0..<count).map { unlabelled.held($0).count }
        let largest = Dictionary(grouping: patients) { $0 }.values.map(\.count).max() ?? 0
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= largest, "\(sizes)")
    }

    @Test("as many folds as patients hold out one each, however uneven they are")
    func leaveOneOut() {
        let patients = ["a", "a", "a", "a", "b", "c", "c", "d"]
        #expect(Set(PatientFolds(patients: patients, labels: [0, 0, 0, 0, 0, 0, 1, 0], count: 4).folds).count == 4)
    }

    @Test("no more folds than patients")
    func fewPatients() { #expect(PatientFolds(patients: ["a", "b", "a"], count: 5).count == 2) }
}

struct PairedTestTests {
    /// Depression scores of nine patients before and after (Hollander, Wolfe: Nonparametric statistical methods, table 3.1):
    /// signed ranks sum to 40, two-sided p = 0.0390625.
    @Test func wilcoxon() {
        let before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
        let after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
        let test = SignedRankTest(before, after)
        #expect(test.positiveRanks == 40 && test.pairs == 9)
        #expect(abs(test.probability - 0.0390625) < 1e-15)
    }

    @Test("all signs of ten tied differences, counted out")
    func wilcoxonByAllPatterns() {
        let differences = [1.0, -1, 2, 2, -2, 3, 4, 4, -5, 6]
        let ranks = [1.5, 1.5, 4, 4, 4, 6, 7.5, 7.5, 9, 10]
        let observed = zip(differences, ranks).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
        let centre = ranks.reduce(0, +) / 2
        let extreme = (0..<1024).count { pattern in
            let sum = ranks.enumerated().reduce(0) { $0 + (pattern >> $1.offset & 1 == 1 ? $1.element : 0) }
            return abs(sum - centre) >= abs(observed - centre)
        }
        let test = SignedRankTest(differences + [0], [Double](repeating: 0, count: 11))
        #expect(abs(test.probability - Double(extreme) / 1024) < 1e-15 && test.positiveRanks == observed)
    }

    /// Approval of a prime minister in two surveys of 1600 (Agresti, Categorical data analysis, 2002, section 10.1): 150 and 86
    /// changed their minds, z² = 17.36.
    @Test func mcNemar() {
        let test = McNemarTest(onlyA: 86, onlyB: 150)
        #expect(abs(test.chiSquared - 17.36) < 0.005 && test.chiSquaredProbability < 1e-4)
    }

    /// Additional sleep by two drugs (Student, Biometrika 6, 1908): t = -4.0621, p = 0.002833 with 9 degrees of freedom.
    @Test func sleep() throws {
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
        let test = try #require(PairedTTest(first, second))
        #expect(
            abs(test.t + 4.0621) < 5e-5 && abs(test.probability - 0.002833) < 5e-7, "\(test.t), \(test.probability)")
    }

    @Test("pairs without differences show none")
    func degenerate() throws {
        #expect(SignedRankTest([1, 2], [1, 2]).probability == 1)
        let equal = try #require(PairedTTest([0.5, 0.75], [0.5, 0.75]))
        #expect(equal.t == 0 && equal.probability == 1)
        let shifted = try #require(PairedTTest([0.5, 0.75], [0.25, 0.5]))
        #expect(shifted.t == .infinity && shifted.probability == 0)
        #expect(PairedTTest([1], [2]) == nil)
        #expect(McNemarTest(onlyA: 0, onlyB: 0).exact == 1)
    }

    /// Two models' accuracies in ten folds, the variance widened by 1/10 + 1/9 instead of 1/10.
    @Test func correctedT() throws {
        let a = [0.9, 0.8, 0.85, 0.95, 0.7, 0.8, 0.9, 0.85, 0.75, 0.8]
        let b = [0.85, 0.8, 0.8, 0.9, 0.72, 0.78, 0.85, 0.8, 0.7, 0.81]
        let plain = try #require(PairedTTest(a, b))
        let corrected = try #require(PairedTTest(a, b, testShare: 1.0 / 9))
        #expect(abs(plain.t / corrected.t - (1 + 10.0 / 9).squareRoot()) < 1e-12)
        #expect(plain.interval.low < plain.meanDifference && plain.meanDifference < plain.interval.high)
    }
}
