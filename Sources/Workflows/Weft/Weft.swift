/// From a scan to features, for programs that embed weft: `import Weft` brings all of it.
///
/// - ``FeatureExtraction``: files, folders or archives become a table of features, in memory or on disk.
/// - ``FeatureMapping``, ``ImageEmbedding``, ``Inventory``, ``SliceLabels``, ``TextureDistance``: the other workflows.
/// - ``CooccurrenceMatrix`` and ``HaralickFeatures``: one exact matrix and what it says.
@_exported import Figures
@_exported import Imaging
@_exported import Ingestion
@_exported import Radiomics
@_exported import Reports
@_exported import Tables
@_exported import TextureCore
@_exported import Workflows
