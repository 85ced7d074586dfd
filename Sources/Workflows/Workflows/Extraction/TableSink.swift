import Tables

/// Where the rows of a table go.
public enum TableDestination: Sendable {
    /// A file whose suffix names its format, `.csv`, `.tsv`, `.json`, `.jsonl` or `.xlsx`. `existing`: what to do with one that is
    /// there.
    case file(path: String, existing: TableFile.Existing, csv: CSVForm = CSVForm())
    /// CSV, as text: rows in the order of the cases, each case as soon as those before it are done.
    case stream(@Sendable (String) -> Void, csv: CSVForm = CSVForm())
    /// A readable table, as text, when all is done.
    case readable(@Sendable (String) -> Void)
    /// The caller gets the rows.
    case memory
}

extension TableDestination {
    /// What keeps a file from being begun, as far as it is known without its columns.
    func check() throws(WorkflowError) {
        guard case .file(let path, let existing, _) = self else { return }
        do { try TableFile.check(path, existing) } catch { throw .table(error) }
    }

    /// Whether a run that continues a file finds the finished table of its shard.
    func isDone(_ table: FeatureTable) throws(WorkflowError) -> Bool {
        guard case .file(let path, .resume, let form) = self else { return false }
        do { return try TableFile.isDone(path, table, csv: form) } catch { throw .table(error) }
    }
}

/// Takes the rows of the cases in any order and brings them to their destination. Used by one thread at a time.
final class TableSink {
    private enum Target {
        case file(TableFile)
        case stream(TableStream)
        case readable(ReadableTable, @Sendable (String) -> Void)
        case memory
    }

    private let target: Target
    private var kept: [Int: [FeatureRow]] = [:]

    /// - Throws: ``WorkflowError/table(_:)`` when the file cannot be written, or is there already.
    init(
        _ destination: TableDestination, table: FeatureTable, _ provenance: TableProvenance
    ) throws(WorkflowError) {
        switch destination {
        case .file(let path, let existing, let form):
            do {
                target = .file(
                    try TableFile(path: path, table: table, existing: existing, csv: form, provenance: provenance))
            } catch { throw .table(error) }
        case .stream(let output, let form):
            target = .stream(
                TableStream(table: table, encoding: .separated(CellMarks(form)), output: output))
        case .readable(let output): target = .readable(ReadableTable(table), output)
        case .memory: target = .memory
        }
    }

    /// In the order of the cases; of ``TableDestination/memory`` only.
    var rows: [FeatureRow] { kept.sorted { $0.key < $1.key }.flatMap { $0.value.sortedByRegion() } }

    /// The cases that will come, in the order of their numbers.
    func expect(_ cases: @autoclosure () -> [TableFile.ExpectedCase]) throws(WorkflowError) {
        guard case .file(let file) = target else { return }
        do { try file.expect(cases()) } catch { throw .table(error) }
    }

    /// Takes over the row of an earlier run and says how that one ended; nil when there is none.
    func takeOver(_ key: RowKey, caseNumber: Int) -> TableFile.EarlierEnd? {
        if case .file(let file) = target { file.reuse(key, caseNumber: caseNumber) } else { nil }
    }

    func append(_ rows: [FeatureRow], caseNumber: Int) throws(WorkflowError) {
        switch target {
        case .file(let file):
            do { try file.append(rows, caseNumber: caseNumber) } catch { throw .table(error) }
        case .stream(let stream): stream.append(rows, caseNumber: caseNumber)
        case .readable(let table, _): table.append(rows, caseNumber: caseNumber)
        case .memory: kept[caseNumber, default: []] += rows
        }
    }

    /// All rows of the case are in.
    func finishCase(_ caseNumber: Int) throws(WorkflowError) {
        switch target {
        case .file(let file):
            do { try file.finishCase(caseNumber) } catch { throw .table(error) }
        case .stream(let stream): stream.finishCase(caseNumber)
        case .readable, .memory: break
        }
    }

    @discardableResult
    func finish() throws(WorkflowError) -> TableFile.Outcome {
        switch target {
        case .file(let file):
            do { return try file.finish() } catch { throw .table(error) }
        case .stream(let stream): stream.finish()
        case .readable(let table, let output): output(table.text)
        case .memory: break
        }
        return .written
    }

    /// Ends an interrupted run; returns the path of the journal that keeps the rows of a file.
    func interrupt() throws(WorkflowError) -> String? {
        if case .file(let file) = target {
            do { return try file.interrupt() } catch { throw .table(error) }
        }
        try finish()
        return nil
    }

    /// The run is not to be: nothing of it stays behind.
    func abandon() throws(WorkflowError) {
        guard case .file(let file) = target else { return }
        do { try file.abandon() } catch { throw .table(error) }
    }
}
