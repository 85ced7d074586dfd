// Label images in NIfTI, NRRD and MetaImage: every value but 0 is a region.
import Encoding
import Imaging

/// The values of a label image as whole numbers, and the box of each in its own grid, found in one pass.
struct LabelVolume {
    /// A value in one of the layers; 0 for the only one.
    struct Key: Hashable, Comparable {
        var layer: Int
        var value: Int

        static func < (a: Key, b: Key) -> Bool { (a.layer, a.value) < (b.layer, b.value) }
    }

    let size: SIMD3<Int>
    let layers: Int
    /// In 16 or 32 bits, layers side by side.
    private let values: VoxelValues
    private(set) var boxes: [Key: VoxelBox] = [:]
    private(set) var findings: [Finding] = []

    /// A mask of more values is a picture.
    private static let mostValues = 65_536

    init(_ header: VolumeHeader) throws(IngestionError) {
        guard header.volumeCount == 1 else {
            throw .notLabels(
                path: header.path, found: "found \(header.volumeCount) volumes",
                expected: "one volume of labels, or a segmentation whose layers have names")
        }
        if case .colour = header.sample.content {
            throw .notLabels(path: header.path, found: "found colours", expected: "labels that are whole numbers")
        }
        (size, layers) = (header.geometry.size, header.sample.elementsPerVoxel)
        let read = try header.values()
        findings = read.findings
        switch read.values {
        case .int16, .int32: values = read.values
        case .float32(let stored): values = .int32(try Self.labels(stored, header.path, &findings))
        case .float64(let stored): values = .int32(try Self.labels(stored, header.path, &findings))
        }
        let found: (boxes: [Key: VoxelBox], negative: Int?)
        switch values {
        case .int16(let labels): found = boxes(of: labels)
        case .int32(let labels): found = boxes(of: labels)
        case .float32, .float64: preconditionFailure("labels are whole numbers")
        }
        if let negative = found.negative {
            throw .notLabels(
                path: header.path, found: "the mask has the value \(negative)", expected: "0 outside and labels above 0"
            )
        }
        guard found.boxes.count <= Self.mostValues else {
            throw .notLabels(
                path: header.path, found: "the mask has more than \(Self.mostValues) values, as an image has",
                expected: "labels")
        }
        boxes = found.boxes
    }

    /// Labels that were made here; their boxes are looked for.
    init(_ labels: [Int32], size: SIMD3<Int>, layers: Int) {
        (self.size, self.layers, values) = (size, layers, .int32(labels))
        boxes = boxes(of: labels).boxes
    }

    func label(_ voxel: SIMD3<Int>, _ layer: Int) -> Int32 {
        let place = ((voxel.z * size.y + voxel.y) * size.x + voxel.x) * layers + layer
        return switch values {
        case .int16(let labels): Int32(labels[place])
        case .int32(let labels): labels[place]
        case .float32, .float64: 0
        }
    }

    // MARK: Values

    /// Whole numbers of a mask that was stored in floats; what is off by an arithmetic alone is rounded.
    private static func labels<Stored: BinaryFloatingPoint>(
        _ stored: [Stored], _ path: String, _ findings: inout [Finding]
    ) throws(IngestionError) -> [Int32] {
        var labels = [Int32](repeating: 0, count: stored.count)
        var worst = 0.0
        for (k, element) in stored.enumerated() {
            let value = Double(element)
            let whole = value.rounded()
            let off = abs(value - whole)
            guard off <= 1e-4 * max(1, abs(value)), abs(whole) < 1e9 else {
                throw .notLabels(
                    path: path,
                    found: value.isFinite
                        ? "the mask has the value \(shortest(value)), as a map of probabilities has"
                        : "the mask has the value \(value)",
                    expected: "whole numbers; apply a threshold to it")
            }
            worst = max(worst, off)
            labels[k] = Int32(whole)
        }
        if worst > 0 {
            findings.append(
                Finding(.warning, "labels are off whole numbers by up to \(worst) and were rounded"))
        }
        return labels
    }

    /// The box of each value, and a negative one where there is any. Rows are taken in runs of one value.
    private func boxes<Value: FixedWidthInteger>(of labels: [Value]) -> (boxes: [Key: VoxelBox], negative: Int?) {
        var corners: [Key: Corners] = [:]
        var negative: Value?
        labels.withUnsafeBufferPointer { labels in
            for z in 0..<size.z {
                for y in 0..<size.y {
                    let row = (z * size.y + y) * size.x
                    for layer in 0..<layers {
                        var x = 0
                        while x < size.x {
                            let value = labels[(row + x) * layers + layer]
                            let start = x
                            repeat { x += 1 } while x < size.x && labels[(row + x) * layers + layer] == value
                            guard value != 0 else { continue }
                            if value < 0 { negative = value }
                            let low = SIMD3(Int32(start), Int32(y), Int32(z))
                            let high = SIMD3(Int32(x), Int32(y + 1), Int32(z + 1))
                            let key = Key(layer: layer, value: Int(value))
                            guard let known = corners[key] else {
                                if corners.count <= Self.mostValues { corners[key] = Corners(lower: low, upper: high) }
                                continue
                            }
                            corners[key] = Corners(
                                lower: pointwiseMin(known.lower, low), upper: pointwiseMax(known.upper, high))
                        }
                    }
                }
            }
        }
        let boxes = corners.mapValues { corners in
            VoxelBox(
                lower: SIMD3<Int>(truncatingIfNeeded: corners.lower),
                size: SIMD3<Int>(truncatingIfNeeded: corners.upper &- corners.lower))
        }
        return (boxes, negative.map(Int.init))
    }

    private struct Corners {
        var lower: SIMD3<Int32>
        var upper: SIMD3<Int32>
    }

    // MARK: Regions

    /// The voxels of a value on the image's grid, and how many of them lie outside of it.
    func region(
        _ entry: MaskSource.Entry, _ key: Key, _ placement: GridPlacement, on imageSize: SIMD3<Int>
    ) -> (region: Region, outside: Int) {
        guard let own = boxes[key] else {
            return (
                Region(name: entry.name, label: entry.label, box: VoxelBox(lower: .zero, size: .zero), voxels: []), 0
            )
        }
        let box = placement.box(of: own).clipped(to: imageSize)
        var voxels = [UInt8](repeating: 0, count: box.voxelCount)
        let outside =
            switch values {
            case .int16(let labels): fill(&voxels, box, from: labels, own, key, placement)
            case .int32(let labels): fill(&voxels, box, from: labels, own, key, placement)
            case .float32, .float64: 0
            }
        let region = Region(name: entry.name, label: entry.label, box: box, voxels: voxels)
        return (outside > 0 ? region.cropped() : region, outside)
    }

    private func fill<Value: FixedWidthInteger>(
        _ voxels: inout [UInt8], _ box: VoxelBox, from labels: [Value], _ own: VoxelBox, _ key: Key,
        _ placement: GridPlacement
    ) -> Int {
        guard let wanted = Value(exactly: key.value) else { return 0 }
        let isInside = placement.box(of: own) == box
        let strides = SIMD3(1, box.size.x, box.size.x * box.size.y)
        let step = (placement.steps[0] &* strides).wrappedSum()
        var outside = 0
        labels.withUnsafeBufferPointer { labels in
            voxels.withUnsafeMutableBufferPointer { voxels in
                for z in own.lower.z..<own.upper.z {
                    for y in own.lower.y..<own.upper.y {
                        var source = ((z * size.y + y) * size.x + own.lower.x) * layers + key.layer
                        let first = placement.voxel(SIMD3(own.lower.x, y, z)) &- box.lower
                        var target = (first &* strides).wrappedSum()
                        for x in 0..<own.size.x {
                            if labels[source] == wanted {
                                if isInside || box.holds(first &+ placement.steps[0] &* x) {
                                    voxels[target] = 1
                                } else {
                                    outside += 1
                                }
                            }
                            source += layers
                            target += step
                        }
                    }
                }
            }
        }
        return outside
    }
}

extension VoxelBox {
    /// Whether a voxel that is given relative to `lower` lies in the box.
    fileprivate func holds(_ voxel: SIMD3<Int>) -> Bool { all(voxel .>= 0) && all(voxel .< size) }
}
