/// Dates and times of a header (PS3.5 6.2: DA, TM, DT) as seconds, without a time zone: the clock on the wall.
public enum DICOMClock {
    public static let day = 86_400.0

    /// Seconds since midnight of "HHMMSS.FFFFFF", of its beginning down to "HH", or of ACR-NEMA's "HH:MM:SS".
    public static func seconds(ofTime text: String) -> Double? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first else { return nil }
        let digits = whole.filter { $0 != ":" }
        guard [2, 4, 6].contains(digits.count) else { return nil }
        let numbers = stride(from: 0, to: digits.count, by: 2).map { number(digits.dropFirst($0).prefix(2)) }
        let known = numbers.compactMap { $0 }
        // Second 60 is a leap second.
        guard known.count == numbers.count, known[0] < 24, known.dropFirst().first ?? 0 < 60,
            known.dropFirst(2).first ?? 0 < 61
        else { return nil }
        var seconds = zip(known, [3600.0, 60, 1]).reduce(0) { $0 + Double($1.0) * $1.1 }
        if parts.count == 2 {
            guard digits.count == 6, parts[1].count <= 6, number(parts[1]) != nil || parts[1].isEmpty else {
                return nil
            }
            seconds += Double("0.\(parts[1])0") ?? 0
        }
        return seconds
    }

    /// Seconds since 1 January 1970 of "YYYYMMDD" or ACR-NEMA's "YYYY.MM.DD" at midnight.
    public static func seconds(ofDate text: String) -> Double? {
        let digits = text.filter { $0 != "." }
        guard digits.count == 8, let year = number(digits.prefix(4)), let month = number(digits.dropFirst(4).prefix(2)),
            let date = number(digits.suffix(2)), (1...12).contains(month), (1...31).contains(date)
        else { return nil }
        // Days of the Gregorian calendar, the year starting in March so that the leap day is its last.
        let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + date - 1
        return Double(days - 719_468) * day
    }

    public static func seconds(ofDate date: String?, time: String?) -> Double? {
        guard let date, let time, let midnight = seconds(ofDate: date), let seconds = seconds(ofTime: time) else {
            return nil
        }
        return midnight + seconds
    }

    /// Of "YYYYMMDDHHMM…" with an offset from UTC or without; nil when it does not say the hour and the minute.
    ///
    /// - Parameter zone: Timezone Offset From UTC (0008,0201), in which the other times of the header stand. A moment
    ///   that names another offset is moved to it; where only one of the two is known they are taken to agree.
    public static func seconds(ofDateTime text: String, zone: String?) -> Double? {
        let mark = text.firstIndex { $0 == "+" || $0 == "-" }
        let local = text[..<(mark ?? text.endIndex)]
        guard local.prefix(while: { $0 != "." }).count >= 12, let midnight = seconds(ofDate: String(local.prefix(8))),
            let time = seconds(ofTime: String(local.dropFirst(8)))
        else { return nil }
        guard let mark else { return midnight + time }
        guard let own = offset(text[mark...]) else { return nil }
        return midnight + time - own + (zone.flatMap { offset($0[...]) } ?? own)
    }

    /// Seconds of "+HHMM" or "-HHMM".
    private static func offset(_ text: Substring) -> Double? {
        let digits = text.dropFirst()
        guard text.count == 5, let sign = text.first, sign == "+" || sign == "-", let hours = number(digits.prefix(2)),
            let minutes = number(digits.suffix(2)), hours <= 14, minutes < 60
        else { return nil }
        return (sign == "-" ? -1 : 1) * Double(hours * 3600 + minutes * 60)
    }

    /// Digits only: `Int` would take a sign as well.
    private static func number(_ digits: some StringProtocol) -> Int? {
        digits.utf8.allSatisfy { (48...57).contains($0) } ? Int(digits) : nil
    }
}
