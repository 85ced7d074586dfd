import ArgumentParser
import Imaging
import Radiomics
import SettingsFile
import TextureCore
import Workflows

/// `weft filter INPUT --filter F -o FILE`
struct Filter: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the response of an image filter: LoG, wavelet, Laws, Gabor, and more.",
        discussion: """
            Takes one image and writes the response at every voxel, as NRRD or NIfTI by the suffix of the output, in 32-bit \
            floats. A filter is written as under images in weft-settings(5); weft extract --images gives features of it.

              weft filter series/ --filter '{kind: log, sigma: 3}' -o response.nrrd
              weft filter series/ --filter '{kind: wavelet, family: coif1, subbands: LLH}' -o llh.nii
              weft filter series/ --convention pyradiomics --filter '{kind: log, sigma: 3}' -o itk.nrrd
            """)

    @Argument(help: "A DICOM file, a folder with one series, or a PNG.", completion: .file())
    var input: String

    @Option(
        help: ArgumentHelp(
            "The filter as an item of images in YAML, e.g. '{kind: log, sigma: 3}'.", valueName: "filter"))
    var filter: String

    @Option(help: ExtractionSettings.optionHelp("convention"))
    var convention: Convention?

    @Option(help: ExtractionSettings.optionHelp("imageUnit"))
    var suv: ImageUnit?

    @Option(help: "Resample the image to this spacing first, mm: x,y,z or one number; 0 keeps an axis.")
    var resample: NumberList?

    @Option(help: ExtractionSettings.optionHelp("resample.interpolation"))
    var interpolation: Resampling.Interpolation?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("File to write: .nrrd, .nii or .nii.gz.", valueName: "file"), completion: .file())
    var output: String

    @Flag(help: "Replace a file that is there.")
    var force = false

    @Option(
        name: [.customShort("j", allowingJoined: true), .customLong("jobs")],
        help: "How many threads work, a number from 1 to 1024.")
    var jobCount = JobCount.allCores

    @Flag(name: .shortAndLong, help: "No notes on standard error.")
    var quiet = false

    func run() throws {
        let settings: ExtractionSettings
        do throws(SettingsError) { settings = try resolved() } catch { throw CommandFailure(error) }
        _ = try OutputFile(output, replacing: force)
        guard let format = ImageFiltering.Format(ofFile: output) else {
            throw CommandFailure(.usage, "--output is \(output), expected a file that ends in .nrrd, .nii or .nii.gz")
        }
        let verbosity: Verbosity = quiet ? .quiet : .normal
        let result = try ImageFiltering(of: input, settings: settings, jobs: jobCount.count)
            .write(to: output, as: format, force ? .replace : .refuse, .console(verbosity))
        for note in result.notes { Console.note(note, verbosity) }
        let size = "\(result.size.x) × \(result.size.y) × \(result.size.z)"
        let range = result.range.map { ", from \($0.lowerBound) to \($0.upperBound)" } ?? ", without any number"
        Console.note("\(result.name) of \(size) voxels\(range), in \(output)", verbosity)
    }

    private func resolved() throws(SettingsError) -> ExtractionSettings {
        var settings = ExtractionSettings()
        if let convention { settings.convention = convention }
        if let suv { settings.imageUnit = suv }
        settings.images = try ImageItem.list(yaml: filter, option: "--filter")
        guard settings.images != [.original] else {
            throw .value(key: "--filter", found: "original", expected: "a filter such as {kind: log, sigma: 3}")
        }
        if let resample {
            guard settings.convention == .ibsi else {
                throw .conflict(
                    "--resample is not taken with --convention pyradiomics: its grid hangs on a region; use weft extract"
                )
            }
            settings.resample = Resampling(
                spacing: try Resampling.spacing(resample.values, key: "--resample"),
                interpolation: interpolation ?? .linear)
        } else if interpolation != nil {
            throw .conflict("--interpolation needs a grid to interpolate to; give --resample as well")
        }
        return settings
    }
}
