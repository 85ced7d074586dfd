// Of which modality images are whose files do not say it: NIfTI, NRRD, MetaImage and PNG. Names of BIDS and nnU-Net say it, or
// whoever asks.

import Files
import Foundation

extension ImageSource {
    /// Whether the modality is known; where it is not, the identity has the format's name.
    public var isModalityKnown: Bool {
        !identity.modality.isEmpty && identity.modality != "PNG" && VolumeFormat(rawValue: identity.modality) == nil
    }

    fileprivate mutating func take(_ modality: String, from source: String) {
        identity.modality = modality
        findings.append(Finding(.note, "the file does not say its modality; \(modality) by \(source)"))
    }
}

extension Archive {
    /// Takes images that do not say their modality for images of the one that is asked for, unless others there say theirs: of a folder
    /// with both, `--modality CT` chooses what is CT.
    ///
    /// - Parameter modalities: DICOM's codes; several, or the name of a format, name no modality.
    /// - Returns: how many images were taken so, and for what.
    @discardableResult
    public mutating func nameModality(_ modalities: some Collection<String>) -> (count: Int, modality: String)? {
        guard let modality = modalities.first, modalities.count == 1, modality != "PNG",
            VolumeFormat(rawValue: modality) == nil, !images.contains(where: \.isModalityKnown), !images.isEmpty
        else { return nil }
        for k in images.indices { images[k].take(modality, from: "what was asked for") }
        return (images.count, modality)
    }

    /// What the names of volumes say: BIDS' suffixes, and the channels that nnU-Net's `dataset.json` lists.
    mutating func takeModalitiesOfNames() {
        var channels: [String: ChannelNames?] = [:]
        for k in images.indices where images[k].format.volumeFormat != nil && !images[k].isModalityKnown {
            if let (suffix, modality) = Self.bids(images[k].path) {
                images[k].take(modality, from: "its name (BIDS' _\(suffix))")
                continue
            }
            guard let folder = ChannelNames.folder(of: images[k].path) else { continue }
            let names = channels[folder] ?? ChannelNames(inFolder: folder)
            channels[folder] = .some(names)
            let channel = ChannelNames.channel(of: images[k].path) ?? images[k].volumeNumber
            guard let name = names?.byNumber[channel], let modality = ChannelNames.modality(of: name) else { continue }
            images[k].take(modality, from: "dataset.json, which calls channel \(channel) \(name)")
        }
    }

    /// The word at the end of `sub-01_T1w.nii.gz`.
    private static func bids(_ path: String) -> (suffix: String, modality: String)? {
        let parts = FileName(path).imageStem.split(separator: "_")
        guard parts.count > 1, let suffix = parts.last.map(String.init) else { return nil }
        if bidsOfMR.contains(suffix) { return (suffix, "MR") }
        return ["ct": "CT", "pet": "PT"][suffix].map { (suffix, $0) }
    }

    /// Suffixes of BIDS 1.10 for anatomy, function, diffusion and perfusion.
    private static let bidsOfMR: Set<String> = [
        "T1w", "T2w", "PDw", "T2starw", "FLAIR", "inplaneT1", "inplaneT2", "PDT2", "angio", "UNIT1", "MP2RAGE", "MESE",
        "MEGRE", "VFA", "IRT1", "T1map", "T2map", "T2starmap", "R1map", "R2map", "PDmap", "MTw", "bold", "cbv", "sbref",
        "dwi", "asl", "m0scan",
    ]
}

/// The channels of an nnU-Net data set: `channel_names`, before version 2 `modality`.
private struct ChannelNames {
    let byNumber: [Int: String]

    private struct Document: Decodable {
        var channelNames: [String: String]?
        var modality: [String: String]?

        enum CodingKeys: String, CodingKey {
            case channelNames = "channel_names"
            case modality
        }
    }

    /// Nil where there is no such file, or it says nothing of channels.
    init?(inFolder folder: String) {
        guard let data = FileManager.default.contents(atPath: folder + "dataset.json"), data.count < 1 << 26,
            let document = try? JSONDecoder().decode(Document.self, from: data),
            let names = document.channelNames ?? document.modality
        else { return nil }
        byNumber = Dictionary(
            names.compactMap { key, name in Int(key).map { ($0, name) } }, uniquingKeysWith: { first, _ in first })
    }

    /// The folder of the data set: that above `imagesTr`.
    static func folder(of path: String) -> String? {
        let parent = FileName(path).folder
        let parts = parent.split(separator: "/", omittingEmptySubsequences: false).filter { !$0.isEmpty }
        guard let last = parts.last, ["imagesTr", "imagesTs", "imagesVal"].contains(String(last)) else { return nil }
        let trimmed = parent.hasSuffix("/") ? parent.dropLast() : parent[...]
        return String(trimmed.dropLast(last.count))
    }

    /// `case_0001` is channel 1.
    static func channel(of path: String) -> Int? {
        let stem = FileName(path).imageStem
        guard let cut = stem.lastIndex(of: "_") else { return nil }
        let digits = stem[stem.index(after: cut)...]
        return digits.count == 4 && digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
    }

    static func modality(of name: String) -> String? {
        switch name.lowercased() {
        case "ct": "CT"
        case "mr", "mri", "t1", "t1w", "t2", "t2w", "flair", "t1ce", "t1gd", "t1gdw", "adc", "dwi", "pd", "pdw": "MR"
        case "pet", "pt", "suv": "PT"
        case "us", "ultrasound": "US"
        default: nil
        }
    }
}
