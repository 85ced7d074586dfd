import COpenBLAS

/// What a training step can at best run at.
enum LibraryRate {
    /// Rate of OpenBLAS itself with its own threads at a square product, in 10⁹ operations per second. Best of `repeats`, after
    /// one to warm up.
    static func measure(side: Int = 2048, threads: Int, repeats: Int = 5) -> Double {
        copenblas_use_threads(Int32(threads))
        // The layers cut their products themselves, and want one thread.
        defer { copenblas_use_threads(1) }
        let a = [Float](repeating: 0.5, count: side * side)
        var c = a
        var best = Duration.seconds(1_000_000)
        let size = blasint(side)
        for _ in 0...repeats {
            let start = ContinuousClock.now
            copenblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a, size, a, size, 0, &c, size)
            best = min(best, ContinuousClock.now - start)
        }
        let operations = 2.0 * Double(side) * Double(side) * Double(side)
        return operations / (best / .seconds(1)) / 1e9
    }
}
