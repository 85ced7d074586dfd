import Reports
import Testing

@Suite("the window of a picture")
struct GreyWindowTests {
    private func window(
        _ modality: String, region: [Double], shown: [Double] = [], stated: [ClosedRange<Double>] = [],
        storable: ClosedRange<Double>? = nil
    ) -> GreyWindow {
        GreyWindow(modality: modality, stated: stated, storable: storable, region: region, shown: shown)
    }

    @Test("CT without a window of its own: by the region's median, not by a few voxels")
    func computedTomography() {
        #expect(window("CT", region: [40, 50, 60]) == GreyWindow(-160...240, .softTissue))
        #expect(window("CT", region: [-800, -750, -700]) == GreyWindow(-1350...150, .lung))
        #expect(window("CT", region: [400, 700, 900]) == GreyWindow(-600...1400, .bone))
        #expect(window("CT", region: [-900, 30, 40, 50, 3000]).reason == .softTissue)
    }

    @Test("of the file's windows the first that holds the region's median; none of PET")
    func stated() {
        let (tissue, lung) = (-160.0...240.0, -1200.0...200.0)
        #expect(window("CT", region: [50], stated: [tissue, lung]) == GreyWindow(tissue, .file))
        #expect(window("CT", region: [-700], stated: [tissue, lung]) == GreyWindow(lung, .file))
        #expect(window("CT", region: [-700], stated: [tissue]) == GreyWindow(-1350...150, .lung))
        #expect(window("MR", region: [500], stated: [0...1000]) == GreyWindow(0...1000, .file))
        #expect(window("MR", region: [5000], shown: [0, 6000], stated: [0...1000]).reason == .shown)
        #expect(window("PT", region: [3], stated: [1...9]).reason == .uptake)
    }

    @Test(
        "PET goes from 0 to a round number above what 99 of 100 voxels of the region have",
        arguments: [
            (7.2, 8.0), (12.0, 12.0), (16.4, 20.0), (0.034, 0.04), (31_000, 40_000), (0, 1), (-1, 1), (9.5, 10),
        ])
    func uptake(value: Double, top: Double) {
        let region = [Double](repeating: value, count: 400) + [value + 1e6]
        let window = window("PT", region: region)
        #expect(window.reason == .uptake && window.range.lowerBound == 0)
        #expect(abs(window.range.upperBound - top) < 1e-9 * top, "\(window.range)")
    }

    @Test("MR and ultrasound: what lies between the outermost hundredths of picture or region; 8 bits of a PNG all")
    func robust() {
        let picture = (0..<1000).map(Double.init)
        #expect(window("MR", region: [500], shown: picture) == GreyWindow(10...990, .shown))
        #expect(window("US", region: [2000], shown: picture) == GreyWindow(10...2000, .shown))
        #expect(window("PNG", region: [9], shown: picture, storable: 0...255) == GreyWindow(0...255, .storable))
        #expect(window("MR", region: [], shown: []).range == 0...0)
        #expect(window("MR", region: [7], shown: [7, 7]).range == 7...7)
    }
}
