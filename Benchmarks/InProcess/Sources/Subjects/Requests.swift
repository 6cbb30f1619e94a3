internal import StrictJSON

/// verify_token requests in the spelling of most callers, side by side, asked for in turn.
struct Requests {
    private static let head = #"{"access_token":""#.utf8
    private let text: [UInt8]
    private let ends: [Int]
    private var index = 0

    init(_ tokens: some Sequence<[UInt8]>) {
        var text: [UInt8] = []
        var ends: [Int] = []
        for token in tokens {
            text += Array(Self.head) + token + Array(#""}"#.utf8)
            ends.append(text.count)
        }
        self.text = text
        self.ends = ends
    }

    var count: Int { ends.count }

    mutating func advance() {
        index = index + 1 < ends.count ? index + 1 : 0
    }

    var current: RawSpan {
        @_lifetime(borrow self)
        get { request(index) }
    }

    @_lifetime(borrow self)
    func token(_ index: Int) -> RawSpan {
        let request = request(index)
        return request.extracting(Self.head.count..<request.byteCount - 2)
    }

    @_lifetime(borrow self)
    private func request(_ index: Int) -> RawSpan {
        text.rawSpan.extracting((index == 0 ? 0 : ends[index - 1])..<ends[index])
    }
}
