import Foundation
import Testing

/// The PyTorch program of weft-learning(7), run as a reader would copy it.
@Suite("what weft-learning(7) shows in PyTorch")
struct LearningPageTests {
    /// `WEFT_PYTHON` may name the interpreter that has torch.
    private static let python = ProcessInfo.processInfo.environment["WEFT_PYTHON"] ?? "python3"

    private static let hasTorch: Bool = {
        guard let scratch = try? Scratch(),
            let found = try? scratch.shell("\(python) -c 'import torch, numpy, PIL' && echo yes")
        else { return false }
        return found.text.contains("yes")
    }()

    /// Lines of the page's last literal block, as roff shows them.
    private static func program() throws -> String {
        let page = try String(
            contentsOf: CommandLineTool.repository.appendingPathComponent("man/weft-learning.7"), encoding: .utf8)
        let start = try #require(page.range(of: "\n.Bd -literal\n", options: .backwards))
        let end = try #require(page.range(of: "\n.Ed\n", options: .backwards))
        return page[start.upperBound..<end.lowerBound].replacingOccurrences(of: "\\e", with: "\\") + "\n"
    }

    @Test("the page has a program")
    func exists() throws {
        let program = try Self.program()
        #expect(program.contains("def glcm_loss(") && program.contains("def ssim_loss("))
    }

    /// weft computes patches in float32: 1e-5 of a value.
    @Test("it prints the losses of weft texture-loss", .enabled(if: hasTorch, "no Python with torch, numpy and PIL"))
    func sameLosses() throws {
        let scratch = try Scratch(sample: "samples/texture-pair")
        try scratch.write("losses.py", try Self.program())
        let pictures = "texture-pair/checkerboard.png texture-pair/stripes.png"
        let ours = try scratch.weft(
            expecting: 0,
            ["texture-loss"] + pictures.split(separator: " ").map(String.init) + ["--bins", "32", "--sharpness", "2.5"])
        let theirs = try scratch.shell("\(Self.python) losses.py \(pictures)")
        func numbers(_ text: String) -> [String: Double] {
            var found: [String: Double] = [:]
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count == 2 { found[String(words[0])] = Double(words[1]) }
            }
            return found
        }
        let (mine, its) = (numbers(ours.text), numbers(theirs.text))
        for name in ["mse", "glcm", "ssim"] {
            let (a, b) = (try #require(mine[name]), try #require(its[name], "\(theirs.text)"))
            #expect(abs(a - b) <= 1e-5 * abs(b), "\(name): weft \(a), PyTorch \(b)")
        }
    }
}
