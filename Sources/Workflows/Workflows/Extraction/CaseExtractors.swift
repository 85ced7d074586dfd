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

    /// - Parameters:
    ///   - cases: whose images are looked at: what single slices and volumes get differs.
    ///   - jobs: threads; what cases and regions do not need is left to the images and families of each.
    init(_ settings: ExtractionSettings, for cases: [ImageCase], jobs: Int) throws(WorkflowError) {
        let found = Set(cases.compactMap { $0.image.map(ImageKind.init) })
        let depths = Set(found.map(\.depth))
        columns = settings.columns(of: depths.isEmpty ? [.volume] : depths)
        do throws(SettingsError) {
            var kinds: [ImageKind: Kind] = [:]
            for kind in found { kinds[kind] = try Self.kind(kind, of: settings, jobs: jobs) }
            self.kinds = kinds
            common = try Self.kind(
                ImageKind(modality: "", depth: .volume), of: settings, jobs: jobs)
        } catch { throw .settings(error) }
    }

    subscript(kind: ImageKind) -> Kind { kinds[kind] ?? common }

    private static func kind(
        _ kind: ImageKind, of settings: ExtractionSettings, jobs: Int
    ) throws(SettingsError) -> Kind {
        let own = try settings.resolved(for: kind)
        var extractor = Extractor(own)
        extractor.jobs = jobs
        return Kind(
            extractor: extractor, rowSettings: RowSettings(of: own),
            otherwise: kind.depth == .oneSlice ? .oneSlice : .volumeIn3D)
    }
}
