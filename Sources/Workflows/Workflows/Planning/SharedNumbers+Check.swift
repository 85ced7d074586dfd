import Imaging
import Ingestion
import Radiomics
import SettingsFile

extension ImageKind {
    package init(_ image: ImageSource) {
        self.init(modality: image.identity.modality, depth: ImageDepth(slices: image.geometry.size.z))
    }
}

extension CasePlan {
    /// Refuses a number in the intensities' own unit that images of several units would share: a range in HU must not cut an
    /// MR. Which of the units was meant cannot be known, and a table of all of them would look right.
    package func check(_ settings: ExtractionSettings, _ shared: SharedNumbers) throws(WorkflowError) {
        guard shared == .refused else { return }
        var scales: [Owned: [String: Int]] = [:]
        do throws(SettingsError) {
            var resolved: [ImageKind: ExtractionSettings] = [:]
            for image in cases.compactMap(\.image) {
                let kind = ImageKind(image)
                let own = if let known = resolved[kind] { known } else { try settings.resolved(for: kind) }
                resolved[kind] = own
                let scale = own.scale(of: image)
                for number in AbsoluteNumber.all(in: own) {
                    let isOwn = settings.section(of: kind.modality, names: number.path)
                    let owned = Owned(number: number, section: isOwn ? kind.modality : nil)
                    scales[owned, default: [:]][scale, default: 0] += 1
                }
            }
        } catch { throw .settings(error) }
        let mixed = scales.filter { $0.value.count > 1 }.sorted { $0.key.title < $1.key.title }
        guard let (owned, found) = mixed.first else { return }
        throw .sharedNumber(
            owned.title, images: found.sorted { $0.key < $1.key }.map { "\($0.value) in \($0.key)" },
            section: owned.section)
    }

    /// A number in a section, or among the common keys.
    private struct Owned: Hashable {
        var number: AbsoluteNumber
        var section: String?

        var title: String { section.map { "modality.\($0).\(number.path)" } ?? "\(number.path) (\(number.option))" }
    }
}

extension ExtractionSettings {
    /// In what an image's intensities are when these settings are applied, in words.
    fileprivate func scale(of image: ImageSource) -> String {
        if convention == .pyradiomics, pyradiomics.normalisation != nil { return "normalised values" }
        let modality = image.identity.modality
        return switch image.intensityUnit(as: imageUnit) {
        case .hounsfield: "HU"
        case .named(let name): name
        case .arbitrary: "grey values\(modality.isEmpty ? "" : " of \(modality)")"
        }
    }
}
