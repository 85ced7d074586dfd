import Encoding
import Files
import Glibc

/// Tables of shards put together to the table of one run, byte for byte; or whole tables of one kind with each other.
///
/// Tables are read line by line, twice: what is kept of a case is where it stands.
public struct TableMerge: Sendable {
    public var paths: [String]
    /// What becomes of shards that are not there.
    public var missing: Missing

    public enum Missing: Sendable { case refused, leftOut }

    public init(_ paths: [String], missing: Missing = .refused) { (self.paths, self.missing) = (paths, missing) }

    /// What was put together.
    public struct Summary: Sendable, Equatable {
        public var tables = 0
        public var cases = 0
        /// Lines, in the long layout one for each value.
        public var lines = 0
        /// Lines among these whose status is failed.
        public var failed = 0
        /// Cases that several tables have, with the same rows, or failed in one and not in the other.
        public var repeated = 0
        public var missingShards: [Int] = []
        /// Whether the tables are of shards, so that the order is that of one run; otherwise it is by what the rows say.
        public var isOfShards = false
    }

    /// Writes a file, whole or not at all. Its suffix is that of the tables.
    public func write(to path: String, existing: TableFile.Existing = .refuse) throws(MergeError) -> Summary {
        let plan = try MergePlan(self)
        if let encoding = TableEncoding(path: path), !encoding.hasSuffix(of: plan.encoding) {
            throw .otherFormat(a: paths[0], b: path)
        }
        do {
            let pending = try PendingFile(path) { temporary in
                let output = try OpenFile(creating: temporary)
                var bytes: [UInt8] = []
                try plan.write { piece in
                    bytes += piece
                    guard bytes.count > 1 << 20 else { return }
                    try output.append(bytes[...])
                    bytes.removeAll(keepingCapacity: true)
                }
                try output.append(bytes[...])
            }
            try pending.commit(existing == .refuse ? .refuse : .replace)
        } catch let error as MergeError { throw error } catch let error as FileWritingError {
            throw error.code == EEXIST ? .exists(path: path) : .cannotWrite(path: path, reason: error.reason)
        } catch { throw .cannotWrite(path: path, reason: "\(error)") }
        return plan.summary
    }

    /// Hands the text over, a piece at a time.
    public func write(to output: (String) -> Void) throws(MergeError) -> Summary {
        let plan = try MergePlan(self)
        do { try plan.write { output(String(decoding: $0, as: UTF8.self)) } } catch let error as MergeError {
            throw error
        } catch { throw .cannotWrite(path: "-", reason: "\(error)") }
        return plan.summary
    }
}

extension TableEncoding {
    /// Whether tables of both are named alike.
    fileprivate func hasSuffix(of other: TableEncoding) -> Bool {
        guard let own = marks, let others = other.marks else { return self == other }
        return (own.delimiter == .tab) == (others.delimiter == .tab)
    }
}
