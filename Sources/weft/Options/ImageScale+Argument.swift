import ArgumentParser
import Preparation

extension ImageScale {
    /// `resize`, `pixels`, or mm of a pixel, one number or `x,y`.
    init(argument: String) throws {
        switch argument {
        case "resize":
            self = .resize
            return
        case "pixels":
            self = .pixels
            return
        default: break
        }
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? 0 }
        guard (1...2).contains(numbers.count), numbers.allSatisfy({ $0 > 0 && $0 < 1e6 }) else {
            throw ValidationError(
                "--scale is '\(argument)', expected resize, pixels, or mm of a pixel above 0, e.g. 1,1")
        }
        self = .spacing(SIMD2(numbers[0], numbers[numbers.count - 1]))
    }
}
