import Foundation
import SettingsFile
import Training

extension RunFolder {
    /// Every setting as it is used, below a few words for people.
    public func writeConfig(_ settings: PretrainingSettings, slices: RunSlices) throws {
        let head = """
            # A run of `weft pretrain`: every setting as it was used. `weft pretrain --resume` with this folder goes on;
            # `weft pretrain ARCHIVE --settings` with this file starts another run like it.
            # \(slices.training) slices of \(slices.trainingPatients) patients to train on, \(slices.validation) of \
            \(slices.validationPatients) held out.

            """
        try Self.write(head + settings.yaml, to: config)
    }

    /// Inverse of ``writeConfig(_:slices:)``.
    public func readConfig() throws -> PretrainingSettings {
        guard let data = FileManager.default.contents(atPath: config) else {
            throw RunError.nothingToResume(path: path, missing: "config.yaml")
        }
        do throws(SettingsError) {
            return try PretrainingSettings(yaml: String(decoding: data, as: UTF8.self))
        } catch { throw RunError.config(path: config, error) }
    }
}

/// What `config.yaml` says about the slices of a run.
public struct RunSlices: Hashable, Sendable {
    public var training: Int
    public var trainingPatients: Int
    public var validation: Int
    public var validationPatients: Int
}
