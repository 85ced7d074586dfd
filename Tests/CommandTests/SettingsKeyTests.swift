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

    @Test("the manual page names every key", arguments: SettingsList.all)
    func manual(list: SettingsList) throws {
        let page = try Documentation.page("weft-\(list.command)")
        let words = Set(page.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
        for entry in list.entries {
            let name = entry.path.split(separator: ".").last.map(String.init) ?? ""
            #expect(words.contains(name), "weft-\(list.command)(1) does not name \(entry.path)")
        }
    }

    @Test("the defaults of every list are written and read back as the same settings")
    func defaults() throws {
        #expect(try PretrainingSettings(yaml: PretrainingSettings().yaml) == PretrainingSettings())
        #expect(try FinetuningSettings(yaml: FinetuningSettings().yaml) == FinetuningSettings())
        #expect(try ExtractionSettings(yaml: ExtractionSettings().yaml) == ExtractionSettings())
    }
}
