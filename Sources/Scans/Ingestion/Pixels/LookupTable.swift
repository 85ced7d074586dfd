import DICOM

/// A lookup table of PS3.3 C.11.1.1.1 or C.7.6.3.1.5: descriptor (entries, first stored value, bits) and data.
struct LookupTable {
    var values: [Double]
    /// Stored value that the first entry belongs to.
    var first: Int

    init(
        _ item: DICOMItem, file: DICOMFile, name: String, descriptor: DICOMTag, data: DICOMTag, isSigned: Bool
    ) throws(IngestionError) {
        let numbers = item.doubles(descriptor).compactMap { Int(exactly: $0) }
        guard numbers.count == 3, (8...16).contains(numbers[2]) else {
            throw .badAttribute(
                path: file.path, name: "\(name) Descriptor", found: "\(item.doubles(descriptor))",
                expected: "entries, first value, and 8 to 16 bits")
        }
        // 65536 entries do not fit the 16 bits of the descriptor and are written as 0.
        let count = numbers[0] & 0xFFFF == 0 ? 65_536 : numbers[0] & 0xFFFF
        first = isSigned && numbers[1] > 32_767 ? numbers[1] - 65_536 : numbers[1]
        let words = item.words(data)
        if words.count >= count {
            values = words.prefix(count).map(Double.init)
        } else if numbers[2] == 8, words.count >= (count + 1) / 2 {
            // 8-bit entries, two in a word, the lower byte first.
            values = (0..<count).map { entry in
                let word = words[entry / 2]
                return Double(entry % 2 == 0 ? word & 0xFF : word >> 8)
            }
        } else {
            throw .badAttribute(
                path: file.path, name: "\(name) Data", found: "\(words.count) entries", expected: "\(count)")
        }
    }
}
