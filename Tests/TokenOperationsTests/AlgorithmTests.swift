import JOSE
import TestSupport
import Testing
import TokenContract
import TokenOperations

@Suite("Every algorithm for access tokens, through all four operations")
struct AlgorithmTests {
    @Test("Issue, verify, refresh, repeat within grace, blacklist", arguments: SignatureAlgorithm.allCases)
    func wholeLife(algorithm: SignatureAlgorithm) throws {
        let keys = try KeySet.generate(algorithm == .hs256 ? [.hs256] : [algorithm, .hs256])
        let replica = try Replica(keys: keys, algorithm: algorithm, sharing: .init())
        let first = try replica.generate("42")
        #expect(replica.reason(first.access) == nil)
        // With HS256 one key signs both; the type alone keeps them apart.
        #expect(replica.reason(first.refresh) == .wrongType)
        #expect(throws: ServiceError.self) { try replica.refresh(first.access) }

        let second = try replica.refresh(first.refresh)
        let again = try replica.refresh(first.refresh)
        #expect(again.refresh == second.refresh)
        // ES256 signs with fresh randomness: other bytes, and the same claims.
        #expect((again.access == second.access) == algorithm.isDeterministic)
        #expect(again.access.dropLast(86) == second.access.dropLast(86) || algorithm == .rs256)
        #expect(replica.verify(again.access) == replica.verify(second.access))

        #expect(replica.blacklist(second) == nil)
        for token in [first.access, second.access, again.access] { #expect(replica.reason(token) == .revoked) }
    }
}
