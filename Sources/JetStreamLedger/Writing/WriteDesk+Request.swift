internal import Blacklist
internal import TokenOperations

extension WriteDesk {
    /// A class, so that a step costs one look into the table and no copy of the whole.
    final class Request {
        enum Work {
            case redeem(RedeemMachine, RedeemCompletion)
            case revoke(Revocation, RevokeMachine, group: UInt64)
        }

        let number: UInt64
        var work: Work
        var attempt: UInt32 = 0
        /// Through which session the present attempt went out, while its answer is waited for.
        var session: UInt64?

        init(_ number: UInt64, _ work: Work) {
            self.number = number
            self.work = work
        }

        var token: AttemptToken { AttemptToken(request: number, attempt: attempt) }
    }

    /// The revocations of one call: completed together.
    struct Group {
        var open: Int
        var trouble: String?
        var completion: RevokeCompletion
    }
}
