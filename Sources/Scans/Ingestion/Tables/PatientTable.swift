import Foundation
import Imaging

/// A CSV that says whose images are: columns `image` and `patient`, as a table of labels has them; other columns are left alone.
public struct PatientTable: Sendable {
    public let path: String
    /// Of what it says, whatever else stands in the file.
    public let fingerprint: Fingerprint
    private let patients: [String]
    private let names: ImageNames

    /// - Throws: ``IngestionError`` when the file is absent, or has not both columns.
    public init(path: String) throws(IngestionError) {
        let table = try NamedTable(path, what: "the table of patients")
        guard table.has("image"), table.has("patient") else {
            throw .badAttribute(
                path: path, name: "the header of the table of patients",
                found: "'\(table.header.joined(separator: ","))'", expected: "columns image and patient")
        }
        let rows = table.rows.compactMap { cells -> (image: String, patient: String)? in
            guard let image = table.cell("image", of: cells), let patient = table.cell("patient", of: cells) else {
                return nil
            }
            return (image, patient)
        }
        self.path = path
        patients = rows.map(\.patient)
        names = ImageNames(rows.map(\.image))
        fingerprint = Fingerprint(of: rows.map { "\($0.image)\t\($0.patient)" }.joined(separator: "\n"))
    }

    /// Whose image a file is; nil where no row means it, or where rows that could be meant say different patients.
    public func patient(of image: String) -> String? {
        let found = Set(names.matching(image).places.map { patients[$0] })
        return found.count == 1 ? found.first : nil
    }
}
