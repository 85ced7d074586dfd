import Evaluation
import Files
import Foundation
import Ingestion

/// The files of an ablation: `ROW/seed-N/` with the runs of a row, `table.csv` and `table.md`.
struct AblationFolder {
    let path: String

    var plan: String { path + "/plan.yaml" }
    var csv: String { path + "/table.csv" }
    var markdown: String { path + "/table.md" }

    func runs(_ row: AblationPlan.Row, seed: UInt64) -> String {
        "\(path)/\(AblationPlan.folderName(row.name))/seed-\(seed)"
    }

    /// Makes the folder for this plan, or goes on with it where it is there already.
    /// - Throws: ``CommandFailure`` when the folder holds something else, or runs of another plan.
    func prepare(planText: String, replacing: Bool) throws {
        var isFolder: ObjCBool = false
        let files = FileManager.default
        do {
            if files.fileExists(atPath: path, isDirectory: &isFolder) {
                guard isFolder.boolValue else {
                    throw CommandFailure(.outputUnwritable, "\(path): found a file, expected a folder")
                }
                let names = try files.contentsOfDirectory(atPath: path)
                if let earlier = files.contents(atPath: plan) {
                    guard String(decoding: earlier, as: UTF8.self) == planText || replacing else {
                        throw CommandFailure(
                            .outputUnwritable,
                            "\(path) has runs of another plan (\(plan)); give another folder, or --force to go on with the new "
                                + "plan, which keeps the runs of rows that are called the same")
                    }
                } else if !names.isEmpty, !replacing {
                    throw CommandFailure(
                        .outputUnwritable,
                        "\(path): found a folder with \(names.count) entries in it that is no ablation")
                }
            }
            try makeFolder(at: path)
            try writeWholeFile(at: plan) { try Data(planText.utf8).write(to: URL(fileURLWithPath: $0)) }
        } catch let error as FileWritingError {
            throw CommandFailure(.outputUnwritable, error.description)
        } catch let failure as CommandFailure {
            throw failure
        } catch { throw CommandFailure(.outputUnwritable, "\(path): \(error.localizedDescription)") }
    }
}
