import Encoding

/// Where the row of a region stands among those of its case: by name, number and mask, or by mask and number where regions have no
/// names, so that those of one PNG stand together; these come first.
package struct RegionOrder: Comparable {
    private let parts: [NaturalText]

    /// - Parameter maskFile: without its folder.
    package init(name: String, label: String, maskFile: String) {
        parts = (name.isEmpty ? [name, maskFile, label] : [name, label, maskFile]).map(NaturalText.init)
    }

    init(_ row: FeatureRow) {
        self.init(
            name: row.identity.roi, label: row.identity.label, maskFile: row.diagnostics[.maskFile] ?? "")
    }

    init(_ key: RowKey) { self.init(name: key.name, label: key.label, maskFile: key.maskFile) }

    package static func < (a: RegionOrder, b: RegionOrder) -> Bool { a.parts.lexicographicallyPrecedes(b.parts) }
}

/// Where a case stands in its table: by patient, study, modality and image. What is not known of a case puts it behind the others,
/// as an empty cell does where a spreadsheet sorts.
package struct CaseOrder: Comparable {
    private let parts: [NaturalText]

    /// - Parameters:
    ///   - patient: by what the patients are put in order, which need not be what the rows show.
    ///   - regions: names and numbers of the regions that a case is about, where one image is several cases.
    package init(_ identity: RowIdentity, patient: String, regions: [String]) {
        let names = [patient, identity.study, identity.modality, identity.image, identity.series, identity.caseID]
        parts = (names + regions).map(NaturalText.init)
    }

    package static func < (a: CaseOrder, b: CaseOrder) -> Bool {
        a.parts.lexicographicallyPrecedes(b.parts) { x, y in
            x.text.isEmpty == y.text.isEmpty ? x < y : y.text.isEmpty
        }
    }
}

extension Array {
    /// Elements of equal order keep theirs.
    package func sorted<Order: Comparable>(stablyBy order: (Element) -> Order) -> [Element] {
        let keyed = enumerated().map { (order: order($1), place: $0, element: $1) }
        return keyed.sorted { a, b in a.order == b.order ? a.place < b.place : a.order < b.order }.map { $0.element }
    }
}

extension [FeatureRow] {
    /// Rows of one case in the order of the table.
    package func sortedByRegion() -> [FeatureRow] { sorted(stablyBy: { RegionOrder($0) }) }
}
