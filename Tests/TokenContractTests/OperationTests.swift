import Testing
import TokenContract

@Suite("Subjects")
struct OperationTests {
    @Test(
        "Each operation's subject is its channel's name, behind the prefix if there is one",
        arguments: Operation.allCases
    )
    func subjects(operation: Operation) {
        #expect(operation.subject() == operation.name)
        #expect(operation.subject(prefix: "") == operation.name)
        #expect(operation.subject(prefix: "p") == "p.\(operation.name)")
        #expect(operation.subject(prefix: "eu.west") == "eu.west.\(operation.name)")
        #expect(Operation(name: operation.name) == operation)
    }

    @Test(
        "A name that is no operation of the contract is none",
        arguments: ["", "get_jwks", "generate", "Verify_token"]
    )
    func unknown(name: String) {
        #expect(Operation(name: name) == nil)
    }

    @Test("An extension's subject takes the same prefix")
    func extensions() {
        #expect(Operation.subject(of: Contract.publicKeysSubject, prefix: nil) == "get_jwks")
        #expect(Operation.subject(of: Contract.publicKeysSubject, prefix: "p") == "p.get_jwks")
    }
}
