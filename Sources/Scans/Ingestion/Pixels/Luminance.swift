/// Rec. 601, as in the Y of JPEG's and DICOM's YBR_FULL (PS3.3 C.7.6.3.1.2).
enum Luminance {
    /// 0.299 R + 0.587 G + 0.114 B; exactly the grey value where all three agree.
    static func of(_ red: Double, _ green: Double, _ blue: Double) -> Double {
        red == green && green == blue ? red : 0.299 * red + 0.587 * green + 0.114 * blue
    }
}
