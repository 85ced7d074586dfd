import Files
import Foundation
import Imaging
import Ingestion
import Radiomics
import SettingsFile

/// Works through the cases one after the other, each region on all threads: memory is bounded by one image and the maps
/// of one region.
struct MapRun {
    /// Of the image that is worked on.
    private var settings: FeatureMapSettings
    /// Of the run, with the sections of modalities.
    private let common: FeatureMapSettings
    let output: MapOutput
    private let finished: FinishedMaps
    private var names: MapNames
    let identity: IdentityDisclosure
    let jobs: Int
    let observer: WorkObserver
    let leftOut = LeftOutRegions()
    private(set) var summary = MapSummary()

    init(
        settings: FeatureMapSettings, output: MapOutput, finished: FinishedMaps, names: MapNames,
        identity: IdentityDisclosure, jobs: Int, observer: WorkObserver
    ) {
        (self.settings, common, self.output, self.identity) = (settings, settings, output, identity)
        (self.finished, self.names) = (finished, names)
        (self.jobs, self.observer) = (jobs, observer)
    }

    /// A volume with what was found while it was read.
    private struct LoadedVolume: LoadedImage {
        var volume: Volume
        var findings: [Finding]
    }

    /// Maps the regions of one case after the other.
    /// - Throws: ``WorkflowError`` when a file cannot be written; a region that has no maps is counted and said.
    mutating func work(on item: ImageCase) throws(WorkflowError) {
        if let image = item.image {
            do throws(SettingsError) {
                settings = try common.resolved(for: ImageKind(image))
            } catch { throw .settings(error) }
        }
        let (unit, observer) = (settings.extraction.imageUnit, observer)
        var failures = 0
        func fail(_ roi: String?, _ reason: String) {
            failures += 1
            observer.failure("\(item.name)\(roi.map { $0.isEmpty ? "" : " \($0)" } ?? ""): \(reason)")
        }
        try item.forEachRegion(identity, settings.extraction.maskOperations) { image throws(LoadFailure) in
            let (volume, findings) = try LoadFailure.catching { () throws(IngestionError) in try image.load(as: unit) }
            return LoadedVolume(volume: volume, findings: findings)
        } failed: { failure in
            if !observer.isCancelled() { fail(failure.entry?.name, failure.reason) }
        } leftOut: { region in
            leftOut.add(item, region)
        } _: { region, loaded throws(WorkflowError) in
            guard !observer.isCancelled() else { return }
            if let reason = try map(item, region, loaded) { fail(region.region.name, reason) }
        }
        summary.failures += failures
    }

    /// Returns why the region has no maps; nil when it has, or when there was an interruption.
    private mutating func map(
        _ item: ImageCase, _ chosen: CaseRegion, _ loaded: LoadedVolume
    ) throws(WorkflowError) -> String? {
        let (image, region) = (chosen.image, chosen.region)
        let resamples = settings.extraction.resample?.isAcrossSlices(of: image.geometry) == true
        if resamples || settings.flatAxis != 2,
            let reason = image.brokenThirdAxis(under: region, "keep kernels within slices with --2d")
        {
            return reason
        }
        let format = output.format ?? image.mapFormat
        let files = MapFiles(
            folder: output.folder.path, format: format, extent: output.extent, background: background,
            pictures: output.pictures, settings: settings, disclosure: identity)
        let name = names.unused(item, chosen)
        let content = files.contentHash(of: loaded.volume, region)
        if finished == .kept, let written = files.earlier(name, contentHash: content) {
            summary.maps += written
            (summary.regions, summary.kept) = (summary.regions + 1, summary.kept + 1)
            return nil
        }
        let title = region.name.isEmpty ? item.name : "\(item.name) \(region.name)"
        let progress = observer.begin(WorkStep("mapping \(title)", unit: "lines", total: nil))
        defer { progress.finish() }
        let maps: FeatureMaps
        do throws(FeatureMapError) {
            // Lines without a voxel of the region are left out, so the number of lines is only known with the first one.
            maps = try FeatureMapper(settings).maps(
                of: region, in: loaded.volume, modality: image.identity.modality, jobs: jobs,
                advance: { lines in
                    progress.expect(total: lines)
                    progress.advance()
                }, isCancelled: observer.isCancelled)
        } catch .cancelled {
            return nil
        } catch { return error.description }
        if format == .png, maps.image.grid.size.z > 1 {
            return "a PNG holds one slice, the image has \(maps.image.grid.size.z); leave out --format png"
        }
        if format == .dicom, let reason = image.reasonForNoParametricMap { return reason }
        let found = warnings(chosen, of: item, loaded) + maps.warnings
        let origin = MapOrigin(
            item: item, image: image, region: region, mask: chosen.mask, unit: loaded.volume.unit,
            notes: chosen.maskFindings.filter { $0.severity == .note }.map(\.text), contentHash: content)
        let written: MapFiles.Written
        do {
            written = try files.write(maps, origin, name: name, warnings: found)
        } catch let error as IngestionError {
            return error.reason
        } catch let error as FileWritingError {
            throw .outputUnwritable(path: error.path, reason: ": cannot be written: \(error.reason)")
        } catch { throw .unexpected(error) }
        summary.maps += written.maps
        for warning in found + written.notes { observer.note("\(title): \(warning)") }
        summary.regions += 1
        return nil
    }

    private func warnings(_ region: CaseRegion, of item: ImageCase, _ loaded: LoadedVolume) -> [String] {
        let findings =
            region.mask == nil ? loaded.findings : region.image.findings + item.findings + region.maskFindings
        return findings.filter { $0.severity == .warning }.map(\.text)
    }

    private var background: Float {
        (output.outside ?? settings.outside).map { Float($0) }
            ?? (settings.extraction.convention == .pyradiomics ? 0 : .nan)
    }
}

extension ImageSource {
    /// What maps of it are written as where nobody says.
    fileprivate var mapFormat: MapFormat {
        switch format {
        case .png: .png
        case .nifti: .nifti
        case .dicom, .nrrd, .metaImage: .nrrd
        }
    }

    /// A parametric map lies in a patient, and belongs to a study and a series of images.
    fileprivate var reasonForNoParametricMap: String? {
        guard format == .dicom, !identity.studyUID.isEmpty, !identity.seriesUID.isEmpty, patientPosition == .stated
        else {
            return "the image has no DICOM study, series and place in the patient, which a parametric map needs; leave"
                + " out --format dicom"
        }
        return nil
    }
}
