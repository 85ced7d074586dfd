// The images of a table: what settings say of them, what they are called, and what becomes of a response.
import Filters
import Imaging
import Radiomics
import SettingsFile
import Testing

struct ImageItemTests {
    private static func settings(_ images: String, _ more: String = "families: [stat]") throws -> ExtractionSettings {
        try ExtractionSettings(yaml: "images: \(images)\n\(more)\n")
    }

    @Test(arguments: [
        ("[original, {kind: log, sigma: [1, 3.5]}]", ["original", "log_s1", "log_s3.5"]),
        ("{kind: mean, support: 15, boundary: zero}", ["mean_15_zero"]),
        ("{kind: log, sigma: 3, truncate: 6, dimension: 2D}", ["log_s3_t6_2D"]),
        ("{kind: laws, kernels: L5E5E5, energyDistance: 7, rotationInvariant: max}", ["laws_L5E5E5_e7_max"]),
        (
            "{kind: gabor, sigma: 5, lambda: 2, gamma: 1.5, thetaStep: 22.5, rotationInvariant: mean}",
            ["gabor_s5_l2_g1.5_by22.5_mean"]
        ),
        ("{kind: gabor, sigma: 5, lambda: 2, theta: 60, planes: xz}", ["gabor_s5_l2_g1_t60_xz"]),
        (
            "{kind: wavelet, family: db3, dimension: 2D, level: [1, 2], subbands: [LH, HH]}",
            ["wavelet_db3_LH_2D", "wavelet_db3_HH_2D", "wavelet_db3_LH_l2_2D", "wavelet_db3_HH_l2_2D"]
        ),
        ("[{kind: simoncelli, level: 2}, square]", ["simoncelli_l2", "square"]),
        (
            "{kind: riesz, order: [0, 2, 0], of: {kind: log, sigma: [3]}, boundary: zero}",
            ["riesz_0_2_0_of_log_s3_zero"]
        ),
        ("[{kind: riesz, order: [1, 0, 0], rotationInvariant: max}]", ["riesz_1_0_0_max"]),
        (
            "{kind: riesz, order: [0, 2, 0], rotationInvariant: mean, of: {kind: laws, kernels: L5E5E5, rotationInvariant: max}}",
            ["riesz_0_2_0_of_max_of_laws_L5E5E5_mean"]
        ),
        (
            "{kind: riesz, order: [0, 2, 0], of: {kind: gabor, sigma: 5, lambda: 2, thetaStep: 45, rotationInvariant: mean}}",
            ["riesz_0_2_0_of_mean_of_gabor_s5_l2_g1_by45"]
        ),
        (
            "[{kind: log, sigma: 3, rotationInvariant: max}, {kind: simoncelli, rotationInvariant: mean}]",
            ["log_s3", "simoncelli_l1"]
        ),
        ("[{kind: gradient, useSpacing: false}, {kind: lbp2D}]", ["gradient_voxels", "lbp2D_r1_p8"]),
        ("{kind: lbp3D, parts: [m2, k]}", ["lbp3D_m2", "lbp3D_k"]),
    ])
    func names(images: String, names: [String]) throws {
        let settings = try Self.settings(images)
        #expect(settings.featureImages.map(\.name) == names)
        #expect(try ExtractionSettings(yaml: settings.yaml) == settings, "\(settings.yaml)")
        let columns = settings.columns.map(\.name)
        #expect(columns.count == 18 * names.count && Set(columns).count == columns.count)
        #expect(columns.contains(names[0] == "original" ? "stat_mean" : "\(names[0])__stat_mean"))
    }

    @Test("All of a wavelet, in both conventions and dimensions, named as there")
    func subbands() throws {
        #expect(try Self.settings("{kind: wavelet}").featureImages.count == 8)
        #expect(try Self.settings("{kind: wavelet, dimension: 2D}").featureImages.count == 4)
        let file = "convention: pyradiomics\nfamilies: [stat]"
        let names = try Self.settings("[{kind: wavelet, level: 2}, {kind: log, sigma: [1, 2.0]}]", file)
            .featureImages.map(\.name)
        #expect(names.count == 17 && names[0] == "wavelet-LLH" && names[7] == "wavelet2-LLH")
        #expect(names[14...] == ["wavelet2-LLL", "log-sigma-1-mm-3D", "log-sigma-2-0-mm-3D"])
    }

    @Test(arguments: [
        ("{kind: log}", "sigma: found nothing"), ("log", "'log' alone"), ("{sigma: 3}", "a filter without kind"),
        ("{kind: lgo, sigma: 3}", "one of original, mean, log"), ("{kind: log, sigma: -1}", "positive numbers of mm"),
        ("{kind: log, sigam: 1}", "did you mean 'sigma'?"), ("{kind: log, sigma: 1, level: 2}", "unknown key 'level'"),
        ("{kind: wavelet, family: db99}", "one of haar, db1"),
        ("{kind: wavelet, subbands: LL}", "three; within slices give dimension: 2D"),
        ("{kind: laws, kernels: L5X5}", "kernels for two or three axes"),
        ("{kind: laws, kernels: L5E5}", "three; within slices give dimension: 2D"),
        ("{kind: gabor, sigma: 2, lambda: 1, thetaStep: 45}", "needs rotationInvariant: mean or max"),
        ("{kind: riesz, order: [0, 0, 0]}", "one of them at least 1"),
        ("{kind: riesz, order: [1, 0, 0], of: {kind: square}}", "mean, log, laws, gabor, wavelet or simoncelli"),
        ("{kind: riesz, order: [1, 0, 0], rotationInvariant: mean}", "riesz_1_0_0_mean is 0 everywhere"),
        ("{kind: laws, kernels: E5L5S5, rotationInvariant: mean}", "the mean over all turns cancels out"),
        (
            "{kind: riesz, order: [1, 0, 0], boundary: zero, of: {kind: mean, support: 3, boundary: nearest}}",
            "said once"
        ),
        ("{kind: riesz, order: [1, 0, 0], of: {kind: mean, support: 3, dimension: 2D}}", "said once"),
        (
            "{kind: riesz, order: [1, 0, 0], of: {kind: mean, support: 3, binCount: 8}}",
            "binWidth or binCount is said once"
        ),
        ("{kind: riesz, order: [1, 0, 0], of: {kind: laws, kernels: L5E5}}", "of.kernels: found 2 axes"),
        (
            "{kind: riesz, order: [2, 0, 0], rotationInvariant: max, of: {kind: gabor, sigma: 2, lambda: 1}}",
            "a rotationInvariant of its own"
        ),
        ("[original, original]", "original is there twice"), ("[]", "images: found none"),
        ("{kind: log, sigma: [3, 3]}", "log_s3 is there twice"),
        ("{kind: log, sigma: 3, binWidth: 1, binCount: 2}", "exclude each other"),
        ("{kind: log, sigma: 3, boundary: wrap}", "one of mirror, nearest, periodic, zero"),
        ("{kind: lbp3D, parts: m3}", "m1 to m2 (levels) or k"), ("{kind: lbp3D, parts: x}", "degrees such as m1"),
        ("{kind: wavelet, start_level: 1}", "start_level is not taken in the convention ibsi"),
    ])
    func refusals(images: String, words: String) throws {
        let error = #expect(throws: SettingsError.self) { try Self.settings(images) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
    }

    @Test(arguments: [
        ("{kind: mean, support: 3}", "PyRadiomics has no filter mean"),
        ("{kind: log, sigma: 3, boundary: zero}", "boundary is not taken in the convention pyradiomics"),
    ])
    func refusalsOfPyRadiomics(images: String, words: String) throws {
        let error = #expect(throws: SettingsError.self) {
            try Self.settings(images, "convention: pyradiomics")
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
    }

    /// A ball in a volume of steps, some of whose values are no numbers.
    private static func scan(_ nan: Int? = nil) -> (volume: Volume, region: Region) {
        let size = SIMD3(12, 11, 10)
        var (values, mask): ([Double], [UInt8]) = ([], [])
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    values.append(Double((x * 7 + y * y * 3 + z * 11 + x * y * z) % 53))
                    mask.append((x - 5) * (x - 5) + (y - 5) * (y - 5) + (z - 5) * (z - 5) <= 12 ? 1 : 0)
                }
            }
        }
        let geometry = Geometry(size: size, spacing: [1, 1, 2])
        if let nan { values[nan] = .nan }
        return (
            Volume(geometry: geometry, values: .float64(values)),
            Region(name: "ball", label: 1, box: VoxelBox(lower: .zero, size: size), voxels: mask)
        )
    }

    @Test("Values of a filtered image are those of its response as an image, and do not touch the original's")
    func values() throws {
        let (volume, region) = Self.scan()
        let families = "families: [stat, cm, szm]\ndiscretise: {binCount: 16}"
        let both = try Extractor(Self.settings("[original, {kind: mean, support: 3}]", families))
            .features(of: region, in: volume, modality: "MR")
        let original = try Extractor(Self.settings("original", families))
            .features(of: region, in: volume, modality: "MR")
        #expect(Array(both.values.measures.prefix(original.values.count)) == original.values.measures)
        let filter = ImageFilter(.mean(support: 3))
        let whole = VoxelBox(lower: .zero, size: volume.geometry.size)
        var response = volume
        response.values = .float64(filter.responses(in: whole, of: VolumeBlock(volume, box: whole)))
        let expected = try Extractor(Self.settings("original", families))
            .features(of: region, in: response, modality: "MR")
        #expect(Array(both.values.measures.suffix(expected.values.count)) == expected.values.measures)
        #expect(both.values.columns.last?.name == "mean_3__\(expected.values.columns.last?.name ?? "")")
    }

    @Test("A range cuts the unfiltered intensities; a width in HU bins no response, its own does")
    func order() throws {
        let (volume, region) = Self.scan()
        let cut = "families: [stat, ih]\nresegment: {range: [10, 40]}\ndiscretise: {binWidth: 5}"
        let extraction = try Extractor(Self.settings("[original, {kind: mean, support: 3}]", cut))
            .features(of: region, in: volume, modality: "CT")
        let values = Dictionary(
            uniqueKeysWithValues: extraction.values.map { ($0.column.name, $0.measure.value ?? .nan) })
        let minimum = try #require(values["stat_min"])
        #expect(minimum >= 10)
        #expect(try #require(values["mean_3__ih_max"]) == 32)
        #expect(extraction.notes.contains { $0.hasPrefix("mean_3: 32 bins by default") }, "\(extraction.notes)")
        let own = try Extractor(
            Self.settings("[original, {kind: mean, support: 3, binCount: 7}]", cut)
        ).values(of: region, in: volume, modality: "CT")
        #expect(own["mean_3__ih_max"] == 7)
    }

    @Test(
        "Responses that are no numbers are left out and said; an image too small for ITK's recursion has empty columns")
    func degenerate() throws {
        let (volume, region) = Self.scan((5 * 11 + 5) * 12 + 5)
        let extraction = try Extractor(Self.settings("{kind: mean, support: 3}"))
            .features(of: region, in: volume, modality: "")
        #expect(
            extraction.warnings.contains { $0.contains("26 voxels whose response is no finite number") },
            "\(extraction.warnings)")
        let spectral = try Extractor(Self.settings("[original, {kind: simoncelli}]"))
            .features(of: region, in: volume, modality: "")
        #expect(spectral.values.last?.measure == .undefined(.noResponse))
        #expect(spectral.values.first?.measure.value != nil)

        var flat = Self.scan().volume
        flat.geometry.size = [12, 11, 3]
        flat.values = .float64((0..<12 * 11 * 3).map { Double($0 % 17) })
        let whole = Region.whole(flat.geometry)
        let small = try Extractor(Self.settings("[original, {kind: log, sigma: 1}]", "convention: pyradiomics"))
            .features(of: whole, in: flat, modality: "")
        #expect(small.values.last?.measure == .undefined(.imageTooSmall))
        #expect(small.warnings.contains { $0.contains("12 × 11 × 3 voxels") }, "\(small.warnings)")
    }

    @Test(
        "No value depends on the number of threads: images, families and directions",
        arguments: ["ibsi", "pyradiomics"])
    func threads(_ convention: String) throws {
        let (volume, region) = Self.scan()
        let images = "[original, {kind: log, sigma: 2}, {kind: wavelet, family: db2}, {kind: gradient}]"
        var extractor = Extractor(
            try Self.settings(images, convention == "ibsi" ? "families: automatic" : "convention: pyradiomics"))
        let expected = try extractor.features(of: region, in: volume, modality: "")
        #expect(expected.values.count > 300)
        for jobs in [2, 5] {
            extractor.jobs = jobs
            let found = try extractor.features(of: region, in: volume, modality: "")
            let different = zip(found.values, expected.values).filter { $0 != $1 }
            #expect(different.isEmpty, "\(jobs) threads: \(different.count), \(different.prefix(3))")
            #expect(found.values.count == expected.values.count)
            #expect(found.warnings == expected.warnings && found.notes == expected.notes)
        }
        var matrices: [MatrixLabel] = []
        let observed = try extractor.features(of: region, in: volume, modality: "") { label, _ in
            matrices.append(label)
        }
        #expect(observed.values == expected.values && Set(matrices).count == matrices.count && !matrices.isEmpty)
    }

    @Test("One slice has its filters within it")
    func oneSlice() throws {
        let settings = try Self.settings("[{kind: log, sigma: 2}, {kind: wavelet}]")
            .resolved(for: ImageKind(modality: "US", depth: .oneSlice))
        #expect(settings.featureImages.map(\.name).prefix(2) == ["log_s2_2D", "wavelet_coif1_LH_2D"])
        #expect(settings.featureImages.count == 5)
    }

    @Test(
        "Of one slice a part across slices finds nothing but roundings: no values, and why",
        arguments: [
            "{kind: laws, kernels: L5E5E5}", "{kind: wavelet, subbands: LLH}", "{kind: riesz, order: [0, 0, 1]}",
            "{kind: riesz, order: [1, 0, 0], of: {kind: laws, kernels: L5E5L5}}",
        ])
    func acrossSlices(_ images: String) throws {
        var volume = Self.scan().volume
        volume.geometry.size = [12, 11, 1]
        volume.values = .float64((0..<12 * 11).map { Double($0 % 17) })
        let settings = try Self.settings("[original, \(images)]").resolved(
            for: ImageKind(modality: "US", depth: .oneSlice))
        let found = try Extractor(settings).features(of: Region.whole(volume.geometry), in: volume, modality: "US")
        #expect(found.values.first?.measure.value != nil)
        #expect(found.values.last?.measure == .undefined(.filterAcrossSlices))
        #expect(found.warnings.contains { $0.contains("the image has one slice") }, "\(found.warnings)")
        let one = try #require(
            VolumeFilterer(Self.settings(images).resolved(for: ImageKind(modality: "US", depth: .oneSlice))))
        #expect(throws: ExtractionError.filterAcrossSlices) { try one.response(of: volume, jobs: 1) }
    }

    @Test("The map of a response: the mean over a kernel of one voxel is the response")
    func maps() throws {
        let (volume, region) = Self.scan()
        var settings = FeatureMapSettings(try Self.settings("{kind: log, sigma: 2}", "families: automatic"))
        settings.extraction.texture.aggregations = [.merged3D]
        try settings.select(["stat_max", "stat_min"])
        try settings.validate()
        let maps = try FeatureMapper(settings).maps(of: region, in: volume, modality: "", jobs: 1)
        #expect(maps.maps.map(\.column.name) == ["log_s2__stat_min", "log_s2__stat_max"])
        let filter = ImageFilter(.laplacianOfGaussian(sigma: 2, truncate: 4))
        let whole = VoxelBox(lower: .zero, size: volume.geometry.size)
        let response = VolumeBlock(
            grid: volume.geometry, box: maps.box,
            values: filter.responses(in: maps.box, of: VolumeBlock(volume, box: whole))
        ).values(in: maps.box)
        for k in maps.inside.indices where maps.inside[k] != 0 {
            #expect(maps.maps[0].values[k] <= Float(response[k]) && maps.maps[1].values[k] >= Float(response[k]))
        }
        settings.extraction.images.append(.original)
        #expect(throws: SettingsError.self) { try settings.validate() }
    }
}
