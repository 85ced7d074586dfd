import Files
import Foundation
import Imaging
import Ingestion
import Radiomics
import Reports
import SettingsFile
import VolumeWriting

/// The response of a filter over one whole image.
public struct ImageFiltering: Sendable {
    /// A DICOM file, a folder with one series, or a PNG.
    public var input: String
    /// Whose images are one filter; convention, unit, grid and normalisation apply before it.
    public var settings: ExtractionSettings
    public var jobs: Int

    public init(
        of input: String, settings: ExtractionSettings, jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        (self.input, self.settings, self.jobs) = (input, settings, jobs)
    }

    /// Data of 32-bit floats.
    public enum Format: String, CaseIterable, Sendable {
        case nrrd, nii
        case packedNIfTI = "nii.gz"

        /// By the end of a file's name.
        public init?(ofFile path: String) {
            let known = Self.allCases.filter { path.lowercased().hasSuffix("." + $0.rawValue) }
            guard let format = known.first else { return nil }
            self = format
        }
    }

    /// What was written.
    public struct Result: Sendable {
        public let name: String
        public let size: SIMD3<Int>
        /// Of the responses that are numbers; nil when none is.
        public let range: ClosedRange<Float>?
        /// What somebody should know.
        public let notes: [String]
    }

    /// - Throws: ``WorkflowError`` when the input is not one readable image, the settings name no filter or several, or the file
    ///   cannot be written.
    public func write(
        to path: String, as format: Format, _ existing: ExistingFile, _ observer: WorkObserver = .silent
    ) throws(WorkflowError) -> Result {
        let plan = try CasePlan(
            [input], regions: .wholeImage, modalities: nil, identity: .pseudonym, jobs: jobs, observer: observer)
        guard plan.cases.count == 1, let image = plan.cases[0].image else {
            if case .failed(_, _, let reason)? = plan.cases.first?.work { throw .impossible("\(input): \(reason)") }
            throw .notOneImage(path: input, images: plan.cases.count)
        }
        var notes = (image.findings + plan.cases[0].findings).map(\.text)
        let settings: ExtractionSettings
        do throws(SettingsError) {
            try self.settings.validate()
            settings = try self.settings.resolved(for: ImageKind(image))
        } catch { throw .settings(error) }
        guard let filterer = VolumeFilterer(settings) else {
            let names = settings.featureImages.map(\.name).joined(separator: ", ")
            throw .settings(
                .value(key: "--filter", found: names, expected: "one filter: a file holds one response"))
        }
        let volume: Volume
        do throws(IngestionError) {
            let (loaded, findings) = try image.load(as: settings.imageUnit)
            volume = loaded
            notes += findings.map(\.text)
        } catch { throw .ingestion(error) }
        observer.willStart()
        let response: FilteredVolume
        do throws(ExtractionError) {
            response = try filterer.response(of: volume, jobs: jobs) { bytes in
                if bytes > 1e9 {
                    observer.note("the filter takes \((bytes / 1e8).rounded() / 10) GB of memory beside the image")
                }
            }
        } catch { throw .ingestion(.notMeasurable(path: input, reason: error.description)) }
        if response.undefined > 0 {
            notes.append("\(response.undefined) voxels have no response that is a number, and are NaN")
        }
        let whole = VoxelBox(lower: .zero, size: response.grid.size)
        let voxels = MapVoxels(
            response.values, inside: [UInt8](repeating: 1, count: response.values.count), box: whole, of: response.grid,
            extent: .grid, background: .nan)
        do {
            try writeWholeFile(at: path, existing: existing) { temporary in
                switch format {
                case .nrrd:
                    let made = [("weft_version", Release.version), ("images", settings.images[0].text)]
                    try NRRDFile(voxels, content: response.name, notes: made).write(to: temporary)
                case .nii, .packedNIfTI:
                    try NIfTIFile(
                        voxels, description: "weft \(Release.version) \(response.name)",
                        packing: format == .nii ? .none : .gzip
                    ).write(to: temporary)
                }
            }
        } catch let error as FileWritingError {
            throw .outputUnwritable(path: error.path, reason: ": cannot be written: \(error.reason)")
        } catch { throw .unexpected(error) }
        let numbers = response.values.lazy.filter(\.isFinite)
        return Result(
            name: response.name, size: response.grid.size,
            range: numbers.min().flatMap { low in numbers.max().map { low...$0 } }, notes: notes)
    }
}
