/// What a filter sees beyond the border of the image.
public enum Boundary: String, CaseIterable, Sendable {
    /// The image turned over at its edge, so that the border voxel comes twice.
    case mirror
    /// The border voxel for ever.
    case nearest
    /// The image once more.
    case periodic
    /// Nothing: 0.
    case zero
}

/// One axis of the grid as a filter sees it.
struct FilterAxis: Hashable, Sendable {
    /// Voxels of the image.
    var count: Int
    var boundary: Boundary
    /// Voxels by which a periodic axis is longer than the image: copies of the first ones after the last.
    var lengthened = 0

    /// Voxels on the axis.
    var period: Int { count + lengthened }

    /// The voxel, from 0 to below `period`, that stands at a place anywhere; nil where there is nothing.
    func voxel(at place: Int) -> Int? {
        if place >= 0, place < period { return place }
        switch boundary {
        case .zero: return nil
        case .nearest: return place < 0 ? 0 : period - 1
        case .periodic: return remainder(place, period)
        case .mirror:
            let folded = remainder(place, 2 * period)
            return folded < period ? folded : 2 * period - 1 - folded
        }
    }

    /// The smallest range of voxels that holds those at some places; of one voxel when there are none.
    func voxels(at places: Range<Int>) -> Range<Int> {
        guard places.count < 2 * period else { return 0..<period }
        var (low, high) = (Int.max, Int.min)
        for place in places {
            guard let voxel = voxel(at: place) else { continue }
            (low, high) = (min(low, voxel), max(high, voxel))
        }
        return low <= high ? low..<high + 1 : 0..<1
    }

    /// The image's own voxel for one of the axis.
    func ofImage(_ voxel: Int) -> Int { voxel < count ? voxel : voxel - count }

    private func remainder(_ a: Int, _ b: Int) -> Int {
        let rest = a % b
        return rest < 0 ? rest + b : rest
    }
}
