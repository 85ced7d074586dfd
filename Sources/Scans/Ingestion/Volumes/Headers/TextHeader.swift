import Files
import Foundation

/// The lines of text at the start of an NRRD or MetaImage file, and where the voxels may begin behind them.
struct TextHeader {
    /// Without their ends.
    private(set) var lines: [String] = []
    /// Bytes from the start of the file; nil where the header ends with the file.
    private(set) var end: Int?

    /// Longer headers are none: a segmentation of a thousand segments has some hundred kB.
    private static let most = 1 << 24

    /// - Parameter isLast: whether a line is the last one of a header.
    init(path: String, isLast: (String) -> Bool) throws(VolumeError) {
        let file: OpenFile
        do throws(FileReadingError) { file = try OpenFile(reading: path) } catch { throw VolumeError(error) }
        var bytes: [UInt8] = []
        var (start, seen) = (0, 0)
        while true {
            while let newline = bytes[seen...].firstIndex(of: 10) {
                var line = bytes[start..<newline]
                if line.last == 13 { line = line.dropLast() }
                (start, seen) = (newline + 1, newline + 1)
                let text = String(decoding: line, as: UTF8.self)
                lines.append(text)
                if isLast(text) {
                    end = start
                    return
                }
            }
            seen = bytes.count
            guard bytes.count < Self.most else { return }
            let more: [UInt8]
            do throws(SystemError) { more = try file.read(1 << 14, at: bytes.count) } catch { throw VolumeError(error) }
            if more.isEmpty {
                if start < bytes.count { lines.append(String(decoding: bytes[start...], as: UTF8.self)) }
                return
            }
            bytes += more
        }
    }
}

/// The files of voxels that a header names, seen from its folder.
enum NamedVoxelFiles {
    /// - Parameters:
    ///   - field: `name`, `pattern first last step`, or `LIST`.
    ///   - list: the lines behind it.
    static func paths(
        _ field: String, list: ArraySlice<String>, beside header: String, key: String
    ) throws(VolumeError) -> [String] {
        let folder = FileName(header).folder
        func path(_ name: String) -> String { name.hasPrefix("/") ? name : folder + name }
        let words = field.split(separator: " ").map(String.init)
        if words.first == "LIST" {
            let names = list.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            guard !names.isEmpty else {
                throw .badField(name: key, found: "a LIST without a name", expected: "a file on each line behind it")
            }
            return names.map(path)
        }
        if words.count >= 4, words[0].contains("%") {
            let numbers = words[1...3].compactMap { Int($0) }
            guard numbers.count == 3, numbers[2] != 0, (numbers[1] - numbers[0]) / numbers[2] >= 0,
                abs((numbers[1] - numbers[0]) / numbers[2]) < 100_000,
                let pattern = words[0].wholeMatch(of: /([^%]*)%(0?)([0-9]?)d([^%]*)/)
            else {
                throw .badField(
                    name: key, found: "'\(field)'",
                    expected: "a pattern such as slice%03d.raw, then first, last and step")
            }
            return stride(from: numbers[0], through: numbers[1], by: numbers[2]).map { number in
                let digits = "\(number)"
                let fill = String(
                    repeating: pattern.2.isEmpty ? " " : "0", count: max(0, (Int(pattern.3) ?? 0) - digits.count))
                return path(pattern.1 + fill + digits + pattern.4)
            }
        }
        return [path(field)]
    }
}
