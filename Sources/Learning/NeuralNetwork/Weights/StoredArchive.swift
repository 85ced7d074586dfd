import Foundation

/// The entries of a zip archive whose entries are stored, not compressed, as PyTorch writes them (APPNOTE.TXT 4.3.7, 4.3.12,
/// 4.3.16; zip64 4.5.3).
struct StoredArchive {
    /// Name to data.
    let entries: [String: Data]

    init(_ data: Data) throws(PyTorchCheckpointError) {
        let bytes = ByteView(data.startIndex == 0 ? data : Data(data))
        let (count, directory) = try Self.directory(bytes)
        // 46 bytes at least an entry, so that a declared count cannot ask for more memory than the file has.
        guard count <= bytes.count / 46 else { throw .archive("\(count) entries are declared") }
        var entries: [String: Data] = [:]
        var at = directory
        for _ in 0..<count {
            guard try bytes.word32(at) == 0x0201_4b50 else { throw .archive("no directory entry at byte \(at)") }
            let method = try bytes.word16(at + 10)
            var size = try bytes.word32(at + 24)
            var start = try bytes.word32(at + 42)
            let (nameLength, extraLength) = (try bytes.word16(at + 28), try bytes.word16(at + 30))
            let name = String(decoding: try bytes.slice(at + 46, nameLength), as: UTF8.self)
            // Sizes of 2³² - 1 are in a zip64 field: size, packed size, start, each only if it did not fit.
            var field = at + 46 + nameLength
            let end = field + extraLength
            while field + 4 <= end {
                let (kind, length) = (try bytes.word16(field), try bytes.word16(field + 2))
                if kind == 1 {
                    var value = field + 4
                    if size == 0xffff_ffff {
                        size = try bytes.word64(value)
                        value += 8
                    }
                    if try bytes.word32(at + 20) == 0xffff_ffff { value += 8 }
                    if start == 0xffff_ffff { start = try bytes.word64(value) }
                }
                field += 4 + length
            }
            guard method == 0 else { throw .compressed(entry: name, method: method) }
            guard try bytes.word32(start) == 0x0403_4b50 else {
                throw .archive("no entry at byte \(start) for \(name)")
            }
            let content = start + 30 + (try bytes.word16(start + 26)) + (try bytes.word16(start + 28))
            guard entries.updateValue(try bytes.slice(content, size), forKey: name) == nil else {
                throw .archive("entry \(name) is there twice")
            }
            at = end + (try bytes.word16(at + 32))
        }
        self.entries = entries
    }

    /// Number of entries and place of the directory.
    private static func directory(_ bytes: ByteView) throws(PyTorchCheckpointError) -> (count: Int, place: Int) {
        guard bytes.count >= 22 else { throw .notAnArchive(bytes: bytes.count) }
        for at in stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 0xffff), by: -1)
        where try bytes.word32(at) == 0x0605_4b50 {
            let (count, place) = (try bytes.word16(at + 10), try bytes.word32(at + 16))
            guard count == 0xffff || place == 0xffff_ffff else { return (count, place) }
            guard at >= 20, try bytes.word32(at - 20) == 0x0706_4b50 else { throw .archive("no zip64 locator") }
            let record = try bytes.word64(at - 12)
            guard try bytes.word32(record) == 0x0606_4b50 else { throw .archive("no zip64 record at byte \(record)") }
            return (try bytes.word64(record + 32), try bytes.word64(record + 48))
        }
        throw .notAnArchive(bytes: bytes.count)
    }
}

/// Little-endian numbers of a file; every place is checked.
struct ByteView {
    private let data: Data
    var count: Int { data.count }

    /// `data` starts at index 0.
    init(_ data: Data) { self.data = data }

    func slice(_ at: Int, _ length: Int) throws(PyTorchCheckpointError) -> Data {
        guard at >= 0, length >= 0, at <= count, length <= count - at else {
            throw .archive("bytes \(at) to \(at) + \(length) of \(count): the file is cut off or damaged")
        }
        return data[at..<at + length]
    }

    func word16(_ at: Int) throws(PyTorchCheckpointError) -> Int { try word(at, 2) }
    func word32(_ at: Int) throws(PyTorchCheckpointError) -> Int { try word(at, 4) }
    func word64(_ at: Int) throws(PyTorchCheckpointError) -> Int { try word(at, 8) }

    private func word(_ at: Int, _ length: Int) throws(PyTorchCheckpointError) -> Int {
        let value = try slice(at, length).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw .archive("a size of \(value) at byte \(at)") }
        return number
    }
}
