import Foundation
import Imaging
import Ingestion
import TextureCore

/// How far apart two images are, by each loss that a model can be trained with. Images are cut into patches, of volumes
/// slice by slice; each distance is the mean over patches.
public struct TextureDistance: Sendable {
    public var bins: Int
    /// Bin length over bandwidth: 0.5 wide, 5 smooth, 30 nearly exact.
    public var sharpness: Double
    /// Steps to the neighbour, in columns and rows.
    public var offsets: [Offset]
    /// Side of the square patches in pixels.
    public var patch: Int
    /// Range of values that the bins share; nil: from the smallest to the largest value of both images.
    public var range: ClosedRange<Double>?
    public var jobs: Int

    public init(
        bins: Int = 256, sharpness: Double = 5, offsets: [Offset] = [Offset(1, 0), Offset(0, 1)], patch: Int = 16,
        range: ClosedRange<Double>? = nil, jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        (self.bins, self.sharpness, self.offsets) = (bins, sharpness, offsets)
        (self.patch, self.range, self.jobs) = (patch, range, jobs)
    }

    /// What two images come to.
    public struct Value: Hashable, Sendable {
        /// Mean squared error, as a fraction of the squared range.
        public var pixel: Double
        /// Between the soft co-occurrence matrices, as they train.
        public var cooccurrence: Double
        /// Between contrast, correlation, homogeneity, entropy and energy of those matrices.
        public var statistics: Double
        /// 1 - SSIM
        public var similarity: Double
        /// The range that was used.
        public var range: ClosedRange<Double>
    }

    /// - Parameters:
    ///   - a: path of the prediction, PNG or DICOM; clamped to the range for ``Value/cooccurrence``.
    ///   - b: path of the target, of equal size.
    /// - Throws: ``WorkflowError`` when an image cannot be read, the sizes differ, or the bins, sharpness, offsets or patches
    ///   are none that a matrix can be made of.
    public func between(_ a: String, _ b: String) throws(WorkflowError) -> Value {
        let (first, second) = (try load(a), try load(b))
        let size = first.geometry.size
        guard size == second.geometry.size else { throw .otherSize(a: a, size, b: b, second.geometry.size) }
        let box = VoxelBox(lower: .zero, size: size)
        let (x, y) = (first.values(in: box), second.values(in: box))
        let range = if let given = self.range { given } else { try bounds(x, y) }
        let value: TextureLoss.Value
        do {
            let layout = try PatchLayout(
                images: size.z, imageWidth: size.x, imageHeight: size.y, channels: 1, width: patch, height: patch)
            value = try losses(range).value(
                prediction: x.map { Float($0) }, target: y.map { Float($0) }, layout: layout, threads: jobs)
        } catch let error as CustomStringConvertible & Error {
            throw .impossible(error.description)
        } catch { throw .unexpected(error) }
        let span = range.upperBound - range.lowerBound
        return Value(
            pixel: value.pixel / (span * span), cooccurrence: value.cooccurrence, statistics: value.statistics,
            similarity: value.similarity, range: range)
    }

    private func losses(_ range: ClosedRange<Double>) throws -> TextureLoss {
        let scale = CooccurrenceLoss.Scale(bins: bins, sharpness: sharpness, offsets: offsets)
        return TextureLoss(
            pixel: (1, PixelLoss()), cooccurrence: (1, try CooccurrenceLoss(range: range, scales: [scale])),
            statistics: (
                1,
                try CooccurrenceLoss(
                    range: range, scales: [scale], symmetry: .symmetric,
                    comparison: .statistics(CooccurrenceLoss.MatchedFeature.usual))
            ),
            similarity: (1, try StructuralSimilarity(normalisation: .fixed(range))))
    }

    private func bounds(_ a: [Double], _ b: [Double]) throws(WorkflowError) -> ClosedRange<Double> {
        let finite = (a + b).filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max(), low < high else { throw .noRange }
        return low...high
    }

    private func load(_ path: String) throws(WorkflowError) -> Volume {
        do {
            let archive = try Archive.scan([path], jobs: 1)
            if let reason = archive.reasonForNoImage { throw IngestionError.notMeasurable(path: path, reason: reason) }
            guard let image = archive.images.first, archive.images.count == 1 else {
                throw WorkflowError.notOneImage(path: path, images: archive.images.count)
            }
            return try image.load()
        } catch let error as WorkflowError {
            throw error
        } catch let error as IngestionError {
            throw .ingestion(error)
        } catch { throw .unexpected(error) }
    }
}
