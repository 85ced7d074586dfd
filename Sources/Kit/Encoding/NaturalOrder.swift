/// Text in the order in which people sort it: P2 before P10, whatever the case of letters. Where that leaves two texts equal
/// (p2, P02), their scalars decide, so that only equal texts are equal.
package struct NaturalText: Comparable, Hashable, Sendable {
    package let text: String
    private let folded: [Unicode.Scalar]

    package init(_ text: String) {
        self.text = text
        folded = Array(text.lowercased().unicodeScalars)
    }

    package static func == (a: NaturalText, b: NaturalText) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

    package func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }

    package static func < (a: NaturalText, b: NaturalText) -> Bool {
        let (x, y) = (a.folded, b.folded)
        var (i, j) = (0, 0)
        while i < x.count, j < y.count {
            guard isDigit(x[i]), isDigit(y[j]) else {
                if x[i] != y[j] { return x[i].value < y[j].value }
                (i, j) = (i + 1, j + 1)
                continue
            }
            let (n, m) = (digits(x, &i), digits(y, &j))
            if n.count != m.count { return n.count < m.count }
            for (p, q) in zip(n, m) where p != q { return p.value < q.value }
        }
        if x.count - i != y.count - j { return x.count - i < y.count - j }
        return a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }

    /// The digits from `position` on, without zeros in front; the position becomes that behind them.
    private static func digits(_ scalars: [Unicode.Scalar], _ position: inout Int) -> ArraySlice<Unicode.Scalar> {
        let start = position
        while position < scalars.count, isDigit(scalars[position]) { position += 1 }
        return scalars[start..<position].drop { $0 == "0" }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
