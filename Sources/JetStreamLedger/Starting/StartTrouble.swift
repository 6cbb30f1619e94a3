/// What a start check says: what is wrong, and what to do about it.
enum StartTrouble {
    static let noJetStream = """
        no JetStream: nobody answers $JS.API.INFO. Start nats-server with JetStream (`-js`, or `jetstream {}` in its \
        configuration), or run without a durable ledger: --ledger memory
        """

    static let tooOld = """
        this nats-server is too old: the ledger needs 2.11.7 or newer, because older ones lose its compare-and-set. \
        Upgrade nats-server, or use --ledger memory
        """

    /// What the ledger's own NATS user must be allowed.
    static let permissions = """
        publish: ledger.>, $JS.API.INFO, $JS.API.STREAM.INFO.TOKEN_LEDGER, $JS.API.STREAM.CREATE.TOKEN_LEDGER, \
        $JS.API.STREAM.UPDATE.TOKEN_LEDGER, $JS.API.STREAM.MSG.GET.TOKEN_LEDGER, \
        $JS.API.CONSUMER.CREATE.TOKEN_LEDGER.>, $JS.API.CONSUMER.DELETE.TOKEN_LEDGER.>, $JS.FC.TOKEN_LEDGER.> and \
        below its inbox prefix (--ledger-nats-inbox-prefix, TOKEN_SERVICE_LEDGER_NATS_INBOX_PREFIX); subscribe: below \
        that prefix. Without --ledger-nats-user, or other credentials of the ledger's own, it is the user of the requests
        """

    static func forbidden(_ text: String) -> String {
        "the ledger's NATS user may not do what it has to (\(text)). Allow it to \(permissions)"
    }

    static let nobodyTakesWrites = "nobody takes a write to \(LedgerSubject.probe): the stream has no leader, or is gone"

    static func noAnswer(_ step: StartMachine.Step) -> String {
        let what =
            switch step {
            case .account: "$JS.API.INFO is"
            case .stream: "$JS.API.STREAM.INFO is"
            case .create: "$JS.API.STREAM.CREATE is"
            case .update: "$JS.API.STREAM.UPDATE is"
            case .epoch: "$JS.API.STREAM.MSG.GET is"
            case .writingEpoch: "a write to \(LedgerSubject.epoch) is"
            case .probe: "a write to \(LedgerSubject.probe) is"
            }
        return """
            \(what) not answered: JetStream has no leader, or cannot write (a full disk; see nats-server's log), or the \
            ledger's NATS user is not allowed to ask or to hear the answer
            """
    }

    static func waiting(_ error: JetStreamError, _ wanted: StreamConfiguration) -> String {
        error.errorCode == JetStreamError.noSuitablePeers
            ? """
            the ledger is to have \(wanted.replicas) replicas, and fewer nats-servers with JetStream and room are up \
            (\(error)). Start them, or use a lower --ledger-replicas
            """
            : "JetStream is not ready: \(error)"
    }

    static func text(_ error: JetStreamError, _ wanted: StreamConfiguration) -> String {
        switch error.errorCode {
        case JetStreamError.notEnabledForAccount, JetStreamError.notEnabled:
            """
            JetStream is not enabled for the account of the ledger's NATS user (\(error)). Enable it for that account \
            (`jetstream: enabled`), or use a user of an account that has it
            """
        case JetStreamError.replicasNeedCluster:
            """
            the ledger is to have \(wanted.replicas) replicas, and this nats-server is not part of a cluster (\(error)). \
            Use --ledger-replicas 1, or run nats-server as a cluster
            """
        case JetStreamError.subjectsOverlap:
            """
            another stream of this account has subjects below `\(LedgerSubject.prefix)` (\(error)). Find it with \
            `nats stream find --subject '\(LedgerSubject.all)'`, and give it others, or give the ledger an account of its own
            """
        default:
            """
            the stream \(wanted.name) can neither be used nor be made: \(error). See nats-server's log and the limits of \
            the account
            """
        }
    }

    static func maxAgeStays(_ found: Int64, wanted: Int64) -> String {
        """
        max_age of the stream \(LedgerSubject.stream) is \(found / 1_000_000_000) s and could not be raised to \
        \(wanted / 1_000_000_000) s: records would be forgotten that still matter. Raise it by hand
        """
    }

    static func full(_ information: StreamInformation) -> String {
        """
        the stream \(information.configuration.name) is full: it holds \(information.bytes) of \
        \(information.configuration.maxBytes) bytes (max_bytes). Raise max_bytes; nothing in it can be spared
        """
    }

    static let noLeader = """
        the stream \(LedgerSubject.stream) has no leader at the moment: an election takes some seconds; if it lasts, start the \
        nats-servers that are down
        """

    static func writeNotTaken(_ text: String) -> String { "the ledger does not take a write: \(text)" }

    static func writeRefused(_ text: String) -> String {
        """
        the ledger does not take a write: \(text). Make room (max_bytes of the stream, limits of the account, the disk), \
        or see nats-server's log
        """
    }
}
