// swift-tools-version: 6.1
// weft: radiomics texture toolkit. The rooms stand in the order in which data flows through them, wing by wing; a room
// may import what stands above it (Sources/README.md is the map, Tests/HouseTests holds it to that).
import PackageDescription

/// A target in its wing's folder.
func room(
    _ name: String, in wing: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
    cSettings: [CSetting]? = nil, linkerSettings: [LinkerSetting]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(wing)/\(name)", exclude: exclude,
        cSettings: cSettings, linkerSettings: linkerSettings)
}

/// A door to a library of the system that needs nothing but its header.
func door(_ name: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, path: "Sources/Doors/\(name)", pkgConfig: pkgConfig)
}

let package = Package(
    name: "weft",
    products: [
        .executable(name: "weft", targets: ["weft"]),
        .library(name: "Weft", targets: ["Weft"]),
        .library(name: "WeftLearning", targets: ["WeftLearning"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        // MARK: Doors to C and C++
        // (Debian: libdcmtk-dev libopenjp2-7-dev libpng-dev libnifti2-dev libteem-dev libbz2-dev libxxhash-dev
        // libxlsxwriter-dev; libopenblas0 to run)
        door("COpenJPEG", pkgConfig: "libopenjp2"),
        room(
            "CDICOM", in: "Doors", ["COpenJPEG"],
            // dcmtk.pc of Debian 12 asks for packages that libdcmtk-dev does not bring, so the libraries are named here.
            linkerSettings: ["dcmjpls", "dcmjpeg", "dcmimgle", "dcmdata", "oflog", "ofstd", "z"].map {
                .linkedLibrary($0)
            }),
        room("CPNG", in: "Doors", linkerSettings: [.linkedLibrary("png")]),
        room(
            "CNIfTI", in: "Doors", cSettings: [.headerSearchPath("library")],
            linkerSettings: [.linkedLibrary("nifti2")]),
        room("CTeem", in: "Doors", linkerSettings: [.linkedLibrary("teem")]),
        room("CCompression", in: "Doors", linkerSettings: ["z", "bz2"].map { .linkedLibrary($0) }),
        door("CXXHash"),
        room(
            "CXlsxWriter", in: "Doors", linkerSettings: ["xlsxwriter", "z"].map { .linkedLibrary($0) }),
        room("COpenBLAS", in: "Doors", linkerSettings: [.linkedLibrary("dl")]),
        room("CKernels", in: "Doors", exclude: ["texture/texture.inc", "network/network.inc", "filters/filters.inc"]),

        // MARK: Kit: what every room needs once
        room("Files", in: "Kit"),
        room("Encoding", in: "Kit"),
        room("SettingsFile", in: "Kit", ["Yams"]),
        room("Parallel", in: "Kit"),
        room("SeededRandom", in: "Kit", ["CXXHash"]),
        room("NumericalMethods", in: "Kit", ["COpenBLAS"]),

        // MARK: Scans
        room("Imaging", in: "Scans", ["CXXHash"]),
        room("DICOM", in: "Scans", ["CDICOM", "Files", "Imaging"]),
        room("PNG", in: "Scans", ["CPNG", "Files"]),
        room(
            "Ingestion", in: "Scans",
            ["CCompression", "CNIfTI", "CTeem", "DICOM", "Encoding", "Files", "Imaging", "PNG", "Parallel"]),
        room("VolumeWriting", in: "Scans", ["CCompression", "CNIfTI", "Encoding", "Files", "Imaging"]),
        room(
            "Phantoms", in: "Scans",
            ["DICOM", "Encoding", "Files", "Imaging", "Ingestion", "PNG", "SeededRandom", "VolumeWriting"]),

        // MARK: Texture
        room(
            "TextureCore", in: "Texture", ["CKernels", "Parallel"], exclude: ["README.md", "convergence.svg"]),
        room("Filters", in: "Texture", ["CKernels", "Imaging", "NumericalMethods", "Parallel"]),
        room(
            "Radiomics", in: "Texture",
            [
                "Encoding", "Filters", "Imaging", "NumericalMethods", "Parallel", "SettingsFile", "TextureCore", "Yams",
            ]),

        // MARK: Learning
        room(
            "Preparation", in: "Learning",
            [
                "Files", "Imaging", "Ingestion", "Parallel", "SeededRandom", "SettingsFile", "Yams",
            ]),
        room(
            "NeuralNetwork", in: "Learning",
            [
                "CKernels", "COpenBLAS", "Encoding", "Files", "Parallel", "SeededRandom",
            ],
            exclude: ["README.md"]),
        room(
            "MaskedAutoencoder", in: "Learning",
            [
                "Files", "NeuralNetwork", "NumericalMethods", "Parallel", "Preparation", "SeededRandom", "SettingsFile",
                "TextureCore",
            ],
            exclude: ["README.md"]),
        room(
            "Training", in: "Learning",
            [
                "Encoding", "Files", "Imaging", "NeuralNetwork", "Parallel", "Preparation", "SettingsFile",
            ]),
        room(
            "Pretraining", in: "Learning",
            [
                "Encoding", "Files", "MaskedAutoencoder", "NeuralNetwork", "Parallel", "Preparation",
                "SeededRandom", "SettingsFile", "TextureCore", "Training", "Yams",
            ]),
        room(
            "Finetuning", in: "Learning",
            [
                "Encoding", "Files", "Imaging", "Ingestion", "MaskedAutoencoder", "NeuralNetwork",
                "NumericalMethods", "Parallel", "Preparation", "SeededRandom", "SettingsFile", "Statistics", "Training",
            ]),
        room(
            "Reconstruction", in: "Learning",
            [
                "Imaging", "MaskedAutoencoder", "NeuralNetwork", "Parallel", "Preparation", "SeededRandom",
            ]),

        // MARK: Evidence
        room("Statistics", in: "Evidence", ["NumericalMethods", "Parallel", "SeededRandom"]),
        room(
            "Evaluation", in: "Evidence",
            [
                "Encoding", "Imaging", "Ingestion", "NumericalMethods", "Parallel", "Radiomics", "Reconstruction",
                "SettingsFile", "Statistics", "TextureCore", "Yams",
            ]),

        // MARK: Reporting
        room("Figures", in: "Reporting", ["Encoding", "PNG"]),
        room(
            "Tables", in: "Reporting", ["CXlsxWriter", "Encoding", "Files", "Imaging", "Radiomics", "TextureCore"]),
        room(
            "Reports", in: "Reporting",
            [
                "DICOM", "Encoding", "Evaluation", "Figures", "Finetuning", "Imaging", "Ingestion",
                "Pretraining", "Radiomics", "Reconstruction", "Statistics", "TextureCore", "Training",
                "VolumeWriting",
            ]),

        // MARK: Workflows: what the commands do
        room(
            "Workflows", in: "Workflows",
            [
                "DICOM", "Encoding", "Evaluation", "Figures", "Files", "Finetuning", "Imaging", "Ingestion",
                "MaskedAutoencoder", "NumericalMethods", "PNG", "Parallel", "Preparation", "Pretraining", "Radiomics",
                "Reconstruction", "Reports", "SeededRandom", "SettingsFile", "Statistics", "Tables",
                "TextureCore", "Training", "VolumeWriting",
            ]),
        room(
            "Benchmarks", in: "Workflows",
            [
                "COpenBLAS", "Encoding", "Filters", "Imaging", "Ingestion", "MaskedAutoencoder", "NeuralNetwork",
                "Parallel", "Phantoms", "Radiomics", "SeededRandom", "TextureCore",
            ]),

        room(
            "SelfTest", in: "Workflows",
            ["Imaging", "Ingestion", "NumericalMethods", "Radiomics", "SeededRandom", "TextureCore"]),

        // What a program imports that embeds weft.
        room(
            "Weft", in: "Workflows",
            [
                "Figures", "Imaging", "Ingestion", "Radiomics", "Reports", "Tables", "TextureCore", "Workflows",
            ]),
        room(
            "WeftLearning", in: "Workflows",
            [
                "Finetuning", "MaskedAutoencoder", "NeuralNetwork", "Preparation", "Pretraining",
                "Reconstruction", "Training",
            ]),

        // MARK: The command
        .executableTarget(
            name: "weft",
            dependencies: [
                "Benchmarks", "DICOM", "Encoding", "Evaluation", "Files", "Finetuning", "Imaging", "Ingestion",
                "MaskedAutoencoder", "Phantoms", "Preparation", "Pretraining", "Radiomics", "Reconstruction",
                "Reports", "SelfTest", "SettingsFile", "Statistics", "Tables", "TextureCore", "Training", "Workflows",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // MARK: Tests mirror rooms
        .target(
            name: "TestSupport", dependencies: ["CCompression", "Files", "Imaging", "Ingestion", "PNG"],
            path: "Tests/TestSupport"),
        .testTarget(name: "FilesTests", dependencies: ["Files"]),
        .testTarget(name: "EncodingTests", dependencies: ["Encoding"]),
        .testTarget(name: "SettingsFileTests", dependencies: ["SettingsFile"]),
        .testTarget(name: "ImagingTests", dependencies: ["Imaging", "SeededRandom"]),
        .testTarget(
            name: "IngestionTests",
            dependencies: [
                "CPNG", "DICOM", "Files", "Imaging", "Ingestion", "PNG", "SeededRandom", "TestSupport",
            ]),
        .testTarget(
            name: "PhantomTests",
            dependencies: [
                "DICOM", "Files", "Imaging", "Ingestion", "PNG", "Phantoms", "SeededRandom", "TestSupport",
            ]),
        .testTarget(name: "TextureCoreTests", dependencies: ["CKernels", "TestSupport", "TextureCore"]),
        .testTarget(
            name: "FiltersTests",
            dependencies: [
                "CKernels", "Filters", "Imaging", "NumericalMethods", "Parallel", "SeededRandom", "TestSupport",
            ]),
        .testTarget(
            name: "RadiomicsTests",
            dependencies: [
                "Filters", "Imaging", "Ingestion", "Radiomics", "SeededRandom", "SelfTest", "SettingsFile",
                "TestSupport",
                "TextureCore",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "PreparationTests",
            dependencies: ["Imaging", "Ingestion", "PNG", "Preparation", "SeededRandom", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "NeuralNetworkTests",
            dependencies: ["CKernels", "NeuralNetwork", "Parallel", "SeededRandom", "TestSupport"]),
        .testTarget(
            name: "MaskedAutoencoderTests",
            dependencies: [
                "MaskedAutoencoder", "NeuralNetwork", "Parallel", "SeededRandom", "TestSupport", "TextureCore",
            ]),
        .testTarget(
            name: "TrainingTests",
            dependencies: ["Files", "NeuralNetwork", "TestSupport", "Training"]),
        .testTarget(
            name: "PretrainingTests",
            dependencies: [
                "Ingestion", "MaskedAutoencoder", "NeuralNetwork", "Parallel", "Preparation", "Pretraining",
                "SeededRandom", "SettingsFile", "TestSupport", "TextureCore", "Training",
            ]),
        .testTarget(
            name: "FinetuningTests",
            dependencies: [
                "Files", "Finetuning", "Ingestion", "MaskedAutoencoder", "NeuralNetwork", "NumericalMethods",
                "PNG", "Parallel", "Preparation", "SeededRandom", "SettingsFile", "Statistics", "TestSupport",
                "Training",
            ]),
        .testTarget(name: "ReconstructionTests", dependencies: ["Reconstruction"]),
        .testTarget(
            name: "StatisticsTests",
            dependencies: ["NumericalMethods", "SeededRandom", "Statistics", "TestSupport"]),
        .testTarget(
            name: "TablesTests",
            dependencies: [
                "CXlsxWriter", "Encoding", "Files", "Radiomics", "Tables", "TestSupport", "TextureCore",
            ]),
        .testTarget(
            name: "EvaluationTests",
            dependencies: [
                "Evaluation", "Imaging", "NumericalMethods", "Reconstruction", "SeededRandom", "Statistics",
                "TestSupport", "TextureCore",
            ]),
        .testTarget(
            name: "ReportingTests",
            dependencies: [
                "Figures", "Imaging", "Ingestion", "PNG", "Preparation", "Pretraining", "Radiomics", "Reports",
                "TestSupport",
                "TextureCore", "Training", "VolumeWriting",
            ]),
        .testTarget(
            name: "WorkflowsTests",
            dependencies: ["Ingestion", "Radiomics", "SelfTest", "TestSupport", "Workflows"]),
        .testTarget(name: "LibraryTests", dependencies: ["TestSupport", "Weft"]),
        .testTarget(name: "HouseTests"),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "Evaluation", "Finetuning", "Imaging", "Ingestion", "MaskedAutoencoder", "NeuralNetwork", "Phantoms",
                "Pretraining", "Radiomics", "SeededRandom", "SettingsFile", "Tables", "TestSupport", "Training",
            ]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "DICOM", "Finetuning", "Ingestion", "PNG", "Pretraining", "Radiomics", "SettingsFile",
                "TestSupport", "weft",
            ]),
    ],
    cxxLanguageStandard: .cxx17
)
