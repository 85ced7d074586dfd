// What a network sees of a prepared slice when nothing is left to chance: of held-out images, and under a frozen encoder.

/// The same views of a slice every time.
public struct FixedViews: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Hashable, Sendable { case whole, tile }

    public var views: ImageViews
    /// At which the slices were prepared.
    public var scale: ImageScale
    /// Rows and columns that the network sees, pixels.
    public var size: Int
    /// The most pixels from a tile to the next one.
    public var stride: Int

    public init(_ views: ImageViews, at scale: ImageScale, size: Int, stride: Int) {
        (self.views, self.scale, self.size, self.stride) = (views, scale, size, stride)
    }

    /// Grey values 0...1 `[size, size]` of each view, and the region in it where there is one: of a region the tiles that cover its
    /// box, without those that it does not touch. The whole of a slice that was made small already is its middle, as the
    /// published recipe looks at it.
    package func views(of slice: PreparedSlice) -> [(kind: Kind, grey: [Float], region: [UInt8]?)] {
        var all: [(Kind, [Float], [UInt8]?)] = []
        if views.includesWhole {
            let whole = scale == .resize ? Augmentation.centre(slice, size: size) : slice.whole(side: size)
            all.append((.whole, whole, nil))
        }
        if views.includesTiles {
            let (columns, rows) = slice.looked
            let grid = TileGrid(columns: columns, rows: rows, of: slice.size, side: size, stride: stride)
            for origin in grid.origins {
                let region = slice.regionOfTile(at: origin, side: size)
                guard region?.contains(1) != false else { continue }
                all.append((.tile, slice.tile(at: origin, side: size).map { Float($0) / 65535 }, region))
            }
        }
        return all
    }
}

/// Makes batches of the fixed views of slices.
public struct FixedViewLoader: Sendable {
    public let views: FixedViews
    public let normalisation: ChannelNormalisation
    private let slice: @Sendable (Int) throws -> PreparedSlice

    /// - Parameter slice: gives a slice by its number.
    public init(
        _ views: FixedViews, normalisation: ChannelNormalisation,
        slice: @escaping @Sendable (Int) throws -> PreparedSlice
    ) {
        (self.views, self.normalisation, self.slice) = (views, normalisation, slice)
    }

    /// What a batch holds one of.
    public struct View: Hashable, Sendable {
        /// Number of the slice.
        public var slice: Int
        public var kind: FixedViews.Kind
        /// The region that is looked at `[size, size]`, 1 inside; nil: all of the view.
        public var region: [UInt8]?

        /// What the view counts beside others: its pixels of the region.
        public var weight: Double { region.map { Double($0.reduce(0) { $0 + Int($1) }) } ?? 1 }
    }

    /// Calls with normalised values `[views, channels, size, size]` of up to `atOnce` views, slice by slice.
    public func forEachBatch(
        of slices: [Int], atOnce: Int, _ body: ([Float], [View]) throws -> Void
    ) throws {
        var values: [Float] = []
        var views: [View] = []
        for slice in slices {
            for (kind, grey, region) in self.views.views(of: try self.slice(slice)) {
                views.append(View(slice: slice, kind: kind, region: region))
                normalisation.append(grey, to: &values)
                guard views.count == atOnce else { continue }
                try body(values, views)
                values.removeAll(keepingCapacity: true)
                views.removeAll(keepingCapacity: true)
            }
        }
        if !views.isEmpty { try body(values, views) }
    }
}

extension ChannelNormalisation {
    /// Grey values 0...1 `[pixels]`, normalised for each channel.
    func append(_ grey: [Float], to values: inout [Float]) {
        for (mean, deviation) in zip(mean, deviation) {
            let (mean, deviation) = (Float(mean), Float(deviation))
            values += grey.lazy.map { ($0 - mean) / deviation }
        }
    }
}
