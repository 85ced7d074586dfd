import Foundation
import TestSupport
import Testing
import Weft

/// The README's examples as they stand there, compiled.
private enum ReadmeExample {
    static func featuresOfAFolder() throws -> ExtractedFeatures {
        // README
        let segments = RegionChoice.regions(RegionSelection(formats: [.seg]))
        let table = try FeatureExtraction(of: ["samples/ct-lesion"], regions: segments).run()
        for row in table { print(row.identity.roi, row["stat_mean"] ?? .nan, row["cm_contrast_3D_comb"] ?? .nan) }
        // end
        return table
    }

    static func oneMatrix() -> Double? {
        // README
        let levels = LevelGrid([[1, 2, 1, 2], [1, 2, 1, 2], [3, 3, 3, 3]])
        let matrix = CooccurrenceMatrix(of: levels, along: [Offset(1, 0)])
        print(matrix[.contrast] ?? .nan)  // two thirds: six of nine pairs differ by one
        // end
        return matrix[.contrast]
    }
}

@Suite("the library as the README shows it")
struct ReadmeExampleTests {
    @Test("the README's Swift is the code that this file compiles")
    func readmeEqualsCode() throws {
        let readme = try String(
            contentsOf: SharedFiles.packageRoot.appendingPathComponent("README.md"), encoding: .utf8)
        let here = try String(contentsOf: URL(fileURLWithPath: #filePath), encoding: .utf8)
        let shown = blocks(of: readme, from: "```swift", to: "```")
        let compiled = blocks(of: here, from: "        // README", to: "        // end").map { block in
            ["import Weft", ""] + block.map { String($0.dropFirst(8)) }
        }
        #expect(shown == compiled)
        #expect(compiled.count == 2)
    }

    @Test("one call goes from a folder to the features of its regions")
    func folderToFeatures() throws {
        try #require(FileManager.default.changeCurrentDirectoryPath(SharedFiles.packageRoot.path))
        let table = try ReadmeExample.featuresOfAFolder()
        let truth = try PhantomTruth.regions(of: "samples/ct-lesion/truth.json").filter { $0.masks["seg.dcm"] != nil }
        #expect(truth.count == 2 && table.count == 2)
        #expect(table.summary.failed == 0)
        for region in truth {
            let row = try #require(table[roi: region.name])
            #expect(row.status != .failed)
            #expect(abs(try #require(row["stat_mean"]) - region.mean) <= 1e-9 * abs(region.mean), "\(region.name)")
            #expect(row["no_such_column"] == nil)
        }
    }

    @Test("one matrix takes three lines")
    func matrixInThreeLines() throws {
        let contrast = try #require(ReadmeExample.oneMatrix())
        #expect(abs(contrast - 6.0 / 9.0) < 1e-15)
        // Stripes and checkerboard, whose co-occurrence along a row is the same: see samples/texture-pair/truth.json.
        let checkerboard = LevelGrid([[1, 2, 1], [2, 1, 2], [1, 2, 1]])
        let down = CooccurrenceMatrix(of: checkerboard, along: [Offset(0, 1)])
        #expect(down[.contrast] == 1)
        #expect(down[.correlation] == -1)
        #expect(CooccurrenceMatrix(of: LevelGrid([[1]]), along: [Offset(1, 0)])[.contrast] == nil)
    }

    @Test("a region that cannot be computed is a row that says why, and nothing to read is an error")
    func failuresAreRows() throws {
        let samples = SharedFiles.packageRoot.appendingPathComponent("samples").path
        let regions = RegionChoice.regions(RegionSelection(names: ["Nobody"]))
        let table = try FeatureExtraction(of: [samples + "/ct-lesion"], regions: regions).run()
        #expect(table.summary.failed == table.count)
        #expect(table.allSatisfy { $0.reason.contains("no region named 'Nobody'") && $0["stat_mean"] == nil })
        #expect(throws: WorkflowError.self) { try FeatureExtraction(of: [samples + "/nothing"]).run() }
    }

    /// The lines between two markers, of every such block.
    private func blocks(of text: String, from opening: String, to closing: String) -> [[String]] {
        var blocks: [[String]] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == opening {
                isInside = true
                blocks.append([])
            } else if line == closing {
                isInside = false
            } else if isInside {
                blocks[blocks.count - 1].append(String(line))
            }
        }
        return blocks
    }
}

/// What a phantom's truth.json says of its regions.
private enum PhantomTruth {
    struct Region: Decodable {
        var name: String
        var mean: Double
        /// Files that hold the region, with its number in each.
        var masks: [String: Int]
    }

    private struct File: Decodable { var regions: [Region] }

    static func regions(of path: String) throws -> [Region] {
        try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(fileURLWithPath: path))).regions
    }
}
