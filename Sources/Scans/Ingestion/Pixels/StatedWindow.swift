import DICOM
import Imaging

extension ImageSource {
    /// The windows in which the file wants a slice shown, first its first: Window Center and Window Width (PS3.3 C.11.2.1.2), in
    /// the unit of the values that ``load(jobs:)`` gives. A window is taken as centre ± half its width, half a grey value from
    /// what the function LINEAR says. Where the values were turned for MONOCHROME1, so is the window.
    ///
    /// Empty where the file states none, or none that is one, for colours and PNGs, and for a file that cannot be read any more.
    ///
    /// - Parameter slice: from 0.
    public func statedWindows(slice: Int) -> [ClosedRange<Double>] {
        guard format == .dicom, slices.indices.contains(slice) else { return [] }
        let (path, frame) = (slices[slice].path, slices[slice].frame)
        guard let file = try? DICOMFile.open(path), let layout = try? file.layout() else { return [] }
        let groups = FunctionalGroups(file.root)
        guard let transform = try? SampleTransform(file, frame: frame, layout: layout, groups: groups),
            transform.colour == .grey
        else { return [] }
        let item = groups.item(frame, .frameVOILUTSequence) ?? file.root
        let windows = zip(item.doubles(.windowCenter), item.doubles(.windowWidth)).filter { centre, width in
            centre.isFinite && width.isFinite && width > 0 && abs(centre) < 1e12 && width < 1e12
        }.map { ($0 - $1 / 2)...($0 + $1 / 2) }
        guard let sum = transform.inversionSum else { return windows }
        // m = slope · s + intercept became slope · (sum - s) + intercept.
        guard case .linear(let slope, let intercept) = transform.mapping else { return [] }
        let mirror = slope * Double(sum) + 2 * intercept
        return windows.map { (mirror - $0.upperBound)...(mirror - $0.lowerBound) }
    }
}
