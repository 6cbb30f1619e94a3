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
        /// Where the stream's end was, at least, when it was sent first.
        let passed: UInt64
        /// What had been delivered last by then.
        let delivered: FollowMachine.Position?
        /// Of which stream that was said.
        let timesReplaced: Int
        var work: Work
        var attempt: UInt32 = 0
        /// Through which session the present attempt went out, while its answer is waited for.
        var session: UInt64?

        init(_ number: UInt64, passed: UInt64, delivered: FollowMachine.Position?, timesReplaced: Int, _ work: Work) {
            self.number = number
            self.passed = passed
            self.delivered = delivered
            self.timesReplaced = timesReplaced
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
