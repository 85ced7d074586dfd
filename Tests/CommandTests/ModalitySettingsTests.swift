import Foundation
import TestSupport
import Testing

@Suite("one settings file for CT, PET and MR")
struct ModalitySettingsTests {
    static let sections = """
        families: [stat, cm]
        modality:
          CT: {resegment: {range: [-500, 400]}, discretise: {binWidth: 25}}
          PT: {imageUnit: suvbw, discretise: {binWidth: 0.25}}
        """

    private func scan() throws -> Scratch {
        let scratch = try Scratch()
        _ = try ThreeModalities(scratch, "pacs", rois: [("A", ["GTV"]), ("B", ["GTV"])])
        return scratch
    }

    private func table(_ scratch: Scratch, expecting status: Int32 = 0, _ options: [String]) throws -> Table {
        Table(csv: try scratch.weft(expecting: status, ["extract", "pacs", "-o", "-", "-q"] + options).text)
    }

    @Test(
        "a range in HU cuts the CT alone, a width in SUV bins the PET alone, and the row's hash is of what applied to it"
    )
    func eachItsOwn() throws {
        let scratch = try scan()
        try scratch.write("s.yaml", Self.sections)
        let all = try table(scratch, ["--settings", "s.yaml"])
        try #require(all.rows.count == 6)
        for row in all.rows {
            let used = try row.number("diagnostics_roi_voxels_used")
            let bins = row["diagnostics_discretisation"] ?? ""
            switch row["modality"] {
            case "CT": #expect(used < Double(ThreeModalities.voxels) && bins == "bin width 25 from -500")
            case "PT":
                #expect(used == Double(ThreeModalities.voxels) && bins == "bin width 0.25 from 0")
                #expect(row["diagnostics_intensity_unit"] == "SUVbw g/ml")
            default: #expect(used == Double(ThreeModalities.voxels) && bins == "32 bins")
            }
        }
        #expect(Set(all.rows.compactMap { $0["diagnostics_settings_hash"] }).count == 3)
        // The same rows, whole, as from common keys for one modality at a time.
        let common = [
            "CT": ["--range", "-500,400", "--bin-width", "25"], "PT": ["--suv", "bw", "--bin-width", "0.25"], "MR": [],
        ]
        for (modality, options) in common {
            let alone = try table(scratch, ["--modality", modality, "--families", "stat,cm"] + options)
            #expect(alone.rows == all.rows.filter { $0["modality"] == modality }, "\(modality)")
            #expect(alone.columns == all.columns)
        }
    }

    @Test("a number in one unit is refused where images of several would share it, before anything is written")
    func sharedNumbers() throws {
        let scratch = try scan()
        for (options, key) in [
            (["--range", "-500,400"], "resegment.range (--range)"),
            (["--bin-width", "25"], "discretise.binWidth (--bin-width)"),
            (["--ivh-bin-width", "2"], "ivh.binWidth (--ivh-bin-width)"),
            (["--convention", "pyradiomics", "--voxel-array-shift", "1000"], "pyradiomics.voxelArrayShift"),
        ] {
            let refused = try scratch.weft(expecting: 64, ["extract", "pacs", "-o", "t.csv"] + options)
            #expect(refused.error.contains("\(key)"), "\(refused.error)")
            #expect(refused.error.contains("2 in BQML, 2 in HU, 2 in grey values of MR"), "\(refused.error)")
            #expect(refused.error.contains("modality: {CT: {…}}") && refused.error.contains("--modality"))
            #expect(try scratch.names(in: ".") == ["pacs"])
        }
        let maps = try scratch.weft("map", "pacs", "--feature", "stat_mean", "--range", "-500,400", "-o", "m")
        #expect(maps.status == 64 && maps.error.contains("resegment.range (--range)"), "\(maps.error)")
        // What is relative to the region has no unit.
        let relative = ["--outlier-sigma", "3", "--bin-count", "16", "--families", "stat,cm"]
        #expect(try table(scratch, relative).rows.count == 6)
        // After normalisation all are in one.
        let normalised = ["--convention", "pyradiomics", "--normalize", "--normalize-scale", "100", "--bin-width", "5"]
        #expect(try table(scratch, normalised + ["--families", "glcm"]).rows.count == 6)
        // A parameter file of PyRadiomics means what it means there.
        try scratch.write("params.yaml", "setting: {binWidth: 25}\nfeatureClass: {glcm: [Contrast]}\n")
        #expect(try table(scratch, ["--settings", "params.yaml"]).rows.count == 6)
        // A section may leave one unit to the common keys.
        try scratch.write("two.yaml", "modality: {PT: {discretise: {binCount: 64}}, MR: {discretise: {binCount: 64}}}")
        let rows = try table(scratch, ["--settings", "two.yaml", "--bin-width", "25", "--families", "cm"]).rows
        #expect(
            Set(rows.compactMap { $0["diagnostics_discretisation"] }) == ["64 bins", "bin width 25 from -1000"])
    }

    @Test("--modality chooses images, in people's words; the others are counted")
    func choice() throws {
        let scratch = try scan()
        for option in ["CT,PT", "ct,PET"] {
            let chosen = try scratch.weft(
                expecting: 0, ["extract", "pacs", "--modality", option, "--families", "stat", "-o", "-"])
            #expect(Table(csv: chosen.text).rows.map { $0["modality"] } == ["CT", "PT", "CT", "PT"])
            #expect(
                chosen.error.contains("2 image(s) of other modalities are left out (2 MR; --modality takes CT,PT)"),
                "\(chosen.error)")
        }
        let none = try scratch.weft(expecting: 65, ["extract", "pacs", "--modality", "US"])
        #expect(none.error.contains("no image of the modality US; found 2 CT, 2 MR, 2 PT"), "\(none.error)")
        let unknown = try scratch.weft(expecting: 64, ["extract", "pacs", "--modality", "CTT"])
        #expect(unknown.error.contains("--modality: found 'CTT'"), "\(unknown.error)")
    }

    @Test("an option beats the common keys and not a section, which is said")
    func options() throws {
        let scratch = try scan()
        try scratch.write("s.yaml", Self.sections + "\ndiscretise: {binCount: 64}\n")
        let result = try scratch.weft(
            expecting: 0, ["extract", "pacs", "--settings", "s.yaml", "--bin-count", "16", "-o", "-"])
        let bins = Table(csv: result.text).rows.map {
            "\($0["modality"] ?? "") \($0["diagnostics_discretisation"] ?? "")"
        }
        #expect(Set(bins) == ["CT bin width 25 from -500", "PT bin width 0.25 from 0", "MR 16 bins"])
    }

    @Test("--print-settings shows sections and spellings, and is read back as the same")
    func printed() throws {
        let scratch = try scan()
        try scratch.write(
            "s.yaml", Self.sections + "\nregions: {GTV: ['GTV*', 'gtv_mass*', Tumour], Lung: lung}\n")
        let printed = try scratch.weft(
            expecting: 0, ["extract", "--print-settings", "--settings", "s.yaml", "--distances", "2"])
        #expect(
            printed.text.hasSuffix(
                """
                families: [stat, cm]
                modality: {CT: {resegment: {range: [-500, 400]}, discretise: {binWidth: 25}}, PT: {imageUnit: suvbw, \
                discretise: {binWidth: 0.25}}}
                regions: {"GTV": ["GTV*", "gtv_mass*", "Tumour"], "Lung": ["lung"]}

                """), "\(printed.text)")
        try scratch.write("again.yaml", printed.text)
        let again = try scratch.weft(expecting: 0, ["extract", "--print-settings", "--settings", "again.yaml"])
        #expect(again.text == printed.text)
        #expect(
            try table(scratch, ["--settings", "again.yaml"]).rows
                == table(scratch, ["--settings", "s.yaml", "--distances", "2"]).rows)
    }

    @Test(
        "what is wrong in a section is named by its path",
        arguments: [
            ("{CTT: {}}", "modality: found 'CTT'"),
            ("{CT: {resegment: {rnge: [1, 2]}}}", "'rnge' under modality.CT.resegment; did you mean 'range'"),
            ("{CT: {discretise: {binWidth: -1}}}", "modality.CT.discretise.binWidth: found -1"),
            ("{CT: {discretise: {binWidth: 1, binCount: 3}}}", "modality.CT.discretise.binCount"),
            ("{CT: {texture: {distances: [2]}}}", "'texture' under modality.CT"),
            ("{MR: {imageUnit: suvbw}}", "modality.MR.imageUnit"),
            ("{PT: {discretise: {lowerBound: 0}}}", "modality.PT.discretise.lowerBound"),
            ("{MR: {pyradiomics: {normalize: true}}}", "convention"),
            ("{PT: {}, PET: {}}", "two sections for PT"), ("[CT, PT]", "modality: found a list"),
        ])
    func mistakes(sections: String, words: String) throws {
        let scratch = try Scratch()
        try scratch.write("s.yaml", "modality: \(sections)\n")
        let refused = try scratch.weft(expecting: 64, ["extract", "--print-settings", "--settings", "s.yaml"])
        #expect(refused.error.contains(words), "\(refused.error)")
    }

    @Test("a single grey level is a warning, few or many are notes, and the last line counts them")
    func greyLevels() throws {
        let scratch = try scan()
        func run(_ options: String...) throws -> (rows: [[String: String]], error: String) {
            let result = try scratch.weft(
                expecting: 0, ["extract", "pacs", "--modality", "PT", "--suv", "bw", "-o", "-"] + options)
            return (Table(csv: result.text).rows, result.error)
        }
        let one = try run("--bin-width", "25")
        for row in one.rows {
            #expect(row["status"] == "warning")
            #expect(row["reason"]?.contains("all 256 voxels have one grey level") == true, "\(row["reason"] ?? "")")
        }
        #expect(one.error.contains("grey levels: 2 region(s) with a single one"), "\(one.error)")
        let few = try run("--bin-width", "4")
        #expect(few.rows.allSatisfy { $0["status"] == "ok" })
        #expect(few.rows.allSatisfy { $0["diagnostics_notes"]?.contains("grey levels, fewer than 8") == true })
        #expect(few.error.contains("2 region(s) with fewer than 8"), "\(few.error)")
        let many = try run("--bin-width", "0.1")
        #expect(many.rows.allSatisfy { $0["diagnostics_notes"]?.contains("more than a tenth") == true })
        #expect(many.error.contains("2 region(s) with more than a tenth of their voxels"), "\(many.error)")
        // Without a family that reads levels there is nothing to doubt.
        let plain = try run("--bin-width", "25", "--families", "stat")
        #expect(plain.rows.allSatisfy { $0["status"] == "ok" } && !plain.error.contains("grey level"))
    }

    @Test(
        "rows that --resume takes over are counted as those that are computed",
        arguments: [(width: "25", "with a single one"), ("4", "with fewer than 8"), ("0.1", "with more than a tenth")])
    func greyLevelsOfEarlierRows(width: String, words: String) throws {
        let scratch = try scan()
        let options = ["extract", "pacs", "--modality", "PT", "--suv", "bw", "--bin-width", width, "-o", "t.csv"]
        let first = try scratch.weft(expecting: 0, options)
        let second = try scratch.weft(expecting: 0, options + ["--resume"])
        #expect(first.error.contains("2 region(s) \(words)"), "\(first.error)")
        #expect(second.error.contains("2 region(s) \(words)"), "\(second.error)")
    }

    @Test("a distance that no two voxels have is a warning that says so")
    func distances() throws {
        let scratch = try scan()
        for options in [[], ["--convention", "pyradiomics"]] {
            let far = try table(scratch, ["--modality", "MR", "--distances", "9", "--families", "cm"] + options)
            for row in far.rows {
                #expect(row["status"] == "warning")
                #expect(
                    row["reason"]?.contains("no two voxels of the region are 9 apart") == true
                        && row["reason"]?.contains("8 × 8 × 4 voxels") == true, "\(row["reason"] ?? "")")
            }
        }
        let both = try table(scratch, ["--modality", "MR", "--distances", "1,9", "--families", "cm"])
        #expect(both.rows.allSatisfy { $0["status"] == "warning" && $0["cm_contrast_3D_comb"] != "" })
    }
}
