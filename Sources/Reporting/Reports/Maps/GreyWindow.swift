import Imaging
import Radiomics

/// The values of an image between which a picture of it goes from black to white, as a reader of that modality is used to.
public struct GreyWindow: Hashable, Sendable {
    public let range: ClosedRange<Double>
    public let reason: Reason

    /// Where a window comes from.
    public enum Reason: Hashable, Sendable {
        /// The user's.
        case given
        /// One of those that the file states.
        case file
        /// CT, by what the region holds.
        case softTissue, lung, bone
        /// PET: from 0 to what 99 of 100 voxels of the region stay below, rounded up.
        case uptake
        /// All that 8 bits can be.
        case storable
        /// What 98 of 100 voxels of the picture, and of the region, lie between.
        case shown

        public var text: String {
            switch self {
            case .given: "as asked"
            case .file: "of the file"
            case .softTissue: "soft tissue"
            case .lung: "lung"
            case .bone: "bone"
            case .uptake: "from 0"
            case .storable: "0 to 255"
            case .shown: "98 % of the picture"
            }
        }
    }

    public init(_ range: ClosedRange<Double>, _ reason: Reason) { (self.range, self.reason) = (range, reason) }

    /// Chooses one.
    ///
    /// - Parameters:
    ///   - stated: the windows of the file, in its order. Those count that hold the region's median: the others would show the
    ///     region black or white. Of PET none does; its readers expect 0 to be white.
    ///   - storable: what the file's samples can be, where that is what the picture is to go over.
    ///   - region: finite values of the region.
    ///   - shown: finite values of what the picture shows.
    public init(
        modality: String, stated: [ClosedRange<Double>], storable: ClosedRange<Double>?, region: [Double],
        shown: [Double]
    ) {
        let region = region.sorted()
        if modality == "PT" {
            let top = region.isEmpty ? shown.max() ?? 0 : Self.value(region, 0.99)
            self.init(0...Self.roundedUp(top), .uptake)
            return
        }
        let median = region.isEmpty ? nil : Self.value(region, 0.5)
        if let window = stated.first(where: { median.map($0.contains) ?? true }) {
            self.init(window, .file)
        } else if modality == "CT", let median {
            // Level and width as at every workstation: 40 and 400, -600 and 1500, 400 and 2000 HU.
            if median < -200 {
                self.init(-1350...150, .lung)
            } else if median > 250 {
                self.init(-600...1400, .bone)
            } else {
                self.init(-160...240, .softTissue)
            }
        } else if let storable {
            self.init(storable, .storable)
        } else {
            let shown = shown.sorted()
            let ends = [region, shown].filter { !$0.isEmpty }.map { (Self.value($0, 0.01), Self.value($0, 0.99)) }
            let low = ends.map(\.0).min() ?? 0
            self.init(low...max(low, ends.map(\.1).max() ?? low), .shown)
        }
    }

    /// 0 black … 255 white. Nuclear medicine is shown the other way about, which the caller decides.
    func brightness(_ value: Double) -> UInt8 {
        let span = range.upperBound - range.lowerBound
        // A window of one value: what lies above is white.
        guard span > 0 else { return value > range.lowerBound ? 255 : value < range.lowerBound ? 0 : 128 }
        return UInt8(max(0, min(255, ((value - range.lowerBound) / span * 255).rounded())))
    }

    /// Of values in ascending order, at least one.
    private static func value(_ sorted: [Double], _ share: Double) -> Double {
        sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }

    /// To 1, 1.2, 1.5, 2, 2.5, 3, 4 … 10 times a power of ten; 1 for nothing above 0.
    private static func roundedUp(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return 1 }
        var power = 1.0
        while power > value { power /= 10 }
        while power * 10 <= value { power *= 10 }
        guard power > 0 else { return value }
        return [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10].map { $0 * power }.first { $0 >= value } ?? value
    }
}

/// How grey values are shown.
public enum GreyPolarity: Sendable {
    case moreIsBrighter
    /// As uptake is read: dark on white.
    case moreIsDarker

    public init(modality: String) { self = ["PT", "NM"].contains(modality) ? .moreIsDarker : .moreIsBrighter }

    func shade(_ brightness: UInt8) -> SIMD3<UInt8> {
        SIMD3(repeating: self == .moreIsBrighter ? brightness : 255 - brightness)
    }
}

extension FeatureMaps {
    /// The window of their pictures, on the slice with most of the region.
    ///
    /// - Parameters:
    ///   - stated: see ``GreyWindow/init(modality:stated:storable:region:shown:)``
    ///   - storable: likewise.
    public func window(
        modality: String, stated: [ClosedRange<Double>], storable: ClosedRange<Double>?
    ) -> GreyWindow {
        var view = VoxelBox(lower: image.box.lower, size: image.box.size)
        (view.lower.z, view.size.z) = (slices.largest, 1)
        return GreyWindow(
            modality: modality, stated: stated, storable: storable,
            region: sample(of: box) { inside[$0] != 0 }, shown: sample(of: view) { _ in true })
    }

    /// Finite values of a box, of about a million voxels at most, whatever its size.
    private func sample(of box: VoxelBox, _ counts: (Int) -> Bool) -> [Double] {
        let stride = box.voxelCount / 1_000_000 + 1
        var values: [Double] = []
        var next = 0
        image.forEachRow(of: box) { (row: UnsafeBufferPointer<Double>, first: Int) in
            for x in row.indices where counts(first + x) && row[x].isFinite {
                if next % stride == 0 { values.append(row[x]) }
                next += 1
            }
        }
        return values
    }
}
