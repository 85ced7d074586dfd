import Files
import Foundation

/// Where the voxels of a volume file lie, and how they are packed there.
struct VoxelLocation: Hashable, Sendable {
    enum Packing: Hashable, Sendable {
        /// Nobody has looked yet: the first bytes say whether it is compressed.
        case unknown
        case none
        /// gzip or zlib.
        case deflate
        case bzip2
        /// Numbers between white space.
        case text
        case hexadecimal

        /// The first bytes of a compressed file, whatever it is called.
        static func ofContent(_ path: String) throws(VolumeError) -> Packing {
            let start: [UInt8]
            do throws(FileReadingError) {
                let file = try OpenFile(reading: path)
                do throws(SystemError) { start = try file.read(2, at: 0) } catch {
                    throw FileReadingError.refused(path: path, error)
                }
            } catch { throw VolumeError(error) }
            return start == [0x1F, 0x8B] ? .deflate : .none
        }

        /// The most bytes that come of one compressed byte, by the definition of the format; nil where it is not compressed.
        var mostExpansion: Int? {
            switch self {
            // Two bits stand for 258 bytes.
            case .deflate: 1032
            // A block of 45.9 MB of one value takes some 40 bytes.
            case .bzip2: 1_200_000
            // An element takes a digit and a space, and has up to eight bytes; two digits are a byte.
            case .text: 8
            case .hexadecimal: 1
            case .none, .unknown: nil
            }
        }
    }

    enum Start: Hashable, Sendable {
        case byte(Int)
        /// As many bytes from the end as there are of voxels.
        case tail
    }

    /// Each holds an equal part.
    var files: [String]
    var packing: Packing
    /// In each file.
    var start = Start.byte(0)
    /// Lines to pass over from there, before anything is unpacked.
    var lines = 0
    /// Bytes to pass over behind that, of what is unpacked.
    var skip: Int

    init(files: [String], _ packing: Packing, skip: Int) {
        (self.files, self.packing, self.skip) = (files, packing, skip)
    }

    /// Refuses what the files cannot hold, before memory is asked for.
    func check(bytes: Int) throws(VolumeError) {
        guard bytes % files.count == 0 else {
            throw .badField(
                name: "the number of files", found: "\(files.count)",
                expected: "as many as share \(bytes) bytes of voxels")
        }
        let part = bytes / files.count
        for path in files {
            let size = try Self.size(of: path)
            let first: Int
            switch start {
            case .byte(let offset): first = offset
            case .tail: first = max(0, size - part)
            }
            let stored = max(0, size - first)
            if let expansion = packing.mostExpansion {
                guard stored > 0, (part + skip) / expansion <= stored + 16 else {
                    throw .promisesTooMuch(fileSize: size, expected: bytes)
                }
            } else {
                guard stored - skip >= part else {
                    throw .tooShort(found: max(0, stored - skip), expected: part)
                }
            }
        }
    }

    static func size(of path: String) throws(VolumeError) -> Int {
        let file: OpenFile
        do throws(FileReadingError) { file = try OpenFile(reading: path) } catch {
            if case .absent = error { throw .noVoxelFile(name: String(FileName(path).name)) }
            throw VolumeError(error)
        }
        do throws(SystemError) { return Int(try file.status().st_size) } catch { throw VolumeError(error) }
    }
}
