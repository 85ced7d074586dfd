extension Double {
    /// The shortest text that reads back as the same number: whole numbers up to 15 digits without a point, and 0 for
    /// both zeros.
    package var shortestText: String {
        if self == rounded(), abs(self) < 1e15 { return self == 0 ? "0" : String(Int64(self)) }
        return description
    }
}
