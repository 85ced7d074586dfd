/// A table on its way to standard output: rows come out in the order of the cases, each as soon as those before it are
/// done. Used by one thread at a time.
public final class TableStream {
    private let table: FeatureTable
    private let encoding: TableEncoding
    private let output: (String) -> Void
    private var waiting: [Int: [String]] = [:]
    private var nextCase = 0
    private var isFirst = true

    /// `output` gets text as it is to be printed.
    public init(table: FeatureTable, encoding: TableEncoding, output: @escaping (String) -> Void) {
        (self.table, self.encoding, self.output) = (table, encoding, output)
        if let header = encoding.header(table.columns) { output(header + "\n") }
        if encoding == .json { output("[\n") }
    }

    public func append(_ rows: [FeatureRow], caseNumber: Int) {
        waiting[caseNumber] = rows.flatMap(table.records).map { encoding.line($0, columns: table.columns) }
        while let lines = waiting.removeValue(forKey: nextCase) {
            for line in lines {
                // JSON separates its elements, the others end them.
                output(encoding == .json ? (isFirst ? "" : ",\n") + line : line + "\n")
                isFirst = false
            }
            nextCase += 1
        }
    }

    public func finish() {
        if encoding == .json { output("\n]\n") }
    }
}
