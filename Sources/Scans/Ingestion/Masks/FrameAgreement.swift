// Whether a mask's positions in mm may be compared with an image's.
import Imaging

/// What the frames of reference of a mask and an image say about their positions (PS3.3 C.7.4.1).
enum FrameAgreement {
    /// They are one, or one side does not say.
    case agreed
    /// They differ, yet the mask names the image by its UIDs, which nobody does by chance.
    case overruled(Finding)
    case none(reason: String)

    /// - Parameters:
    ///   - frame: the Frame of Reference UID of the mask, or of one ROI in it.
    ///   - isNamed: whether the mask's file names the image by its UIDs; asked only when frames differ.
    init(_ frame: String?, _ image: ImageSource, isNamed: @autoclosure () -> Bool) {
        let expected = image.identity.frameOfReferenceUID
        guard let frame, !frame.isEmpty, !expected.isEmpty, frame != expected else {
            self = .agreed
            return
        }
        let found = "the mask's frame of reference is \(frame), the image's is \(expected)"
        if isNamed() {
            self = .overruled(
                Finding(
                    .warning,
                    "\(found); used by its position all the same, because the file names the image's series and slices, or "
                        + "its frame, by UID: look whether it lies where it should"
                )
            )
        } else {
            self = .none(
                reason:
                    "\(found): positions cannot be compared; give the image that the mask was drawn on, or register the "
                    + "two first")
        }
    }
}

extension ImageSource {
    /// SOP Instance UIDs of its slices.
    var instanceUIDs: Set<String> {
        var uids = Set(slices.map(\.sopInstanceUID))
        uids.remove("")
        return uids
    }
}
