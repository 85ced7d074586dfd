import ArgumentParser
import Radiomics
import SettingsFile

/// Which images by what made them.
struct ModalityOptions: ParsableArguments {
    @Option(
        help: """
            Only images of these modalities, as DICOM writes them, e.g. CT,PT; PNG for PNGs. May be repeated. Others are \
            left out and counted. One alone is taken for that of NIfTI, NRRD, MetaImage and PNG files, which do not say it, where no \
            other image does. Default: all.
            """)
    var modality: [NameList] = []

    /// DICOM's codes; nil: of any.
    var codes: Set<String>? {
        get throws {
            do throws(SettingsError) {
                var codes: Set<String> = []
                for name in modality.flatMap(\.names) {
                    codes.insert(try ModalitySection.code(name, key: "--modality"))
                }
                return codes.isEmpty ? nil : codes
            } catch { throw CommandFailure(error) }
        }
    }
}
