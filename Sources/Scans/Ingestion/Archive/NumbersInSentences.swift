import Foundation

// Numbers as findings and errors write them.

/// At most three decimals.
func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

/// At most four decimals, without trailing zeros.
func shortest(_ value: Double) -> String {
    var text = String(format: "%.4f", value)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text == "-0" ? "0" : text
}

/// "3, 7–9", counted from 1 as a viewer does; the first 8 runs.
func sliceRanges(_ numbers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for number in numbers {
        if let last = runs.last, last.upperBound == number - 1 {
            runs[runs.count - 1] = last.lowerBound...number
        } else {
            runs.append(number...number)
        }
    }
    let shown = runs.prefix(8).map {
        $0.count == 1 ? "\($0.lowerBound + 1)" : "\($0.lowerBound + 1)–\($0.upperBound + 1)"
    }
    return shown.joined(separator: ", ") + (runs.count > 8 ? " …" : "")
}
