import ArgumentParser
import Benchmarks
import Radiomics

/// `weft bench scan`: reading headers.
struct ScanBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Headers of an archive read a second, with one thread and with two.")

    @Argument(help: "Folder to scan.", completion: .directory)
    var input: String

    @OptionGroup var options: BenchOptions

    func run() throws {
        var benchmark = ScanBenchmark(input: input)
        benchmark.repeats = options.repeats
        try options.withFailures { try benchmark.run(options.report) }
    }
}

/// `weft bench extract`: the whole program, from folder to table.
struct ExtractBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "The whole program from images to a CSV, as a process of its own, with one job and with two.",
        discussion: """
            Times `weft extract INPUT -o FILE.csv` with the options after --, start-up included. Beside it stands the \
            time of reading the same files byte by byte, which nothing can undercut.

              weft bench extract ct_phantom/dicom -- --range=-500,400 --bin-width 25

            compute: in this process, without reading, with one thread and with two in turn: all IBSI families in 3D on the \
            first region, 32 bins. --beside runs another program in turn with the process of one job and gives the ratio of \
            the two.

              weft bench extract sts1ct --beside 'pyradiomics image.nrrd mask.nrrd' -- --convention pyradiomics
            """)

    @Argument(help: "Folder or file to extract.", completion: .file())
    var input: String

    @Option(help: "File or folder of masks, as --mask of extract; default: beside the images.", completion: .file())
    var mask: String?

    @Option(
        help:
            "Command line of another program that does the same work, run by the shell in turn with weft. May be repeated."
    )
    var beside: [String] = []

    @OptionGroup var options: BenchOptions

    @Argument(parsing: .postTerminator, help: "Options of extract.")
    var extractOptions: [String] = []

    func run() throws {
        var benchmark = ExtractionBenchmark(input: input)
        benchmark.mask = mask
        (benchmark.extractOptions, benchmark.beside, benchmark.repeats) = (extractOptions, beside, options.repeats)
        benchmark.accepted.insert(ExitStatus.someCasesFailed.rawValue)
        try options.withFailures { try benchmark.run(options.report, note: { Console.note($0, .normal) }) }
    }
}

/// `weft bench glcm`: co-occurrence matrices and all their features.
struct GLCMBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "glcm",
        abstract: "Co-occurrence matrices and their 26 features, one thread, beside counting the pairs alone.",
        discussion: """
            roi: 13 directions in 3D on a region (the first of --input, or a made one of the size of the IBSI CT phantom's), \
            25 HU bins, 13 matrices each with all features, averaged. images: 512 × 512 speckle images (weft phantom \
            us-speckle) at 256 levels, 4 directions. Measured once on another machine: mahotas takes 14 ms for the IBSI CT phantom's region \
            and 2.2 s for 200 images, each for 13 features.
            """)

    @Option(help: "DICOM folder with a mask; default: a made region of 125,000 voxels.", completion: .directory)
    var input: String?

    @Option(help: "How many images the second case has.")
    var images = 200

    @OptionGroup var options: BenchOptions

    func run() throws {
        var benchmark = MatrixBenchmark()
        (benchmark.input, benchmark.images, benchmark.repeats) = (input, images, options.repeats)
        try options.withFailures { try benchmark.run(options.report) }
    }
}

/// `weft bench filter`: PyRadiomics' filters over whole images.
struct FilterBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "filter",
        abstract: "A Laplacian of Gaussian and the eight subbands of a wavelet over whole images.",
        discussion: """
            log: ITK's recursion, 3 mm; wavelet: coif1, level 1, eight subbands one after the other, both as in the convention \
            pyradiomics, on a made image and on the first of --input. --python names a Python that has PyRadiomics, or SimpleITK \
            and PyWavelets alone, which then filter the same images in the same run.

              weft bench filter --input ct_phantom/dicom --python python3
            """)

    @Option(help: "DICOM folder whose first image is filtered as well.", completion: .directory)
    var input: String?

    @Option(help: "Slices of 512 × 512 of the made image.")
    var slices = 134

    @Option(help: "Threads; the responses do not depend on it.")
    var threads = 2

    @Option(help: "A Python with PyRadiomics, or with SimpleITK and PyWavelets, to time beside.")
    var python: String?

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard JobCount.range.contains(threads) else {
            throw ValidationError("--threads is \(threads), expected a number from 1 to \(JobCount.range.upperBound)")
        }
        guard (1...4096).contains(slices) else {
            throw ValidationError("--slices is \(slices), expected a number from 1 to 4096")
        }
    }

    func run() throws {
        var benchmark = FilterBenchmark()
        (benchmark.input, benchmark.threads, benchmark.python) = (input, threads, python)
        (benchmark.size.z, benchmark.repeats) = (slices, options.repeats)
        try options.withFailures { try benchmark.run(options.report) { Console.note($0, .normal) } }
    }
}

/// `weft bench map`: voxel-wise feature maps.
struct MapBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Voxel-wise feature maps: a region in 3D, a slice, and kernels of growing radius.",
        discussion: """
            region: PyRadiomics' 24 co-occurrence features, radius 1, 3D, bins of 25, on the first region of --input or a \
            made one of 12,000 voxels. slice: one feature of a 512 × 512 speckle image, radius 2, 32 levels. \
            radius-R: one feature in 3D with the faces and the volume of the kernel, to see which of the two the time of a \
            voxel follows. Reference on another machine: PyRadiomics takes 27 s and 2 GB for the brain region.
            """)

    @Option(help: "DICOM folder with a mask; default: a made region of 12,000 voxels.", completion: .directory)
    var input: String?

    @Option(help: "Threads; the maps do not depend on it.")
    var threads = 2

    @Option(help: "Largest radius of the sweep, from 1.")
    var largestRadius = 6

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard JobCount.range.contains(threads) else {
            throw ValidationError("--threads is \(threads), expected a number from 1 to \(JobCount.range.upperBound)")
        }
        guard FeatureMapSettings.radii.contains(largestRadius) else {
            throw ValidationError("--largest-radius is \(largestRadius), expected a number from 1 to 32")
        }
    }

    func run() throws {
        var benchmark = MapBenchmark()
        (benchmark.input, benchmark.threads, benchmark.largestRadius) = (input, threads, largestRadius)
        benchmark.repeats = options.repeats
        try options.withFailures { try benchmark.run(options.report) }
    }
}
