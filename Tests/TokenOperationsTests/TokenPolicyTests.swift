import Testing
import TokenOperations

@Suite("A policy that contradicts itself is refused at start")
struct TokenPolicyTests {
    @Test("The defaults are the documented ones, and hold together")
    func defaults() throws {
        let policy = TokenPolicy()
        try policy.validate()
        #expect(policy.accessLifetime == 900)
        #expect(policy.refreshIdleLifetime == 604_800)
        #expect(policy.familyLifetime == 2_592_000)
        #expect(policy.leeway == 5)
        #expect(policy.refreshGrace == 10)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let name: String
        let apply: @Sendable (inout TokenPolicy) -> Void
        var testDescription: String { name }

        init(_ name: String, _ apply: @escaping @Sendable (inout TokenPolicy) -> Void) {
            self.name = name
            self.apply = apply
        }
    }

    static let changes: [Change] = [
        Change("issuer") { $0.issuer = "" },
        Change("issuer") { $0.issuer = String(repeating: "x", count: 257) },
        Change("access lifetime") { $0.accessLifetime = 0 },
        Change("refresh idle lifetime") { $0.refreshIdleLifetime = 899 },
        Change("family lifetime") { $0.familyLifetime = 604_799 },
        Change("family lifetime") { $0.familyLifetime = .max },
        Change("leeway") { $0.leeway = -1 },
        Change("leeway") { $0.leeway = 301 },
        Change("refresh grace") { $0.refreshGrace = 901 },
        Change("refresh grace") { $0.refreshGrace = -1 },
    ]

    @Test("Each value out of range is named", arguments: changes)
    func outOfRange(change: Change) {
        var policy = TokenPolicy()
        change.apply(&policy)
        let error = #expect(throws: TokenPolicyError.self) { try policy.validate() }
        #expect(error?.description.hasPrefix(change.name) == true, "\(error?.description ?? "no error")")
    }
}
