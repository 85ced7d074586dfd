import Foundation
import Ingestion
import Preparation
import Pretraining
import Training

/// The run that weights come from: its settings lie beside them.
enum TrainingRun {
    /// With the `config.yaml` beside the weights, or above a folder of checkpoints; nil where there is none.
    static func of(weights path: String) throws -> (folder: RunFolder, settings: PretrainingSettings)? {
        var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        for _ in 0..<2 {
            let run = RunFolder(folder.path)
            if FileManager.default.fileExists(atPath: run.config) { return (run, try run.readConfig()) }
            folder.deleteLastPathComponent()
        }
        return nil
    }

    /// Patients that none of the networks was trained on, by the keys of their prepared slices.
    /// - Throws: ``ReconstructionError`` when a run is not there, or no patient was held out by all.
    static func heldOut(
        by weights: [String], jobs: Int
    ) throws -> (patients: Set<String>, rule: PatientRule) {
        var common: Set<String>?
        var rule = PatientRule()
        for path in weights {
            guard let (folder, settings) = try of(weights: path) else {
                throw ReconstructionError.noRun(weights: path)
            }
            let store = try SliceStore(
                path: settings.data.slices.isEmpty ? folder.cache : settings.data.slices, jobs: jobs)
            let holdout = Holdout(store, share: settings.data.holdout, seed: settings.run.seed)
            let patients = Set(holdout.validation.map { store.contents.series[store.seriesOfSlice[$0]].patient })
            common = common.map { $0.intersection(patients) } ?? patients
            rule = PatientRule(
                png: settings.data.preparation.pngPatient,
                table: settings.data.patients.isEmpty ? nil : try PatientTable(path: settings.data.patients))
        }
        guard let common, !common.isEmpty else {
            throw ReconstructionError.noHeldOutPatient(weights: weights)
        }
        return (common, rule)
    }
}

/// How the run that weights come from measured texture.
struct TrainedTexture {
    var bins: Int
    var sharpness: Double

    init(bins: Int, sharpness: Double) { (self.bins, self.sharpness) = (bins, sharpness) }

    /// Nil where there is no run.
    init?(weights path: String) throws {
        guard let settings = try TrainingRun.of(weights: path)?.settings else { return nil }
        guard let finest = settings.loss.usedScales.last else { return nil }
        (bins, sharpness) = (finest.bins, finest.sharpness.last ?? 5)
    }
}
