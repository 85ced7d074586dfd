import Foundation
import NumericalMethods
import Testing

@Suite("OpenBLAS' kernels")
struct LibraryKernelTests {
    /// A library that is older than the processor takes it for one of 2004 and computes at a fifth of its speed.
    @Test(
        "A processor with AVX2 gets kernels that use it",
        .enabled(if: ProcessorFlags.has("avx2") && ProcessorFlags.has("fma"), "the processor has no AVX2"),
        .disabled(if: ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] != nil, "OPENBLAS_CORETYPE chooses"))
    func core() {
        #expect(!["", "Prescott", "Core2", "Nehalem"].contains(OpenBLAS.core), "\(OpenBLAS.core)")
    }
}

private enum ProcessorFlags {
    static func has(_ flag: String) -> Bool {
        guard let text = FileManager.default.contents(atPath: "/proc/cpuinfo") else { return false }
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("flags") }
        return line?.split(separator: " ").contains(flag[...]) ?? false
    }
}
