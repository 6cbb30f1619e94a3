import StrictJSON
import Testing

// An error would end these processes in failure as well, so errors are swallowed: only a trap is left.
@Suite("A defect of the caller stops the process instead of reading on")
struct MisuseTests {
    @Test("Reading past the end of a span")
    func outOfBounds() async {
        await #expect(processExitsWith: .failure) {
            let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7]
            print(bytes.rawSpan.word(at: Int.random(in: 0...0)))
        }
        await #expect(processExitsWith: .failure) {
            let bytes: [UInt8] = [1, 2, 3]
            print(bytes.rawSpan[Int.random(in: 3...3)])
        }
        await #expect(processExitsWith: .failure) {
            let bytes: [UInt8] = [1, 2, 3]
            print(bytes.rawSpan[Int.random(in: -1 ... -1)])
        }
    }

    @Test("Asking for members where there are none")
    func outsideContainers() async {
        await #expect(processExitsWith: .failure) {
            let text = Array("{}".utf8)
            var scanner = JSONScanner(text.rawSpan)
            _ = try? scanner.nextKey()
        }
        await #expect(processExitsWith: .failure) {
            let text = Array("{}".utf8)
            var scanner = JSONScanner(text.rawSpan)
            try scanner.beginObject()
            _ = try? scanner.nextElement()
        }
        await #expect(processExitsWith: .failure) {
            let text = Array("{".utf8)
            var scanner = JSONScanner(text.rawSpan)
            try scanner.beginObject()
            try? scanner.finish()
        }
    }
}
