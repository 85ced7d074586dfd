import Encoding

/// What the table of a shard says in its last columns, so that tables of shards can be put together to that of one run: rows alone
/// do not tell their order, since patients are sorted by what a pseudonym hides.
public struct ShardMarks: Hashable, Sendable {
    public var shard: Shard
    /// Which run it is a part of: how many cases, and a fingerprint of these and the settings.
    public var run: String
    /// Of each case of the shard its number in the whole run, from 1.
    public var places: [Int]

    public init(shard: Shard, run: String, places: [Int]) {
        (self.shard, self.run, self.places) = (shard, run, places)
    }

    /// The number is that of the case.
    public static let columns = ["shard", "shard_case", "shard_run"]

    /// Lines of a CSV, the header first, with the marks behind them.
    ///
    /// - Parameter cases: of each line behind the header the number of its case among those of the shard.
    public func marked(csv lines: [String], cases: [Int]) -> [String] {
        zip(lines, [nil] + cases).map { line, number in
            number.map { TableEncoding.csv.marked(line, mark(ofCase: $0)) }
                ?? line + "," + CSV.line(Self.columns)
        }
    }

    func mark(ofCase number: Int) -> RowMark { RowMark(shard: shard, place: places[number], run: run) }
}

/// The cells of one row under ``ShardMarks/columns``.
struct RowMark: Hashable {
    var shard: Shard
    var place: Int
    var run: String

    /// Of the text that stands in the cells; nil when they are none of a shard.
    init?(_ shard: some StringProtocol, _ place: some StringProtocol, _ run: some StringProtocol) {
        guard let shard = Shard(described: shard), let place = Int(place), place > 0, !run.isEmpty else { return nil }
        self.init(shard: shard, place: place, run: String(run))
    }

    init(shard: Shard, place: Int, run: String) { (self.shard, self.place, self.run) = (shard, place, run) }

    var cells: [String] { [shard.description, "\(place)", run] }
}

// Marks stand at the end of a line, as the checksum of a journal does, so that a line without them is that of a run without shards.
extension TableEncoding {
    /// Columns of a finished table.
    func header(_ columns: [String], _ marks: ShardMarks?) -> String? {
        header(columns + (marks == nil ? [] : ShardMarks.columns))
    }

    func marked(_ line: String, _ mark: RowMark) -> String {
        guard let marks else {
            var object = JSONObject(.compact)
            object.add(ShardMarks.columns[0], mark.shard.description)
            object.add(ShardMarks.columns[1], json: "\(mark.place)")
            object.add(ShardMarks.columns[2], mark.run)
            return line.dropLast() + "," + object.text.dropFirst()
        }
        return ([line] + mark.cells).joined(separator: marks.delimiter.text)
    }

    /// Inverse of ``marked(_:_:)``; nil for a line without marks.
    func unmarked(_ line: ArraySlice<UInt8>) -> (content: ArraySlice<UInt8>, mark: RowMark)? {
        guard let marks else { return unmarked(object: line) }
        var cells: [Substring] = []
        var rest = line
        for _ in ShardMarks.columns {
            guard let place = rest.lastIndex(of: marks.delimiter.rawValue) else { return nil }
            cells.append(Substring(decoding: rest[(place + 1)...], as: UTF8.self))
            rest = rest[..<place]
        }
        return RowMark(cells[2], cells[1], cells[0]).map { (rest, $0) }
    }

    private func unmarked(object line: ArraySlice<UInt8>) -> (content: ArraySlice<UInt8>, mark: RowMark)? {
        // No text of theirs has a comma or a mark of JSON.
        var rest = line
        var cells: [Substring] = []
        guard rest.popLast() == UInt8(ascii: "}") else { return nil }
        for column in ShardMarks.columns.reversed() {
            guard let place = rest.lastIndex(of: UInt8(ascii: ",")) else { return nil }
            let start = "\"\(column)\":"
            let member = Substring(decoding: rest[(place + 1)...], as: UTF8.self)
            guard member.hasPrefix(start) else { return nil }
            var value = member.dropFirst(start.count)
            if value.hasPrefix("\""), value.hasSuffix("\""), value.count > 1 { value = value.dropFirst().dropLast() }
            cells.append(value)
            rest = rest[..<place]
        }
        guard let mark = RowMark(cells[2], cells[1], cells[0]) else { return nil }
        return ((Array(rest) + [UInt8(ascii: "}")])[...], mark)
    }
}
