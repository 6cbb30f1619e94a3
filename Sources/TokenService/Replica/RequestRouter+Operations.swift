import JOSE
import NATSTransport
import StrictJSON
import TokenContract
import TokenOperations

extension RequestRouter {
    /// The four operations as one loop has them: contexts, buffers and a cache of its own, nothing shared but what is
    /// only read. Making them is what can fail, with keys that do not fit the configuration.
    struct Operations: ~Copyable {
        private var decoder: RequestDecoder
        private let plainRequest: PlainTokenRequest
        private var generateTokens: GenerateTokens
        private var verifyToken: VerifyToken
        var refreshTokens: RefreshTokens
        private var blacklistTokens: BlacklistTokens

        init(_ parts: ReplicaParts) throws {
            let configuration = parts.configuration
            // One for the loop: both operations draw from the same page.
            let random = SecureRandomNumberGenerator()
            var decoder = try RequestDecoder(limits: configuration.limits)
            let plainRequest = PlainTokenRequest(&decoder)
            let generateTokens = try GenerateTokens(
                keys: parts.keys, algorithm: configuration.algorithm, policy: configuration.policy,
                limits: configuration.limits, random: random)
            let verifyToken = try VerifyToken(
                keys: parts.keys, policy: configuration.policy, families: parts.families,
                accessTokens: parts.accessTokens, cachedTokens: configuration.cachedTokens, cacheSeed: random.next())
            let refreshTokens = try RefreshTokens(
                keys: parts.keys, algorithm: configuration.algorithm, policy: configuration.policy,
                limits: configuration.limits, families: parts.families, freshness: parts.ledger.freshness,
                random: random)
            let blacklistTokens = try BlacklistTokens(keys: parts.keys, policy: configuration.policy)
            self.decoder = decoder
            self.plainRequest = plainRequest
            self.generateTokens = generateTokens
            self.verifyToken = verifyToken
            self.refreshTokens = refreshTokens
            self.blacklistTokens = blacklistTokens
        }

        /// Decodes and performs. Each operation is handed the decoder beside itself, because a span into the one is read
        /// while the other changes.
        mutating func perform(
            _ operation: Operation, _ body: RawSpan, at now: UnixTime, into output: inout [UInt8]
        ) throws(ServiceError) -> Outcome {
            if operation != .verifyToken { try decoder.decode(operation, body) }
            switch operation {
            case .verifyToken:
                try verify(body, at: now, into: &output)
                return .replied
            case .generateTokens: return try Self.generate(&generateTokens, decoder, body, now, &output)
            case .refreshTokens: return try Self.refresh(&refreshTokens, decoder, body, now)
            case .blacklistTokens: return try Self.blacklist(&blacklistTokens, decoder, body, now)
            }
        }

        /// verify_token, which never waits. By itself, because an `Outcome` is 144 bytes, and to hand one back waits until
        /// what was remembered of the token before it has reached its place in memory.
        mutating func verify(_ body: RawSpan, at now: UnixTime, into output: inout [UInt8]) throws(ServiceError) {
            if let token = plainRequest.token(in: body) {
                return try verifyPlain(token, body, at: now, into: &output)
            }
            try decoder.decode(.verifyToken, body)
            try Self.verify(&verifyToken, decoder, body, now, &output)
        }

        /// A token that turns out to be good shows that its request was what it seemed to be, and nobody has to read it. When
        /// it is refused, that may be the request's fault: then it is decoded after all.
        private mutating func verifyPlain(
            _ token: RawSpan, _ body: RawSpan, at now: UnixTime, into output: inout [UInt8]
        ) throws(ServiceError) {
            guard token.byteCount <= decoder.limits.maxTokenBytes else {
                try decoder.decode(.verifyToken, body)
                return try Self.verify(&verifyToken, decoder, body, now, &output)
            }
            let start = output.count
            if verifyToken.verify(token, at: now, into: &output) == nil { return }
            try decoder.decode(.verifyToken, body)
            if Self.isRead(decoder, body, as: token) { return }
            output.removeSubrange(start...)
            return try Self.verify(&verifyToken, decoder, body, now, &output)
        }

        private static func isRead(_ decoder: borrowing RequestDecoder, _ body: RawSpan, as token: RawSpan) -> Bool {
            decoder.value(.accessToken, in: body)?.equals(token) == true
        }

        /// The quick way of a verify_token request: a token that this loop has verified before is answered from memory,
        /// without an allocation; anything else is put off, because it may cost a signature check.
        ///
        /// A request that has to be decoded is, here and again when it is taken up: a known token is then answered at
        /// once however it was spelled, and whatever is wrong with a request is said in one place only.
        ///
        /// Whether there is room to put it off is asked last: who floods with tokens that nobody has seen before must not
        /// keep known ones from being answered.
        ///
        /// - Returns: whether it was answered or put off; false when it was refused because too many are put off.
        mutating func answerIfKnown(
            _ body: RawSpan, at now: UnixTime, _ reply: consuming Reply
        ) -> Bool {
            if let token = plainRequest.token(in: body) {
                guard let known = verifyToken.find(token) else { return Self.putOff(reply) }
                return answer(known, at: now, reply)
            }
            guard (try? decoder.decode(.verifyToken, body)) != nil,
                let known = Self.find(&verifyToken, decoder, body)
            else { return Self.putOff(reply) }
            return answer(known, at: now, reply)
        }

        private static func putOff(_ reply: consuming Reply) -> Bool {
            guard reply.canBePutOff else {
                reply.sendError(RequestRouter.busyReplies[Operation.verifyToken.rawValue])
                return false
            }
            reply.putOff()
            return true
        }

        private static func find(
            _ verifyToken: inout VerifyToken, _ decoder: borrowing RequestDecoder, _ body: RawSpan
        ) -> KnownToken? {
            guard let token = decoder.value(.accessToken, in: body) else { return nil }
            return verifyToken.find(token)
        }

        private mutating func answer(
            _ known: KnownToken, at now: UnixTime, _ reply: consuming Reply
        ) -> Bool {
            reply.send(verifyToken.reply(to: known, verifyToken.standing(of: known, at: now)))
            return true
        }

        /// Between two batches: no reference into shared storage is held.
        mutating func quiesce() {
            verifyToken.quiesce()
            refreshTokens.quiesce()
        }

        private static func verify(
            _ verifyToken: inout VerifyToken, _ decoder: borrowing RequestDecoder, _ body: RawSpan, _ now: UnixTime,
            _ output: inout [UInt8]
        ) throws(ServiceError) {
            guard let token = decoder.value(.accessToken, in: body) else { throw .notDemanded(.accessToken) }
            verifyToken.verify(token, at: now, into: &output)
        }

        private static func generate(
            _ generateTokens: inout GenerateTokens, _ decoder: borrowing RequestDecoder, _ body: RawSpan,
            _ now: UnixTime, _ output: inout [UInt8]
        ) throws(ServiceError) -> Outcome {
            guard let id = decoder.value(.id, in: body) else { throw .notDemanded(.id) }
            try generateTokens.generate(id: id, at: now, into: &output)
            return .replied
        }

        private static func refresh(
            _ refreshTokens: inout RefreshTokens, _ decoder: borrowing RequestDecoder, _ body: RawSpan, _ now: UnixTime
        ) throws(ServiceError) -> Outcome {
            .waits(.refresh(try refreshTokens.begin(decoder.value(.refreshToken, in: body), at: now)))
        }

        private static func blacklist(
            _ blacklistTokens: inout BlacklistTokens, _ decoder: borrowing RequestDecoder, _ body: RawSpan,
            _ now: UnixTime
        ) throws(ServiceError) -> Outcome {
            guard let refreshToken = decoder.value(.refreshToken, in: body) else { throw .notDemanded(.refreshToken) }
            guard let accessToken = decoder.value(.accessToken, in: body) else { throw .notDemanded(.accessToken) }
            return .waits(
                .blacklist(blacklistTokens.begin(refreshToken: refreshToken, accessToken: accessToken, at: now)))
        }
    }

    enum Outcome {
        /// The reply is written.
        case replied
        /// The ledger has to be asked.
        case waits(WaitingRequest.Work)
    }
}

extension ServiceError {
    /// A field that the operation's schema requires is there once the request is decoded; a schema that does not
    /// demand it is a defect of this service.
    fileprivate static func notDemanded(_ field: Field) -> ServiceError {
        ServiceError(.internalError, "the schema does not demand '\(field.name)'")
    }
}
