import Encoding
import Imaging

/// Which lines of which tables make a merged one, and in what order.
struct MergePlan {
    private let tables: [TableLines]
    private var groups: [Group] = []
    private(set) var summary = TableMerge.Summary()

    /// The lines of one case that stand together in a table.
    private struct Group {
        var table: Int
        /// In its file.
        var place: Range<Int>
        var lines = 1
        var failed: Int
        /// Of the lines, without marks.
        var content: Fingerprint
        /// Of case and image.
        var name: Fingerprint
        /// In the whole run; of tables of shards.
        var number: Int

        mutating func add(_ more: Range<Int>, _ other: Fingerprint, isFailed: Bool) {
            place = place.lowerBound..<more.upperBound
            content = Fingerprint(of: "\(content) \(other)")
            (lines, failed) = (lines + 1, failed + (isFailed ? 1 : 0))
        }
    }

    var encoding: TableEncoding { tables[0].encoding }

    init(_ merge: TableMerge) throws(MergeError) {
        tables = try merge.paths.map { path throws(MergeError) in try TableLines(path) }
        try checkForms()
        var orders: [CaseOrder] = []
        var survey = SettingsSurvey()
        var marks: [(table: Int, mark: RowMark)] = []
        for (index, table) in tables.enumerated() {
            if let mark = try read(table, index, &orders, &survey) { marks.append((index, mark)) }
        }
        try survey.checkConventions(merge.paths)
        try checkColumns()
        try survey.checkSettings(merge.paths)
        try checkShards(marks, merge)
        putInOrder(orders)
        try dropRepeated()
        summary.tables = tables.count
        summary.lines = groups.reduce(0) { $0 + $1.lines }
        summary.failed = groups.reduce(0) { $0 + $1.failed }
        summary.cases = Set(groups.map(\.name)).count
        summary.isOfShards = tables.contains(where: \.isOfShard)
    }

    // MARK: What tables must have in common

    private func checkForms() throws(MergeError) {
        let named = tables.filter { $0.columns != nil }
        for table in tables where table.encoding != tables[0].encoding {
            throw .otherFormat(a: tables[0].path, b: table.path)
        }
        if let shard = named.first(where: \.isOfShard), let whole = named.first(where: { !$0.isOfShard }) {
            throw .shardAndWhole(shard: shard.path, whole: whole.path)
        }
    }

    private func checkColumns() throws(MergeError) {
        let named = tables.filter { $0.columns != nil }
        guard let first = named.first, let columns = first.columns else { return }
        for table in named {
            guard let others = table.columns, others != columns else { continue }
            let (a, b) = (Set(columns), Set(others))
            throw .otherColumns(
                a: first.path, b: table.path, onlyA: columns.filter { !b.contains($0) },
                onlyB: others.filter { !a.contains($0) })
        }
    }

    private mutating func checkShards(
        _ marks: [(table: Int, mark: RowMark)], _ merge: TableMerge
    ) throws(MergeError) {
        guard let first = marks.first else { return }
        for other in marks {
            let (a, b) = (merge.paths[first.table], merge.paths[other.table])
            guard other.mark.shard.count == first.mark.shard.count else {
                throw .otherCount(a: a, first.mark.shard, b: b, other.mark.shard)
            }
            guard other.mark.run == first.mark.run else {
                throw .otherRun(a: a, first.mark.run, b: b, other.mark.run)
            }
        }
        let count = first.mark.shard.count
        let missing = Set(1...count).subtracting(marks.map(\.mark.shard.number)).sorted()
        // A shard without a case has a table without a row, which cannot say which shard it is of.
        let empty = tables.count - marks.count
        guard missing.count > empty else { return }
        guard merge.missing == .leftOut else { throw .missingShards(missing, of: count) }
        summary.missingShards = missing
    }

    // MARK: Reading

    /// Returns the marks of the first row.
    private mutating func read(
        _ table: TableLines, _ index: Int, _ orders: inout [CaseOrder], _ survey: inout SettingsSurvey
    ) throws(MergeError) -> RowMark? {
        guard let columns = table.columns else { return nil }
        let reader = RecordReader(table.encoding, columns, MergedRow.columns)
        var first: RowMark?
        var known: MergedRow?
        try table.eachLine { line throws(MergeError) in
            guard let cells = reader.cells(of: line.content) else {
                throw .damagedLine(path: table.path, line: line.number, found: TableLine.shown(line.content))
            }
            let row = MergedRow(cells)
            let content = line.content.withUnsafeBytes { Fingerprint(of: $0) }
            if let mark = line.mark {
                if let first, first.shard != mark.shard || first.run != mark.run {
                    throw .damagedLine(path: table.path, line: line.number, found: TableLine.shown(line.content))
                }
                first = first ?? mark
            }
            survey.add(row, of: index)
            let number = line.mark?.place ?? 0
            if let last = groups.last, last.table == index, last.number == number, known?.isOfCase(of: row) == true {
                groups[groups.count - 1].add(line.place, content, isFailed: row.isFailed)
                return
            }
            known = row
            groups.append(
                Group(
                    table: index, place: line.place, failed: row.isFailed ? 1 : 0, content: content,
                    name: Fingerprint(of: row.caseName + "\t" + row.image), number: number))
            if line.mark == nil { orders.append(row.order) }
        }
        return first
    }

    /// As one run writes them: by the number of the case, which shards know, or by what rows say.
    private mutating func putInOrder(_ orders: [CaseOrder]) {
        groups =
            orders.isEmpty
            ? groups.sorted(stablyBy: \.number)
            : zip(groups, orders).map { ($0, $1) }.sorted(stablyBy: { $0.1 }).map(\.0)
    }

    /// A case that several tables have is taken once.
    private mutating func dropRepeated() throws(MergeError) {
        struct Key: Hashable {
            var number: Int
            var name: Fingerprint
        }
        let groupsOf = Dictionary(grouping: groups.indices) { Key(number: groups[$0].number, name: groups[$0].name) }
        var dropped: Set<Int> = []
        for (_, same) in groupsOf where Set(same.map { groups[$0].table }).count > 1 {
            let byTable = Dictionary(grouping: same) { groups[$0].table }.sorted { $0.key < $1.key }
            let contents = byTable.map { $0.value.map { groups[$0].content } }
            // Of a case that failed at first and not when it was tried again the rows with values.
            let isFailed = byTable.map { $0.value.allSatisfy { groups[$0].failed == groups[$0].lines } }
            let kept = isFailed.firstIndex(of: false) ?? 0
            for place in byTable.indices where place != kept {
                guard contents[place] == contents[kept] || (isFailed[place] && !isFailed[kept]) else {
                    throw .otherRows(
                        case: try name(of: groups[same[0]]), a: tables[byTable[kept].key].path,
                        b: tables[byTable[place].key].path)
                }
                dropped.formUnion(byTable[place].value)
            }
            summary.repeated += 1
        }
        groups = groups.indices.filter { !dropped.contains($0) }.map { groups[$0] }
    }

    private func name(of group: Group) throws(MergeError) -> String {
        let table = tables[group.table]
        guard let columns = table.columns, let line = try table.contents(at: group.place).first else { return "" }
        return RecordReader(table.encoding, columns, ["case"]).cells(of: line)?.first ?? ""
    }

    // MARK: Writing

    func write(_ output: (ArraySlice<UInt8>) throws -> Void) throws {
        try output(encoding.orderMark[...])
        if let columns = tables.lazy.compactMap(\.columns).first, let header = encoding.header(columns) {
            try output(Array((header + "\n").utf8)[...])
        }
        if encoding == .json { try output(Array("[\n".utf8)[...]) }
        for (index, group) in groups.enumerated() {
            let lines = try tables[group.table].contents(at: group.place)
            for (place, line) in lines.enumerated() {
                let isLast = index == groups.count - 1 && place == lines.count - 1
                try output(line + (encoding == .json && !isLast ? ",\n" : "\n").utf8)
            }
        }
        if encoding == .json { try output(Array("]\n".utf8)[...]) }
    }
}

/// What a row says of itself that merging looks at; empty where its table has no such column.
private struct MergedRow {
    static let columns =
        FeatureTable.identityColumns
        + [Diagnostic.version, .convention, .settings, .settingsHash, .imageSize].map(\.column)

    private let cells: [String]

    init(_ cells: [String]) { self.cells = cells }

    var caseName: String { cells[0] }
    var image: String { cells[5] }
    var modality: String { cells[4] }
    var isFailed: Bool { cells[8] == RowStatus.failed.rawValue }
    var convention: String { cells[11] }
    var settings: RowSettings { RowSettings(version: cells[10], hash: cells[13], text: cells[12]) }
    var imageSize: String { cells[14] }

    func isOfCase(of other: MergedRow) -> Bool { caseName == other.caseName && image == other.image }

    var order: CaseOrder {
        CaseOrder(
            RowIdentity(
                caseID: caseName, patient: cells[1], study: cells[2], series: cells[3], modality: modality, image: image
            ),
            patient: cells[1], regions: [])
    }
}

/// The settings of the rows of each table, by kind of image: sections of modalities differ within a run, and single slices from volumes.
private struct SettingsSurvey {
    private struct Found {
        var table: Int
        var settings: RowSettings
    }

    private var conventions: [(table: Int, name: String)] = []
    private var byKind: [String: [Found]] = [:]

    mutating func add(_ row: MergedRow, of table: Int) {
        if !row.convention.isEmpty, conventions.last.map({ $0 != (table, row.convention) }) ?? true {
            conventions.append((table, row.convention))
        }
        // Failed cases say the settings of all kinds; a long table does not tell slices from volumes.
        guard !row.settings.hash.isEmpty, !row.isFailed, !row.imageSize.isEmpty else { return }
        let kind = "\(row.modality) \(row.imageSize.hasSuffix(" 1"))"
        let found = byKind[kind] ?? []
        if !found.contains(where: { $0.table == table && $0.settings.hash == row.settings.hash }) {
            byKind[kind] = found + [Found(table: table, settings: row.settings)]
        }
    }

    func checkConventions(_ paths: [String]) throws(MergeError) {
        if let first = conventions.first, let other = conventions.first(where: { $0.name != first.name }) {
            throw .otherConvention(a: paths[first.table], first.name, b: paths[other.table], other.name)
        }
    }

    func checkSettings(_ paths: [String]) throws(MergeError) {
        for (_, found) in byKind.sorted(by: { $0.key < $1.key }) {
            guard let first = found.first, let other = found.first(where: { $0.settings.hash != first.settings.hash })
            else { continue }
            throw .otherSettings(
                a: paths[first.table], b: paths[other.table],
                differences: first.settings.differences(from: other.settings))
        }
    }
}
