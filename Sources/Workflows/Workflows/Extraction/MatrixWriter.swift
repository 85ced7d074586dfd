import Encoding
import Files
import Imaging
import Ingestion
import Radiomics
import Tables
import TextureCore

/// Writes the co-occurrence matrices of one region, as `CASE_MASK_ROI_LABEL_HASH_MATRIX.csv`: one line per non-zero cell,
/// with grey levels and count. Used by one thread.
final class MatrixWriter {
    private let prefix: String
    /// The first that could not be written.
    private(set) var problem: String?

    /// The hash in the name is one of image, mask and content: cases and masks may be called the same.
    init(_ folder: OutputFolder, _ identity: RowIdentity, mask: MaskSource?, maskHash: String) {
        prefix = folder.file(of: identity, mask: mask, maskHash: maskHash)
    }

    func write(_ label: MatrixLabel, _ matrix: CooccurrenceMatrix) {
        let file = "\(prefix)_\(label).csv"
        do throws(FileWritingError) {
            try writeWholeFile(at: file, Self.csv(matrix).utf8)
        } catch {
            problem = problem ?? "matrix \(FileName(file).name) cannot be written: \(error.reason)"
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
        var text = CSV.line(["i", "j", "count"]) + "\n"
        for cell in cells {
            text += CSV.line([String(cell.row), String(cell.column), cell.count.shortestText]) + "\n"
        }
        return text
    }
}

extension OutputFolder {
    /// What the names of the files of a region start with, with the folder.
    func file(of identity: RowIdentity, mask: MaskSource?, maskHash: String) -> String {
        let maskName = mask.map { String(FileName($0.path).imageStem) } ?? ""
        let parts = [identity.caseID, maskName, identity.roi, identity.label].filter { !$0.isEmpty }
        let all = [identity.image, maskName, maskHash] + parts
        let hash = Fingerprint(of: all.joined(separator: "\n")).description.prefix(8)
        return path + "/" + (parts.map(OutputFolder.fileName) + [String(hash)]).joined(separator: "_")
    }
}
