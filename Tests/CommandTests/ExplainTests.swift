// weft explain, --print-settings, and PyRadiomics' parameter files, as their users have them.
import Foundation
import Testing

@Suite("settings and the catalogue on the command line")
struct ExplainTests {
    @Test("a record as JSON has every field, a name in common gives several")
    func json() throws {
        let scratch = try Scratch()
        func records(_ name: String) throws -> [[String: Any]] {
            let output = try scratch.weft(expecting: 0, ["explain", name, "--json"]).output
            return try #require(JSONSerialization.jsonObject(with: output) as? [[String: Any]])
        }
        let contrast = try records("ACUI")
        #expect(contrast.count == 1 && contrast[0]["tag"] as? String == "cm_contrast")
        #expect(contrast[0]["pyradiomics"] as? String == "original_glcm_Contrast")
        #expect((contrast[0]["columns"] as? [String])?.count == 6)
        for key in ["title", "family", "unit", "formula", "symbols", "when_flat", "when_empty"] {
            #expect(contrast[0][key] != nil, "\(key)")
        }
        #expect(try records("Contrast").count == 2)
        #expect(try records("glszm").count == 16)
    }

    @Test("the column of a filtered image says which image it is of, and a filter which keys it has")
    func filters() throws {
        let scratch = try Scratch()
        for (column, words) in [
            ("log_s3__cm_contrast", "log_s3, not the original: Laplacian of a Gaussian"),
            ("riesz_1_0_0_of_log_s3_max__stat_mean", "Riesz transform"),
            ("lbp-3D-m1_firstorder_Mean", "lbp-3D-m1, not the original: local binary patterns on a sphere"),
            ("squareroot_glcm_Contrast", "square roots"), ("squareRoot", "PyRadiomics"),
            ("laws", "kernels (needed), energyDistance, dimension, boundary, rotationInvariant"),
            ("gabor", "PyRadiomics has no such filter"), ("lbp3D", "lbp3D_m1__stat_mean"),
        ] {
            let text = try scratch.weft(expecting: 0, ["explain", column]).text
            #expect(text.contains(words), "\(column): \(text)")
        }
        let plain = try scratch.weft(expecting: 0, ["explain", "cm_contrast"]).text
        #expect(!plain.contains("not the original"))
    }

    @Test("a slip is an error that names what was meant")
    func slip() throws {
        let result = try Scratch().weft(expecting: 64, ["explain", "cm_contrats"])
        #expect(result.error.contains("did you mean cm_contrast"))
        try Scratch().weft(expecting: 64, ["explain", "--manual", "--json"])
    }

    @Test("what --print-settings prints is a settings file that comes to the same settings")
    func printedSettings() throws {
        let scratch = try Scratch()
        let options = [
            "--convention", "pyradiomics", "--force-2d", "--force-2d-dimension", "1", "--no-symmetrical-glcm",
            "--weighting-norm", "manhattan", "--gldm-a", "1", "--normalize", "--normalize-scale", "100",
            "--remove-outliers", "3", "--range=-2,2", "--resegment-mode", "sigma", "--resegment-shape",
            "--minimum-roi-dimensions", "3", "--minimum-roi-size", "20", "--voxel-array-shift", "-300",
            "--resample", "2,2,0", "--interpolation", "cubic", "--families", "stat,shape,glcm",
            "--features", "glcm_Id,glcm_Contrast",
        ]
        let first = try scratch.weft(expecting: 0, ["extract", "--print-settings"] + options).text
        try scratch.write("settings.yaml", first)
        let second = try scratch.weft(expecting: 0, ["extract", "--print-settings", "--settings", "settings.yaml"]).text
        #expect(first == second)
        for words in [
            "force2Ddimension: 1", "normalizeScale: 100.0", "removeOutliers: 3.0", "resegmentMode: sigma",
            "resegmentRange: [-2.0, 2.0]", "voxelArrayShift: -300", "features: [glcm_Id, glcm_Contrast]",
        ] {
            #expect(first.contains(words), "\(words) is not in\n\(first)")
        }
        try scratch.weft(expecting: 64, ["extract", "--print-settings", "--remove-outliers", "3"])
        try scratch.weft(expecting: 64, ["extract", "--print-settings", "--gldm-a", "1"])
        try scratch.weft(expecting: 64, ["extract"])
    }

    @Test("a parameter file of PyRadiomics chooses the convention, the features and the label")
    func parameterFile() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        try scratch.write(
            "Params.yaml",
            "setting: {binWidth: 10, label: 1, preCrop: true}\nfeatureClass: {glcm: [Contrast, Id], shape: }\n")
        let arguments = ["extract", "us-speckle", "--settings", "Params.yaml", "-o", "-"]
        let result = try scratch.weft(expecting: 0, arguments)
        #expect(result.error.contains("preCrop changes no number") && result.error.contains("label 1"))
        let table = Table(csv: result.text)
        #expect(table.rows.map { $0["label"] } == ["1"])
        let features = table.columns.filter { $0.hasPrefix("original_") }
        #expect(features.count == 14 + 2 && features.suffix(2) == ["original_glcm_Contrast", "original_glcm_Id"])
        #expect(try table.row(("label", "1")).number("original_glcm_Contrast") > 0)
        // A label on the command line beats the file's.
        let other = Table(csv: try scratch.weft(expecting: 0, arguments + ["--label", "2", "--quiet"]).text)
        #expect(other.rows.map { $0["label"] } == ["2"])
        try scratch.write("Other.yaml", "imageType: {Original: {}, Bilateral: {}}\n")
        let refused = try scratch.weft(expecting: 64, ["extract", "us-speckle", "--settings", "Other.yaml", "-o", "-"])
        #expect(refused.error.contains("Bilateral"), "\(refused.error)")
    }
}
