import Files
import Foundation
import Imaging
import Ingestion
import Radiomics
import Workflows

/// Works through the cases one after the other, each region on all threads: memory is bounded by one image and the maps
/// of one region.
struct MapRun {
    let plan: CasePlan
    let settings: FeatureMapSettings
    let output: MapOutputOptions
    let running: RunningOptions

    private final class Tally {
        var regions = 0
        var maps = 0
        var failures = 0
        var names: Set<String> = []
    }

    func perform() throws {
        if !plan.imagesWithoutMask.isEmpty {
            Console.note(
                "\(plan.imagesWithoutMask.count) image(s) without a mask are left out (--whole-image takes them)",
                running.verbosity)
        }
        Interruption.watch()
        let tally = Tally()
        for item in plan.cases {
            try work(item, tally)
            guard !Interruption.isRequested else {
                throw CommandFailure(
                    .interrupted, "interrupted; the maps of \(tally.regions) region(s) are in \(output.output)")
            }
        }
        Console.note("\(tally.maps) map(s) of \(tally.regions) region(s) in \(output.output)", running.verbosity)
        guard tally.failures == 0 else {
            throw CommandFailure(.someCasesFailed, "\(tally.failures) region(s) or case(s) failed, see above")
        }
    }

    private func work(_ item: ImageCase, _ tally: Tally) throws {
        func fail(_ roi: String?, _ reason: String) {
            tally.failures += 1
            Console.error("\(item.name)\(roi.map { $0.isEmpty ? "" : " \($0)" } ?? ""): \(reason)")
        }
        do {
            switch item.work {
            case .failed(_, let entry, let reason): fail(entry?.name, reason)
            case .wholeImage(let image):
                let (volume, findings) = try load(image)
                let region = Region.whole(volume.geometry)
                if let reason = try map(
                    item, image, volume, region, mask: nil, findings.map(\.text), tally)
                {
                    fail(region.name, reason)
                }
            case .regions(let image, let masks, let selection):
                if let reason = selection.reasonForNothing(among: masks.flatMap(\.entries)) {
                    return fail(nil, reason)
                }
                let (volume, _) = try load(image)
                for mask in masks {
                    for outcome in try mask.regions(on: image, matching: selection) {
                        guard !Interruption.isRequested else { return }
                        switch outcome {
                        case .failed(let entry, let reason): fail(entry.name, reason)
                        case .region(let region, let findings):
                            let texts = (image.findings + item.findings + mask.findings + findings).filter {
                                $0.severity == .warning
                            }.map(\.text)
                            if let reason = try map(item, image, volume, region, mask: mask, texts, tally) {
                                fail(region.name, reason)
                            }
                        }
                    }
                }
            }
        } catch let error as IngestionError { fail(nil, error.reason) }
    }

    private func load(_ image: ImageSource) throws -> (Volume, [Finding]) {
        if let failure = image.findings.first(where: { $0.severity == .failure }) {
            throw IngestionError.unreadable(path: image.path, reason: failure.text)
        }
        let (volume, findings) = try image.load(as: settings.extraction.imageUnit)
        return (volume, findings.filter { $0.severity == .warning })
    }

    /// Returns why the region has no maps; nil when it has, or when there was an interruption.
    private func map(
        _ item: ImageCase, _ image: ImageSource, _ volume: Volume, _ region: Region, mask: MaskSource?,
        _ warnings: [String], _ tally: Tally
    ) throws -> String? {
        let looksAcross = settings.flatAxis != 2 || (settings.extraction.resample?.spacing.z ?? 0) > 0
        if looksAcross, let reason = image.brokenThirdAxis(under: region, "keep kernels within slices with --2d") {
            return reason
        }
        let title = region.name.isEmpty ? item.name : "\(item.name) \(region.name)"
        // Lines without a voxel of the region are left out, so the number of lines is only known by then.
        let progress = MapProgress(title, running.verbosity)
        defer { progress.finish() }
        let maps: FeatureMaps
        do throws(FeatureMapError) {
            maps = try FeatureMapper(settings).maps(
                of: region, in: volume, modality: image.identity.modality, jobs: running.jobs,
                advance: progress.advance, isCancelled: { Interruption.isRequested })
        } catch .cancelled {
            return nil
        } catch { return error.description }
        let format = output.format ?? (image.format == .png ? .png : .nrrd)
        if format == .png, maps.image.grid.size.z > 1 {
            return "a PNG holds one slice, the image has \(maps.image.grid.size.z); leave out --format png"
        }
        if format == .dicom, let reason = image.reasonForNoParametricMap { return reason }
        let files = MapFiles(
            folder: output.output, format: format, extent: output.fullGrid ? .grid : .box,
            background: background, settings: settings, disclosure: running.identity)
        let name = unusedName(item, region, mask, tally)
        do {
            tally.maps += try files.write(
                maps, MapOrigin(item: item, image: image, region: region, mask: mask, unit: volume.unit), name: name,
                warnings: warnings + maps.warnings)
        } catch let error as FileWritingError { throw CommandFailure(.outputUnwritable, error.description) }
        for warning in warnings + maps.warnings { Console.note("\(title): \(warning)", running.verbosity) }
        tally.regions += 1
        return nil
    }

    private var background: Float {
        (output.initValue ?? settings.outside).map { Float($0) }
            ?? (settings.extraction.convention == .pyradiomics ? 0 : .nan)
    }

    /// What the region's files start with. The cases come in the same order every time, so a number tells regions with
    /// equal names apart.
    private func unusedName(_ item: ImageCase, _ region: Region, _ mask: MaskSource?, _ tally: Tally) -> String {
        let maskName = mask.map { URL(fileURLWithPath: $0.path).deletingPathExtension().lastPathComponent } ?? ""
        let parts = [item.name, maskName, region.name, mask == nil ? "" : "\(region.label)"].filter { !$0.isEmpty }
        let name = parts.map(OutputFolder.fileName).joined(separator: "_")
        var unused = name
        var number = 2
        while !tally.names.insert(unused).inserted {
            unused = "\(name)-\(number)"
            number += 1
        }
        return unused
    }
}

/// A bar whose length is known with the first line.
private final class MapProgress: Sendable {
    private let bar: Progress

    init(_ title: String, _ verbosity: Verbosity) {
        bar = Progress("mapping \(title)", unit: "lines", total: nil, verbosity: verbosity)
    }

    @Sendable func advance(lines: Int) {
        bar.expect(total: lines)
        bar.advance()
    }

    func finish() { bar.finish() }
}

extension ImageSource {
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
