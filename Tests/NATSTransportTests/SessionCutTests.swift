import NATSTransport
import Synchronization
import TestSupport
import Testing

/// The TCP session is cut at every byte of what a server sends, from the first of INFO to the last of a message.
///
/// A cnats that reconnects by itself keeps its parser's state here: a cut in mid-payload spliced the next session's
/// bytes into a request, a cut in mid-line made it reconnect for ever.
@Suite struct SessionCutTests {
    /// Payloads that would look like the protocol if a parser lost its place. Each tells its session.
    private static func payloads(session: Int) -> [[UInt8]] {
        [
            Array("s\(session) first".utf8),
            Array("s\(session) MSG work 2 _INBOX.c 5\r\nhello\r\nPING\r\n".utf8) + [0, 255, 13, 10],
            [UInt8](repeating: UInt8(truncatingIfNeeded: session), count: 100) + Array(" s\(session) last".utf8),
        ]
    }

    private struct Shape {
        var chunkBytes: Int?
        var resets = false
    }

    /// Runs sessions with cuts at each of `positions`, then a whole one. Returns what each cut session delivered.
    private func run(positions: [Int], shape: Shape) async throws -> (delivered: [[UInt8]], sessions: Int) {
        let fake = try FakeNATSServer { session in
            var script = FakeNATSServer.Script()
            script.deliveries = Self.payloads(session: session).map { ("work", "_INBOX.c", $0) }
            script.chunkBytes = shape.chunkBytes
            script.resets = shape.resets
            script.cutAfter = session < positions.count ? positions[session] : nil
            return script
        }
        var configuration = NATSConfiguration(servers: [fake.url])
        configuration.limits.firstRetryMilliseconds = 1
        configuration.limits.longestRetryMilliseconds = 1
        let record = RecordingHandler.Record()
        let loop = EventLoop(configuration: configuration, endpoints: [Endpoint(subject: "work", queueGroup: "q")]) { _ in
            RecordingHandler(record)
        }
        let handle = try loop.start()
        #expect(await eventually(within: .seconds(60)) { fake.sessionsFinished >= positions.count })
        // The session after the last cut is whole.
        let last = Self.payloads(session: positions.count)
        #expect(await eventually { record.payloads.withLock { Array($0.suffix(last.count)) } == last })
        #expect(
            await eventually {
                fake.published.contains(
                    .init(session: positions.count, subject: "_INBOX.c", payload: last[last.count - 1]))
            })
        #expect(await handle.drain(milliseconds: 5_000) == .drained)
        fake.stop()
        return (record.payloads.withLock { $0 }, positions.count + 1)
    }

    /// Where each payload ends in the stream of a session, found by a session that is cut nowhere.
    private func ends(session: Int) -> (payloadEnds: [Int], streamEnd: Int) {
        let info = "INFO {\"server_id\":\"FAKE\",\"version\":\"2.15.1\",\"headers\":true,\"max_payload\":1048576}\r\n"
        var offset = info.utf8.count + "PONG\r\n".utf8.count
        var ends: [Int] = []
        for payload in Self.payloads(session: session) {
            // The loop subscribes to its inbox first: the endpoint is subscription 2.
            offset += "MSG work 2 _INBOX.c \(payload.count)\r\n".utf8.count + payload.count
            ends.append(offset)
            offset += 2
        }
        return (ends, offset)
    }

    @Test("Cut at every byte: nothing is spliced, nothing that arrived whole is lost, and the loop serves again",
        arguments: [nil, 7] as [Int?])
    func everyByte(chunkBytes: Int?) async throws {
        let longest = ends(session: 999).streamEnd + 40
        let positions = Array(1...longest)
        let result = try await run(positions: positions, shape: Shape(chunkBytes: chunkBytes))
        var expected: [[UInt8]] = []
        for session in 0..<result.sessions {
            let payloads = Self.payloads(session: session)
            let ends = ends(session: session).payloadEnds
            let position = session < positions.count ? positions[session] : .max
            // cnats hands a message over with the first byte behind its payload.
            for (payload, end) in zip(payloads, ends) where end < position { expected.append(payload) }
        }
        #expect(result.delivered.count == expected.count)
        #expect(result.delivered == expected)
    }

    @Test("Reset at random bytes, where bytes under way may be lost: what is delivered is whole and of its own session")
    func resets() async throws {
        var random = SeededGenerator(seed: 0x5e55)
        let longest = ends(session: 0).streamEnd + 40
        let positions = (0..<200).map { _ in Int.random(in: 1...longest, using: &random) }
        let result = try await run(positions: positions, shape: Shape(chunkBytes: 11, resets: true))
        let possible = Set((0..<result.sessions).flatMap { Self.payloads(session: $0) })
        #expect(result.delivered.allSatisfy { possible.contains($0) })
        #expect(Set(result.delivered).count == result.delivered.count)
    }
}
