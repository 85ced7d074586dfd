/// Numbers in ascending order, each with how often it occurs: of a scan of whole numbers a few thousand, however many voxels
/// it has.
struct ValueFrequencies {
    /// Ascending; may hold equal ones next to each other.
    let values: [Double]
    /// How many numbers lie up to and with each of `values`; nil when each counts once.
    private let ends: [Int]?

    /// Ascending values, each with a count above 0.
    init(_ values: [Double], counts: [Int]) {
        var end = 0
        self.values = values
        ends = counts.map { count in
            end += count
            return end
        }
    }

    private init(_ values: [Double], ends: [Int]?) { (self.values, self.ends) = (values, ends) }

    /// Numbers in any order.
    init(unsorted: consuming [Double]) {
        unsorted.sortByDigits()
        self.init(unsorted, ends: nil)
    }

    /// How many numbers there are.
    var count: Int { ends?.last ?? values.count }
    var isEmpty: Bool { values.isEmpty }

    /// The number at a rank from 0.
    subscript(rank: Int) -> Double {
        guard let ends else { return values[rank] }
        return values[Self.firstIndex(in: ends.count) { ends[$0] > rank }]
    }

    /// How many numbers are below a limit.
    func count(below limit: Double) -> Int {
        let index = Self.firstIndex(in: values.count) { values[$0] >= limit }
        guard let ends else { return index }
        return index == 0 ? 0 : ends[index - 1]
    }

    /// Calls with each value and how often it counts, in ascending order.
    @inline(__always)
    func forEachDistinct(_ body: (_ value: Double, _ times: Double) -> Void) {
        guard let ends else {
            for value in values { body(value, 1) }
            return
        }
        var last = 0
        for (value, end) in zip(values, ends) {
            body(value, Double(end - last))
            last = end
        }
    }

    /// Of numbers that are at least `low` and at most `high`.
    func kept(from low: Double, to high: Double) -> ValueFrequencies {
        let first = Self.firstIndex(in: values.count) { values[$0] >= low }
        let last = Self.firstIndex(in: values.count) { values[$0] > high }
        let before = first == 0 ? 0 : ends?[first - 1] ?? first
        return ValueFrequencies(Array(values[first..<last]), ends: ends.map { $0[first..<last].map { $0 - before } })
    }

    /// With each number turned into another by a function that never falls.
    func mapped(_ ascending: (Double) -> Double) -> ValueFrequencies {
        ValueFrequencies(values.map(ascending), ends: ends)
    }

    /// The first of 0..<count for which a condition holds that holds for all after it; count when there is none.
    private static func firstIndex(in count: Int, where condition: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if condition(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
