import Imaging

/// UIDs that are made of what an object is, so that they are the same each time and differ between objects.
public enum ContentUID {
    /// A UUID-derived UID (PS3.5 B.2) whose UUID is of version 8: 122 bits of our own choice (RFC 9562, 5.8).
    public static func of(_ content: String) -> String {
        let print = Fingerprint(of: content)
        let high = print.high & ~0xf000 | 0x8000
        let low = print.low & ~(0b11 << 62) | 0b10 << 62
        return "2.25.\(UInt128(high) << 64 | UInt128(low))"
    }
}
