extension Double {
    /// The shortest text that reads back as the same number: whole numbers up to 15 digits without a point, and 0 for
    /// both zeros.
    package var shortestText: String {
        if self == rounded(), abs(self) < 1e15 { return self == 0 ? "0" : String(Int64(self)) }
        return description
    }

    /// For a sentence: at most four decimals, of a number below 1 four digits, so that 0.1 + 0.2 is 0.3 and not
    /// 0.30000000000000004. What is to be read back takes ``shortestText``.
    package var sentenceText: String {
        guard isFinite else { return description }
        var scale = 1e4
        // 1e-12 and less are as good as written with an exponent.
        while abs(self) * scale < 1000, scale < 1e16, self != 0 { scale *= 10 }
        let scaled = (self * scale).rounded()
        return abs(scaled) < 1e15 ? (scaled / scale).shortestText : shortestText
    }
}
