// What a header says to tell apart the volumes that one series, or one multi-frame object, holds at the same positions.
import DICOM

/// Which of the Dimension Index Values (PS3.3 C.7.6.17) count something else than positions in space.
struct VolumeDimensions {
    private let indices: [Int]

    /// In-Stack Position Number, Image Position (Patient), Slice Location, and the plane's own sequences.
    private static let ofSpace: Set<String> = ["00209057", "00200032", "00201041", "00209113", "00209116", "00200037"]

    init(_ root: DICOMItem) {
        indices = root.items(.dimensionIndexSequence).enumerated().compactMap { index, item in
            let digits = (item.string(.dimensionIndexPointer) ?? "").uppercased().filter(\.isHexDigit)
            return digits.isEmpty || Self.ofSpace.contains(digits) ? nil : index
        }
    }

    /// The values of one frame without those of space; nil when nothing is left.
    func values(_ content: DICOMItem?) -> String? {
        guard let values = content?.doubles(.dimensionIndexValues), !indices.isEmpty else { return nil }
        let named = indices.filter(values.indices.contains)
        return named.isEmpty ? nil : named.map { "\(Int(exactly: values[$0]) ?? 0)" }.joined(separator: "\\")
    }
}

extension DICOMFile {
    func separators(
        _ frame: Int, _ groups: FunctionalGroups, _ dimensions: VolumeDimensions
    ) -> [SliceHeader.Separator: String] {
        let content = groups.item(frame, .frameContentSequence)
        let diffusion = groups.item(frame, .mrDiffusionSequence)
        let direction = diffusion?.item(.diffusionGradientDirectionSequence)
        let echo = groups.item(frame, .mrEchoSequence)
        let timing = groups.item(frame, .mrTimingSequence)
        let modifier = groups.item(frame, .mrModifierSequence)
        let heart = groups.item(frame, .cardiacSynchronizationSequence)
        let breath = groups.item(frame, .respiratorySynchronizationSequence)
        let time = groups.item(frame, .temporalPositionSequence)
        let type = groups.item(frame, .mrImageFrameTypeSequence) ?? groups.item(frame, .ctImageFrameTypeSequence)
        let velocity = groups.item(frame, .mrVelocityEncodingSequence)
        let values: [(SliceHeader.Separator, String?)] = [
            (.diffusionBValue, diffusion?.string(.diffusionBValue) ?? string(.diffusionBValue) ?? privateBValue),
            (
                .diffusionDirection,
                direction?.string(.diffusionGradientOrientation) ?? string(.diffusionGradientOrientation)
            ),
            (.inversionTime, modifier?.string(.inversionTimes) ?? string(.inversionTime)),
            (.echoNumber, string(.echoNumbers)),
            (.echoTime, echo?.string(.effectiveEchoTime) ?? string(.echoTime)),
            (.repetitionTime, timing?.string(.repetitionTime) ?? string(.repetitionTime)),
            (.flipAngle, timing?.string(.flipAngle) ?? string(.flipAngle)),
            (.velocityEncoding, velocity?.string(.velocityEncodingDirection)),
            (.kilovoltage, string(.kilovoltage)),
            (.convolutionKernel, string(.convolutionKernel)),
            (.contrastAgent, string(.contrastBolusAgent)),
            (
                .temporalPosition,
                content?.string(.temporalPositionIndex) ?? time?.string(.temporalPositionTimeOffset)
                    ?? string(.temporalPositionIdentifier)
            ),
            (
                .cardiacPhase,
                heart?.string(.nominalPercentageOfCardiacPhase) ?? heart?.string(.nominalCardiacTriggerDelayTime)
            ),
            (.respiratoryPhase, breath?.string(.nominalPercentageOfRespiratoryPhase)),
            (.triggerTime, string(.triggerTime)),
            (.frameReferenceTime, string(.frameReferenceTime)),
            (.acquisitionNumber, string(.acquisitionNumber)),
            (.stackID, content?.string(.stackID)),
            (
                .complexComponent,
                type?.string(.complexImageComponent) ?? string(.complexImageComponent) ?? privateComponent
            ),
            (.imageType, type?.string(.frameType) ?? string(.imageType)),
            (.sequenceName, string(.sequenceName)),
            (.dimensionIndex, dimensions.values(content)),
            (.acquisitionTime, string(.acquisitionTime)),
            (.acquisitionDateTime, content?.string(.frameAcquisitionDateTime) ?? string(.acquisitionDateTime)),
            (.contentTime, string(.contentTime)),
        ]
        return Dictionary(uniqueKeysWithValues: values.compactMap { key, value in value.map { (key, $0) } })
    }

    /// The b-value where the vendors had it before the standard: Siemens (0019,xx0C), GE (0043,xx39), Philips (2001,xx03).
    private var privateBValue: String? {
        root.privateBlock(0x0019, "SIEMENS MR HEADER").flatMap { root.string($0.element(0x0C)) }
            ?? root.privateBlock(0x0043, "GEMS_PARM_01").flatMap { root.string($0.element(0x39)) }
            ?? root.privateBlock(0x2001, "Philips Imaging DD 001").flatMap { root.string($0.element(0x03)) }
    }

    /// Magnitude, phase, real or imaginary at GE (0043,xx2F).
    private var privateComponent: String? {
        root.privateBlock(0x0043, "GEMS_PARM_01").flatMap { root.string($0.element(0x2F)) }
    }
}
