import Foundation
import Radiomics
import Testing

@Suite("what a convention does not take is refused")
struct ConventionRuleTests {
    static let refusals: [(options: String, words: String)] = [
        ("--convention pyradiomics --aggregations 2D_comb", "texture.aggregations (--aggregations) is not taken"),
        ("--convention pyradiomics --aggregations automatic", "texture.aggregations"),
        ("--convention pyradiomics --per-direction", "texture.directions (--per-direction) is not taken"),
        (
            "--convention pyradiomics --bin-width 25 --lower-bound 0",
            "discretise.lowerBound (--lower-bound) is not taken"
        ),
        ("--convention pyradiomics --ivh-bin-width 2", "ivh.binWidth"),
        ("--convention pyradiomics --ivh-bin-count 100", "ivh.binCount"),
        ("--convention pyradiomics --no-ivh-bins", "ivh (--no-ivh-bins)"),
        ("--convention pyradiomics --families ih,cm", "the family ih has no features in the convention pyradiomics"),
        ("--lower-bound 0", "without a fixed width of bins"),
        ("--lower-bound 0 --bin-count 32", "without a fixed width of bins"),
        ("--lower-bound 0 --bin-width 2 --range 0,100", "at whose lower end bins start"),
        ("--lower-bound 0 --no-discretisation", "without a fixed width of bins"),
        ("--per-direction --aggregations 3D,2D", "an aggregation that has directions"),
        ("--families cm --aggregations 3D", "none of the families cm has one of the aggregations 3D"),
        ("--symmetrical-glcm", "pyradiomics.symmetricalGLCM (--symmetrical-glcm) is not taken"),
        ("--weighting-norm none", "pyradiomics.weightingNorm"), ("--no-force-2d", "pyradiomics.force2D"),
        ("--force-2d --force-2d-dimension 1", "pyradiomics.force2D"), ("--gldm-a 1", "pyradiomics.gldm_a"),
        ("--normalize", "pyradiomics.normalize"), ("--normalize --normalize-scale 2", "pyradiomics.normalize"),
        ("--normalize --remove-outliers 2", "pyradiomics.normalize"),
        ("--range 0,1 --resegment-mode sigma", "pyradiomics.resegmentMode"),
        ("--resegment-shape", "pyradiomics.resegmentShape"),
        ("--minimum-roi-dimensions 2", "pyradiomics.minimumROIDimensions"),
        ("--minimum-roi-size 2", "pyradiomics.minimumROISize"),
        ("--voxel-array-shift 1", "pyradiomics.voxelArrayShift"),
        ("--convention pyradiomics --resegment-shape", "without a re-segmentation"),
        ("--convention pyradiomics --force-2d-dimension 1", "needs --force-2d"),
        ("--convention pyradiomics --normalize-scale 2", "needs --normalize"),
    ]

    @Test("as options, also where the settings are only printed", arguments: refusals.indices)
    func options(index: Int) throws {
        let scratch = try Scratch(sample: "samples/texture-pair")
        let (options, words) = Self.refusals[index]
        let given = options.split(separator: " ").map(String.init)
        for command in [["extract", "--print-settings"], ["extract", "texture-pair", "-o", "t.csv"]] {
            let refused = try scratch.weft(expecting: 64, command + given)
            #expect(refused.error.contains(words), "\(options): \(refused.error)")
        }
        #expect(!scratch.exists("t.csv") && !scratch.exists("t.csv.partial"))
    }

    @Test(
        "as keys of a file",
        arguments: [
            ("{convention: pyradiomics, texture: {aggregations: [2D_comb]}}", "texture.aggregations"),
            ("{convention: pyradiomics, texture: {directions: each}}", "texture.directions"),
            ("{convention: pyradiomics, ivh: none}", "ivh (--no-ivh-bins)"),
            (
                "{convention: pyradiomics, pyradiomics: {normalizeScale: 100}}",
                "pyradiomics.normalizeScale changes nothing"
            ),
            (
                "{convention: pyradiomics, pyradiomics: {force2Ddimension: 1}}",
                "pyradiomics.force2Ddimension changes nothing"
            ),
            (
                "{convention: pyradiomics, pyradiomics: {resegmentMode: sigma}}",
                "pyradiomics.resegmentMode changes nothing"
            ),
            ("{pyradiomics: {gldm_a: 2}}", "pyradiomics.gldm_a"),
            ("{discretise: {binCount: 32, lowerBound: 3}}", "discretise.lowerBound"),
        ])
    func keys(yaml: String, words: String) throws {
        let scratch = try Scratch()
        try scratch.write("s.yaml", yaml)
        let refused = try scratch.weft(expecting: 64, ["extract", "--print-settings", "--settings", "s.yaml"])
        #expect(refused.error.contains(words), "\(refused.error)")
    }

    @Test("the table of rules has every key once")
    func complete() {
        #expect(KeyRule.all.map(\.path) == ExtractionSettings.entries.map(\.path))
    }

    @Test("what is printed for each convention is taken by it")
    func printed() throws {
        let scratch = try Scratch()
        for convention in ["ibsi", "pyradiomics"] {
            let printed = try scratch.weft(expecting: 0, ["extract", "--print-settings", "--convention", convention])
            try scratch.write("s.yaml", printed.text)
            let again = try scratch.weft(expecting: 0, ["extract", "--print-settings", "--settings", "s.yaml"])
            #expect(again.text == printed.text)
        }
    }
}
