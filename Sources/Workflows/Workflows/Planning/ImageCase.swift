import Imaging
import Ingestion

/// One image and what is to be worked on in it.
package struct ImageCase: Sendable {
    /// The `case` of its rows.
    package var name: String
    /// The image's path as rows may show it.
    package var shownPath: String
    /// The file or folder, to tell cases with equal names apart; never shown.
    var source: String
    /// The input of the user's that it was found under.
    package var root: String
    package var work: Work
    /// Paths of the masks that were drawn on another image of the run. On this one they give what regions they can: that the
    /// rest does not fit (a scout, another orientation) is no failure.
    package var borrowedMasks: Set<String> = []
    /// Beyond the image's own.
    package var findings: [Finding] = []

    package enum Work: Sendable {
        case regions(ImageSource, masks: [MaskSource], RegionSelection)
        case wholeImage(ImageSource)
        /// Known to fail before anything is loaded.
        case failed(ImageIdentity, MaskSource.Entry?, reason: String)
    }

    /// Of its image, as far as it is known.
    package var identity: ImageIdentity {
        switch work {
        case .regions(let image, _, _), .wholeImage(let image): image.identity
        case .failed(let identity, _, _): identity
        }
    }

    /// Nil when it is known to fail before an image is loaded.
    package var image: ImageSource? {
        switch work {
        case .regions(let image, _, _), .wholeImage(let image): image
        case .failed: nil
        }
    }
}
