import Blacklist
import TestSupport
import TokenOperations

@testable import JetStreamLedger

/// A refresh token, as far as the ledger goes.
struct Token: Equatable {
    var family: UUIDv7
    var generation: Int64
    var revision: UInt64
    var id: UUIDv7
}

struct Pair: Equatable {
    var next: Token
    var access: UUIDv7
}

enum Operation {
    case refresh(Token)
    case blacklist(family: UUIDv7, access: UUIDv7)
    case verify(family: UUIDv7, access: UUIDv7)
    /// Of the replica itself.
    case republish
}

enum Reply: Equatable {
    case pair(Pair)
    case refused
    /// Refused, and the family revoked.
    case reused
    case unavailable
    /// A blacklisting is acknowledged.
    case revoked
    case valid
    case invalid
}

/// Holds one family at a time. It refreshes, and again when it is not answered; it logs out; it verifies old and new
/// access tokens; and now and then somebody who has stolen one of its tokens presents it.
struct SimulatedClient {
    let index: Int
    private var token: Token?
    private var access: UUIDv7?
    /// Everything that it ever held.
    private var tokens: [Token] = []
    private var accesses: [(family: UUIDv7, access: UUIDv7)] = []
    private var presentedAt: Int64?

    init(index: Int) {
        self.index = index
    }

    mutating func act(in world: LedgerSimulation) {
        guard let token, let access else { return logIn(in: world) }
        switch world.random.next() % 100 {
        case 0..<45:
            if let presentedAt, world.now - presentedAt < 6_000, !world.percent(50) { return }
            presentedAt = world.now
            request(.refresh(token), in: world)
            if world.percent(30) { request(.refresh(token), in: world) }
        case 45..<85:
            guard let old = accesses.randomElement(using: &world.random) else { return }
            request(.verify(family: old.family, access: old.access), in: world)
        case 85..<93:
            request(.blacklist(family: token.family, access: access), in: world)
        case 93..<96:
            guard let stolen = tokens.randomElement(using: &world.random) else { return }
            request(.refresh(stolen), in: world)
        default:
            logIn(in: world)
        }
    }

    private mutating func logIn(in world: LedgerSimulation) {
        func fresh() -> UUIDv7 { UUIDv7(unixMilliseconds: LedgerSimulation.epoch + world.now, using: &world.random) }
        hold(Token(family: fresh(), generation: 0, revision: 0, id: fresh()), fresh())
    }

    private mutating func hold(_ token: Token, _ access: UUIDv7) {
        self.token = token
        self.access = access
        presentedAt = nil
        tokens.append(token)
        accesses.append((token.family, access))
    }

    private func request(_ operation: Operation, in world: LedgerSimulation) {
        if world.percent(world.lossPercent) { return }
        world.queue.insert(
            .request(operation, replica: Int(world.random.next() % 3), client: index), at: world.now + world.delay())
    }

    mutating func take(_ reply: Reply, to operation: Operation, in world: LedgerSimulation) {
        switch (operation, reply) {
        case (.refresh(let presented), .pair(let pair)):
            if presented == token { hold(pair.next, pair.access) }
        case (.refresh(let presented), .unavailable):
            if presented == token { presentedAt = nil }
        case (.refresh(let presented), .refused), (.refresh(let presented), .reused):
            if presented == token { token = nil }
        case (.blacklist(let family, _), .revoked):
            if token?.family == family { token = nil }
        default: break
        }
    }
}

extension LedgerSimulation {
    func reply(_ reply: Reply, to request: SimulatedReplica.Request) {
        guard request.client >= 0, !percent(lossPercent) else { return }
        queue.insert(.reply(reply, request.operation, client: request.client), at: now + delay())
    }
}
