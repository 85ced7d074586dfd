import Foundation
import Tables

/// Where the rows go: a file, standard output, or a readable table on a terminal.
final class TableSink {
    private enum Target {
        case file(TableFile, path: String)
        case stream(TableStream)
        case terminal(ReadableTable)
    }

    private let target: Target

    convenience init(_ options: TableOptions, table: FeatureTable) throws {
        try self.init(
            options.output, existing: options.force ? .replace : options.resume ? .resume : .refuse, table: table)
    }

    init(_ output: String?, existing: TableFile.Existing, table: FeatureTable) throws {
        switch output {
        case nil where Console.outputIsTerminal: target = .terminal(ReadableTable(table))
        case nil, "-": target = .stream(TableStream(table: table, encoding: .csv, output: Console.print))
        case let path?:
            do {
                target = .file(try TableFile(path: path, table: table, existing: existing), path: path)
            } catch { throw CommandFailure(error) }
        }
    }

    func reuse(_ key: RowKey, caseNumber: Int) -> Bool {
        if case .file(let file, _) = target { file.reuse(key, caseNumber: caseNumber) } else { false }
    }

    func append(_ rows: [FeatureRow], caseNumber: Int) throws {
        switch target {
        case .file(let file, _): try file.append(rows, caseNumber: caseNumber)
        case .stream(let stream): stream.append(rows, caseNumber: caseNumber)
        case .terminal(let readable): readable.append(rows, caseNumber: caseNumber)
        }
    }

    /// All rows of the case are in.
    func finishCase(_ caseNumber: Int) {
        if case .stream(let stream) = target { stream.finishCase(caseNumber) }
    }

    func finish() throws {
        switch target {
        case .file(let file, _):
            do { try file.finish() } catch { throw CommandFailure(error) }
        case .stream(let stream): stream.finish()
        case .terminal(let readable): Console.print(readable.text)
        }
    }

    /// What became of the finished rows, to be added to a message.
    func interrupt() throws -> String {
        switch target {
        case .file(let file, _):
            do {
                return "; finished rows are in \(try file.interrupt()), --resume continues"
            } catch { throw CommandFailure(error) }
        case .stream(let stream): stream.finish()
        case .terminal(let readable): Console.print(readable.text)
        }
        return ""
    }

    /// Nothing was to be done: no empty journal stays behind.
    func abandon() throws {
        if case .file(let file, _) = target { try file.abandon() }
    }
}
