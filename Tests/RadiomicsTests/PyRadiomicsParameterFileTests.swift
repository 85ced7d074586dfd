// Parameter files of PyRadiomics mean here what they mean there.
import Imaging
import Radiomics
import SettingsFile
import TestSupport
import Testing
import TextureCore

struct PyRadiomicsParameterFileTests {
    struct Golden: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var yaml: String
        var values: [(String, Double)]

        init(_ name: String, _ yaml: String, _ values: [(String, Double)]) {
            (testDescription, self.yaml, self.values) = (name, yaml, values)
        }
    }

    /// 8 x 7 x 6 voxels of 1.5 x 1.5 x 3 mm with a ball of 81.
    private static func phantom() -> (volume: Volume, region: Region) {
        let geometry = Geometry(size: [8, 7, 6], spacing: [1.5, 1.5, 3])
        var (values, mask): ([Int16], [UInt8]) = ([], [])
        for z in 0..<6 {
            for y in 0..<7 {
                for x in 0..<8 {
                    values.append(Int16((x * 37 + y * y * 11 + z * 53 + x * y * 7 + y * z * 3) % 97 - 20))
                    let distance = (x - 3) * (x - 3) + (y - 3) * (y - 3) + 2 * (z - 2) * (z - 2)
                    mask.append(distance <= 9 ? 1 : 0)
                }
            }
        }
        let box = VoxelBox(lower: .zero, size: geometry.size)
        return (
            Volume(geometry: geometry, values: .int16(values)),
            Region(name: "ball", label: 1, box: box, voxels: mask)
        )
    }

    /// What PyRadiomics 3.0.1 (NumPy, SimpleITK 2.5) gives for the phantom with the file. The spacings are
    /// not 2 mm, at which new voxels lie half-way between two old ones and ITK's nearest one hangs on a rounding.
    @Test(arguments: [
        Golden(
            "voxelArrayShift", "setting: {voxelArrayShift: 300, binWidth: 5}",
            [
                ("original_firstorder_Energy", 8859885.0),
                ("original_firstorder_TotalEnergy", 59804223.75),
                ("original_firstorder_RootMeanSquared", 330.7284328513294),
                ("original_firstorder_Mean", 29.567901234567902),
            ]),
        Golden(
            "normalize",
            "setting:\n  normalize: true\n  normalizeScale: 100\n  removeOutliers: 1.2\n  binWidth: 5\n  voxelArrayShift: 300\n",
            [
                ("original_firstorder_Energy", 8234524.718589118),
                ("original_firstorder_Mean", 5.945893160855895),
                ("original_firstorder_Minimum", -120.0),
                ("original_firstorder_Maximum", 120.0),
                ("original_glcm_Contrast", 653.9237887444121),
                ("original_glszm_ZoneEntropy", 5.194235677759405),
                ("original_shape_MeshVolume", 505.125),
            ]),
        Golden(
            "absolute, one end", "setting: {resegmentRange: [10]}",
            [
                ("original_firstorder_Minimum", 12.0),
                ("original_firstorder_Mean", 45.30909090909091),
                ("original_glcm_JointEntropy", 2.7546099082152287),
                ("original_gldm_DependenceEntropy", 3.727983404987427),
                ("original_shape_MeshVolume", 496.125),
            ]),
        Golden(
            "relative", "setting: {resegmentRange: [0.9, 0.3], resegmentMode: relative, binWidth: 7}",
            [
                ("original_firstorder_Minimum", 24.0),
                ("original_firstorder_Maximum", 68.0),
                ("original_firstorder_Mean", 46.06818181818182),
                ("original_glrlm_RunEntropy", 2.8901888348368088),
                ("original_shape_VoxelVolume", 526.5),
            ]),
        Golden(
            "sigma, shape",
            "setting: {resegmentRange: [-1, 1], resegmentMode: sigma, resegmentShape: true, binCount: 8, binWidth: 3}",
            [
                ("original_firstorder_Minimum", 3.0),
                ("original_firstorder_Maximum", 55.0),
                ("original_firstorder_Mean", 30.666666666666668),
                ("original_glcm_Contrast", 14.196061246445861),
                ("original_shape_VoxelVolume", 283.5),
                ("original_shape_SurfaceArea", 372.775119363065),
            ]),
        Golden(
            "resampled",
            "setting:\n  interpolator: sitkLinear\n  resampledPixelSpacing: [1.7, 1.7, 0]\n  padDistance: 10\n  preCrop: true\n",
            [
                ("original_firstorder_Mean", 27.72),
                ("original_firstorder_Maximum", 63.0),
                ("original_glcm_Contrast", 0.67114679770227),
                ("original_ngtdm_Busyness", 3.712798829720823),
                ("original_shape_VoxelVolume", 433.5),
            ]),
        Golden(
            "normalised, then resampled",
            "setting: {normalize: true, normalizeScale: 100, interpolator: sitkBSpline, resampledPixelSpacing: [1.7, 1.8, 2.3], binWidth: 5}",
            [
                ("original_firstorder_Mean", 2.9319893649330386),
                ("original_firstorder_Maximum", 211.40513710183816),
                ("original_glcm_Contrast", 413.66484063801147),
                ("original_ngtdm_Busyness", 0.0204204829572531),
                ("original_shape_VoxelVolume", 457.46999999999997),
            ]),
        Golden(
            "flat",
            "setting: {force2D: true, force2Ddimension: 1, gldm_a: 1, distances: [1, 2]}\nfeatureClass: {glcm: , gldm: []}",
            [
                ("original_glcm_Contrast", 2.724205689096387),
                ("original_glcm_Imc1", -0.2626719876716786),
                ("original_gldm_DependenceEntropy", 4.593653281943576),
            ]),
        Golden(
            "of the image type",
            "setting: {binWidth: 5}\nimageType:\n  Original: {binWidth: 12, weightingNorm: euclidean}\n",
            [
                ("original_glcm_Contrast", 12.827135160110032),
                ("original_glcm_JointEntropy", 5.754751991419491),
                ("original_firstorder_Entropy", 3.0463588603333105),
            ]),
        Golden(
            "selected",
            "featureClass:\n  glcm:\n    - 'SumSquares'\n    - 'Autocorrelation'\n    - 'Dissimilarity'\n  firstorder: ['Skewness', '10Percentile']\n  shape:\n    - VoxelVolume\n    - Flatness\n",
            [
                ("original_shape_VoxelVolume", 546.75),
                ("original_shape_Flatness", 0.6533217188282378),
                ("original_glcm_SumSquares", 1.3626255259125206),
                ("original_glcm_Autocorrelation", 7.174691853239598),
                ("original_firstorder_Skewness", -0.042454113484476884),
                ("original_firstorder_10Percentile", -5.0),
            ]),
    ])
    func givesTheNumbersOfPyRadiomics(golden: Golden) throws {
        let (volume, region) = Self.phantom()
        #expect(region.voxelCount == 81)
        let settings = try ExtractionSettingsFile(yaml: golden.yaml).settings
        let values = try Extractor(settings).values(of: region, in: volume)
        var worst = (difference: 0.0, text: "")
        for (name, expected) in golden.values {
            let found = try #require(values[name], "no value of \(name)")
            let difference = abs(found - expected) / max(abs(expected), 1e-12)
            if difference > worst.difference { worst = (difference, "\(name): \(found), expected \(expected)") }
        }
        #expect(worst.difference < 1e-9, "\(worst.text)")
        let written = try ExtractionSettings(yaml: settings.yaml)
        #expect(written == settings)
    }

    @Test func selectedFeaturesComeInPyRadiomicsOrder() throws {
        let yaml = "featureClass: {glcm: [SumSquares, Id, SumSquares], firstorder: ~, shape2D: , shape: [Flatness]}"
        let file = try ExtractionSettingsFile(yaml: yaml)
        let names = file.settings.columns.map(\.name)
        #expect(names.first == "original_shape_Flatness" && names.count == 1 + 2 + 18)
        #expect(names[1...2] == ["original_glcm_SumSquares", "original_glcm_Id"])
        #expect(file.notes == ["shape2D needs force2D and is left out, as PyRadiomics does"])
        let all = try ExtractionSettingsFile(yaml: "{setting: ~, imageType: {}, featureClass: {}}").settings
        #expect(all.columns.count == 107)
        #expect(all.families == [.morph, .stat, .cm, .ngl, .rlm, .szm, .ngt])
        let flat = try ExtractionSettingsFile(yaml: "setting: {force2D: true}").settings
        #expect(flat.columns.count == 107 + 9)
    }

    /// Small files of the kind that comes with PyRadiomics: nulls, empty mappings, quoted names, comments.
    @Test func filesAsTheyAre() throws {
        let mr = try ExtractionSettingsFile(
            yaml: """
                # like exampleMR, without filters
                imageType:
                  Original: {}
                featureClass:
                  shape:
                  glcm:
                    - 'JointEntropy'
                    - 'Contrast'
                setting:
                  normalize: true
                  normalizeScale: 100  # same bin width
                  interpolator: 'sitkBSpline'
                  resampledPixelSpacing: [2, 2, 2]
                  weightingNorm:
                  binWidth: 5
                  voxelArrayShift: 300
                  label: 2
                  additionalInfo: True
                """)
        #expect(mr.label == 2)
        #expect(mr.notes == ["additionalInfo changes no number and is left alone"])
        #expect(mr.settings.convention == .pyradiomics)
        #expect(mr.settings.resample == Resampling(spacing: [2, 2, 2], interpolation: .cubic))
        #expect(mr.settings.pyradiomics.normalisation == ImageNormalisation(scale: 100))
        #expect(mr.settings.pyradiomics.minimumROIDimensions == 2)
        #expect(mr.settings.pyradiomics.voxelArrayShift == 300)
        #expect(mr.settings.discretise.bins == .width(5))
        #expect(mr.settings.columns.count == 14 + 2)

        let voxels = try ExtractionSettingsFile(
            yaml: """
                imageType: {Original: {}}
                featureClass: {glcm: [JointEntropy]}
                setting: {binWidth: 25, force2D: true, label: 1}
                voxelSetting: {kernelRadius: 2, maskedKernel: true, initValue: nan, voxelBatch: 10000}
                """)
        #expect(voxels.notes == ["voxelSetting belongs to feature maps and plays no part here"])
        #expect(voxels.settings.texture.pyradiomics.force2DDimension == 0)
        #expect(voxels.settings.columns.map(\.name) == ["original_glcm_JointEntropy"])
    }

    /// Every key of the schema of 3.0.1 that changes no number without filters: accepted, and said.
    @Test(arguments: [
        "additionalInfo: true", "geometryTolerance: 1e-3", "padDistance: 10", "preCrop: true", "correctMask: true",
        "sigma: [1, 2]", "start_level: 0", "level: 1", "wavelet: coif1", "gradientUseSpacing: true", "lbp2DRadius: 1",
        "lbp2DSamples: 9", "lbp2DMethod: uniform", "lbp3DLevels: 2", "lbp3DIcosphereRadius: 1",
        "lbp3DIcosphereSubdivision: 1",
    ])
    func keysWithoutEffectAreSaid(setting: String) throws {
        let file = try ExtractionSettingsFile(yaml: "setting: {\(setting)}")
        let key = setting.prefix { $0 != ":" }
        #expect(file.notes.count == 1 && file.notes[0].hasPrefix(key), "\(file.notes)")
        #expect(try file.settings == ExtractionSettingsFile(yaml: "setting: {}").settings)
    }

    @Test(arguments: [
        ("setting: {interpolator: sitkNearestNeighbor, resampledPixelSpacing: [1, 1, 1]}", Interpolation.nearest),
        ("setting: {interpolator: 1, resampledPixelSpacing: [1, 1, 1]}", .nearest),
        ("setting: {interpolator: 2, resampledPixelSpacing: [1, 1, 1]}", .linear),
        ("setting: {interpolator: 3, resampledPixelSpacing: [1, 1, 1]}", .cubic),
        ("setting: {resampledPixelSpacing: [0, 0, 3]}", .cubic),
        ("setting: {interpolator: ~, resampledPixelSpacing: [1, 1, 1]}", nil),
        ("setting: {interpolator: sitkLinear, resampledPixelSpacing: ~}", nil),
        ("setting: {resampledPixelSpacing: [0, 0, 0]}", nil),
    ])
    func interpolators(yaml: String, expected: Interpolation?) throws {
        #expect(try ExtractionSettingsFile(yaml: yaml).settings.resample?.interpolation == expected)
    }

    /// What cannot be carried out, or is no key of PyRadiomics, is an error that names it.
    @Test(arguments: [
        ("imageType: {Original: {}, LoG: {sigma: [0]}}", "sigma: found [0]"),
        ("imageType: {Original: {}, LoG: {sgima: [1]}}", "did you mean 'sigma'?"),
        ("imageType: {Wavelet: {wavelet: bior1.3}}", "imageType.Wavelet.wavelet: found"),
        ("imageType: {LBP2D: {lbp2DMethod: default}}", "the method 'default' is not available"),
        ("imageType: {LBP3D: {lbp3DIcosphereRadius: 2}}", "another radius than 1 is not available"),
        ("imageType: {wavelet: {}}", "did you mean 'Wavelet'?"),
        ("imageType: {Original: {force2D: true}}", "unknown key 'force2D' under Original"),
        ("setting: {interpolator: sitkGaussian}", "sitkGaussian is not available"),
        ("setting: {interpolator: 7}", "7 is not available"),
        ("setting: {interpolator: sitkSpline}", "expected sitkNearestNeighbor"),
        ("setting: {label_channel: 1}", "another channel than 0 is not available"),
        ("setting: {label: 0}", "label: found 0"), ("setting: {binWidth: -1}", "binWidth: found -1"),
        ("setting: {binCount: 0}", "binCount: found 0"), ("setting: {distances: [0]}", "distances: found [0]"),
        ("setting: {force2DDimension: 1}", "did you mean 'force2Ddimension'?"),
        ("setting: {force2Ddimension: 3}", "force2Ddimension: found 3"),
        ("setting: {weightingNorm: l2}", "weightingNorm: found 'l2'"), ("setting: {gldm_a: -1}", "gldm_a: found -1"),
        ("setting: {resampledPixelSpacing: [1, 1]}", "resampledPixelSpacing: found [1.0, 1.0]"),
        ("setting: {resegmentRange: [1, 2, 3]}", "resegmentRange: found"),
        ("setting: {resegmentRange: [1], resegmentMode: median}", "resegmentMode: found 'median'"),
        ("setting: {minimumROIDimensions: 4}", "minimumROIDimensions: found 4"),
        ("setting: {minimumROISize: 0}", "minimumROISize: found 0"),
        ("setting: {normalize: 1.5}", "normalize: found '1.5'"),
        ("setting: {normalizeScale: 0}", "normalizeScale: found 0"),
        ("setting: {removeOutliers: -2}", "removeOutliers: found -2"),
        ("setting: {voxelArrayShift: x}", "voxelArrayShift: found 'x'"),
        ("{setting: {}, settings: {}}", "did you mean 'setting'?"),
        ("voxelSetting: {kernelradius: 1}", "did you mean 'kernelRadius'?"),
        ("featureClass: {glmc: }", "did you mean 'glcm'?"),
        ("featureClass: {glcm: [Contrst]}", "did you mean 'Contrast'?"),
        ("featureClass: {firstorder: [StandardDeviation]}", "StandardDeviation (the root of Variance)"),
        ("featureClass: {gldm: [DependencePercentage]}", "families: found none"),
    ])
    func refusals(yaml: String, words: String) throws {
        let error = #expect(throws: SettingsError.self) { try ExtractionSettingsFile(yaml: yaml) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
    }

    @Test(arguments: [
        ("minimumROISize: 80", nil), ("minimumROISize: 81", ExtractionError.tooSmall(voxels: 81, minimum: 81)),
        ("{resegmentRange: [60], minimumROISize: 70}", .tooSmall(voxels: 6, minimum: 70)),
        ("minimumROIDimensions: 3", nil),
    ])
    func tooSmallRegionsFail(setting: String, expected: ExtractionError?) throws {
        let (volume, region) = Self.phantom()
        let settings = try ExtractionSettingsFile(yaml: "setting: \(setting.hasPrefix("{") ? setting : "{\(setting)}")")
            .settings
        var found: ExtractionError?
        do throws(ExtractionError) {
            _ = try Extractor(settings).features(of: region, in: volume, modality: "CT")
        } catch { found = error }
        if case .tooSmall(_, let minimum) = expected, minimum == 70 {
            guard case .tooSmall(let voxels, 70) = found else {
                Issue.record("\(String(describing: found))")
                return
            }
            #expect(voxels < 70)
        } else {
            #expect(found == expected)
        }
    }

    @Test func oneVoxelAndLinesFail() throws {
        let (volume, _) = Self.phantom()
        let line = Region(name: "", label: 1, box: VoxelBox(lower: .zero, size: [3, 1, 1]), voxels: [1, 1, 1])
        let settings = try ExtractionSettingsFile(yaml: "setting: {}").settings
        #expect(throws: ExtractionError.tooFewDimensions(found: 1, least: 2)) {
            try Extractor(settings).features(of: line, in: volume, modality: "CT")
        }
        let flat = Volume(geometry: Geometry(size: [3, 1, 1]), values: .int16([4, 4, 4]))
        let normalised = try ExtractionSettingsFile(yaml: "setting: {normalize: true, minimumROIDimensions: 1}")
            .settings
        #expect(throws: ExtractionError.notNormalisable) {
            try Extractor(normalised).features(of: line, in: flat, modality: "MR")
        }
    }
}

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct PyRadiomicsReferenceFileTests {
    /// The eight settings of the reference, each written as a parameter file.
    @Test(arguments: ["brain1", "sts1ct", "ibsict"])
    func parameterFilesGiveTheReference(_ name: String) throws {
        let files = [
            "default": "setting: {}", "force2D": "setting: {force2D: true}", "binCount32": "setting: {binCount: 32}",
            "binWidth10": "setting:\n  binWidth: 10\n", "dist123": "setting: {distances: [1, 2, 3]}",
            "asymmetric": "setting: {symmetricalGLCM: False}",
            "weightEuclidean": "setting: {weightingNorm: 'euclidean'}",
            "weightNoWeighting": "setting: {weightingNorm: no_weighting, binWidth: ~}",
        ]
        let reference = try PyRadiomicsReference(name)
        #expect(Set(reference.variants.keys) == Set(files.keys))
        var scan = try LoadedCase(["data/pyradiomics/\(name)"])
        if scan.region.box.lower.z != reference.roi.boundingBox[0][0] { scan.turnUpsideDown() }
        var total = 0
        for (variant, yaml) in files.sorted(by: { $0.key < $1.key }) {
            let expected = try #require(reference.variants[variant])
            let settings = try ExtractionSettingsFile(yaml: yaml).settings
            let values = try Extractor(settings).values(of: scan.region, in: scan.volume)
            let (compared, failures) = PyRadiomicsReference.differences(
                expected.features, prefixes: ["original_"], relativeTolerance: 1e-6
            ) { values[$0] }
            total += compared
            #expect(
                failures.isEmpty,
                "\(variant): \(failures.count) of \(compared) differ:\n\(failures.joined(separator: "\n"))")
        }
        #expect(total == 107 + 7 * 93)
    }
}
