import Imaging
import Radiomics
import SettingsFile
import Tables
import TextureCore

/// The settings of a run as each kind of image gets them, and the columns that all of them share.
struct CaseExtractors: Sendable {
    /// Settings of one kind of image, worked out once.
    struct Kind: Sendable {
        let extractor: Extractor
        /// What rows say of the settings that apply.
        let rowSettings: RowSettings
        /// Why a column of the table that this kind has not got is empty.
        let otherwise: UndefinedReason
    }

    /// Of the table.
    let columns: [FeatureColumn]
    private let kinds: [ImageKind: Kind]
    /// Of rows without an image.
    let common: Kind

    /// - Parameter cases: whose images are looked at: what single slices and volumes get differs.
    init(_ settings: ExtractionSettings, for cases: [ImageCase]) throws(WorkflowError) {
        let found = Set(cases.compactMap { $0.image.map(ImageKind.init) })
        let depths = Set(found.map(\.depth))
        columns = settings.columns(of: depths.isEmpty ? [.volume] : depths)
        do throws(SettingsError) {
            var kinds: [ImageKind: Kind] = [:]
            for kind in found { kinds[kind] = try Self.kind(kind, of: settings) }
            self.kinds = kinds
            common = try Self.kind(ImageKind(modality: "", depth: .volume), of: settings)
        } catch { throw .settings(error) }
    }

    subscript(kind: ImageKind) -> Kind { kinds[kind] ?? common }

    private static func kind(
        _ kind: ImageKind, of settings: ExtractionSettings
    ) throws(SettingsError) -> Kind {
        let own = try settings.resolved(for: kind)
        return Kind(
            extractor: Extractor(own), rowSettings: RowSettings(of: own),
            otherwise: kind.depth == .oneSlice ? .oneSlice : .volumeIn3D)
    }
}
