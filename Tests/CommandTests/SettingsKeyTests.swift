import Finetuning
import Foundation
import Pretraining
import Radiomics
import SettingsFile
import Testing

/// A list of keys and the command that has their options.
struct SettingsList: CustomTestStringConvertible, Sendable {
    var command: String
    var entries: [SettingsEntry]
    var testDescription: String { command }

    static let all = [
        SettingsList(command: "extract", entries: ExtractionSettings.entries),
        SettingsList(command: "pretrain", entries: PretrainingSettings.entries),
        SettingsList(command: "finetune", entries: FinetuningSettings.entries),
    ]
}

@Suite("keys of settings, their options and their manual")
struct SettingsKeyTests {
    @Test("every key has an option with its help, or a reason why it has none", arguments: SettingsList.all)
    func options(list: SettingsList) throws {
        let scratch = try Scratch()
        let dump = try scratch.weft(expecting: 0, [list.command, "--experimental-dump-help"]).output
        let root = try #require(JSONSerialization.jsonObject(with: dump) as? [String: Any])
        let arguments = try #require((root["command"] as? [String: Any])?["arguments"] as? [[String: Any]])
        var help: [String: String] = [:]
        for argument in arguments {
            for name in argument["names"] as? [[String: String]] ?? [] {
                help[name["name"] ?? ""] = argument["abstract"] as? String ?? ""
            }
        }
        for entry in list.entries {
            switch entry.option {
            case .named(let option, let text): #expect(help[option] == text, "--\(option) of \(entry.path)")
            case .absent(let reason): #expect(!reason.isEmpty, "\(entry.path) has no option and no reason")
            }
        }
    }

    @Test("weft-settings(5) is the page that the lists make, with every key, what it does and its default")
    func manual() throws {
        let file = CommandLineTool.repository.appendingPathComponent("man/weft-settings.5")
        let committed = try String(contentsOf: file, encoding: .utf8)
        let made = try Scratch().weft(expecting: 0, ["explain", "--settings-manual"]).text
        #expect(committed == made, "make it anew: weft explain --settings-manual > man/weft-settings.5")
        for list in SettingsList.all {
            var counts: [String: Int] = [:]
            for entry in list.entries {
                counts[entry.name, default: 0] += 1
                let isSaid = entry.isSection ? !entry.about.isEmpty : !entry.meaning.isEmpty
                #expect(isSaid, "\(list.command): nothing says what \(entry.path) does; give it .about(…)")
            }
            for (name, count) in counts {
                let found = made.split(separator: "\n").count { $0 == ".It Cm \(name)" }
                #expect(found >= count, "\(list.command): \(name) stands \(found) times on the page, expected \(count)")
            }
        }
        // The window of CT, which decides what a network sees.
        #expect(made.replacing("\n", with: " ").contains("{CT: {window: [-160.0, 240.0]}, PNG: stored"))
    }

    @Test(
        "--print-settings ends before any work with a file that comes to the same settings",
        arguments: [
            ["extract", "--columns", "common", "--suv", "bw"], ["map", "--feature", "cm_contrast", "--2d"],
            [
                "pretrain", "--loss", "mse", "--epochs", "3,4", "--image-size", "64", "--set",
                "data.intensity={CT: {window: [-10, 20]}}",
            ],
            ["finetune", "--probe", "linear", "--weights", "w.safetensors", "--folds", "5"],
        ])
    func printed(command: [String]) throws {
        let scratch = try Scratch()
        let first = try scratch.weft(expecting: 0, command + ["--print-settings"]).text
        try scratch.write("s.yaml", first)
        let again = command[0] == "map" ? Array(command.prefix(3)) : [command[0]]
        let second = try scratch.weft(expecting: 0, again + ["--print-settings", "--settings", "s.yaml"]).text
        #expect(command[0] == "map" || first == second, "\(first)\n\(second)")
        #expect(try scratch.names(in: ".") == ["s.yaml"])
        let list = SettingsList.all.first { $0.command == command[0] }
        for entry in list?.entries ?? []
        where list?.command != "extract" && !entry.isSection && entry.name != "layerScale" {
            #expect(first.contains("  \(entry.name): "), "\(entry.path) is not in\n\(first)")
        }
    }

    @Test("a plan is printed with the options of every row in full, and is the same plan again from anywhere")
    func printedPlan() throws {
        let scratch = try Scratch(sample: "samples")
        let first = try scratch.weft(expecting: 0, ["ablate", "samples/ablation.yaml", "--print-settings"]).text
        try scratch.write("samples/us-speckle/plan.yaml", first)
        let second = try scratch.weft(
            expecting: 0, ["ablate", "samples/us-speckle/plan.yaml", "--print-settings"]
        ).text
        #expect(first == second)
        let runs = try scratch.weft(expecting: 0, ["ablate", "samples/us-speckle/plan.yaml", "--dry-run"]).text
        #expect(runs.split(separator: "\n").count == 35 && runs.contains("--loss=mse,glcm,ssim"))
        #expect(!scratch.exists("ablation"))
    }

    @Test(
        "a key at the wrong level is answered with its right place",
        arguments: [
            ("extract", "binWidth: 25", "its place is 'discretise.binWidth' or 'ivh.binWidth'"),
            ("extract", "discretise.binWidth: 25", "its place is 'discretise: {binWidth: …}'"),
            ("extract", "texture: {lowerbound: 3}", "its place is 'discretise.lowerBound'"),
            ("extract", "outlierSigm: 3", "its place is 'resegment.outlierSigma'"),
            ("pretrain", "bins: 64", "its place is 'loss.bins'"),
            ("pretrain", "model: {maskratio: 0.5}", "did you mean 'maskRatio'?"),
            ("finetune", "run: {layerDecay: 0.5}", "its place is 'optimiser.layerDecay'"),
        ])
    func misplaced(command: String, yaml: String, message: String) throws {
        let scratch = try Scratch()
        try scratch.write("s.yaml", yaml + "\n")
        let result = try scratch.weft(expecting: 64, [command, "--print-settings", "--settings", "s.yaml"])
        #expect(result.error.contains("s.yaml: unknown key") && result.error.contains(message), "\(result.error)")
    }

    @Test("--set is answered with the whole path of a key")
    func misplacedSet() throws {
        let result = try Scratch().weft(expecting: 64, ["pretrain", "--print-settings", "--set", "bins=64"])
        #expect(result.error.contains("its place is 'loss.bins'"), "\(result.error)")
    }

    @Test("the defaults of every list are written and read back as the same settings")
    func defaults() throws {
        #expect(try PretrainingSettings(yaml: PretrainingSettings().yaml) == PretrainingSettings())
        #expect(try FinetuningSettings(yaml: FinetuningSettings().yaml) == FinetuningSettings())
        #expect(try ExtractionSettings(yaml: ExtractionSettings().yaml) == ExtractionSettings())
    }
}
