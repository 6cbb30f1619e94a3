import JOSE
import StrictJSON
import TestSupport
import Testing
import TokenContract
import TokenOperations

@Suite("Generate: a new family and its first pair")
struct GenerateTests {
    let keys: KeySet

    init() throws {
        keys = try KeySet.generate([.edDSA, .hs256])
    }

    /// The header's and the payload's text.
    func parts(of token: [UInt8], type: String) throws -> (header: String, payload: String) {
        var verifier = try Verifier(keys: keys, type: type)
        try verifier.verify(token.rawSpan)
        var header: [UInt8] = []
        let segment = Array(token.split(separator: UInt8(ascii: "."))[0])
        try #require(Base64URL.decode(segment.rawSpan, into: &header))
        return (String(decoding: header, as: UTF8.self), verifier.payload.string)
    }

    @Test("Headers and claims are the documented ones, to the letter")
    func shape() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let pair = try replica.generate("42")
        let access = try parts(of: pair.access, type: "at+jwt")
        let refresh = try parts(of: pair.refresh, type: "rt+jwt")
        let signing = try #require(keys.signingKey(.edDSA)?.kid)
        let mac = try #require(keys.signingKey(.hs256)?.kid)
        #expect(access.header == #"{"alg":"EdDSA","kid":"\#(signing)","typ":"at+jwt"}"#)
        #expect(refresh.header == #"{"alg":"HS256","kid":"\#(mac)","typ":"rt+jwt"}"#)
        let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
        let accessForm = try Regex(
            #"^\{"iss":"token-service","sub":"42","iat":1800000000,"exp":1800000900,"jti":"(?<jti>\#(uuid))","sid":"(?<sid>\#(uuid))"\}$"#)
        let refreshForm = try Regex(
            #"^\{"iss":"token-service","sub":"42","iat":1800000000,"exp":1800604800,"jti":"(?<jti>\#(uuid))","sid":"(?<sid>\#(uuid))","auth_time":1800000000,"gen":0,"rev":0\}$"#)
        let one = try #require(access.payload.wholeMatch(of: accessForm))
        let two = try #require(refresh.payload.wholeMatch(of: refreshForm))
        #expect(one["sid"]?.substring == two["sid"]?.substring)
        #expect(one["jti"]?.substring != two["jti"]?.substring)
    }

    @Test("Two users, two families; one user twice, two families")
    func familiesAreDistinct() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        let pairs = [try replica.generate("1"), try replica.generate("1"), try replica.generate("2")]
        #expect(replica.blacklist(pairs[0]) == nil)
        #expect(replica.reason(pairs[1].access) == nil)
        #expect(replica.reason(pairs[2].access) == nil)
    }

    @Test("Nothing is issued that would not be taken back: too large with its escapes is 413")
    func tooLarge() throws {
        let replica = try Replica(keys: keys, sharing: .init())
        // 1,024 control characters are 6,144 bytes once escaped, and more than 8 KiB once encoded.
        let error = #expect(throws: ServiceError.self) { try replica.generate(String(repeating: "\u{1}", count: 1_024)) }
        #expect(error?.code == .tooLarge)
        for count in [1, 100, 880, 900, 920, 940, 960, 980, 1_000, 1_024] {
            let id = String(repeating: "\u{1}", count: count)
            guard let pair = try? replica.generate(id) else { continue }
            #expect(pair.access.count <= RequestLimits.default.maxTokenBytes)
            #expect(pair.refresh.count + 50 <= RequestLimits.default.maxTokenBytes)
            #expect(pair.access.count + pair.refresh.count + 50 + 38 <= RequestLimits.default.maxRequestBytes)
            #expect(replica.reason(pair.access) == nil)
        }
        _ = try replica.generate(String(repeating: "x", count: 1_024))
    }

    @Test("Limits under which not even the shortest id fits are refused at the start")
    func nothingFits() throws {
        let limits = RequestLimits(maxRequestBytes: 2_048, maxIDBytes: 16, maxTokenBytes: 400)
        let error = #expect(throws: OperationsError.self) { _ = try Replica(keys: keys, limits: limits, sharing: .init()) }
        #expect(error?.description.contains("--max-token-bytes") == true)
    }

    @Test("A token that would be too large to be issued again is refused before it is redeemed")
    func refusedBeforeRedeemed() throws {
        let shared = Replica.Shared()
        let generous = try Replica(keys: keys, sharing: shared)
        let pair = try generous.generate(String(repeating: "x", count: 1_000))
        let limits = RequestLimits(maxRequestBytes: 4_096, maxIDBytes: 100, maxTokenBytes: 1_000)
        let strict = try Replica(keys: keys, limits: limits, sharing: shared)
        let error = #expect(throws: ServiceError.self) { try strict.refresh(pair.refresh) }
        #expect(error?.code == .tooLarge)
        _ = try generous.refresh(pair.refresh)
    }

    @Test("Without a key to sign with, setting up says what to do", arguments: [[SignatureAlgorithm.edDSA], [.hs256]])
    func missingKeys(algorithms: [SignatureAlgorithm]) throws {
        let keys = try KeySet.generate(algorithms)
        let error = #expect(throws: OperationsError.self) { _ = try Replica(keys: keys, sharing: .init()) }
        #expect(error?.description.contains("keys generate") == true)
    }
}
