import Evaluation
import Files
import Foundation

/// The files of an ablation: `ROW/seed-N/` with the runs of a row; the table as `table.csv`, `table.md` and `table.tex`, and its
/// values seed by seed as `seeds.csv`.
struct AblationFolder {
    let path: String

    var plan: String { path + "/plan.yaml" }
    var csv: String { path + "/table.csv" }
    var markdown: String { path + "/table.md" }
    var latex: String { path + "/table.tex" }
    var seeds: String { path + "/seeds.csv" }

    func runs(_ row: AblationPlan.Row, seed: UInt64) -> String {
        "\(path)/\(AblationPlan.folderName(row.name))/seed-\(seed)"
    }

    /// Makes the folder for this plan, or goes on with it where it is there already, and keeps other processes out.
    func prepare(planText: String, existing: RecipeAblation.Existing) throws(AblationError) -> FolderLock {
        var isFolder: ObjCBool = false
        let files = FileManager.default
        if files.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else { throw .fileInsteadOfFolder(path: path) }
            let names: [String]
            do { names = try files.contentsOfDirectory(atPath: path) } catch {
                throw .unwritable("\(path): \(SystemError.text(of: error))")
            }
            if let earlier = files.contents(atPath: plan) {
                guard String(decoding: earlier, as: UTF8.self) == planText || existing == .goOn else {
                    throw .otherPlan(folder: path, plan: plan)
                }
            } else if names.contains(where: { $0 != FolderLock.name }), existing == .refuse {
                throw .noAblation(folder: path, entries: names.count)
            }
        }
        do { try makeFolder(at: path) } catch { throw .unwritable(error.description) }
        let lock = try lock()
        try write(planText, to: plan)
        return lock
    }

    private func lock() throws(AblationError) -> FolderLock {
        do throws(FolderLockError) { return try FolderLock(path) } catch {
            switch error {
            case .inUse: throw .inUse(folder: path)
            case .unwritable(let error): throw .unwritable(error.description)
            }
        }
    }

    /// The files of the table appear whole or not at all.
    func write(_ table: AblationTable) throws(AblationError) {
        try write(table.csv, to: csv)
        try write(table.seedCSV, to: seeds)
        try write(table.markdown, to: markdown)
        try write(table.latex, to: latex)
    }

    private func write(_ text: String, to path: String) throws(AblationError) {
        do { try writeWholeFile(at: path, text.utf8) } catch { throw .unwritable(error.description) }
    }
}
