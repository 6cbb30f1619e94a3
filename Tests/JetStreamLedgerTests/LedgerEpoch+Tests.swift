@testable import JetStreamLedger

extension LedgerEpoch {
    /// Where it is not about redemptions.
    init(state: State, name: String) {
        self.init(state: state, name: name, redeemedSince: 0)
    }
}
