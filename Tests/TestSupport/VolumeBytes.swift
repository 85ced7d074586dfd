import CCompression

/// Small NIfTI, NRRD and MetaImage files, byte by byte.
package enum VolumeBytes {
    /// A NIfTI-1 file of 16-bit values with an sform of its spacing, and perhaps an extension with a table of names.
    package static func nifti(
        _ values: [Int16], size: SIMD3<Int>, spacing: SIMD3<Float> = [1, 1, 2], origin: SIMD3<Float> = .zero,
        volumes: Int = 1, names: [Int: String] = [:]
    ) -> [UInt8] {
        var extensions: [UInt8] = []
        if !names.isEmpty {
            let labels = names.sorted { $0.key < $1.key }.map { "<Label Key=\"\($0.key)\">\($0.value)</Label>" }
                .joined()
            var text = Array(
                "<?xml version=\"1.0\"?><CaretExtension><LabelTable>\(labels)</LabelTable></CaretExtension>".utf8)
            text += [UInt8](repeating: 0, count: (16 - (text.count + 8) % 16) % 16)
            extensions = bytes(Int32(text.count + 8)) + bytes(Int32(0)) + text
        }
        var header = [UInt8](repeating: 0, count: 348)
        func put<Number>(_ number: Number, at place: Int) {
            header.replaceSubrange(place..<place + MemoryLayout<Number>.size, with: bytes(number))
        }
        put(Int32(348), at: 0)
        let dim: [Int16] = [volumes > 1 ? 4 : 3, Int16(size.x), Int16(size.y), Int16(size.z), Int16(volumes), 1, 1, 1]
        for (k, number) in dim.enumerated() { put(number, at: 40 + 2 * k) }
        put(Int16(4), at: 70)
        put(Int16(16), at: 72)
        for (k, number) in [1, spacing.x, spacing.y, spacing.z].enumerated() { put(number, at: 76 + 4 * k) }
        put(Float(352 + extensions.count), at: 108)
        header[123] = 2
        put(Int16(1), at: 254)
        // RAS, so that the rows and columns of LPS run the same way.
        let rows: [[Float]] = [
            [-spacing.x, 0, 0, -origin.x], [0, -spacing.y, 0, -origin.y], [0, 0, spacing.z, origin.z],
        ]
        for (row, numbers) in rows.enumerated() {
            for (k, number) in numbers.enumerated() { put(number, at: 280 + 16 * row + 4 * k) }
        }
        header.replaceSubrange(344..<348, with: Array("n+1\0".utf8))
        return header + [extensions.isEmpty ? 0 : 1, 0, 0, 0] + extensions + values.flatMap { bytes($0) }
    }

    /// An NRRD file of 16-bit values; `fields` are further lines of the header.
    package static func nrrd(_ values: [Int16], sizes: String, _ fields: [String] = [], packed: Bool = false) -> [UInt8]
    {
        let axes = sizes.split(separator: " ").count
        let directions = (axes == 4 ? "none " : "") + "(1,0,0) (0,1,0) (0,0,2)"
        let kinds = (axes == 4 ? "list " : "") + "domain domain domain"
        let lines =
            [
                "NRRD0004", "type: int16", "dimension: \(axes)", "space: left-posterior-superior", "sizes: \(sizes)",
                "space directions: \(directions)", "kinds: \(kinds)", "endian: little",
                "encoding: \(packed ? "gzip" : "raw")",
                "space origin: (0,0,0)",
            ] + fields
        let voxels = values.flatMap { bytes($0) }
        return Array((lines.joined(separator: "\n") + "\n\n").utf8) + (packed ? gzip(voxels) : voxels)
    }

    package static func metaImage(_ values: [Int16], size: SIMD3<Int>, packed: Bool = false) -> [UInt8] {
        let voxels = values.flatMap { bytes($0) }
        let stored = packed ? gzip(voxels) : voxels
        let text = """
            ObjectType = Image
            NDims = 3
            BinaryData = True
            BinaryDataByteOrderMSB = False
            CompressedData = \(packed ? "True" : "False")
            \(packed ? "CompressedDataSize = \(stored.count)\n" : "")TransformMatrix = 1 0 0 0 1 0 0 0 1
            Offset = 0 0 0
            ElementSpacing = 1 1 2
            DimSize = \(size.x) \(size.y) \(size.z)
            ElementType = MET_SHORT
            ElementDataFile = LOCAL

            """
        return Array(text.utf8) + stored
    }

    package static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ccompression_packed_bound(bytes.count)) { target, count in
            count = ccompression_pack(bytes, bytes.count, target.baseAddress, target.count)
        }
    }

    private static func bytes<Number>(_ number: Number) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
}
