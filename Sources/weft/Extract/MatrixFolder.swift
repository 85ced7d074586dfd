import Foundation
import Ingestion
import Radiomics
import Reporting
import TextureCore

/// Where co-occurrence matrices go, as `CASE_MASK_ROI_LABEL_MATRIX.csv`: one line a non-zero cell, with grey levels and
/// count.
struct MatrixFolder: Sendable {
    /// What to do with a folder that has files in it.
    enum Existing { case refuse, replace }

    let path: String

    /// Makes the folder, and finds out before the work starts whether it can be written into.
    init(_ path: String, existing: Existing) throws {
        self.path = path
        let files = FileManager.default
        var isFolder: ObjCBool = false
        if files.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else {
                throw CommandFailure(.outputUnwritable, "\(path): found a file, expected a folder for --matrices")
            }
            let count: Int
            do {
                count = try files.contentsOfDirectory(atPath: path).count
            } catch { throw CommandFailure(.outputUnwritable, "\(path): \(error.localizedDescription)") }
            guard count == 0 || existing == .replace else {
                throw CommandFailure(
                    .outputUnwritable,
                    "\(path) has \(count) entries in it; give --matrices an empty folder, or --force to replace files")
            }
        } else if mkdir(path, 0o755) != 0 {
            throw CommandFailure(
                .outputUnwritable, "\(path): cannot be made a folder: \(String(cString: strerror(errno)))")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw CommandFailure(.outputUnwritable, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }
}

/// Writes the matrices of one region; used by one thread.
final class MatrixWriter {
    private let prefix: String
    /// The first that could not be written.
    private(set) var problem: String?

    init(_ folder: MatrixFolder, _ identity: RowIdentity, mask: MaskSource?) {
        let maskName = mask.map { URL(fileURLWithPath: $0.path).deletingPathExtension().lastPathComponent } ?? ""
        let parts = [identity.caseID, maskName, identity.roi, identity.label].filter { !$0.isEmpty }
        prefix = folder.path + "/" + parts.map(Self.fileName).joined(separator: "_")
    }

    func write(_ label: MatrixLabel, _ matrix: CooccurrenceMatrix) {
        let file = "\(prefix)_\(label).csv"
        do {
            try Data(Self.csv(matrix).utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            problem = problem ?? "\(file) cannot be written: \(error.localizedDescription)"
        }
    }

    private static func csv(_ matrix: CooccurrenceMatrix) -> String {
        var cells: [(row: Int, column: Int, count: Double)] = []
        for k in matrix.counts.indices {
            let (i, j) = (matrix.levels[Int(matrix.rows[k])], matrix.levels[Int(matrix.columns[k])])
            cells.append((i, j, matrix.counts[k]))
            if matrix.symmetry == .symmetric, i != j { cells.append((j, i, matrix.counts[k])) }
        }
        cells.sort { ($0.row, $0.column) < ($1.row, $1.column) }
        var text = "i,j,count\n"
        for cell in cells {
            let count = Int(exactly: cell.count).map(String.init) ?? "\(cell.count)"
            text += "\(cell.row),\(cell.column),\(count)\n"
        }
        return text
    }

    /// Letters, digits and a few marks; anything else could lead out of the folder.
    private static func fileName(_ text: String) -> String {
        String(text.map { $0.isLetter || $0.isNumber || "-.".contains($0) ? $0 : "-" })
    }
}
