import Foundation
import Ingestion
import Phantoms
import TestSupport
import Testing

@Suite("The task that only texture solves")
struct TextureTaskTests {
    @Test("images of both classes have the same histogram, symmetric about its mean")
    func histograms() throws {
        let task = try TextureTask(classes: 3, patients: 6, imagesPerPatient: 2, size: 40, seed: 3)
        let byPatient = Dictionary(grouping: task.items, by: \.number)
        #expect(byPatient.count == 6)
        var histograms: Set<[UInt8]> = []
        for (number, items) in byPatient {
            let sorted = Set(items.map { task.pixels(of: $0).sorted() })
            #expect(items.count == 6 && sorted.count == 1, "patients \(number)")
            let values = try #require(sorted.first)
            let ends = zip(values, values.reversed()).map { Int($0) + Int($1) }
            #expect(Set(ends).count == 1, "patients \(number): sums of opposite ranks \(Set(ends))")
            histograms.insert(values)
        }
        #expect(histograms.count == 6, "patients have their own mean and contrast")
    }

    /// Mean squared difference of neighbours and mean cube of their sum, about the mean and in units of the variance.
    private func pairs(_ pixels: [UInt8], _ size: Int) -> (gradient: Double, shade: Double) {
        let values = pixels.map { Double($0) }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        var (squares, cubes, count) = (0.0, 0.0, 0.0)
        for y in 0..<size - 1 {
            for x in 0..<size - 1 {
                for step in [1, size] {
                    let (a, b) = (values[y * size + x] - mean, values[y * size + x + step] - mean)
                    squares += (a - b) * (a - b)
                    cubes += (a + b) * (a + b) * (a + b)
                    count += 1
                }
            }
        }
        return (squares / count / variance, cubes / count / (variance * variance.squareRoot()))
    }

    @Test("the power of the gradient is equal, the third moment of neighbours tells the classes apart")
    func moments() throws {
        let task = try TextureTask(classes: 3, patients: 30, imagesPerPatient: 2, size: 64, seed: 1)
        var found: [TextureTask.TextureClass: [(gradient: Double, shade: Double)]] = [:]
        for item in task.items { found[item.textureClass, default: []].append(pairs(task.pixels(of: item), task.size)) }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        func error(_ values: [Double]) -> Double {
            let centre = mean(values)
            return (values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }).squareRoot() / Double(values.count)
        }
        let gradients = TextureTask.TextureClass.allCases.map { (found[$0] ?? []).map(\.gradient) }
        for other in [1, 2] {
            let difference = mean(gradients[0]) - mean(gradients[other])
            let spread = (error(gradients[0]) * error(gradients[0]) + error(gradients[other]) * error(gradients[other]))
                .squareRoot()
            #expect(abs(difference) < 3 * spread, "class \(other): \(difference), standard error \(spread)")
        }
        let shades = TextureTask.TextureClass.allCases.map { (found[$0] ?? []).map(\.shade) }
        let (bright, dark) = (shades[0].max() ?? 0, shades[1].min() ?? 0)
        #expect(bright < dark, "largest of bright-rough \(bright), smallest of dark-rough \(dark)")
    }

    @Test("no patient is on both sides, every class has both")
    func split() throws {
        let task = try TextureTask(classes: 2, patients: 9, imagesPerPatient: 3)
        let splits = Dictionary(grouping: task.items, by: \.patient).mapValues { Set($0.map(\.split)) }
        #expect(splits.count == 18 && splits.values.allSatisfy { $0.count == 1 })
        let classes = Dictionary(grouping: task.items, by: \.patient).mapValues { Set($0.map(\.textureClass)) }
        #expect(classes.values.allSatisfy { $0.count == 1 })
        #expect(task.items.count { $0.split == .validation } == 2 * 2 * 3)
    }

    @Test("the same request gives the same bytes, another seed others")
    func repeatable() throws {
        let task = try TextureTask(patients: 2, imagesPerPatient: 1, size: 32)
        let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
        try task.write(to: first.path)
        try task.write(to: second.path)
        for name in task.items.map(\.path) + ["labels.csv"] {
            #expect(FileManager.default.contentsEqual(atPath: first[name], andPath: second[name]), "\(name)")
        }
        let item = try #require(task.items.first)
        let other = try TextureTask(patients: 2, imagesPerPatient: 1, size: 32, seed: 2)
        #expect(task.pixels(of: item) != other.pixels(of: item))
    }

    @Test("what cannot be made is refused with its range")
    func refusals() {
        #expect(throws: PhantomError.count(name: "classes", found: 4, expected: 2...3)) {
            try TextureTask(classes: 4)
        }
        #expect(throws: PhantomError.size(found: 8, expected: 32...512)) { try TextureTask(size: 8) }
    }
}
