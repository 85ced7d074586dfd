/// Names of the transfer syntaxes (PS3.6 table A-1) that files come in.
enum TransferSyntax {
    private static let names = [
        "1.2.840.10008.1.2": "implicit little endian",
        "1.2.840.10008.1.2.1": "explicit little endian",
        "1.2.840.10008.1.2.1.99": "deflated",
        "1.2.840.10008.1.2.2": "explicit big endian",
        "1.2.840.10008.1.2.5": "RLE",
        "1.2.840.10008.1.2.4.50": "JPEG baseline",
        "1.2.840.10008.1.2.4.51": "JPEG extended",
        "1.2.840.10008.1.2.4.57": "JPEG lossless",
        "1.2.840.10008.1.2.4.70": "JPEG lossless SV1",
        "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
        "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
        "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
        "1.2.840.10008.1.2.4.91": "JPEG 2000",
    ]

    static func name(_ uid: String) -> String { names[uid] ?? "transfer syntax \(uid)" }
}
