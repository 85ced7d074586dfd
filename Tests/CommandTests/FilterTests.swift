import Foundation
import TestSupport
import Testing

@Suite("weft filter")
struct FilterTests {
    private static let size = SIMD3(7, 6, 5)

    /// Level of a voxel: no two neighbours alike.
    private static let levels = (0..<size.x * size.y * size.z).map { Int16($0 * 37 % 101 - 20) }

    /// A volume whose sides and place are all different.
    private func volume(_ name: String, _ scratch: Scratch) throws {
        try Data(VolumeBytes.nifti(Self.levels, size: Self.size, spacing: [1, 2, 3.5], origin: [-11, 13, 17]))
            .write(to: scratch.folder.appendingPathComponent(name))
    }

    /// The mean over 3 × 3 × 3 voxels, the border's voxels repeated.
    private static let means: [Float] = (0..<levels.count).map { k in
        let voxel = SIMD3(k % size.x, k / size.x % size.y, k / (size.x * size.y))
        var sum = 0.0
        for z in -1...1 {
            for y in -1...1 {
                for x in -1...1 {
                    // Mirrored at the edge, the voxel before the first is the first.
                    let place = pointwiseMin(pointwiseMax(voxel &+ SIMD3(x, y, z), .zero), size &- 1)
                    sum += Double(levels[(place.z * size.y + place.y) * size.x + place.x])
                }
            }
        }
        return Float(sum / 27)
    }

    private static func floats(_ bytes: some Collection<UInt8>) -> [Float] {
        let bytes = Array(bytes)
        return stride(from: 0, to: bytes.count, by: 4).map { k in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[k + $1]) << UInt32(8 * $1) })
        }
    }

    /// The numbers of a line of an NRRD header.
    private static func numbers(_ key: String, _ header: String) -> [Double] {
        let line = header.split(separator: "\n").first { $0.hasPrefix(key + ":") } ?? ""
        return line.dropFirst(key.count + 1).split { "(), ".contains($0) }.compactMap { Double($0) }
    }

    private static func worst(_ a: [Float], _ b: [Float]) -> Float {
        a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
    }

    private func gunzipped(_ name: String, _ scratch: Scratch) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", scratch.path(name)]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return data
    }

    /// Lines and voxels of an NRRD.
    private func nrrd(_ name: String, _ scratch: Scratch) throws -> (header: String, values: [Float]) {
        let data = try scratch.read(name)
        let end = try #require(data.range(of: Data("\n\n".utf8)))
        return (String(decoding: data[..<end.lowerBound], as: UTF8.self), Self.floats(data[end.upperBound...]))
    }

    private static let mean = ["--filter", "{kind: mean, support: 3}"]

    @Test("the response in the place of the image: NIfTI, packed NIfTI and NRRD, whatever the threads")
    func geometry() throws {
        let scratch = try Scratch()
        try volume("v.nii", scratch)
        for name in ["r.nii", "r.nii.gz", "r.nrrd"] {
            let said = try scratch.weft(expecting: 0, ["filter", "v.nii", "-o", name] + Self.mean).error
            #expect(said.contains("mean_3 of 7 × 6 × 5 voxels"), "\(said)")
        }
        let nifti = try scratch.read("r.nii")
        #expect(try gunzipped("r.nii.gz", scratch) == nifti)
        let own = try scratch.read("v.nii")
        func number<Number: BitwiseCopyable>(_ data: Data, _ type: Number.Type, _ place: Int) -> Number {
            data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: type) }
        }
        #expect((0..<4).map { number(nifti, Int16.self, 40 + 2 * $0) } == [3, 7, 6, 5])
        #expect(number(nifti, Int16.self, 70) == 16 && number(nifti, Int16.self, 254) > 0)
        for place in stride(from: 280, to: 328, by: 4) {
            #expect(number(nifti, Float.self, place) == number(own, Float.self, place), "sform at \(place)")
        }
        let found = Self.floats(nifti[Int(number(nifti, Float.self, 108))...])
        #expect(Self.worst(found, Self.means) < 1e-5, "\(Self.worst(found, Self.means))")

        let (header, values) = try nrrd("r.nrrd", scratch)
        #expect(values == found)
        for line in ["type: float", "sizes: 7 6 5", "space: left-posterior-superior"] {
            #expect(header.contains(line), "\(line) not in\n\(header)")
        }
        #expect(Self.numbers("space directions", header) == [1, 0, 0, 0, 2, 0, 0, 0, 3.5], "\(header)")
        #expect(Self.numbers("space origin", header) == [-11, 13, 17], "\(header)")

        try scratch.weft(expecting: 0, ["filter", "v.nii", "-o", "one.nrrd", "-j1"] + Self.mean)
        try scratch.weft(expecting: 0, ["filter", "v.nii", "-o", "three.nrrd", "-j3"] + Self.mean)
        #expect(try scratch.read("one.nrrd") == scratch.read("three.nrrd"))
    }

    @Test("resampled first: the grid of the response is the new one")
    func resampled() throws {
        let scratch = try Scratch()
        try volume("v.nii", scratch)
        try scratch.weft(
            expecting: 0,
            ["filter", "v.nii", "-o", "r.nrrd", "--resample", "1,1,0", "--interpolation", "cubic"] + Self.mean)
        let (header, values) = try nrrd("r.nrrd", scratch)
        #expect(header.contains("sizes: 7 12 5"), "\(header)")
        #expect(Self.numbers("space directions", header) == [1, 0, 0, 0, 1, 0, 0, 0, 3.5], "\(header)")
        // Both grids have one centre: 13 + 5 mm.
        #expect(Self.numbers("space origin", header) == [-11, 12.5, 17], "\(header)")
        #expect(values.count == 7 * 12 * 5 && values.allSatisfy(\.isFinite))
    }

    @Test("a picture, a slice of a volume and an image smaller than the kernel have responses within their slices")
    func small() throws {
        let scratch = try Scratch()
        try scratch.picture("p", width: 5, (0..<20).map { UInt8($0 * 13 % 97) })
        try scratch.weft(expecting: 0, ["filter", "p.png", "-o", "p.nrrd", "--filter", "{kind: log, sigma: 2}"])
        let picture = try nrrd("p.nrrd", scratch)
        #expect(picture.header.contains("sizes: 5 4 1"), "\(picture.header)")
        #expect(picture.header.contains("log_s2_2D") && picture.values.allSatisfy(\.isFinite), "\(picture.header)")

        try Data(VolumeBytes.nifti(Array(Self.levels.prefix(42)), size: [7, 6, 1]))
            .write(to: scratch.folder.appendingPathComponent("s.nii"))
        try scratch.weft(expecting: 0, ["filter", "s.nii", "-o", "s.nrrd"] + Self.mean)
        #expect(try nrrd("s.nrrd", scratch).header.contains("mean_3_2D"))

        try volume("v.nii", scratch)
        try scratch.weft(expecting: 0, ["filter", "v.nii", "-o", "v.nrrd", "--filter", "{kind: mean, support: 31}"])
        let values = try nrrd("v.nrrd", scratch).values
        let (low, high) = (try #require(values.min()), try #require(values.max()))
        #expect(low > -20 && high < 81 && high - low < 20, "\(low) \(high)")
        // PyRadiomics leaves out what is smaller than 4 voxels or its kernel.
        let refused = try scratch.weft(
            expecting: 65,
            ["filter", "s.nii", "-o", "no.nrrd", "--convention", "pyradiomics", "--filter", "{kind: log, sigma: 1}"])
        #expect(refused.error.contains("too small") && !scratch.exists("no.nrrd"), "\(refused.error)")
    }

    @Test("a voxel without a number is one in the response and around it, and is counted")
    func notANumber() throws {
        let scratch = try Scratch()
        var values = (0..<42).map { Float($0 * 29 % 31) }
        values[3 * 7 + 3] = .nan
        try scratch.floatImage("f", width: 7, values)
        let said = try scratch.weft(expecting: 0, ["filter", "f.dcm", "-o", "f.nrrd"] + Self.mean).error
        #expect(said.contains("9 voxels have no response that is a number"), "\(said)")
        #expect(try nrrd("f.nrrd", scratch).values.count(where: \.isNaN) == 9)
    }

    @Test(
        "what is no filter of one image is refused, in words",
        arguments: [
            (["v.nii", "--filter", "{kind: blur}"], 64, ["blur", "mean"]),
            (["v.nii", "--filter", "{kind: log}"], 64, ["sigma"]),
            (["v.nii", "--filter", "original"], 64, ["original", "{kind: log, sigma: 3}"]),
            (["v.nii", "--filter", "{kind: log, sigma: [1, 2]}"], 64, ["log_s1, log_s2", "one filter"]),
            (["v.nii", "--filter", "{kind: gabor, sigma: 2, lambda: 1, thetaStep: 45}"], 64, ["rotationInvariant"]),
            (["v.nii", "--filter", "{kind: laws, kernels: L5E5}"], 64, ["2 axes", "three"]),
            (
                ["v.nii", "--filter", "{kind: log, sigma: 1}", "--convention", "pyradiomics", "--resample", "1"], 64,
                ["--resample", "weft extract"]
            ),
            (["v.nii", "--filter", "{kind: log, sigma: 1}", "--interpolation", "cubic"], 64, ["--resample"]),
            (["v.nii", "--filter", "{kind: log, sigma: 1}", "--resample", "0.0001"], 64, ["from 0.001 to 10000"]),
            (["absent.nii", "--filter", "{kind: log, sigma: 1}"], 66, ["absent.nii"]),
            (["two", "--filter", "{kind: log, sigma: 1}"], 65, ["two", "2"]),
            (["v.nii", "--filter", "{kind: log, sigma: 1}", "-o", "r.txt"], 64, ["r.txt", ".nii.gz"]),
            (["v.nii", "--filter", "{kind: log, sigma: 1}", "-o", "there.nrrd"], 73, ["there.nrrd", "--force"]),
        ] as [([String], Int32, [String])])
    func refusals(_ arguments: [String], _ status: Int32, _ words: [String]) throws {
        let scratch = try Scratch()
        try volume("v.nii", scratch)
        try scratch.write("there.nrrd", "kept")
        try FileManager.default.createDirectory(atPath: scratch.path("two"), withIntermediateDirectories: true)
        for name in ["two/a.nii", "two/b.nii"] { try volume(name, scratch) }
        let output = arguments.contains("-o") ? [] : ["-o", "r.nrrd"]
        let result = try scratch.weft(expecting: status, ["filter"] + arguments + output)
        for word in words { #expect(result.error.contains(word), "\(word) not in: \(result.error)") }
        #expect(!scratch.exists("r.nrrd") && !scratch.exists("r.txt"))
        #expect(try scratch.read("there.nrrd") == Data("kept".utf8))
    }
}

@Suite("weft bench filter")
struct FilterBenchTests {
    @Test("both filters on both images, as JSON; a Python without the libraries is said")
    func run() throws {
        let scratch = try Scratch()
        let levels = (0..<12 * 11 * 10).map { Int16($0 * 37 % 101) }
        try Data(VolumeBytes.nifti(levels, size: [12, 11, 10])).write(
            to: scratch.folder.appendingPathComponent("v.nii"))
        let result = try scratch.weft(
            expecting: 0,
            ["bench", "filter", "--input", "v.nii", "--slices", "1", "--repeats", "1", "--json", "--python", "false"])
        let cases = try result.text.split(separator: "\n").map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(
            cases.map { $0["case"] as? String } == [
                "filter-log-input", "filter-wavelet-input", "filter-log-made", "filter-wavelet-made",
            ])
        for each in cases {
            #expect(each["threads"] as? Int == 2 && each["commit"] is String)
            for key in ["median_seconds", "voxels", "images", "ns_per_voxel", "memory_over_floats"] {
                #expect(each[key] is Double, "\(key) of \(each)")
            }
        }
        let voxels = cases.first?["voxels"] as? Double
        #expect(voxels == 1320.0, "12 x 11 x 10, found \(voxels ?? .nan)")
        #expect(result.error.contains("none is timed beside"), "\(result.error)")
    }
}

@Suite("filtered images in reports, maps and explanations")
struct FilteredColumnTests {
    @Test("a map of a filtered image has the values of its filter, and no unit of the image's")
    func map() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.weft(
            expecting: 0,
            [
                "map", "ct-lesion", "--mask", "ct-lesion/seg.dcm", "--roi", "Lesion", "--feature", "stat_mean",
                "--images", "{kind: log, sigma: 3}", "-o", "m", "-q",
            ])
        let names = try scratch.names(in: "m").filter { $0.hasSuffix(".json") }
        let name = try #require(names.first)
        let record = try #require(
            JSONSerialization.jsonObject(with: scratch.read("m/\(name)")) as? [String: Any])
        let maps = try #require(record["maps"] as? [[String: Any]])
        #expect(maps.map { $0["feature"] as? String } == ["log_s3__stat_mean"])
        #expect(maps.map { $0["unit"] as? String } == ["intensity"])
    }

    @Test("explain knows the columns of filtered images, IBSI's and PyRadiomics'")
    func explain() throws {
        let scratch = try Scratch()
        let own = try scratch.weft(expecting: 0, ["explain", "cm_contrast"]).text
        for (column, image) in [
            ("log_s3__cm_contrast_3D_comb", "log_s3"), ("wavelet-LLH_glcm_Contrast", "wavelet-LLH"),
            ("log-sigma-3-0-mm-3D_glcm_Contrast", "log-sigma-3-0-mm-3D"),
        ] {
            let lines = try scratch.weft(expecting: 0, ["explain", column]).text.split(separator: "\n")
            // The feature's own text, and a line that says of which image.
            let ofImage = lines.filter { $0.hasPrefix("  image ") }
            #expect(ofImage.count == 1 && ofImage[0].contains(" \(image), not the original"), "\(lines)")
            #expect(lines.filter { !$0.hasPrefix("  image ") } == own.split(separator: "\n"), "\(column)")
        }
        try scratch.weft(expecting: 64, ["explain", "blur_glcm_Contrast"])
    }

    @Test("what cannot be filtered is an input's fault, with the reason; what is no filter is the user's")
    func refusals() throws {
        let scratch = try Scratch()
        try Data(VolumeBytes.nifti([Int16](1...42), size: [7, 6, 1], spacing: [1, 1, 1], origin: [0, 0, 0]))
            .write(to: scratch.folder.appendingPathComponent("slice.nii"))
        let across = try scratch.weft(
            expecting: 65, ["filter", "slice.nii", "--filter", "{kind: wavelet, subbands: LLH}", "-o", "r.nrrd"])
        #expect(across.error.contains("the image has one slice"), "\(across.error)")
        let small = [
            "filter", "slice.nii", "--convention", "pyradiomics", "--filter", "{kind: log, sigma: 3}", "-o", "r.nrrd",
        ]
        #expect(try scratch.weft(expecting: 65, small).error.contains("too small"))
        let cancelled = ["filter", "slice.nii", "--filter", "{kind: riesz, order: [1, 0, 0], rotationInvariant: mean}"]
        #expect(try scratch.weft(expecting: 64, cancelled + ["-o", "r.nrrd"]).error.contains("cancels out"))
        let unknown = ["filter", "slice.nii", "--filter", "{kind: gradient, wrap: 2D}", "-o", "r.nrrd"]
        let message = try scratch.weft(expecting: 64, unknown).error
        #expect(message.components(separatedBy: "binWidth").count == 2, "\(message)")
    }
}
