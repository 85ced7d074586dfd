import SelfTest
import TestSupport

extension ConsensusTable {
    /// A file of `reference/ibsi1`.
    init(_ name: String) throws {
        self.init(csv: try String(contentsOfFile: SharedFiles.path("reference/ibsi1/\(name)"), encoding: .utf8))
    }
}
