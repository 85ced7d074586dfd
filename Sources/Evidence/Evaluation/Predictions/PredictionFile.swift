import Ingestion
import NumericalMethods
import Statistics

/// A CSV of predictions, as `weft finetune` writes it: `image,label,p_CLASS…`, and where they are known
/// `patient,case,slice,fold,prediction`. The classes are the `p_` columns in their order.
public struct PredictionFile: Sendable {
    public let path: String
    public let set: PredictionSet
    /// Whether the file names patients; else each case stands for its own, or each image where there are no cases.
    public let namesPatients: Bool

    /// The file with another set in its place, e.g. with its classes in another order.
    init(_ file: PredictionFile, _ set: PredictionSet) {
        (path, namesPatients, self.set) = (file.path, file.namesPatients, set)
    }

    /// - Throws: `IngestionError` when the file is no such table.
    public init(path: String) throws(IngestionError) {
        self.path = path
        let table = try CellTable(path: path)
        let images = Self.names(try table.required("image", for: "the path of each image"), table.column("slice"))
        let labels = try table.required("label", for: "the true class")
        let classes = table.columns.filter { $0.hasPrefix("p_") && $0.count > 2 }.map { String($0.dropFirst(2)) }
        guard classes.count >= 2 else {
            throw .badAttribute(
                path: path, name: "the header", found: "\(classes.count) columns p_CLASS",
                expected: "a probability of each of two or more classes")
        }
        guard !images.isEmpty else {
            throw .unreadable(path: path, reason: "it has no rows, expected one row per image")
        }
        let numbers = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
        func classNumbers(_ cells: [String], _ column: String) throws(IngestionError) -> [Int] {
            var found: [Int] = []
            for (row, cell) in cells.enumerated() {
                guard let number = numbers[cell] else {
                    throw .badAttribute(
                        path: path, name: "\(column) of row \(row + 1)", found: "'\(cell)'",
                        expected: "one of \(classes.joined(separator: ", ")), as the p_ columns say")
                }
                found.append(number)
            }
            return found
        }
        let probabilities = try Self.probabilities(table, classes)
        let predictions =
            try table.column("prediction").map { cells throws(IngestionError) in
                try classNumbers(cells, "prediction")
            } ?? images.indices.map { classOfLargest(Array(probabilities.row($0))) }
        try Self.checkNames(images, path)
        let (patients, cases) = (table.column("patient"), Self.filled(table.column("case")))
        namesPatients = patients?.contains { !$0.isEmpty } ?? false
        set = PredictionSet(
            classes: classes, images: images,
            patients: images.indices.map { row in
                if let patient = patients?[row], !patient.isEmpty { return "patient " + patient }
                return cases.map { "case " + $0[row] } ?? "image " + images[row]
            },
            cases: cases, folds: Self.filled(table.column("fold")),
            labels: try classNumbers(labels, "label"), predictions: predictions, probabilities: probabilities)
    }

    /// A column with a cell in each row.
    private static func filled(_ cells: [String]?) -> [String]? {
        cells.flatMap { $0.contains("") ? nil : $0 }
    }

    private static func probabilities(_ table: CellTable, _ classes: [String]) throws(IngestionError) -> Matrix {
        var matrix = Matrix(rows: table.rows.count, columns: classes.count)
        for (column, name) in classes.enumerated() {
            for (row, cell) in try table.required("p_" + name, for: "its probability").enumerated() {
                guard let value = Double(cell), value >= 0, value <= 1 else {
                    throw .badAttribute(
                        path: table.path, name: "p_\(name) of row \(row + 1)", found: "'\(cell)'",
                        expected: "a probability from 0 to 1")
                }
                matrix[row, column] = value
            }
        }
        return matrix
    }

    /// The slices of a series may share its path: then the slice is part of the name.
    private static func names(_ images: [String], _ slices: [String]?) -> [String] {
        guard let slices, Set(images).count < images.count else { return images }
        return zip(images, slices).map { $1.isEmpty || $0.isEmpty ? $0 : "\($0) slice \($1)" }
    }

    private static func checkNames(_ images: [String], _ path: String) throws(IngestionError) {
        var rows: [String: Int] = [:]
        for (row, image) in images.enumerated() {
            guard !image.isEmpty else {
                throw .badAttribute(path: path, name: "image of row \(row + 1)", found: "empty", expected: "a name")
            }
            if let first = rows.updateValue(row, forKey: image) {
                throw .badAttribute(
                    path: path, name: "image", found: "'\(image)' in rows \(first + 1) and \(row + 1)",
                    expected: "each image once")
            }
        }
    }
}
