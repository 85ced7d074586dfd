import Foundation
import Radiomics
import Synchronization
import TestSupport
import Testing
import Workflows

/// Paths of the samples that lie in the repository.
private func sample(_ name: String) -> String {
    SharedFiles.packageRoot.appendingPathComponent("samples/\(name)").path
}

private func intensityOnly() -> ExtractionSettings {
    var settings = ExtractionSettings()
    settings.families = [.stat]
    return settings
}

@Suite("workflows: a request in, a result out")
struct WorkflowTests {
    @Test("rows are the same, in the same order, however many threads there are")
    func rowsDoNotDependOnJobs() throws {
        let inputs = [sample("us-speckle"), sample("texture-pair")]
        let tables = try [1, 3].map { jobs in
            try FeatureExtraction(of: inputs, settings: intensityOnly(), jobs: jobs).run()
        }
        #expect(tables[0].count == 4)
        #expect(tables[0].map(\.identity) == tables[1].map(\.identity))
        for column in tables[0].columns.map(\.name) {
            #expect(tables[0].map { $0.measure(column) } == tables[1].map { $0.measure(column) }, "\(column)")
        }
    }

    @Test("a cancelled extraction says how far it came, and its result is what was finished")
    func cancellation() throws {
        let done = Atomic(0)
        var observer = WorkObserver()
        observer.isCancelled = { done.load(ordering: .relaxed) > 0 }
        observer.begin = { step in
            CountingProgress { if step.title == "extracting" { done.add(1, ordering: .relaxed) } }
        }
        let inputs = [sample("us-speckle"), sample("texture-pair")]
        let table = try FeatureExtraction(of: inputs, settings: intensityOnly(), jobs: 1).run(observer)
        #expect(table.summary.ending == .interrupted)
        #expect(table.summary.casesDone == 1 && table.summary.cases == 3)
        #expect(Set(table.map(\.identity.caseID)).count == 1)
    }

    @Test("a folder with files in it is refused before anything is computed")
    func folderInUse() throws {
        let mapping = FeatureMapping(of: [sample("us-speckle")], settings: FeatureMapSettings(ExtractionSettings()))
        let output = MapOutput(folder: OutputFolder(sample("us-speckle")))
        let error = #expect(throws: WorkflowError.self) { try mapping.write(to: output) }
        guard case .folderNotEmpty(_, let entries, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(entries == 3)
    }

    @Test("an image is at distance 0 from itself, and images of other sizes have no distance")
    func textureDistance() throws {
        let (stripes, checkerboard) = (sample("texture-pair/stripes.png"), sample("texture-pair/checkerboard.png"))
        let distance = TextureDistance(bins: 32)
        let same = try distance.between(stripes, stripes)
        #expect(same.pixel == 0 && same.cooccurrence == 0 && same.statistics == 0)
        #expect(abs(same.similarity) < 1e-6)
        let other = try distance.between(stripes, checkerboard)
        #expect(other.pixel > 0 && other.cooccurrence > 0)
        let error = #expect(throws: WorkflowError.self) {
            try distance.between(stripes, sample("us-speckle/speckle.png"))
        }
        guard case .otherSize = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("slices are labelled by whether they cross the region")
    func sliceLabels() throws {
        let labels = try SliceLabels(of: [sample("ct-lesion")], region: "Lesion")
        let slices = try FileManager.default.contentsOfDirectory(atPath: sample("ct-lesion/ct")).count
        #expect(labels.rows.count == slices)
        let crossing = labels.rows.count { $0.label == .crossing }
        #expect(crossing > 0 && crossing < slices)
        #expect(labels.notes.count == 1 && labels.notes.allSatisfy { $0.contains("'Lesion' stands in several masks") })
        let one = try SliceLabels(of: [sample("ct-lesion")], region: "Lesion", kinds: [.seg])
        #expect(one.rows.count == slices && one.notes.isEmpty)
    }

    @Test("soft counts come nearer to the exact ones as the edges of the bins sharpen")
    func softCountsConverge() throws {
        let points = try SoftCountConvergence().points
        #expect(points.count == SoftCountConvergence.sharpnesses.count)
        #expect(zip(points, points.dropFirst()).allSatisfy { $0.difference > $1.difference })
        #expect(try #require(points.last).difference < 0.02)
    }
}

private final class CountingProgress: WorkProgress {
    private let advanced: @Sendable () -> Void

    init(_ advanced: @escaping @Sendable () -> Void) { self.advanced = advanced }

    func expect(total: Int) {}
    func advance(to done: Int?) { advanced() }
    func finish() {}
}

@Suite("words of workflows")
struct WorkflowWordTests {
    @Test("sizes are in words")
    func sizes() {
        let error = WorkflowError.otherSize(a: "a.png", SIMD3(4, 5, 1), b: "b", SIMD3(512, 512, 90))
        #expect(error.description == "a.png has 4 × 5 × 1 voxels and b 512 × 512 × 90; expected equal sizes")
    }
}
