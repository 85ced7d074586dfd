import Encoding
import Foundation
import SettingsFile

/// What to do with a run whose settings are no longer those of its checkpoint.
public enum ChangedSettings: Hashable, Sendable {
    case refuse
    /// Goes on with the new ones; the log says so.
    case record
}

/// What may differ from the settings of a checkpoint when a run goes on.
package struct AcceptedChanges: Hashable, Sendable {
    package var changed: ChangedSettings
    /// Keys that the command itself sets, such as its epochs: no reason to refuse.
    package var wanted: Set<String>

    package init(_ changed: ChangedSettings = .refuse, wanted: Set<String> = []) {
        (self.changed, self.wanted) = (changed, wanted)
    }

    /// - Throws: ``RunError/otherSettings(path:changes:)`` when the run of this folder may not go on with these changes.
    package func check(_ changes: [SettingsDifference], of folder: RunFolder) throws(RunError) {
        let unwanted = changes.filter { !wanted.contains($0.path) }
        guard unwanted.isEmpty || changed == .record else {
            throw .otherSettings(path: folder.config, changes: unwanted.map(\.description))
        }
    }
}

/// Settings that changed between a checkpoint and the steps after it; a line of the log.
package struct SettingsChanges: Hashable, Sendable {
    /// How many steps there were.
    package var step: Int
    package var differences: [SettingsDifference]

    package init(step: Int, _ differences: [SettingsDifference]) { (self.step, self.differences) = (step, differences) }

    package var json: String {
        var changed = JSONObject(.spaced)
        for difference in differences { changed.add(difference.path, "\(difference.was) -> \(difference.now)") }
        var line = JSONObject(.spaced)
        line.add("changed_after_step", step)
        line.add("settings", json: changed.text)
        return line.text
    }

    /// The step of a line of this kind; nil for any other.
    static func step(ofLine line: some StringProtocol) -> Int? {
        guard line.hasPrefix("{\"changed_after_step\"") else { return nil }
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return object?["changed_after_step"] as? Int
    }
}

extension KeyedSettings {
    /// What matters to the numbers and differs from the settings that a checkpoint was trained with.
    ///
    /// - Parameters:
    ///   - text: of the checkpoint; nil for one that does not say them.
    ///   - free: keys that change no number, by their paths.
    package func changes(since text: String?, free: Set<String>) -> [SettingsDifference] {
        // Settings that another version wrote and this one cannot read say nothing.
        guard let text, let earlier = try? Self(yaml: text) else { return [] }
        return differences(from: earlier).filter { !free.contains($0.path) }
    }
}

extension TrainingLoop {
    /// Writes settings that changed since the checkpoint into the log.
    ///
    /// - Returns: what is to be said of them; nil where nothing changed.
    /// - Throws: ``RunError/otherSettings(path:changes:)`` when the run may not go on with them.
    package func take(_ changes: [SettingsDifference], where accepted: AcceptedChanges) throws -> String? {
        try accepted.check(changes, of: folder)
        guard !changes.isEmpty else { return nil }
        try LineLog(appendingTo: folder.log).append(SettingsChanges(step: step, changes).json)
        return "the run goes on with other settings: \(changes.map(\.description).joined(separator: ", "))"
    }
}
