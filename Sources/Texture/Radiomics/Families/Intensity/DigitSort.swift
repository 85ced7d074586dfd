extension [Double] {
    /// Ascending, -0 as 0, for numbers without NaN. Digit by digit of 11 bits, from the last: several times faster than by
    /// comparison, and digits that all numbers share, as those behind a 32-bit float's, cost one look.
    mutating func sortByDigits() {
        guard count > 512 else { return sort() }
        let (digits, bits, mask) = (6, 11, UInt64(2047))
        // Keys that are ordered as whole numbers.
        var keys = map { value in
            // -0 is 0.
            let pattern = (value + 0).bitPattern
            return pattern >> 63 == 1 ? ~pattern : pattern | 1 << 63
        }
        var places = [Int](repeating: 0, count: digits << bits)
        for key in keys {
            for digit in 0..<digits { places[digit << bits | Int(key >> UInt64(bits * digit) & mask)] += 1 }
        }
        var others = [UInt64](repeating: 0, count: keys.count)
        for digit in 0..<digits {
            let shift = UInt64(bits * digit)
            if places[digit << bits | Int(keys[0] >> shift & mask)] == keys.count { continue }
            var place = 0
            for value in digit << bits..<(digit + 1) << bits { (places[value], place) = (place, place + places[value]) }
            keys.withUnsafeBufferPointer { keys in
                others.withUnsafeMutableBufferPointer { others in
                    places.withUnsafeMutableBufferPointer { places in
                        for key in keys {
                            let value = digit << bits | Int(key >> shift & mask)
                            others[places[value]] = key
                            places[value] += 1
                        }
                    }
                }
            }
            swap(&keys, &others)
        }
        for k in indices {
            let key = keys[k]
            self[k] = Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
        }
    }
}
