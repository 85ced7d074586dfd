/// A table on its way to standard output: rows come out in the order of the cases, each case as soon as those before it
/// are done, its regions in their order. Used by one thread at a time.
public final class TableStream {
    private let table: FeatureTable
    private let encoding: TableEncoding
    private let output: (String) -> Void
    private var waiting: [Int: [FeatureRow]] = [:]
    private var doneCases: Set<Int> = []
    private var nextCase = 0
    private var isStarted = false
    private var isFirst = true

    /// `output` gets text as it is to be printed.
    public init(table: FeatureTable, encoding: TableEncoding, output: @escaping (String) -> Void) {
        (self.table, self.encoding, self.output) = (table, encoding, output)
    }

    /// Adds rows of a case.
    public func append(_ rows: [FeatureRow], caseNumber: Int) { waiting[caseNumber, default: []] += rows }

    /// Says that a case has no more rows, so that those of the next may follow.
    public func finishCase(_ caseNumber: Int) {
        doneCases.insert(caseNumber)
        while doneCases.remove(nextCase) != nil {
            write(waiting.removeValue(forKey: nextCase) ?? [], ofCase: nextCase)
            nextCase += 1
        }
    }

    /// Ends the table. After an interruption the rows of cases behind an unfinished one come out as well.
    public func finish() {
        start()
        for (number, rows) in waiting.sorted(by: { $0.key < $1.key }) { write(rows, ofCase: number) }
        waiting = [:]
        if encoding == .json { output("\n]\n") }
    }

    private func write(_ rows: [FeatureRow], ofCase number: Int) {
        let columns = table.columns
        let lines = rows.sortedByRegion().flatMap(table.records).map { record in
            let line = encoding.line(record, columns: columns)
            return table.marks.map { encoding.marked(line, $0.mark(ofCase: number)) } ?? line
        }
        guard !lines.isEmpty else { return }
        start()
        for line in lines {
            // JSON separates its elements, the others end them.
            output(encoding == .json ? (isFirst ? "" : ",\n") + line : line + "\n")
            isFirst = false
        }
    }

    /// The header waits for the first row: a command that fails before it has printed nothing.
    private func start() {
        guard !isStarted else { return }
        isStarted = true
        output(String(decoding: encoding.orderMark, as: UTF8.self))
        if let header = encoding.header(table.finishedColumns) { output(header + "\n") }
        if encoding == .json { output("[\n") }
    }
}
