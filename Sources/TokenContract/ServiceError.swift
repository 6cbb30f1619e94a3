/// A refusal as its caller will see it: a code and one line of text, in the reply's error headers.
///
/// Promises. Whatever text it is made of, what it carries is one line of printable ASCII of at most
/// `maxTextBytes`, so it can be put into a header as it is: no CR or LF that would begin another header, no NUL that
/// would end it early, nothing that a terminal would act upon. A byte that may not stay becomes `?`. Keeping tokens
/// out of the text is the business of whoever writes it.
///
/// Cost. It allocates, as refusals may; a request that succeeds never makes one.
package struct ServiceError: Error, Equatable, Sendable, CustomStringConvertible {
    package static let maxTextBytes = 200

    package let code: ServiceErrorCode
    package let text: String

    package init(_ code: ServiceErrorCode, _ text: String) {
        self.code = code
        self.text = Self.sanitised(text)
    }

    package var description: String { "\(code.rawValue) \(text)" }

    private static func sanitised(_ text: String) -> String {
        String(decoding: text.utf8.prefix(maxTextBytes).map { isPrintable($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    static func isPrintable(_ byte: UInt8) -> Bool {
        (0x20...0x7e).contains(byte)
    }
}
