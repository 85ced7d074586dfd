import CCompression
import Files

/// The bytes of a file one after the other, unpacked where it is compressed.
final class VoxelStream {
    private let file: OpenFile
    /// Where the next byte of the file is read.
    private var place: Int
    private let unpacker: OpaquePointer?
    private var state = State.within
    /// What was read of the file and not unpacked yet.
    private var input: [UInt8] = []
    private var used = 0

    private enum State {
        case within
        /// Behind a whole stream, and its sums were right.
        case ended
    }

    /// What follows the voxels.
    enum Ending: Hashable {
        case nothing
        /// Zeros behind a compressed stream, as of a tape.
        case padding
        /// Bytes of the same stream that no voxel needs.
        case moreVoxels
        /// Something else behind a compressed stream.
        case otherBytes
    }

    private static let pieceSize = 1 << 18

    init(path: String, _ packing: VoxelLocation.Packing, at place: Int = 0) throws(VolumeError) {
        do throws(FileReadingError) { file = try OpenFile(reading: path) } catch {
            if case .absent = error { throw .noVoxelFile(name: String(FileName(path).name)) }
            throw VolumeError(error)
        }
        self.place = place
        let known = packing == .unknown ? try .ofContent(path) : packing
        switch known {
        case .deflate, .bzip2:
            guard let unpacker = ccompression_open(known == .bzip2 ? CCOMPRESSION_BZIP2 : CCOMPRESSION_DEFLATE) else {
                throw .noMemory
            }
            self.unpacker = unpacker
        case .none, .unknown, .text, .hexadecimal: unpacker = nil
        }
    }

    deinit { unpacker.map(ccompression_close) }

    /// Passes over lines of the file, before anything is unpacked.
    func skipLines(_ count: Int) throws(VolumeError) {
        var left = count
        while left > 0 {
            let bytes: [UInt8]
            do throws(SystemError) { bytes = try file.read(1 << 12, at: place) } catch { throw VolumeError(error) }
            guard !bytes.isEmpty else { throw .tooShort(found: 0, expected: 1) }
            var passed = bytes.count
            for (k, byte) in bytes.enumerated() where byte == 10 {
                left -= 1
                if left == 0 {
                    passed = k + 1
                    break
                }
            }
            place += passed
        }
    }

    /// Passes over bytes of what is unpacked.
    func skip(_ count: Int) throws(VolumeError) {
        guard unpacker != nil else {
            place += count
            return
        }
        var left = count
        while left > 0 {
            let passed = try read(upTo: min(left, Self.pieceSize)).count
            guard passed > 0 else { throw .tooShort(found: 0, expected: 1) }
            left -= passed
        }
    }

    /// Fewer than `count` bytes at the end.
    func read(upTo count: Int) throws(VolumeError) -> [UInt8] {
        var problem: VolumeError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(VolumeError) { filled = try read(into: UnsafeMutableRawBufferPointer(buffer)) } catch {
                problem = error
            }
        }
        if let problem { throw problem }
        return bytes
    }

    /// - Returns: how many bytes there were; fewer than the buffer has room for at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VolumeError) -> Int {
        guard let unpacker else {
            do throws(SystemError) {
                let count = try file.read(into: buffer, at: place)
                place += count
                return count
            } catch { throw VolumeError(error) }
        }
        var filled = 0
        while filled < buffer.count {
            if used == input.count { try refill() }
            guard used < input.count else {
                guard state == .ended else {
                    throw .damaged(
                        found: "the compressed stream stops after \(filled) bytes of what is read", expected: "its end")
                }
                break
            }
            if state == .ended {
                // pigz and bgzip write several streams, which are one.
                guard isAtStream else { break }
                guard ccompression_restart(unpacker) == CCOMPRESSION_MORE else { throw .noMemory }
                state = .within
            }
            filled += try unpack(unpacker, into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
        }
        return filled
    }

    private func unpack(_ unpacker: OpaquePointer, into room: UnsafeMutableRawBufferPointer) throws(VolumeError) -> Int
    {
        var (taken, made) = (input.count - used, room.count)
        let result = input.withUnsafeBufferPointer {
            ccompression_unpack(
                unpacker, $0.baseAddress! + used, &taken, room.bindMemory(to: UInt8.self).baseAddress, &made)
        }
        used += taken
        switch result {
        case CCOMPRESSION_MORE:
            // Neither side moved: more of the file may help, and where there is none the stream is cut off.
            if taken == 0, made == 0 { try refill(keeping: true) }
        case CCOMPRESSION_ENDED: state = .ended
        case CCOMPRESSION_NO_MEMORY: throw .noMemory
        default: throw .damaged(found: "the compressed stream is damaged", expected: "one whose checksum is right")
        }
        return made
    }

    /// The next bytes of the file.
    private func refill(keeping: Bool = false) throws(VolumeError) {
        let more: [UInt8]
        do throws(SystemError) { more = try file.read(Self.pieceSize, at: place) } catch { throw VolumeError(error) }
        if keeping, more.isEmpty {
            throw .damaged(found: "the compressed stream is cut off", expected: "its end")
        }
        place += more.count
        input = keeping ? Array(input[used...]) + more : more
        used = 0
    }

    private var isAtStream: Bool {
        let bytes = input[used...]
        return bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: Array("BZh".utf8)) || bytes.first == 0x78
    }

    /// Looks behind what was read: a compressed stream is checked to its end.
    func ending() throws(VolumeError) -> Ending {
        guard try read(upTo: 1).isEmpty else {
            var passed = 0
            // Its checksum is at the end; a stream without one is not followed for ever.
            while unpacker != nil, passed < 1 << 24, case let more = try read(upTo: Self.pieceSize).count, more > 0 {
                passed += more
            }
            return .moreVoxels
        }
        guard unpacker != nil else { return .nothing }
        if used == input.count { try refill() }
        guard used < input.count else { return .nothing }
        return input[used...].allSatisfy { $0 == 0 } ? .padding : .otherBytes
    }
}
