import Finetuning
import Foundation
import Imaging
import Ingestion
import NeuralNetwork
import Phantoms
import Pretraining
import Radiomics
import Tables
import TestSupport
import Training

/// What the damage starts from: a small phantom of each kind, and the files that weft writes itself.
struct FuzzCorpus: Sendable {
    /// The images that masks are read onto.
    let series: ImageSource
    let picture: ImageSource
    let table: FuzzedTable
    private let seeds: [FuzzedReader: [[UInt8]]]

    /// - Parameter folder: is made; the files stay there.
    init(in folder: String) throws {
        func made(_ name: String) throws -> String {
            let path = "\(folder)/\(name)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            return path
        }
        let (scan, speckle) = (try made("ct-lesion"), try made("us-speckle"))
        try PhantomRequest(.ctLesion, size: 32, slices: 8).write(to: scan)
        try PhantomRequest(.ultrasoundSpeckle, size: 32).write(to: speckle)
        let archive = try Archive.scan([scan, speckle], jobs: 1)
        series = try Self.only(archive.images.filter { $0.format == .dicom }, "series")
        picture = try Self.only(archive.images.filter { $0.format == .png }, "picture")
        table = try FuzzedTable(in: try made("table"))
        func bytes(_ paths: [String]) throws -> [[UInt8]] {
            try paths.map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
        }
        func masks(_ format: MaskSource.Format) -> [String] { archive.masks.filter { $0.format == format }.map(\.path) }
        let other = try made("others")
        let weights = "\(other)/model.safetensors"
        try Self.writeEncoder(to: weights)
        seeds = [
            .dicom: try bytes(series.slices.prefix(2).map(\.path)) + Self.foreignImages(),
            .rtstruct: try bytes(masks(.rtstruct)),
            .seg: try bytes(masks(.seg)),
            .png: try bytes([picture.slices[0].path] + masks(.png)),
            .nifti: Self.nifti, .nrrd: Self.nrrd, .metaImage: Self.metaImage,
            .safetensors: try bytes([weights]),
            .pickle: [Array(try Self.decoded(Self.checkpoint))],
            .settings: Self.settings.map { Array($0.utf8) },
            .cells: Self.cells.map { Array($0.utf8) },
            .journal: try bytes([table.journal]),
            .log: [Array(Self.log.utf8)],
        ]
    }

    func seeds(of reader: FuzzedReader) -> [[UInt8]] { seeds[reader] ?? [] }

    private struct Missing: Error { var what: String }

    private static func only(_ images: [ImageSource], _ what: String) throws -> ImageSource {
        guard images.count == 1 else { throw Missing(what: "\(what): \(images.count)") }
        return images[0]
    }

    private static func decoded(_ text: String) throws -> Data {
        guard let data = Data(base64Encoded: text) else { throw Missing(what: "base64") }
        return data
    }

    private static let size = SIMD3(6, 5, 4)
    private static let levels = (0..<120).map { Int16($0 % 3) }

    private static var nifti: [[UInt8]] {
        let plain = VolumeBytes.nifti(levels, size: size, names: [1: "liver", 2: "a &amp; b"])
        return [plain, VolumeBytes.gzip(plain), VolumeBytes.nifti(levels + levels, size: size, volumes: 2)]
    }

    private static var nrrd: [[UInt8]] {
        let segments = [
            "Segment0_Name:=one", "Segment0_LabelValue:=1", "Segment0_Layer:=0", "Segment1_Name:=two",
            "Segment1_LabelValue:=1", "Segment1_Layer:=1",
        ]
        return [
            VolumeBytes.nrrd(levels, sizes: "6 5 4"), VolumeBytes.nrrd(levels, sizes: "6 5 4", packed: true),
            VolumeBytes.nrrd(levels + levels, sizes: "2 6 5 4", segments),
        ]
    }

    private static var metaImage: [[UInt8]] {
        [VolumeBytes.metaImage(levels, size: size), VolumeBytes.metaImage(levels, size: size, packed: true)]
    }

    /// Other transfer syntaxes and modalities, where the evidence is beside the checkout.
    private static func foreignImages() throws -> [[UInt8]] {
        guard SharedFiles.exist else { return [] }
        let names = [
            "CT_small.dcm", "JPEG2000.dcm", "JPGExtended.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm",
            "MR_small_jpeg_ls_lossless.dcm", "examples_palette.dcm", "liver_1frame.dcm",
        ]
        return try names.map {
            Array(try Data(contentsOf: URL(fileURLWithPath: SharedFiles.path("data/formats/\($0)"))))
        }
    }

    /// Two blocks of width 8 by the names of the MAE repository.
    private static func writeEncoder(to path: String) throws {
        var shapes: [(String, [Int])] = [
            ("cls_token", [1, 1, 8]), ("pos_embed", [1, 5, 8]), ("patch_embed.proj.weight", [8, 1, 4, 4]),
            ("patch_embed.proj.bias", [8]), ("norm.weight", [8]), ("norm.bias", [8]),
        ]
        for block in ["blocks.0", "blocks.1"] {
            shapes += [
                ("norm1.weight", [8]), ("norm1.bias", [8]), ("attn.qkv.weight", [24, 8]), ("attn.qkv.bias", [24]),
                ("attn.proj.weight", [8, 8]), ("attn.proj.bias", [8]), ("norm2.weight", [8]), ("norm2.bias", [8]),
                ("mlp.fc1.weight", [32, 8]), ("mlp.fc1.bias", [32]), ("mlp.fc2.weight", [8, 32]), ("mlp.fc2.bias", [8]),
            ].map { ("\(block).\($0)", $1) }
        }
        let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1024)
        defer { values.deallocate() }
        values.initialize(repeating: 0.25)
        let tensors = shapes.map { name, shape in
            NamedTensor(
                name: name, shape: shape, values: UnsafeBufferPointer(rebasing: values[..<shape.reduce(1, *)]))
        }
        try SafetensorsFile.write(tensors, metadata: ["heads": "2", "mean": "0.5", "deviation": "0.25"], to: path)
    }

    /// What `torch.save({'model': {'a.weight': 2 x 3, 'a.bias': 2}, 'epoch': 3})` lays down: a zip of a pickle (protocol
    /// 2) and two storages.
    private static let checkpoint = """
        UEsDBBQAAAAAAEK2fF1wSk7LDgEAAA4BAAAKAAAAbS9kYXRhLnBrbIACfXEAKFgFAAAAbW9kZWxxAWNjb2xsZWN0aW9ucwpPcmRlcmVkRGlj\
        dApxAilScQMoWAgAAABhLndlaWdodHEEY3RvcmNoLl91dGlscwpfcmVidWlsZF90ZW5zb3JfdjIKcQUoKFgHAAAAc3RvcmFnZXEGY3RvcmNo\
        CkZsb2F0U3RvcmFnZQpxB1gBAAAAMHEIWAMAAABjcHVxCUsGdHEKUUsASwJLA4ZxC0sDSwGGcQyJaAIpUnENdHEOUnEPWAYAAABhLmJpYXNx\
        EGgFKChoBmgHWAEAAAAxcRFoCUsCdHESUUsASwKFcRNLAYVxFIloAilScRV0cRZScRd1WAUAAABlcG9jaHEYSwN1LlBLAwQUAAAAAABCtnxd\
        F5DnkRgAAAAYAAAACAAAAG0vZGF0YS8wAAAAAAAAgD8AAABAAABAQAAAgEAAAKBAUEsDBBQAAAAAAEK2fF12pT8uCAAAAAgAAAAIAAAAbS9k\
        YXRhLzEAAIA/AAAAQFBLAwQUAAAAAABCtnxd0Z5nVQIAAAACAAAACQAAAG0vdmVyc2lvbjMKUEsBAhQDFAAAAAAAQrZ8XXBKTssOAQAADgEA\
        AAoAAAAAAAAAAAAAAIABAAAAAG0vZGF0YS5wa2xQSwECFAMUAAAAAABCtnxdF5DnkRgAAAAYAAAACAAAAAAAAAAAAAAAgAE2AQAAbS9kYXRh\
        LzBQSwECFAMUAAAAAABCtnxddqU/LggAAAAIAAAACAAAAAAAAAAAAAAAgAF0AQAAbS9kYXRhLzFQSwECFAMUAAAAAABCtnxd0Z5nVQIAAAAC\
        AAAACQAAAAAAAAAAAAAAgAGiAQAAbS92ZXJzaW9uUEsFBgAAAAAEAAQA2wAAAMsBAAAAAA==
        """

    private static var settings: [String] {
        [
            ExtractionSettings().yaml, PretrainingSettings().yaml, FinetuningSettings().yaml,
            """
            setting: {binWidth: 25, label: 1, interpolator: sitkBSpline, resampledPixelSpacing: [1, 1, 1]}
            imageType: {Original: {}}
            featureClass: {glcm: [JointEnergy, Contrast], firstorder: []}

            """,
            """
            archive: [a, b]
            dataset: d
            positive: dark
            pretrain: {epochs: "1,0", set: [loss.bins=32]}
            rows: [{name: one, pretrain: none}, {name: two, finetune: {epochs: 3}}]
            seeds: [0, 1]

            """,
        ]
    }

    private static let cells = [
        "Image,Mask,ROI,Label,Case\na.png,a_mask.png,Lesion,1,one\n\"b,2.png\",,,255.0,\"t\"\"wo\"\n",
        "image,label,patient,split,fold\na.png,benign,P1,train,1\nb.png,malignant,P2,val,2\n",
        "image,label,slice,patient,p_benign,p_malignant,prediction\n"
            + "a.png,benign,0,P1,0.9,0.1,benign\nb.png,malignant,1,P2,2e-1,0.8,malignant\n",
    ]

    private static let log = """
        {"epoch": 0, "step": 1, "phase": 1, "loss": 0.5, "loss_mse": 0.5, "lr": 1e-05, "grad_norm": 2.0, "images_per_second": 9}
        {"epoch": 0, "step": 2, "phase": 2, "loss": 0.4, "loss_mse": 0.2, "loss_glcm": 3, "loss_ssim": 0.1, "lr": 0.001, \
        "grad_norm": 1.5, "images_per_second": 9.5}
        {"epoch": 0, "step": 2, "images": 4, "mse": 0.25, "glcm": 2, "ssim": 0.5}

        """
}
