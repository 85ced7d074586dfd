extension VolumeHeader {
    /// About how many bytes a piece has.
    private static let pieceSize = 1 << 20

    /// Calls with the stored elements of one volume, in native order, piece by piece: a whole number of voxels each.
    ///
    /// - Parameter first: the number of a piece's first element within the volume.
    /// - Returns: what is odd about what lies behind the voxels.
    func forEachPiece(
        ofVolume volume: Int, _ body: (_ piece: UnsafeRawBufferPointer, _ first: Int) throws(VolumeError) -> Void
    ) throws(VolumeError) -> [Finding] {
        let total = volumeSize * volumeCount
        try voxels.check(bytes: total)
        let part = total / voxels.files.count
        let wanted = volume * volumeSize..<(volume + 1) * volumeSize
        var endings: Set<VoxelStream.Ending> = []
        let capacity = max(1, Self.pieceSize / sample.bytesPerVoxel) * sample.bytesPerVoxel
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        defer { buffer.deallocate() }
        var (filled, done) = (0, 0)
        // Numbers that stood as text are in native order already.
        let order = voxels.packing == .text ? .native : sample.order
        func flush() throws(VolumeError) {
            guard filled > 0 else { return }
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<filled])
            if order != .native { sample.element.swap(piece) }
            try body(UnsafeRawBufferPointer(piece), done / sample.element.size)
            done += filled
            filled = 0
        }
        for (number, path) in voxels.files.enumerated() {
            let range = (number * part..<(number + 1) * part).clamped(to: wanted)
            guard !range.isEmpty else { continue }
            let stream = try stream(of: path, part: part)
            var left = range.count
            if voxels.packing == .text || voxels.packing == .hexadecimal {
                let size = sample.element.size
                var bytes = try VoxelText.bytes(stream, voxels.packing, sample.element, count: part / size)
                bytes = Array(bytes[range.lowerBound - number * part..<range.upperBound - number * part])
                var place = 0
                while place < bytes.count {
                    let count = min(capacity - filled, bytes.count - place)
                    bytes.withUnsafeBytes { buffer[filled...].copyBytes(from: $0[place..<place + count]) }
                    (filled, place) = (filled + count, place + count)
                    if filled == capacity { try flush() }
                }
                continue
            }
            try stream.skip(range.lowerBound - number * part)
            while left > 0 {
                let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<min(capacity, filled + left)])
                let count = try stream.read(into: room)
                guard count == room.count else {
                    throw .tooShort(found: range.count - left + count, expected: range.count)
                }
                (filled, left) = (filled + count, left - count)
                if filled == capacity { try flush() }
            }
            if range.upperBound == (number + 1) * part { endings.insert(try stream.ending()) }
        }
        try flush()
        return Self.findings(endings)
    }

    private func stream(of path: String, part: Int) throws(VolumeError) -> VoxelStream {
        let start: Int
        switch voxels.start {
        case .byte(let offset): start = offset
        case .tail: start = try VoxelLocation.size(of: path) - part
        }
        let stream = try VoxelStream(path: path, voxels.packing, at: start)
        try stream.skipLines(voxels.lines)
        try stream.skip(voxels.skip)
        return stream
    }

    private static func findings(_ endings: Set<VoxelStream.Ending>) -> [Finding] {
        var findings: [Finding] = []
        if endings.contains(.moreVoxels) {
            findings.append(
                Finding(.warning, "the file has more bytes than its voxels need; the first ones were taken"))
        }
        if endings.contains(.padding) {
            findings.append(Finding(.warning, "zeros follow the compressed stream; they were left out"))
        }
        if endings.contains(.otherBytes) {
            findings.append(Finding(.warning, "other bytes follow the compressed stream; they were left out"))
        }
        return findings
    }
}
