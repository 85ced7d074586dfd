// swift-tools-version: 6.1
// weft: radiomics texture toolkit. The targets stand in the order in which data flows through them.
import PackageDescription

let package = Package(
    name: "weft",
    products: [.executable(name: "weft", targets: ["weft"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
    ],
    targets: [
        // MARK: Doors to C and C++ libraries
        // (Debian: libdcmtk-dev libopenjp2-7-dev libpng-dev libxxhash-dev libopenblas-dev)
        .systemLibrary(name: "COpenJPEG", pkgConfig: "libopenjp2"),
        .target(
            name: "CDICOM", dependencies: ["COpenJPEG"],
            // dcmtk.pc of Debian 12 asks for packages that libdcmtk-dev does not bring, so the libraries are named here.
            linkerSettings: ["dcmjpls", "dcmjpeg", "dcmimgle", "dcmdata", "oflog", "ofstd", "z"].map {
                .linkedLibrary($0)
            }),
        .target(name: "CPNG", linkerSettings: [.linkedLibrary("png")]),
        .systemLibrary(name: "CXXHash"),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas"),

        // MARK: From scan to table
        .target(name: "Imaging", dependencies: ["CXXHash"]),
        .target(name: "Ingestion", dependencies: ["CDICOM", "CPNG", "Imaging", "SwiftCSV"]),
        .target(name: "SeededRandom"),
        .target(name: "Statistics", dependencies: ["SeededRandom"]),
        .target(name: "Phantoms", dependencies: ["Imaging", "Ingestion", "SeededRandom"]),
        .target(name: "CTextureKernels", exclude: ["impl.inc"]),
        .target(name: "TextureCore", dependencies: ["CTextureKernels"], exclude: ["README.md", "convergence.svg"]),
        .target(name: "Radiomics", dependencies: ["Imaging", "TextureCore", "Yams"]),
        .target(name: "Reporting", dependencies: ["Imaging", "Ingestion", "Radiomics", "TextureCore"]),

        // MARK: From images to a trained network
        .target(name: "Preparation", dependencies: ["Imaging", "Ingestion", "SeededRandom"]),
        .target(name: "CNetworkKernels", exclude: ["impl.inc"]),
        .target(
            name: "NeuralNetwork", dependencies: ["COpenBLAS", "CNetworkKernels", "SeededRandom"],
            exclude: ["README.md"]),
        .target(
            name: "MaskedAutoencoder", dependencies: ["NeuralNetwork", "TextureCore", "Imaging", "SeededRandom"],
            exclude: ["README.md"]),
        .target(
            name: "Pretraining",
            dependencies: [
                "Imaging", "Ingestion", "MaskedAutoencoder", "NeuralNetwork", "Preparation", "Reporting",
                "SeededRandom", "TextureCore", "Yams",
            ]),
        .target(
            name: "Finetuning",
            dependencies: [
                "Imaging", "Ingestion", "MaskedAutoencoder", "NeuralNetwork", "Preparation", "Pretraining",
                "SeededRandom",
            ]),
        .target(
            name: "Reconstruction",
            dependencies: [
                "Imaging", "Finetuning", "MaskedAutoencoder", "NeuralNetwork", "Preparation", "SeededRandom",
                "Statistics",
                "TextureCore",
            ]),

        // MARK: The command
        .executableTarget(
            name: "weft",
            dependencies: [
                "Imaging", "Ingestion", "Phantoms", "TextureCore", "Radiomics", "Reporting", "SeededRandom",
                "Statistics", "Preparation", "NeuralNetwork", "MaskedAutoencoder", "Pretraining", "Finetuning",
                "Reconstruction", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // MARK: Tests mirror targets
        .target(name: "TestSupport", dependencies: ["Imaging", "Ingestion"], path: "Tests/TestSupport"),
        .testTarget(name: "ImagingTests", dependencies: ["Imaging", "TestSupport"]),
        .testTarget(name: "IngestionTests", dependencies: ["Ingestion", "CDICOM", "CPNG", "TestSupport"]),
        .testTarget(
            name: "PhantomTests", dependencies: ["Phantoms", "Ingestion", "Imaging", "SeededRandom", "TestSupport"]),
        .testTarget(name: "TextureCoreTests", dependencies: ["TextureCore", "CTextureKernels", "TestSupport"]),
        .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "SeededRandom", "TestSupport"]),
        .testTarget(
            name: "RadiomicsTests", dependencies: ["Radiomics", "Ingestion", "TestSupport"], exclude: ["Golden"]),
        .testTarget(
            name: "ReportingTests",
            dependencies: ["Reporting", "Imaging", "Ingestion", "Radiomics", "TextureCore", "TestSupport"]),
        .testTarget(
            name: "PreparationTests", dependencies: ["Preparation", "Ingestion", "Imaging", "TestSupport"]),
        .testTarget(
            name: "NeuralNetworkTests",
            dependencies: ["NeuralNetwork", "CNetworkKernels", "SeededRandom", "TestSupport"]),
        .testTarget(
            name: "MaskedAutoencoderTests",
            dependencies: ["MaskedAutoencoder", "NeuralNetwork", "SeededRandom", "TextureCore", "TestSupport"]),
        .testTarget(
            name: "PretrainingTests",
            dependencies: ["Pretraining", "Preparation", "MaskedAutoencoder", "NeuralNetwork", "TestSupport"]),
        .testTarget(
            name: "FinetuningTests",
            dependencies: [
                "Finetuning", "Pretraining", "Preparation", "MaskedAutoencoder", "NeuralNetwork", "SeededRandom",
                "Ingestion", "TestSupport",
            ]),
        .testTarget(
            name: "ReconstructionTests", dependencies: ["Reconstruction", "SeededRandom", "Statistics", "TextureCore"]),
        .testTarget(name: "CommandTests", dependencies: ["TestSupport", "Ingestion", "weft"]),
    ],
    cxxLanguageStandard: .cxx17
)
