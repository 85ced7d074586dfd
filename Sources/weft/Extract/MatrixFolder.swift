import Foundation
import Radiomics
import TextureCore

/// Writes each co-occurrence matrix as `CASE_ROI_LABEL_MATRIX.csv`: one line a non-zero cell, with grey levels and count.
struct MatrixFolder: Sendable {
    let path: String

    init(_ path: String) { self.path = path }

    func prepare() throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.outputUnwritable, "\(path): cannot be made a folder: \(error.localizedDescription)")
        }
    }

    func observer(caseName: String, roi: String, label: String) -> (MatrixLabel, CooccurrenceMatrix) -> Void {
        let prefix = [caseName, roi, label].filter { !$0.isEmpty }.map(Self.fileName).joined(separator: "_")
        return { matrixLabel, matrix in
            let file = "\(path)/\(prefix)_\(matrixLabel).csv"
            do {
                try Data(Self.csv(matrix).utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
            } catch {
                Console.error("\(file) cannot be written: \(error.localizedDescription)")
            }
        }
    }

    static func csv(_ matrix: CooccurrenceMatrix) -> String {
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
