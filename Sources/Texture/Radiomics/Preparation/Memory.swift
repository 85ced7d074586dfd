import Glibc

/// Of the machine, which is asked before work that takes much of it: a process that asks for more than there is may be ended
/// without a word.
enum Memory {
    /// Bytes.
    static let physical = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))

    static func check(_ bytes: Double) throws(ExtractionError) {
        guard bytes <= physical else { throw .tooMuchMemory(bytes: bytes, physical: physical) }
    }
}
