import Foundation
import Radiomics
import Reports
import Tables
import VolumeWriting

/// Voxel-wise maps of features: the value at a voxel is the feature of the kernel around it.
public struct FeatureMapping: Sendable {
    /// DICOM files and folders of them, PNGs, or CSV manifests, as of ``FeatureExtraction``.
    public var inputs: [String]
    public var regions: RegionChoice
    public var settings: FeatureMapSettings
    /// Of which the images are taken, by DICOM's code; nil: of any.
    public var modalities: Set<String>?
    /// What becomes of a range or a width in the settings that images of several units would share.
    public var sharedNumbers = SharedNumbers.refused
    /// How the patient appears in what is written.
    public var identity: IdentityDisclosure
    /// Threads that share the lines of a region.
    public var jobs: Int
    /// Which of the cases are worked on; nil: all.
    public var shard: Shard?
    /// What becomes of regions whose maps are there already.
    public var finished = FinishedMaps.madeAnew

    public init(
        of inputs: [String], regions: RegionChoice = .all, settings: FeatureMapSettings,
        identity: IdentityDisclosure = .pseudonym, jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        (self.inputs, self.regions, self.settings) = (inputs, regions, settings)
        (self.identity, self.jobs) = (identity, jobs)
    }

    /// Writes data and pictures of every map, and per region a JSON file that says how they were made.
    /// - Throws: ``WorkflowError`` when an input cannot be read or the folder cannot be written. A region that has no maps
    ///   throws nothing: it is counted, and the observer hears why.
    public func write(
        to output: MapOutput, _ observer: WorkObserver = .silent
    ) throws(WorkflowError) -> MapSummary {
        try output.folder.prepare(option: "--output")
        var regions = regions
        regions.add(settings.extraction.register)
        let plan = try CasePlan(
            inputs, regions: regions, modalities: modalities, identity: identity, jobs: jobs, observer: observer)
        try plan.check(settings.extraction, sharedNumbers)
        plan.say(to: observer)
        observer.willStart()
        let share = CaseShare(plan, shard, settings: settings.yaml, identity)
        var run = MapRun(
            settings: settings, output: output, finished: finished, names: MapNames(plan.cases), identity: identity,
            jobs: jobs, observer: observer)
        let clock = CaseClock()
        for item in share.cases {
            let (start, before) = (clock.begin(), run.summary)
            try run.work(on: item)
            var record = CaseRecord(item.name)
            for _ in before.regions..<run.summary.regions { record.add(.ok) }
            for _ in before.failures..<run.summary.failures { record.add(.failed) }
            clock.end(start, record, observer)
            guard !observer.isCancelled() else { break }
        }
        run.leftOut.say(to: observer)
        plan.sayWhoIsWithout(to: observer)
        var summary = run.summary
        if observer.isCancelled() { summary.ending = .interrupted }
        return summary
    }
}

/// Where maps go, and as what.
public struct MapOutput: Sendable {
    /// Made when absent.
    public var folder: OutputFolder
    /// Nil: PNG for a PNG, NIfTI for a NIfTI, NRRD otherwise.
    public var format: MapFormat?
    /// The box around the region, or the whole grid of the image; PNGs always have the whole slice.
    public var extent: MapVoxels.Extent
    /// The value outside the region in NRRD, NIfTI and DICOM; nil: what the settings say.
    public var outside: Double?
    public var pictures: MapPictureChoice

    public init(
        folder: OutputFolder, format: MapFormat? = nil, extent: MapVoxels.Extent = .box, outside: Double? = nil,
        pictures: MapPictureChoice = MapPictureChoice()
    ) {
        (self.folder, self.format, self.extent, self.outside) = (folder, format, extent, outside)
        self.pictures = pictures
    }
}

/// What becomes of maps that an earlier run has made.
public enum FinishedMaps: Sendable {
    case madeAnew
    /// They stay where voxels, settings and version are the same.
    case kept
}

/// Data as NRRD, NIfTI or DICOM parametric map (32-bit floats), or as PNG (16 bits, one slice).
public enum MapFormat: String, CaseIterable, Sendable { case nrrd, nifti, dicom, png }

/// How a mapping went.
public struct MapSummary: Sendable {
    /// Regions that have maps, and how many maps they are.
    public internal(set) var regions = 0
    public internal(set) var maps = 0
    /// Regions among these whose maps were there already.
    public internal(set) var kept = 0
    /// Regions, or whole cases, that have none.
    public internal(set) var failures = 0
    public internal(set) var ending = WorkEnding.complete
}
