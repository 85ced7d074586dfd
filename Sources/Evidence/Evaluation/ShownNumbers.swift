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

/// Four significant digits, whole numbers from a thousand on.
package func shownBriefly(_ value: Double) -> String {
    abs(value) >= 1000 && abs(value) < 1e9 ? String(format: "%.0f", value) : String(format: "%.4g", value)
}

/// The same with its sign; 0 has none.
package func shownSigned(_ value: Double) -> String { value > 0 ? "+" + shownBriefly(value) : shownBriefly(value) }

/// A share with its sign: `+12 %`, `-0.3 %`; the hundredfold and more in times: `+120 times`.
package func shownPercent(_ share: Double) -> String {
    if abs(share) >= 100 { return String(format: "%+.0f times", share) }
    if share == 0 { return "0 %" }
    return abs(share) >= 0.1 ? String(format: "%+.0f %%", 100 * share) : String(format: "%+.2g %%", 100 * share)
}

/// A share without a sign: `0 %`, `0.04 %`, `43 %`.
package func shownShare(_ share: Double) -> String {
    share == 0 ? "0 %" : share >= 0.1 ? String(format: "%.0f %%", 100 * share) : String(format: "%.2g %%", 100 * share)
}
