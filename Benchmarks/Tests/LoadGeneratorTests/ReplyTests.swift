import Testing

@testable import LoadGenerator

@Suite("Whether a reply is right")
struct ReplyTests {
    static let id = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
    static let other = "0199a1b2-c3d4-7e5f-8a9b-ffffffffffff"

    /// Not signed: the load does not check signatures.
    static func token(_ id: String) -> String {
        let claims = #"{"iss":"token-service","sub":"42","iat":1,"exp":2,"jti":"\#(id)","sid":"\#(id)"}"#
        return "e30.\(base64(claims)).\(String(repeating: "A", count: 86))"
    }

    static func base64(_ text: String) -> String {
        var (encoded, bits, held) = ("", 0, 0)
        for byte in text.utf8 {
            bits = bits << 8 | Int(byte)
            held += 8
            while held >= 6 {
                held -= 6
                encoded.unicodeScalars.append(Unicode.Scalar(Base64URL.alphabet[bits >> held & 63]))
            }
            bits &= 63
        }
        if held > 0 { encoded.unicodeScalars.append(Unicode.Scalar(Base64URL.alphabet[bits << (6 - held) & 63])) }
        return encoded
    }

    static func verdict(_ id: String, subject: String = "42") -> String {
        #"{"valid":true,"payload":{"id":"\#(subject)","jti":"\#(id)","sid":"\#(id)","iat":1,"exp":2,"iss":"token-service"}}"#
    }

    static func workload(_ mix: Mix) throws -> Workload {
        let pairs = [TokenPair(accessToken: token(id), refreshToken: token(id))]
        var material = Material()
        try material.verify(hot: pairs, new: pairs, revoked: pairs)
        material.chains = pairs
        material.blacklist(pairs)
        return Workload(mix: mix, material: material, part: 0, of: 1)
    }

    static func problem(_ kind: RequestKind, _ reply: String, headers: String = "") throws -> String? {
        let workload = try workload(Mix(only: kind))
        return problem(workload, try #require(workload.next()), reply, headers: headers)
    }

    static func problem(
        _ workload: Workload, _ request: Workload.Request, _ reply: String, headers: String = ""
    ) -> String? {
        let (headers, payload) = (Array(headers.utf8), Array(reply.utf8))
        return workload.problem(request, headers: headers.raw, payload: payload.raw)
    }

    @Test("verify: valid, about this token, with its claims")
    func hot() throws {
        #expect(try Self.problem(.hot, Self.verdict(Self.id)) == nil)
        #expect(try Self.problem(.hot, Self.verdict(Self.other)) != nil)
        #expect(try Self.problem(.hot, Self.verdict(Self.id, subject: "43")) != nil)
        #expect(try Self.problem(.hot, #"{"valid":false,"reason":"revoked"}"#) == "not valid: revoked")
        #expect(try Self.problem(.hot, "{") != nil)
        #expect(try Self.problem(.new, Self.verdict(Self.id)) == nil)
        #expect(try Self.problem(.new, Self.verdict(Self.other)) != nil)
    }

    @Test("verify: the later replies about a token, which are looked at more briefly, must name it too")
    func hotAgain() throws {
        let workload = try Self.workload(Mix(only: .hot))
        for (reply, isRight) in [(Self.verdict(Self.id), true), (Self.verdict(Self.id), true), (Self.verdict(Self.other), false)] {
            let request = try #require(workload.next())
            #expect((Self.problem(workload, request, reply) == nil) == isRight)
        }
    }

    @Test("what must be refused must be refused for its own reason", arguments: [
        (RequestKind.revoked, "revoked"), (.forged, "bad_signature"), (.malformed, "malformed"),
    ])
    func refused(_ kind: RequestKind, _ reason: String) throws {
        #expect(try Self.problem(kind, #"{"valid":false,"reason":"\#(reason)"}"#) == nil)
        #expect(try Self.problem(kind, #"{ "valid": false, "reason": "\#(reason)" }"#) == nil)
        #expect(try Self.problem(kind, #"{"valid":false,"reason":"expired"}"#) == "expired, expected \(reason)")
        #expect(try Self.problem(kind, Self.verdict(Self.id)) == "valid, expected \(reason)")
    }

    @Test("generate: a pair of tokens of the id that was asked for")
    func generate() throws {
        func pair(_ subject: String) -> String {
            let token = "e30.\(Self.base64(#"{"sub":"\#(subject)"}"#)).AAAA"
            return #"{"access_token":"\#(token)","refresh_token":"\#(token)"}"#
        }
        #expect(try Self.problem(.generate, pair(Workload.user(1))) == nil)
        #expect(try Self.problem(.generate, pair(Workload.user(2))) != nil)
        #expect(try Self.problem(.generate, #"{"access_token":"a.b.c"}"#) != nil)
    }

    @Test("refresh: a successor of the same family, which is what the next request asks with")
    func refresh() throws {
        let workload = try Self.workload(Mix(only: .refresh))
        let next = "e31.\(Self.base64(#"{"sid":"\#(Self.id)"}"#)).BBBB"
        let foreign = "e31.\(Self.base64(#"{"sid":"\#(Self.other)"}"#)).BBBB"
        func reply(_ token: String) -> String { #"{"access_token":"\#(token)","refresh_token":"\#(token)"}"# }
        let first = try #require(workload.next())
        #expect(workload.next() == nil, "a chain waits for its reply")
        #expect(Self.problem(workload, first, reply(next)) == nil)
        let second = try #require(workload.next())
        var queue = ByteQueue(capacity: 16)
        workload.append(second, to: &queue)
        #expect(queue.bytes.text.hasSuffix(#"{"refresh_token":"\#(next)"}"# + "\r\n"))
        #expect(Self.problem(workload, second, reply(next)) == "the refresh token was not rotated")
        let third = try #require(workload.next())
        #expect(Self.problem(workload, third, reply(foreign)) != nil)
    }

    @Test("errors of the service and of the server are told apart")
    func headers() throws {
        let error = "NATS/1.0\r\nNats-Service-Error-Code: 503\r\nNats-Service-Error: x 1\r\n\r\n"
        #expect(try Self.problem(.hot, #"{"valid":false}"#, headers: error) == "error 503")
        #expect(try Self.problem(.hot, "", headers: "NATS/1.0 503\r\n\r\n") == "no responders")
    }

    @Test("blacklist asks for each pair once, and then there is nothing more")
    func blacklist() throws {
        let workload = try Self.workload(Mix(only: .blacklist))
        let request = try #require(workload.next())
        #expect(Self.problem(workload, request, "{}") == nil)
        #expect(workload.next() == nil && workload.isExhausted)
    }

    @Test("a forged token is the real one but for its signature, a malformed one but for its header, and no two are the same",
        arguments: [RequestKind.forged, .malformed])
    func spoiled(_ kind: RequestKind) throws {
        let workload = try Self.workload(Mix(only: kind))
        let real = Self.token(Self.id)
        var seen: Set<String> = []
        for _ in 0..<100 {
            var queue = ByteQueue(capacity: 16)
            workload.append(try #require(workload.next()), to: &queue)
            let text = queue.bytes.text
            let token = try #require(text.split(separator: "\"").dropFirst(3).first)
            #expect(token.utf8.count == real.utf8.count && text.hasSuffix("\"}\r\n"))
            let parts = token.split(separator: ".").map(String.init)
            let realParts = real.split(separator: ".").map(String.init)
            if kind == .forged {
                #expect(parts.count == 3 && parts[0] == realParts[0] && parts[1] == realParts[1] && parts[2] != realParts[2])
            } else {
                #expect(parts.first != realParts[0])
            }
            seen.insert(String(token))
        }
        #expect(seen.count == 100)
    }
}
