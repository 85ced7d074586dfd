// Grey levels of a region in, values of the run length, zone and neighbourhood families out, in the order of the columns.
// Each table is counted once, whatever aggregations and families ask for it.

import TextureCore

/// The texture families beside the co-occurrence matrix, of one region.
struct TextureFamilies {
    private let levels: PaddedLevels
    /// The morphological mask, which distances to the border are measured in.
    private let mask: [UInt8]
    private let spacing: SIMD3<Double>
    private let settings: ExtractionSettings
    private let needsDistances: Bool
    private var zones: [ZoneKey: GreyLevelZones] = [:]
    private var neighbourhoods: [NeighbourhoodKey: Neighbourhoods] = [:]

    private enum ZoneKey: Hashable { case slices, volume }

    private struct NeighbourhoodKey: Hashable {
        var distance: Int
        var inVolume: Bool
    }

    /// - Parameters:
    ///   - grid: levels of the voxels of the intensity mask.
    ///   - mask: the morphological mask on the same grid.
    ///   - spacing: mm
    init(_ grid: LevelGrid, mask: [UInt8], spacing: SIMD3<Double>, _ settings: ExtractionSettings) {
        // No voxel of the region lies farther away than the region is long.
        let longest = max(grid.size.x, grid.size.y, grid.size.z)
        levels = PaddedLevels(grid, reach: max(1, min(settings.texture.distances.max() ?? 1, longest)))
        (self.mask, self.spacing, self.settings) = (mask, spacing, settings)
        needsDistances = settings.activeFamilies.contains(.dzm)
    }

    /// One a column of the family.
    mutating func measures(of family: FeatureFamily) -> [Measure] {
        switch (settings.convention, family) {
        case (.ibsi, .rlm): runLengths()
        case (.ibsi, .szm):
            aggregated(
                family, tables: { $0.zones(in: $1).sizeMatrices() },
                values: { Self.measures($0, FeatureDefinition.sizeZone) })
        case (.ibsi, .dzm):
            aggregated(
                family, tables: { $0.zones(in: $1).distanceMatrices() },
                values: { Self.measures($0, FeatureDefinition.distanceZone) })
        case (.ibsi, .ngt):
            settings.texture.distances.flatMap { distance in
                aggregated(
                    family, tables: { $0.neighbourhoods(distance, in: $1).differences },
                    values: { Self.measures($0, FeatureDefinition.toneDifference, .ibsi) })
            }
        case (.ibsi, .ngl):
            settings.texture.distances.flatMap { distance in
                aggregated(
                    family, tables: { $0.neighbourhoods(distance, in: $1).dependences },
                    values: { Self.measures($0, FeatureDefinition.dependence) })
            }
        case (.pyradiomics, .rlm): pyradiomicsRunLengths()
        case (.pyradiomics, .szm):
            Self.measures(
                .merged(GreyLevelZones(levels, offsets: shell([1]), distances: nil).sizeMatrices()),
                FeatureDefinition.pyradiomicsSizeZone)
        case (.pyradiomics, .ngt):
            Self.measures(
                pyradiomicsNeighbourhoods.differences[0], FeatureDefinition.pyradiomicsToneDifference, .pyradiomics)
        case (.pyradiomics, .ngl):
            Self.measures(pyradiomicsNeighbourhoods.dependences[0], FeatureDefinition.pyradiomicsDependence)
        default: []
        }
    }

    // MARK: Values of one table

    private static func measures(
        _ matrix: SizeMatrix, _ definitions: [(SizeMatrixFeature, FeatureDefinition)]
    ) -> [Measure] {
        let features = SizeMatrixFeatures(matrix)
        return definitions.map { features[$0.0] }
    }

    private static func measures(
        _ table: ToneDifferences, _ definitions: [(ToneDifferenceFeature, FeatureDefinition)],
        _ convention: Convention
    ) -> [Measure] {
        let features = ToneDifferenceFeatures(table, convention: convention)
        return definitions.map { features[$0.0] }
    }

    /// The mean of each column over rows; `columns` says how many there are when there are no rows.
    private static func average(_ rows: [[Measure]], columns: Int) -> [Measure] {
        (0..<columns).map { column in .average(rows.map { $0[column] }) }
    }

    // MARK: Families without directions

    /// The aggregations that are asked for, from the tables of the slices or of the volume.
    private mutating func aggregated<Matrix: TextureMatrix>(
        _ family: FeatureFamily, tables: (inout TextureFamilies, MatrixLabel.Dimension) -> [Matrix],
        values: (Matrix) -> [Measure]
    ) -> [Measure] {
        var all: [Measure] = []
        for aggregation in settings.texture.aggregations(of: family) {
            let parts = tables(&self, aggregation.dimension)
            if aggregation.dimension == .slice {
                let rows = parts.filter { !$0.isEmpty }.map(values)
                all += Self.average(rows, columns: values(.merged([])).count)
            } else {
                all += values(parts.count == 1 ? parts[0] : .merged(parts))
            }
        }
        return all
    }

    private mutating func zones(in dimension: MatrixLabel.Dimension) -> GreyLevelZones {
        let key: ZoneKey = dimension == .volume ? .volume : .slices
        if let known = zones[key] { return known }
        let distances =
            needsDistances
            ? BorderDistance.cityBlock(mask, on: levels, key == .volume ? .volume : .slice) : nil
        let found = GreyLevelZones(
            levels, offsets: key == .volume ? Directions.spatial : Directions.planar, distances: distances)
        zones[key] = found
        return found
    }

    private mutating func neighbourhoods(_ distance: Int, in dimension: MatrixLabel.Dimension) -> Neighbourhoods {
        let key = NeighbourhoodKey(distance: distance, inVolume: dimension == .volume)
        if let known = neighbourhoods[key] { return known }
        let found = Neighbourhoods(levels, distance: distance, dimension)
        neighbourhoods[key] = found
        return found
    }

    // MARK: Run lengths

    private func runLengths() -> [Measure] {
        let definitions = FeatureDefinition.runLength
        let aggregations = settings.texture.aggregations(of: .rlm)
        let isNeeded = { (dimensions: [MatrixLabel.Dimension]) in
            aggregations.contains { dimensions.contains($0.dimension) }
        }
        // [slice][direction], of slices that have voxels; and [direction].
        let bySlice =
            isNeeded([.slice, .mergedSlices])
            ? RunLengths.countBySlice(levels, along: Directions.planar).filter { !$0[0].isEmpty } : []
        let mergedSlices =
            isNeeded([.mergedSlices])
            ? Directions.planar.indices.map { k in SizeMatrix.merged(bySlice.map { $0[k] }) } : []
        let volume = isNeeded([.volume]) ? RunLengths.count(levels, along: Directions.spatial) : []

        func average(_ matrices: [SizeMatrix]) -> [Measure] {
            Self.average(matrices.map { Self.measures($0, definitions) }, columns: definitions.count)
        }
        var all: [Measure] = []
        for aggregation in aggregations {
            switch aggregation {
            case .averaged2D: all += average(bySlice.flatMap { $0 })
            case .merged2D: all += average(bySlice.map(SizeMatrix.merged))
            case .averaged25D: all += average(mergedSlices)
            case .merged25D: all += Self.measures(.merged(mergedSlices), definitions)
            case .averaged3D: all += average(volume)
            case .merged3D: all += Self.measures(.merged(volume), definitions)
            case .slices, .mergedSlices, .volume: break
            }
        }
        guard settings.texture.directions == .each else { return all }
        for (dimension, directions) in settings.texture.directionalDimensions {
            for k in directions.indices {
                switch dimension {
                case .slice: all += average(bySlice.map { $0[k] })
                case .mergedSlices: all += Self.measures(mergedSlices[k], definitions)
                case .volume: all += Self.measures(volume[k], definitions)
                }
            }
        }
        return all
    }

    // MARK: PyRadiomics

    private func shell(_ distances: [Int]) -> [Offset] {
        Directions.shell(
            distances: distances, flatAxis: settings.texture.pyradiomics.force2DDimension, size: levels.size)
    }

    /// Class `glrlm` (glrlm.py: _calculateMatrix): always distance 1; weighted directions are merged with the length of
    /// their offset in mm as weight, not exp(-d²) as in `glcm`.
    private func pyradiomicsRunLengths() -> [Measure] {
        let definitions = FeatureDefinition.pyradiomicsRunLength
        let offsets = shell([1])
        let kept = zip(offsets, RunLengths.count(levels, along: offsets)).filter {
            RunLengths.linesHoldSeveral(levels, $0, runs: $1)
        }
        let norm = settings.texture.pyradiomics.weightingNorm
        guard norm != .none else {
            return Self.average(kept.map { Self.measures($1, definitions) }, columns: definitions.count)
        }
        let weights = kept.map { norm.length($0.0, spacing: spacing) ?? 1 }
        return Self.measures(.sum(kept.map(\.1), weights: weights), definitions)
    }

    /// Classes `ngtdm` and `gldm`: all neighbours whose Chebyshev distance is in the list, together.
    private var pyradiomicsNeighbourhoods: Neighbourhoods {
        Neighbourhoods(
            levels, offsets: shell(settings.texture.distances), coarseness: settings.texture.pyradiomics.gldmA,
            isBySlice: false)
    }
}
