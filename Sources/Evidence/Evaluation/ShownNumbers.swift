// Numbers as a person reads them in tables and sentences; files have all digits.

import Foundation
import Statistics

/// Four digits after the point; two significant ones below a thousandth.
package func shown(_ value: Double) -> String {
    if value == 0 { return "0" }
    return abs(value) < 1e-3 ? String(format: "%.2g", value) : String(format: "%.4f", value)
}

package func shown(_ interval: Interval?) -> String {
    interval.map { "\(shown($0.low)) to \(shown($0.high))" } ?? "-"
}

package func shown(_ statistic: Statistic) -> String {
    switch statistic {
    case .value(let value): shown(value)
    case .undefined: "undefined"
    }
}

/// `0.0360`, `< 0.0001`.
package func shownProbability(_ p: Double) -> String { p < 1e-4 ? "< 0.0001" : String(format: "%.4f", p) }
