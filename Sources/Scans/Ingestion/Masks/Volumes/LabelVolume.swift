// Label images in NIfTI, NRRD and MetaImage: every value but 0 is a region.
import Encoding
import Imaging

/// The values of a label image as whole numbers, and the box of each in its own grid, found in one pass. What is not 0 is held as runs
/// along x, which takes a small part of the memory that voxels take.
struct LabelVolume: Sendable {
    /// A value in one of the layers; 0 for the only one.
    struct Key: Hashable, Comparable {
        var layer: Int
        var value: Int

        static func < (a: Key, b: Key) -> Bool { (a.layer, a.value) < (b.layer, b.value) }
    }

    let size: SIMD3<Int>
    let layers: Int
    let runs: LabelRuns
    var boxes: [Key: VoxelBox] { runs.boxes }
    private(set) var findings: [Finding] = []

    /// A mask of more values is a picture.
    private static let mostValues = 65_536

    /// Reads a label image, unless this process still holds it.
    ///
    /// - Parameter mostValues: a file with more is refused before all of it has been looked at.
    init(_ header: VolumeHeader, mostValues: Int = mostValues) throws(IngestionError) {
        let stamp = FileStamps(header.paths)
        if let known = stamp.flatMap(HeldLabels.shared.labels) {
            guard known.boxes.count <= mostValues else { throw Self.tooMany(header.path, mostValues) }
            self = known
            return
        }
        try self.init(reading: header, mostValues)
        if let stamp { HeldLabels.shared.hold(self, of: stamp) }
    }

    private init(reading header: VolumeHeader, _ mostValues: Int) throws(IngestionError) {
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
        let found: Result<LabelRuns, LabelRuns.Misfit>
        switch read.values {
        case .int16(let labels): found = LabelRuns.found(in: labels, size, layers, mostValues)
        case .int32(let labels): found = LabelRuns.found(in: labels, size, layers, mostValues)
        case .float32(let stored):
            found = LabelRuns.found(in: try Self.labels(stored, header.path, &findings), size, layers, mostValues)
        case .float64(let stored):
            found = LabelRuns.found(in: try Self.labels(stored, header.path, &findings), size, layers, mostValues)
        }
        switch found {
        case .success(let runs): self.runs = runs
        case .failure(.negative(let value)):
            throw .notLabels(
                path: header.path, found: "the mask has the value \(value)", expected: "0 outside and labels above 0")
        case .failure(.tooManyValues): throw Self.tooMany(header.path, mostValues)
        }
    }

    private static func tooMany(_ path: String, _ most: Int) -> IngestionError {
        .notLabels(
            path: path, found: "the mask has more than \(most) values, as an image has", expected: "labels")
    }

    /// Labels that were made here; their boxes are looked for.
    init(_ labels: [Int32], size: SIMD3<Int>, layers: Int) {
        (self.size, self.layers) = (size, layers)
        switch LabelRuns.found(in: labels, size, layers, .max) {
        case .success(let runs): self.runs = runs
        case .failure: preconditionFailure("labels are above 0")
        }
    }

    /// Every voxel, layers side by side.
    var dense: [Int32] {
        var labels = [Int32](repeating: 0, count: size.x * size.y * size.z * layers)
        for row in 0..<size.y * size.z * layers {
            let (line, layer) = (row / layers, row % layers)
            for run in runs.row(row) {
                for x in Int(run.start)..<Int(run.end) { labels[(line * size.x + x) * layers + layer] = run.value }
            }
        }
        return labels
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
        let outside = fill(&voxels, box, own, key, placement)
        let region = Region(name: entry.name, label: entry.label, box: box, voxels: voxels)
        return (outside > 0 ? region.cropped() : region, outside)
    }

    private func fill(
        _ voxels: inout [UInt8], _ box: VoxelBox, _ own: VoxelBox, _ key: Key, _ placement: GridPlacement
    ) -> Int {
        let isInside = placement.box(of: own) == box
        let strides = SIMD3(1, box.size.x, box.size.x * box.size.y)
        let way = placement.steps[0]
        let step = (way &* strides).wrappedSum()
        var outside = 0
        voxels.withUnsafeMutableBufferPointer { voxels in
            for z in own.lower.z..<own.upper.z {
                for y in own.lower.y..<own.upper.y {
                    let first = placement.voxel(SIMD3(0, y, z)) &- box.lower
                    let row = (first &* strides).wrappedSum()
                    for run in runs.row((z * size.y + y) * layers + key.layer) where Int(run.value) == key.value {
                        for x in Int(run.start)..<Int(run.end) {
                            if isInside || box.holds(first &+ way &* x) {
                                voxels[row + step * x] = 1
                            } else {
                                outside += 1
                            }
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
