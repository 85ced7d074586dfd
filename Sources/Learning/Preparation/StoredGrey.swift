extension FixedWidthInteger where Self: UnsignedInteger {
    /// A grey value of 0...1 as a whole number of the type's range; what lies beyond gets the end, what is not a number 0.
    package init(grey: Float) {
        self = grey > 0 ? Self(Swift.min(grey, 1) * Float(Self.max) + 0.5) : 0
    }
}
