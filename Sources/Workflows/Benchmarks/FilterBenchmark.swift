import Filters
import Foundation
import Imaging
import Ingestion
import Parallel
import SeededRandom

/// PyRadiomics' two usual filters over whole images: a Laplacian of Gaussian of 3 mm, and all eight subbands of coif1.
package struct FilterBenchmark {
    /// DICOM folder whose first image is filtered as well.
    package var input: String?
    /// Of the made image.
    package var size = SIMD3(512, 512, 134)
    package var threads = 2
    /// A Python that has PyRadiomics, or SimpleITK and PyWavelets alone: they filter the same images in the same run.
    package var python: String?
    /// Timed runs after one to warm up.
    package var repeats = 5

    package init() {}

    package func run(_ report: (Measurement) -> Void, note: (String) -> Void) throws {
        if let input {
            let archive = try Archive.scan([input], jobs: 1)
            guard let image = archive.images.first else { throw BenchmarkError.noRegion(path: input) }
            try measure("input", try image.load(), report, note)
        }
        try measure("made", Self.madeImage(size), report, note)
    }

    private func measure(
        _ name: String, _ volume: Volume, _ report: (Measurement) -> Void, _ note: (String) -> Void
    ) throws {
        let block = VolumeBlock(volume, box: VoxelBox(lower: .zero, size: volume.geometry.size))
        guard let coif1 = WaveletFamily("coif1") else { return }
        let log = [PyRadiomicsFilter.laplacianOfGaussian(sigma: 3)]
        let wavelet = Subband.all(axes: 3).map {
            PyRadiomicsFilter.wavelet(coif1, level: 1, $0, axes: [0, 1, 2])
        }
        let others = try python.map { try other($0, volume) }
        if let others, others.isEmpty {
            note("\(python ?? ""): no SimpleITK and PyWavelets there, so that none is timed beside")
        }
        for (kind, filters) in [("log", log), ("wavelet", wavelet)] {
            let before = Measurement.currentMemoryMB
            let seconds = Measurement.time(repeats: repeats) {
                for filter in filters {
                    let responses = ImageFilter(.pyradiomics(filter)).responses(
                        in: block.box, of: block, Workers(threads))
                    blackHole(responses.count)
                }
            }
            var measurement = Measurement(name: "filter-\(kind)-\(name)", seconds: seconds, threads: threads)
            let voxels = Double(volume.geometry.voxelCount)
            measurement.details = [
                ("voxels", voxels), ("images", Double(filters.count)),
                ("ns_per_voxel", measurement.median / voxels / Double(filters.count) * 1e9),
                ("memory_over_floats", (measurement.peakMemoryMB - before) * 1_048_576 / (4 * voxels)),
            ]
            if let other = others?[kind] {
                measurement.details += [("beside_seconds", other), ("beside_over_weft", other / measurement.median)]
            }
            report(measurement)
        }
    }

    /// Median seconds of PyRadiomics' two image types, or of what it calls for them; empty when that is not there.
    private func other(_ python: String, _ volume: Volume) throws -> [String: Double] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("weft-bench-\(getpid()).raw")
        defer { unlink(file.path) }
        try volume.values.withUnsafeBytes { try Data($0).write(to: file) }
        guard case .int16 = volume.values else { return [:] }
        let (size, spacing) = (volume.geometry.size, volume.geometry.spacing)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let sizes: [String] = [size.x, size.y, size.z].map { String($0) }
        let lengths: [String] = [spacing.x, spacing.y, spacing.z].map { "\($0)" }
        let counts = [String(repeats), String(threads)]
        process.arguments = [python, "-c", Self.program, file.path] + sizes + lengths + counts
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        var seconds: [String: Double] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let value = Double(words[1]) { seconds[String(words[0])] = value }
        }
        return seconds
    }

    private static let program = """
        import sys, time, numpy, pywt, SimpleITK as sitk
        path, nx, ny, nz, sx, sy, sz, repeats, threads = sys.argv[1:]
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(int(threads))
        array = numpy.fromfile(path, numpy.int16).reshape(int(nz), int(ny), int(nx))
        image = sitk.GetImageFromArray(array)
        image.SetSpacing((float(sx), float(sy), float(sz)))
        try:
            import radiomics
            radiomics.setVerbosity(60)
            from radiomics import imageoperations
            mask = image > -32768
            def log():
                for response in imageoperations.getLoGImage(image, mask, sigma=[3.0]): pass
            def wavelet():
                for response in imageoperations.getWaveletImage(image, mask, wavelet='coif1', level=1): pass
        except ImportError:
            def log():
                f = sitk.LaplacianRecursiveGaussianImageFilter()
                f.SetNormalizeAcrossScale(True)
                f.SetSigma(3.0)
                f.Execute(image)
            def wavelet():
                padded = numpy.pad(array, tuple((0, n % 2) for n in array.shape), 'wrap')
                pywt.swtn(padded, 'coif1', level=1, start_level=0, axes=(2, 1, 0))
        for name, work in (('log', log), ('wavelet', wavelet)):
            seconds = []
            for k in range(int(repeats) + 1):
                start = time.perf_counter()
                work()
                seconds.append(time.perf_counter() - start)
            print(name, sorted(seconds[1:])[int(repeats) // 2])
        """

    /// Smooth and noisy values of whole numbers, as a CT has them.
    private static func madeImage(_ size: SIMD3<Int>) -> Volume {
        var generator = SeededGenerator(seed: 7)
        let count = size.x * size.y * size.z
        var values = [Int16](repeating: 0, count: count)
        for k in 0..<count {
            let (x, y, z) = (k % size.x, k / size.x % size.y, k / (size.x * size.y))
            let smooth = (x / 32 * 37 + y / 32 * 53 + z / 8 * 71) % 400
            values[k] = Int16(smooth - 200 + Int(generator.next() % 64))
        }
        return Volume(geometry: Geometry(size: size, spacing: [0.9, 0.9, 3]), values: .int16(values))
    }
}
