import Files
import Foundation
import Imaging
import Ingestion

/// The scans that can be made.
public enum PhantomKind: String, CaseIterable, Codable, Sendable {
    case ctLesion = "ct-lesion"
    case petCT = "pet-ct"
    case ultrasoundSpeckle = "us-speckle"
    case texturePair = "texture-pair"
    case organs
}

/// How a phantom is to be made. The same request gives the same bytes on every machine.
public struct PhantomRequest: Hashable, Sendable {
    public var kind: PhantomKind
    public var seed: UInt64
    /// Rows, and as many columns.
    public var size: Int
    /// Of `ct-lesion`, `pet-ct` and `organs`; the others have one.
    public var slices: Int
    /// Of `organs`.
    public var labels: Int

    public static let defaultSeed: UInt64 = 1
    public static let defaultLabels = 24

    public static func defaultSlices(of kind: PhantomKind) -> Int { kind == .organs ? 72 : 24 }

    public static func defaultSize(of kind: PhantomKind) -> Int {
        switch kind {
        case .ctLesion, .petCT: 96
        case .ultrasoundSpeckle: 256
        case .texturePair: 64
        case .organs: 96
        }
    }

    public static let sizes = 32...512

    public static func sliceCounts(of kind: PhantomKind) -> ClosedRange<Int> { kind == .organs ? 8...512 : 8...128 }

    /// - Throws: ``PhantomError`` when a number is outside `sizes`, `sliceCounts` or `OrganScan.labelCounts`.
    public init(
        _ kind: PhantomKind, seed: UInt64 = defaultSeed, size: Int? = nil, slices: Int? = nil,
        labels: Int = defaultLabels
    ) throws {
        let (slices, sliceCounts) = (slices ?? Self.defaultSlices(of: kind), Self.sliceCounts(of: kind))
        let size = size ?? Self.defaultSize(of: kind)
        guard Self.sizes.contains(size) else { throw PhantomError.size(found: size, expected: Self.sizes) }
        guard sliceCounts.contains(slices) else {
            throw PhantomError.slices(found: slices, expected: sliceCounts)
        }
        guard OrganScan.labelCounts.contains(labels) else {
            throw PhantomError.count(name: "labels", found: labels, expected: OrganScan.labelCounts)
        }
        (self.kind, self.seed, self.size, self.slices, self.labels) = (kind, seed, size, slices, labels)
    }

    /// Makes the phantom and writes its files and `truth.json` into a folder that exists; files of the same names are
    /// replaced.
    /// - Returns: the truth that was written.
    @discardableResult
    public func write(to folder: String) throws -> PhantomTruth {
        let truth: PhantomTruth
        switch kind {
        case .ctLesion: truth = try LesionSeries(seed: seed, size: size, slices: slices).write(to: folder)
        case .petCT: truth = try UptakeSeries(seed: seed, size: size, slices: slices).write(to: folder)
        case .ultrasoundSpeckle: truth = try SpeckleImage(seed: seed, size: size).write(to: folder)
        case .texturePair: truth = try TexturePair(size: size, seed: seed).write(to: folder)
        case .organs:
            truth = try OrganScan(seed: seed, size: size, slices: slices, labels: labels).write(to: folder)
        }
        let json = try truth.json()
        let path = "\(folder)/truth.json"
        try writeWholeFile(at: path, json)
        return truth
    }
}

/// A phantom that cannot be made as asked.
public enum PhantomError: Error, Hashable, CustomStringConvertible {
    case size(found: Int, expected: ClosedRange<Int>)
    case slices(found: Int, expected: ClosedRange<Int>)
    case count(name: String, found: Int, expected: ClosedRange<Int>)

    public var description: String {
        switch self {
        case .size(let found, let expected):
            "a size of \(found) pixels; give one from \(expected.lowerBound) to \(expected.upperBound)"
        case .slices(let found, let expected):
            "\(found) slices; give \(expected.lowerBound) to \(expected.upperBound)"
        case .count(let name, let found, let expected):
            "\(found) \(name); give \(expected.lowerBound) to \(expected.upperBound)"
        }
    }
}
