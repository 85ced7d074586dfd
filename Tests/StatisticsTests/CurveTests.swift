import SeededRandom
import Statistics
import Testing

/// Scores with many ties, of `count` observations.
private func sample(_ seed: UInt64, count: Int) -> (isPositive: [Bool], a: [Double], b: [Double]) {
    var generator = SeededGenerator(seed: seed)
    let isPositive = (0..<count).map { index in index < 2 || index > 3 && generator.uniform() < 0.4 }
    let a = isPositive.map { Double(generator.integer(below: 8)) + ($0 ? 2 : 0) }
    let b = isPositive.map { Double(generator.integer(below: 5)) + ($0 ? 1 : 0) }
    return (isPositive, a, b)
}

/// P(X > Y) + ½ P(X = Y) by all pairs.
private func areaByPairs(_ isPositive: [Bool], _ scores: [Double], _ weights: [Double]? = nil) -> Double {
    var (wins, pairs) = (0.0, 0.0)
    for i in scores.indices where isPositive[i] {
        for j in scores.indices where !isPositive[j] {
            let weight = (weights?[i] ?? 1) * (weights?[j] ?? 1)
            wins += weight * (scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0)
            pairs += weight
        }
    }
    return wins / pairs
}

struct CurveTests {
    @Test("the area is the share of pairs in the right order, ties half", arguments: 0..<20 as Range<UInt64>)
    func area(seed: UInt64) throws {
        let (isPositive, scores, _) = sample(seed, count: 5 + Int(seed) * 3)
        let weights = scores.indices.map { Double(($0 * 7 + Int(seed)) % 4) }
        let scored = ScoredSample(isPositive: isPositive, scores: scores)
        #expect(abs(try #require(scored.auroc().value) - areaByPairs(isPositive, scores)) < 1e-14)
        let weighted = scored.auroc(weights: weights).value
        if let weighted { #expect(abs(weighted - areaByPairs(isPositive, scores, weights)) < 1e-14, "seed \(seed)") }
    }

    /// Ratings 1 to 5 of 58 normal and 51 abnormal CT images (Hanley, McNeil, Radiology 143, 1982, table I): area 0.893.
    @Test func hanleyMcNeil() throws {
        let (normal, abnormal) = ([33, 6, 6, 11, 2], [3, 2, 2, 11, 33])
        func ratings(_ counts: [Int]) -> [Double] {
            counts.enumerated().flatMap { [Double](repeating: Double($0.offset + 1), count: $0.element) }
        }
        let isPositive = [Bool](repeating: false, count: 58) + [Bool](repeating: true, count: 51)
        let sample = ScoredSample(isPositive: isPositive, scores: ratings(normal) + ratings(abnormal))
        #expect(abs(try #require(sample.auroc().value) - 0.893) < 5e-4)
    }

    @Test("the trapezoids under the curve have that area", arguments: 0..<10 as Range<UInt64>)
    func curve(seed: UInt64) throws {
        let (isPositive, scores, _) = sample(seed, count: 40)
        let scored = ScoredSample(isPositive: isPositive, scores: scores)
        let points = scored.curve
        let area = zip(points, points.dropFirst()).reduce(0) {
            $0 + ($1.1.falsePositiveRate - $1.0.falsePositiveRate)
                * ($1.1.truePositiveRate + $1.0.truePositiveRate) / 2
        }
        #expect(abs(area - (try #require(scored.auroc().value))) < 1e-14)
        #expect(points.first?.truePositiveRate == 0 && points.last?.falsePositiveRate == 1)
        #expect(points.count == Set(scores).count + 1)
    }

    /// DeLong's formulas as printed, with the kernel ψ over all pairs.
    @Test("variances by midranks are those by pairs", arguments: 0..<10 as Range<UInt64>)
    func delong(seed: UInt64) throws {
        let (isPositive, a, b) = sample(seed, count: 30)
        let (positives, negatives) = (a.indices.filter { isPositive[$0] }, a.indices.filter { !isPositive[$0] })
        func kernel(_ s: [Double], _ i: Int, _ j: Int) -> Double { s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0 }
        func covariance(_ s: [Double], _ t: [Double]) -> Double {
            let (areaS, areaT) = (areaByPairs(isPositive, s), areaByPairs(isPositive, t))
            let (m, n) = (Double(positives.count), Double(negatives.count))
            let v10 = positives.reduce(0.0) { sum, i in
                let x = negatives.reduce(0) { $0 + kernel(s, i, $1) } / n - areaS
                return sum + x * (negatives.reduce(0) { $0 + kernel(t, i, $1) } / n - areaT)
            }
            let v01 = negatives.reduce(0.0) { sum, j in
                let x = positives.reduce(0) { $0 + kernel(s, $1, j) } / m - areaS
                return sum + x * (positives.reduce(0) { $0 + kernel(t, $1, j) } / m - areaT)
            }
            return v10 / ((m - 1) * m) + v01 / ((n - 1) * n)
        }
        let test = try #require(DeLongTest(isPositive: isPositive, scoresA: a, scoresB: b))
        #expect(abs(test.varianceA - covariance(a, a)) < 1e-14)
        #expect(abs(test.varianceB - covariance(b, b)) < 1e-14)
        #expect(abs(test.covariance - covariance(a, b)) < 1e-14)
        let alone = try #require(
            DeLongTest(isPositive: isPositive, scoresA: a, scoresB: b, patients: a.indices.map { 100 - $0 }))
        #expect(abs(alone.varianceA - test.varianceA) < 1e-14, "each observation its own patient")
    }

    /// Copies of each observation tell nothing new: by patient the variance stays (but for n − 1), by observation it shrinks.
    @Test func repeatedObservations() throws {
        let (isPositive, a, b) = sample(3, count: 40)
        let once = try #require(DeLongTest(isPositive: isPositive, scoresA: a, scoresB: b))
        func copies<T>(_ values: [T]) -> [T] { (0..<5).flatMap { _ in values } }
        let patients = copies(Array(a.indices))
        let clustered = try #require(
            DeLongTest(isPositive: copies(isPositive), scoresA: copies(a), scoresB: copies(b), patients: patients))
        let naive = try #require(DeLongTest(isPositive: copies(isPositive), scoresA: copies(a), scoresB: copies(b)))
        #expect(abs(clustered.varianceA - once.varianceA) < 1e-14)
        #expect(abs(clustered.z - once.z) < 1e-10)
        #expect(naive.varianceA < once.varianceA / 4)
    }

    /// Patients with images mostly of one class and scores of their own level: what resampling patients finds.
    @Test func varianceByPatientIsThatOfTheBootstrap() throws {
        var generator = SeededGenerator(seed: 12)
        let levels = (0..<80).map { _ in generator.normal() }
        let patients = (0..<400).map { $0 / 5 }
        let isPositive = patients.map { generator.uniform() < ($0 % 2 == 0 ? 0.9 : 0.1) }
        let scores = patients.indices.map { index in
            levels[patients[index]] + (isPositive[index] ? 0.7 : 0) + 0.7 * generator.normal()
        }
        let test = try #require(
            DeLongTest(isPositive: isPositive, scoresA: scores, scoresB: scores, patients: patients))
        let naive = try #require(DeLongTest(isPositive: isPositive, scoresA: scores, scoresB: scores))
        let sample = ScoredSample(isPositive: isPositive, scores: scores)
        let bootstrap = PatientBootstrap(patients: patients, replicates: 4000, seed: 1)
        let areas = (0..<4000).compactMap { sample.auroc(weights: bootstrap.weights(replicate: $0)).value }
        let mean = areas.reduce(0, +) / 4000
        let variance = areas.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000
        // The bootstrap of 4000 has 2 % of its own, and both are estimates from 80 patients; ignoring patients promises far more.
        #expect(abs(test.varianceA / variance - 1) < 0.15, "\(test.varianceA) against \(variance)")
        #expect(naive.varianceA < 0.7 * variance, "\(naive.varianceA) against \(variance)")
    }

    @Test("what has no area says why")
    func degenerate() {
        let positives = ScoredSample(isPositive: [true, true], scores: [0.1, 0.2])
        #expect(positives.auroc() == .undefined(.noNegatives) && positives.curve.isEmpty)
        #expect(ScoredSample(isPositive: [false], scores: [1]).auroc() == .undefined(.noPositives))
        #expect(ScoredSample(isPositive: [], scores: []).auroc() == .undefined(.noObservations))
        #expect(DeLongTest(isPositive: [true, true], scoresA: [1, 2], scoresB: [1, 2]) == nil)
        #expect(DeLongTest(isPositive: [true, false, false], scoresA: [1, 2, 3], scoresB: [1, 2, 3]) == nil)
    }

    @Test("calibration of four observations by hand")
    func calibration() throws {
        let found = Calibration(isPositive: [false, true, true, true], probabilities: [0.1, 0.3, 0.9, 1], bins: 2)
        #expect(found.bins.map(\.count) == [2, 2])
        #expect(found.bins.map(\.positiveShare) == [0.5, 1])
        // |0.5 − 0.2| · ½ + |1 − 0.95| · ½; (0.01 + 0.49 + 0.01 + 0) / 4.
        #expect(abs(try #require(found.expectedError.value) - 0.175) < 1e-15)
        #expect(abs(try #require(found.brier.value) - 0.1275) < 1e-15)
        #expect(Calibration(isPositive: [], probabilities: []).brier == .undefined(.noObservations))
    }
}

struct ConfusionTests {
    @Test("what has nothing to divide by says why")
    func degenerate() {
        let onlyNegatives = BinaryCounts(truePositives: 0, trueNegatives: 3, falsePositives: 0, falseNegatives: 0)
        #expect(onlyNegatives.sensitivity == .undefined(.noPositives))
        #expect(onlyNegatives.precision == .undefined(.nothingPredicted))
        #expect(onlyNegatives.f1 == .undefined(.noPositives))
        #expect(onlyNegatives.specificity == .value(1))
        #expect(ConfusionMatrix(classes: 2).accuracy == .undefined(.noObservations))
    }

    @Test("macro means over the classes; a class that is absent leaves none")
    func macro() {
        let matrix = ConfusionMatrix(classes: 3, labels: [0, 0, 1, 2], predictions: [0, 1, 1, 2])
        let mean = (0.5 + 1 + 1) / 3.0
        #expect(matrix.macro(\.sensitivity) == Statistic.value(mean))
        let absent = ConfusionMatrix(classes: 3, labels: [0, 1], predictions: [0, 1])
        #expect(absent.macro(\.sensitivity) == Statistic.undefined(.absentClass))
    }

    @Test("the largest of equal values is the first")
    func ties() { #expect(classOfLargest([1, 3, 3]) == 1 && classOfLargest([0.5, 0.5]) == 0) }
}
