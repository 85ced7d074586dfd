import Foundation
import Testing

/// One command of a manual page or the README with what the text says comes out.
struct DocumentedCommand: CustomTestStringConvertible {
    var line: String
    var status: Int32 = 0
    /// Lines of standard output; nil where the text shows none. A line `...` stands for any number of lines.
    var output: [String] = []

    var testDescription: String { line }
}

enum Documentation {
    static let pages = [
        "weft", "weft-inspect", "weft-extract", "weft-filter", "weft-map", "weft-explain", "weft-pretrain",
        "weft-finetune",
        "weft-predict", "weft-embed", "weft-merge", "weft-reconstruct", "weft-evaluate", "weft-compare", "weft-ablate",
        "weft-texture-loss", "weft-phantom", "weft-selftest", "weft-harmonise", "weft-bench",
    ]

    /// Pages of other sections than 1 that have EXAMPLES.
    static let others = ["weft-settings.5", "weft-cluster.7"]

    static func page(_ name: String) throws -> String {
        let file = others.contains(name) ? name : "\(name).1"
        return try String(contentsOf: CommandLineTool.repository.appendingPathComponent("man/\(file)"), encoding: .utf8)
    }

    /// Lines after `$ ` in the literal blocks of a page's EXAMPLES; `# exit status 2` says another status than 0.
    static func examples(_ page: String) throws -> [DocumentedCommand] {
        let text = try self.page(page)
        guard let start = text.range(of: "\n.Sh EXAMPLES\n") else { return [] }
        let section = text[start.upperBound...]
        let end = section.range(of: "\n.Sh ")?.lowerBound ?? section.endIndex
        return commands(
            in: blocks(section[..<end].split(separator: "\n", omittingEmptySubsequences: false), ".Bd ", ".Ed"))
    }

    /// The blocks of the README that are marked `sh` or `console`.
    static func readme() throws -> [DocumentedCommand] {
        let file = CommandLineTool.repository.appendingPathComponent("README.md")
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        let lines = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let sh = blocks(lines, "```sh", "```").map { block in
            block.filter { $0.hasPrefix("weft ") }.map { "$ " + $0 }
        }
        return commands(in: sh + blocks(lines, "```console", "```"))
    }

    fileprivate static func blocks(_ lines: [Substring], _ opening: String, _ closing: String) -> [[String]] {
        var blocks: [[String]] = []
        var isInside = false
        for line in lines {
            if !isInside, line.hasPrefix(opening) {
                isInside = true
                blocks.append([])
            } else if isInside, line == closing {
                isInside = false
            } else if isInside {
                blocks[blocks.count - 1].append(String(line))
            }
        }
        return blocks
    }

    private static func commands(in blocks: [[String]]) -> [DocumentedCommand] {
        var commands: [DocumentedCommand] = []
        for block in blocks {
            var isOutput = false
            for line in block {
                guard line.hasPrefix("$ ") else {
                    // `\\&` keeps a line that starts with a dot from being a request.
                    let shown = line.hasPrefix("\\&") ? String(line.dropFirst(2)) : line
                    if isOutput { commands[commands.count - 1].output.append(shown) }
                    continue
                }
                isOutput = line.hasPrefix("$ weft ")
                guard isOutput else { continue }
                var command = DocumentedCommand(line: String(line.dropFirst(2)))
                if let range = line.range(of: "# exit status ") {
                    command.status = Int32(line[range.upperBound...].prefix { $0.isNumber }) ?? -1
                }
                commands.append(command)
            }
        }
        return commands
    }
}

@Suite("what the manual pages and the README say")
struct DocumentationTests {
    @Test(
        "every example ends as it says and prints what it shows", arguments: Documentation.pages + Documentation.others)
    func examples(page: String) throws {
        let commands = try Documentation.examples(page)
        #expect(!commands.isEmpty, "no examples in \(page)(1)")
        try run(commands)
    }

    @Test("every command of the README ends as it says")
    func readme() throws { try run(Documentation.readme()) }

    /// In the order of the text, in one copy of the samples.
    private func run(_ commands: [DocumentedCommand]) throws {
        let scratch = try Scratch(sample: "samples")
        for command in commands {
            let result = try scratch.shell(command.line)
            #expect(result.status == command.status, "\(command.line): \(result.error)")
            let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
            #expect(Self.matches(command.output, lines), "\(command.line) printed\n\(result.text)")
        }
    }

    /// No line shown says nothing about the output.
    static func matches(_ shown: [String], _ printed: [String]) -> Bool {
        guard let first = shown.first else { return true }
        let rest = Array(shown.dropFirst())
        if first == "..." {
            return rest.isEmpty || printed.indices.contains { matches(rest, Array(printed[$0...])) }
        }
        guard printed.first == first else { return false }
        return rest.isEmpty ? printed.count == 1 : matches(rest, Array(printed.dropFirst()))
    }

    @Test("the comparison of shown and printed lines can fail")
    func comparison() {
        #expect(Self.matches([], ["a"]))
        #expect(Self.matches(["a", "...", "c"], ["a", "b", "b", "c"]))
        #expect(Self.matches(["..."], ["a"]) && Self.matches(["a", "..."], ["a", "b"]))
        #expect(!Self.matches(["a"], ["a", "b"]) && !Self.matches(["a", "...", "d"], ["a", "b", "c"]))
    }

    @Test(
        "the options of --help and of the manual page are the same, with the same defaults",
        arguments: Documentation.pages)
    func options(page: String) throws {
        let scratch = try Scratch()
        let command = page == "weft" ? [] : [String(page.dropFirst(5))]
        var known = try options(of: command, scratch)
        let parts = [
            "bench": ["glcm", "extract", "scan", "map", "filter", "soft-glcm", "train-step"],
            "harmonise": ["fit", "apply"],
        ]
        for part in command.first.flatMap({ parts[$0] }) ?? [] {
            known.merge(try options(of: command + [part], scratch)) { a, _ in a }
        }
        // These two are everywhere and described in weft(1).
        if page != "weft" { known = known.filter { !["--help", "-h", "--version"].contains($0.key) } }
        let written = try described(page)
        #expect(Set(known.keys).subtracting(written.keys).sorted() == [], "options that \(page)(1) does not have")
        #expect(Set(written.keys).subtracting(known.keys).sorted() == [], "options that only \(page)(1) has")
        for (option, value) in known {
            guard let value else { continue }
            #expect(
                written[option]?.contains(value) == true, "\(page)(1) does not say the default \(value) of \(option)")
        }
    }

    /// Option names with their default values.
    private func options(of command: [String], _ scratch: Scratch) throws -> [String: String?] {
        let dump = try scratch.weft(expecting: 0, command + ["--experimental-dump-help"]).output
        let root = try #require(JSONSerialization.jsonObject(with: dump) as? [String: Any])
        let arguments = try #require((root["command"] as? [String: Any])?["arguments"] as? [[String: Any]])
        var options: [String: String?] = [:]
        for argument in arguments where argument["kind"] as? String != "positional" {
            for name in argument["names"] as? [[String: String]] ?? [] {
                let text = try #require(name["name"])
                options[(name["kind"] == "short" ? "-" : "--") + text] = .some(argument["defaultValue"] as? String)
            }
        }
        return options
    }

    /// Option names of the `.It Fl` lines of a page with the text up to the next one.
    private func described(_ page: String) throws -> [String: String] {
        var options: [String: String] = [:]
        var current: [String] = []
        for line in try Documentation.page(page).split(separator: "\n") {
            if line.hasPrefix(".It Fl ") {
                let words = line.split(separator: " ")
                current = zip(words, words.dropFirst()).filter { $0.0 == "Fl" }.map { "-" + $0.1 }
                for option in current { options[option] = "" }
            } else if line.hasPrefix(".Sh ") || line == ".El" {
                current = []
            }
            for option in current { options[option]? += line + "\n" }
        }
        return options
    }

    @Test("the settings file in weft-extract(1) is one")
    func settingsFile() throws {
        let lines = try Documentation.page("weft-extract").split(separator: "\n", omittingEmptySubsequences: false)
        let settings = Documentation.blocks(lines, ".Bd ", ".Ed").filter { $0.first?.hasPrefix("convention:") == true }
        try #require(settings.count == 1)
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.write("settings.yaml", settings[0].joined(separator: "\n"))
        let table = try scratch.table("ct-lesion", "--roi", "Lesion", "--settings", "settings.yaml")
        #expect(table.rows.allSatisfy { $0["diagnostics_discretisation"] == "bin width 25 from -500" })
        let options = try scratch.table(
            "ct-lesion", "--roi", "Lesion", "--settings", "settings.yaml", "--bin-width", "50")
        #expect(options.rows.allSatisfy { $0["diagnostics_discretisation"] == "bin width 50 from -500" })
    }

    @Test(
        "mandoc finds nothing to say about the pages",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/mandoc"), "mandoc is not installed"))
    func lint() throws {
        let scratch = try Scratch()
        let folder = CommandLineTool.repository.appendingPathComponent("man").path
        let pages = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(pages.count >= Documentation.pages.count + 2)
        for page in pages {
            let path = "\(folder)/\(page)"
            let result = try scratch.shell("mandoc -T lint -W warning '\(path)'")
            #expect(result.status == 0 && result.text.isEmpty, "\(result.text)")
        }
    }
}
