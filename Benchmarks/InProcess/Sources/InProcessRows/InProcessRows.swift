import CReference
import OtherLibrary
import Subjects

/// Measures every subject in turn, round by round, so that a machine that drifts drifts under all of them; in processor
/// time of the whole process, which other work on the machine disturbs least, and which counts what a subject has done on
/// other threads: jwt-kit is asked through an actor. Prints the rows.
///
/// With a subject's name (`verifyNewHS256`) and a number, that subject only, so many times: for a profiler.
@main
struct InProcessRows {
    static let rounds = 31
    /// About ten milliseconds of each.
    static let batch: [Subject: Int] = [
        .verifyKnown: 100_000, .opensslHMAC: 20_000, .floor: 100_000, .verifyNewHS256: 5_000,
    ]

    static func main() async throws {
        var subjects = try Subjects()
        let arguments = CommandLine.arguments
        if arguments.count == 3, let count = Int(arguments[2]) {
            guard let subject = Subject.allCases.first(where: { "\($0)" == arguments[1] }) else {
                return print("no such subject: \(arguments[1])")
            }
            return print(subjects.run(subject, count))
        }
        var times: [Subject: [Double]] = [:]
        for round in 0..<rounds {
            let order = round.isMultiple(of: 2) ? Subject.allCases : Subject.allCases.reversed()
            for subject in order { times[subject, default: []].append(time(subject, &subjects)) }
        }
        print(rows(times), terminator: "")

        for (name, algorithm) in [("EdDSA", JWTKitSubject.Algorithm.edDSA), ("HS256", .hs256)] {
            let other = try await JWTKitSubject(algorithm)
            let own: Subject = algorithm == .edDSA ? .verifyNewEdDSA : .verifyNewHS256
            var (ours, theirs): ([Double], [Double]) = ([], [])
            for _ in 0..<rounds {
                ours.append(time(own, &subjects) / 1_000)
                theirs.append(await time(other) / 1_000)
            }
            print(
                Row(
                    name: "  every token new, \(name), beside jwt-kit", unit: "us", figure: ours, against: "jwt-kit's verify",
                    comparison: theirs
                ).json)
        }
        allocations(&subjects)
    }

    /// Nanoseconds an operation.
    private static func time(_ subject: Subject, _ subjects: inout Subjects) -> Double {
        let count = batch[subject] ?? 400
        if subject == .verifyKnown { subjects.warm() }
        let start = reference_process_time()
        let good = subjects.run(subject, count)
        let elapsed = reference_process_time() - start
        precondition(good == count, "\(subject.rawValue): \(count - good) of \(count) went wrong")
        return Double(elapsed) / Double(count)
    }

    private static func time(_ other: JWTKitSubject) async -> Double {
        let count = 200
        let start = reference_process_time()
        let good = await other.run(count)
        let elapsed = reference_process_time() - start
        precondition(good == count, "jwt-kit: \(count - good) of \(count) went wrong")
        return Double(elapsed) / Double(count)
    }

    private static func rows(_ times: [Subject: [Double]]) -> String {
        func row(
            _ name: String, _ subject: Subject, _ unit: String, beside other: Subject, _ against: String,
            target: Row.Target? = nil, note: String = ""
        ) -> Row {
            func figures(_ subject: Subject) -> [Double] {
                let nanoseconds = times[subject] ?? []
                return unit == "/s" ? nanoseconds.map { 1e9 / $0 } : nanoseconds
            }
            return Row(
                name: name, unit: unit, figure: figures(subject), against: against, comparison: figures(other),
                target: target, note: note)
        }
        let whole = "a request's bytes to a reply's"
        let (sign, verify, hmac) = ("OpenSSL's Ed25519 sign", "OpenSSL's Ed25519 verify", "OpenSSL's HMAC-SHA-256 of the token")
        return [
            row("verify in process, every token new, EdDSA", .verifyNewEdDSA, "/s", beside: .opensslVerify, verify,
                target: .atLeast(2.0), note: whole + "; checked by signing again"),
            row("  every token forged, EdDSA", .verifyForged, "/s", beside: .opensslVerify, verify),
            row("verify in process, token seen before", .verifyKnown, "ns", beside: .opensslHMAC, hmac,
                target: .atMost(0.5), note: whole),
            row("  the same, beside the least it could be", .verifyKnown, "ns", beside: .floor, "hash, compare, copy in C"),
            row("  every token new, HS256", .verifyNewHS256, "ns", beside: .opensslHMAC, hmac),
            row("generate in process", .generate, "/s", beside: .opensslSign, sign,
                target: .atLeast(0.85), note: "a pair: one EdDSA and one HMAC signature"),
            row("  refresh in process", .refresh, "/s", beside: .opensslSign, sign, note: "without the ledger"),
        ].map { $0.json + "\n" }.joined()
    }

    /// What is allocated for one operation, and what OpenSSL allocates for the signature in it.
    private static func allocations(_ subjects: inout Subjects) {
        let count = 1_000
        func counted(_ subject: Subject) -> Double {
            subjects.warm()
            let before = reference_allocations()
            let good = subjects.run(subject, count)
            let made = reference_allocations() - before
            precondition(good == count)
            return Double(made) / Double(count)
        }
        let (sign, mac) = (counted(.opensslSign), counted(.opensslHMAC))
        print(
            Row(
                name: "heap allocations in process, token seen before", unit: "", figure: [counted(.verifyKnown)],
                target: .atMost(0)
            ).json)
        for (subject, openssl) in [
            (Subject.verifyNewEdDSA, sign), (.verifyNewHS256, mac), (.generate, sign + mac), (.refresh, sign + 2 * mac),
        ] {
            print(
                Row(
                    name: "  \(subject.rawValue): allocations beside OpenSSL's own", unit: "", figure: [counted(subject) - openssl],
                    note: "OpenSSL's: \(openssl)"
                ).json)
        }
    }
}
