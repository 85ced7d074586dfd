import Encoding
import Evaluation
import Finetuning
import Pretraining
import Radiomics
import SettingsFile

/// The manual page of every settings key, weft-settings(5), as mdoc(7) source: made from the lists that read the files. The
/// committed page is made with it.
public enum SettingsManual {
    /// The keys of one kind of file.
    package struct Chapter: Sendable {
        package var title: String
        /// The file, and which commands read it.
        package var opening: [String]
        package var entries: [SettingsEntry]
    }

    package static let chapters = [
        Chapter(
            title: "EXTRACT AND MAP",
            opening: [
                "Of", ".Xr weft-extract 1", "and", ".Xr weft-map 1 ,", "where the features are named by",
                ".Fl -feature .", "A parameter file of PyRadiomics stands for this one as it is, see",
                ".Xr weft-extract 1 .",
            ], entries: ExtractionSettings.entries),
        Chapter(
            title: "PRETRAIN",
            opening: [
                "Of", ".Xr weft-pretrain 1 .",
                "The defaults are the recipe of the paper (Focus on Texture, 2025) and of MAE (He et al., 2022), which it",
                "builds on, for grey images; the file", ".Pa samples/pretrain-paper.yaml",
                "is the paper's in full.",
                "Where the paper does not say a number, that of its authors' program stands.",
            ], entries: PretrainingSettings.entries),
        Chapter(
            title: "FINETUNE",
            opening: [
                "Of", ".Xr weft-finetune 1 .",
                "The defaults are the recipe of MAE (He et al., 2022), with the numbers of the paper's program.",
            ], entries: FinetuningSettings.entries),
        Chapter(
            title: "ABLATE",
            opening: [
                "The plan of", ".Xr weft-ablate 1 :", "what its rows have in common, and what each does differently.",
            ], entries: AblationPlan.entries),
    ]

    public static var page: String {
        var lines = opening
        for chapter in chapters {
            lines += [".Sh " + chapter.title] + chapter.opening
            lines += list(chapter.entries[...], above: "")
        }
        return (lines + closing).joined(separator: "\n") + "\n"
    }

    private static let opening = [
        ".\\\" Made by: weft explain --settings-manual", ".Dd November 29, 2026", ".Dt WEFT-SETTINGS 5", ".Os",
        ".Sh NAME",
        ".Nm weft-settings", ".Nd every key of the settings files of weft", ".Sh DESCRIPTION",
        "Settings files are YAML and are given with", ".Fl -settings ,", "a plan of", ".Xr weft-ablate 1",
        "by its name.", "The keys stand in the order in which they apply.",
        "A key that is left out keeps its default, and an option of the command line beats the file.",
        "An unknown key is an error that names the nearest known one, or, where it is known at another level, its right",
        "place.", ".Pp", "With", ".Fl -print-settings ,", ".Xr weft-extract 1 ,", ".Xr weft-map 1 ,",
        ".Xr weft-pretrain 1 ,", ".Xr weft-finetune 1", "and", ".Xr weft-ablate 1",
        "print what a file and the options come to, as such a file again, and stop before any work.",
        "Keys without an option of their own are set by", ".Fl -set Ar section.key=value", "in",
        ".Xr weft-pretrain 1", "and", ".Xr weft-finetune 1 ,", "or by the file.",
    ]

    private static let closing = [
        ".Sh EXAMPLES", "What every key of a pre-training is, and which of them a file changes:",
        ".Bd -literal -offset indent", "$ weft pretrain --print-settings > defaults.yaml",
        "$ weft pretrain --print-settings --settings samples/pretrain-tiny.yaml > tiny.yaml",
        "$ weft pretrain --print-settings --set loss.bins=64 | grep bins:", "  bins: 64", ".Ed", ".Sh SEE ALSO",
        ".Xr weft 1 ,", ".Xr weft-ablate 1 ,", ".Xr weft-explain 1 ,", ".Xr weft-extract 1 ,",
        ".Xr weft-finetune 1 ,", ".Xr weft-map 1 ,", ".Xr weft-pretrain 1 ,", ".Xr weft-features 7",
    ]

    /// Keys of one level, those of a section in a list below it.
    private static func list(_ entries: ArraySlice<SettingsEntry>, above: String) -> [String] {
        var lines = [".Bl -tag -width Ds"]
        var rest = entries
        while let entry = rest.first {
            rest = rest.dropFirst()
            let within = rest.prefix { $0.path.hasPrefix(entry.path + ".") }
            rest = rest.dropFirst(within.count)
            lines.append(".It Cm " + entry.path.dropFirst(above.count))
            lines += ManualText.lines(description(of: entry))
            if !within.isEmpty { lines += list(within, above: entry.path + ".") }
        }
        return lines + [".El"]
    }

    /// What it does, which values it takes, what it is by default, and which option sets it.
    private static func description(of entry: SettingsEntry) -> String {
        var sentences: [String] = []
        let meaning = entry.isSection ? entry.about : entry.meaning
        if !meaning.isEmpty { sentences.append(meaning) }
        if entry.isRequired { sentences.append("It has to be given.") }
        if !entry.isSection || !entry.expected.hasPrefix("keys of ") {
            sentences.append("Value: \(values(of: entry)).")
        }
        // Many helps say it, in words.
        if let usual = entry.usual, usual != "null", !meaning.saysDefault { sentences.append("Default: \(usual).") }
        switch entry.option {
        case .named(let name, let help):
            sentences.append("Option: --\(name)" + (entry.isSection ? ". \(help)" : "."))
        case .absent(let reason) where !entry.isSection: sentences.append("No option: \(reason).")
        case .absent: break
        }
        return sentences.joined(separator: " ")
    }

    /// With the type where the words do not say it.
    private static func values(of entry: SettingsEntry) -> String {
        guard !entry.isSection else { return entry.expected }
        let isSaid = entry.type.isEmpty || entry.expected.hasPrefix("one of ") || entry.expected.contains(entry.type)
        return isSaid ? entry.expected : "\(entry.expected) (\(entry.type))"
    }
}

extension String {
    /// Whether it says what the default is.
    fileprivate var saysDefault: Bool { contains("efault") }
}
