/// A table on its way to standard output: rows come out in the order of the cases, each case as soon as those before it
/// are done. Used by one thread at a time.
public final class TableStream {
    private let table: FeatureTable
    private let encoding: TableEncoding
    private let output: (String) -> Void
    private var waiting: [Int: [String]] = [:]
    private var doneCases: Set<Int> = []
    private var nextCase = 0
    private var isStarted = false
    private var isFirst = true

    /// `output` gets text as it is to be printed.
    public init(table: FeatureTable, encoding: TableEncoding, output: @escaping (String) -> Void) {
        (self.table, self.encoding, self.output) = (table, encoding, output)
    }

    /// Adds rows of a case; those of one case keep their order.
    public func append(_ rows: [FeatureRow], caseNumber: Int) {
        let lines = rows.flatMap(table.records).map { encoding.line($0, columns: table.columns) }
        if caseNumber == nextCase { write(lines) } else { waiting[caseNumber, default: []] += lines }
    }

    /// Says that a case has no more rows, so that those of the next may follow.
    public func finishCase(_ caseNumber: Int) {
        doneCases.insert(caseNumber)
        while doneCases.remove(nextCase) != nil {
            nextCase += 1
            write(waiting.removeValue(forKey: nextCase) ?? [])
        }
    }

    /// Ends the table. After an interruption the rows of cases behind an unfinished one come out as well.
    public func finish() {
        start()
        for (_, lines) in waiting.sorted(by: { $0.key < $1.key }) { write(lines) }
        waiting = [:]
        if encoding == .json { output("\n]\n") }
    }

    private func write(_ lines: [String]) {
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
        if let header = encoding.header(table.columns) { output(header + "\n") }
        if encoding == .json { output("[\n") }
    }
}
