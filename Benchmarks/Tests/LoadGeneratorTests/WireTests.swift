import Testing

@testable import LoadGenerator

@Suite("NATS' text protocol")
struct WireTests {
    static let inbox = Array("_INBOX.abcdef.".utf8)

    /// What a reader makes of bytes that come in pieces of `size`.
    static func read(_ text: String, piece size: Int) -> (messages: [String], pings: Int, words: String?) {
        var reader = ReplyReader(inbox: inbox)
        var messages: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            reader.queue.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            reader.takeMessages { slot, headers, payload in messages.append("\(slot)|\(headers.text)|\(payload.text)") }
        }
        return (messages, reader.pingsReceived, reader.lastWords)
    }

    @Test("messages are found whatever pieces they come in", arguments: [1, 2, 3, 7, 64, 10_000])
    func pieces(_ size: Int) {
        let text = "PING\r\nMSG _INBOX.abcdef.000 1 2\r\n{}\r\n+OK\r\nHMSG _INBOX.abcdef.00z 1 12 17\r\nNATS/1.0\r\n\r\nhello\r\n"
            + "INFO {\"x\":\"MSG\"}\r\nMSG _INBOX.abcdef.zzz 1 0\r\n\r\nPING\r\n"
        let found = Self.read(text, piece: size)
        #expect(found.messages == ["0||{}", "61|NATS/1.0\r\n\r\n|hello", "\(ReplySlot.limit - 1)||"])
        #expect(found.pings == 2 && found.words == nil)
    }

    @Test("the server's complaint is kept")
    func complaint() {
        #expect(Self.read("-ERR 'Permissions Violation'\r\n", piece: 100).words == "'Permissions Violation'")
    }

    @Test("every slot has a text of its own, and the text leads back to it")
    func slots() {
        for slot in stride(from: 0, to: ReplySlot.limit, by: 977) {
            let text = ReplySlot.text(slot)
            #expect(ReplySlot.number(text[0], text[1], text[2]) == slot)
            #expect(Array(ReplySlot.texts[slot * 3..<slot * 3 + 3]) == text)
        }
        #expect(ReplySlot.number(UInt8(ascii: "-"), UInt8(ascii: "0"), UInt8(ascii: "0")) == nil)
    }

    @Test("bytes leave a queue in the order they came, however it grows and moves")
    func queue() {
        var queue = ByteQueue(capacity: 8)
        var (expected, taken, next) = ([UInt8](), [UInt8](), UInt8(0))
        for step in 0..<2_000 {
            let count = step * 7 % 23
            let piece = (0..<count).map { _ in next &+= 1; return next }
            queue.append(piece)
            expected += piece
            let leaving = min(queue.count, step * 5 % 19)
            taken += queue.bytes.extracting(first: leaving).array
            queue.consume(leaving)
        }
        taken += queue.bytes.array
        #expect(taken == expected)
    }

    @Test("addresses as NATS clients write them")
    func addresses() throws {
        let whole = try ServerAddress("nats://me:p@ss:w@host:4333")
        #expect(whole.host == "host" && whole.port == 4333 && whole.user == "me" && whole.password == "p@ss:w")
        #expect(try ServerAddress("host").port == 4222)
        #expect(try ServerAddress("nats://t0ken@host").token == "t0ken")
        #expect(try ServerAddress("[::1]:4223").host == "::1")
        #expect(try ServerAddress("tls://host").tls == TLSOptions() && ServerAddress("nats://host").tls == nil)
        #expect(try ServerAddress("nats://me:secret@host").description == "nats://host:4222")
        for wrong in ["", "nats://", "nats://host:0", "host:x", "[::1", "http://host"] {
            #expect(throws: LoadError.self, "\(wrong)") { try ServerAddress(wrong) }
        }
    }
}

@Suite("What is asked for")
struct PlanTests {
    @Test("shares are what was asked for, and the rest is hot")
    func mix() throws {
        let mix = try Mix(verifyNew: 10, revoked: 0.5, forged: 0, malformed: 0.01)
        #expect(mix.description == "89.49 % hot, 10 % new, 0.5 % revoked, 0.01 % malformed")
        var counts: [RequestKind: Int] = [:]
        for draw in 0..<Mix.whole { counts[mix.kind(draw), default: 0] += 1 }
        #expect(counts == [.hot: 8_949, .new: 1_000, .revoked: 50, .malformed: 1])
        #expect(try Mix(verifyNew: 100, revoked: 0, forged: 0, malformed: 0).kinds == [.new])
    }

    @Test("shares that cannot be are refused", arguments: [(60.0, 50.0), (-1, 0), (101, 0), (0.001, 0)])
    func wrongMix(_ new: Double, _ revoked: Double) {
        #expect(throws: LoadError.self) { try Mix(verifyNew: new, revoked: revoked, forged: 0, malformed: 0) }
    }

    @Test("plans that cannot be are refused before anything is asked of anybody")
    func wrongPlans() {
        func plan(
            _ pace: Pace, seconds: Double = 1, connections: Int = 1, threads: Int = 1
        ) -> RunPlan {
            RunPlan(
                mix: Mix(only: .hot), pace: pace, seconds: seconds, warmUpSeconds: 0, connections: connections, threads: threads)
        }
        #expect(throws: Never.self) { try plan(.closed(inFlight: 1)).check() }
        #expect(throws: LoadError.self) { try plan(.closed(inFlight: 1), seconds: 0).check() }
        #expect(throws: LoadError.self) { try plan(.closed(inFlight: 3), connections: 4).check() }
        #expect(throws: LoadError.self) { try plan(.closed(inFlight: 100_000)).check() }
        #expect(throws: LoadError.self) { try plan(.open(rate: 1), connections: 1, threads: 2).check() }
        #expect(throws: LoadError.self, "who floods with good tokens?") { try plan(.flood(rate: nil)).check() }
    }

    @Test("a pool is shared out among threads without a gap and without anything twice", arguments: [1, 2, 3, 7])
    func cursors(_ parts: Int) {
        var taken: [Int] = []
        for part in 0..<parts {
            var cursor = Cursor(100, part, parts)
            while cursor.turns == 0 { taken.append(cursor.next()) }
        }
        #expect(taken.sorted() == Array(0..<100))
    }
}

@Suite("Logging in")
struct AccessTests {
    /// From the documentation of NATS' nkeys; its public key is the next line.
    static let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    static let publicKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"

    @Test("a seed has the public key that NATS says")
    func publicKey() throws {
        let signed = try NKeySeed(Self.seed).sign("nonce")
        #expect(signed.publicKey == Self.publicKey)
        #expect(signed.signature.utf8.count == 86)
    }

    @Test("what is no user's seed, or damaged, is refused")
    func wrongSeeds() {
        let damaged = Self.seed.dropLast(8) + "AAAAAAAA"
        for wrong in ["", "SU", Self.publicKey, String(damaged), "SA" + Self.seed.dropFirst(2)] {
            #expect(throws: LoadError.self, "\(wrong)") { try NKeySeed(wrong) }
        }
    }

    @Test("a credentials file is a JWT and a seed; anything less is refused")
    func credentials() throws {
        let whole = """
            -----BEGIN NATS USER JWT-----
            eyJ0.eyJq.c2ln
            ------END NATS USER JWT------

            ************************* IMPORTANT *************************
            -----BEGIN USER NKEY SEED-----
            \(Self.seed)
            ------END USER NKEY SEED------
            """
        let read = try NATSCredentials(file: whole, at: "x")
        #expect(read.jwt == "eyJ0.eyJq.c2ln")
        #expect(try read.seed == NKeySeed(Self.seed))
        #expect(throws: LoadError.self) { try NATSCredentials(file: Self.seed, at: "x") }
    }
}
