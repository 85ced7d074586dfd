internal import COpenBLAS

/// OpenBLAS as this package uses it: with one thread, so that the same product has the same bits whatever else runs. (Its own threads cut
/// products by their number: measured, shapes that are no multiple of its kernels differ.) Who wants several
/// threads cuts the product and gives each thread a piece.
package enum OpenBLAS {
    private static let oneThread: Void = openblas_set_num_threads(1)

    /// To be called before every product; after the first time it costs a load.
    package static func useOneThread() { _ = oneThread }
}
