import ArgumentParser
import LoadGenerator

/// How to log in, and whom to trust: the names that the service's own options have, and the variables of the `nats` tool.
struct AccessOptions: ParsableArguments {
    @Option(help: "NATS user. Default: NATS_USER.")
    var natsUser: String?

    @Option(help: "That user's password. Default: NATS_PASSWORD, which others cannot see in the list of processes.")
    var natsPassword: String?

    @Option(help: "NATS authentication token. Default: NATS_TOKEN.")
    var natsToken: String?

    @Option(help: ArgumentHelp("File with the user's NKey seed. Default: NATS_NKEY.", valueName: "FILE"))
    var natsNkey: String?

    @Option(help: ArgumentHelp("NATS credentials file. Default: NATS_CREDS.", valueName: "FILE"))
    var natsCreds: String?

    @Option(help: ArgumentHelp(
        "File with the certificates of authorities to trust; turns TLS on. Default: NATS_CA.", valueName: "FILE"))
    var natsCa: String?

    @Option(help: ArgumentHelp("File with the client certificate; turns TLS on. Default: NATS_CERT.", valueName: "FILE"))
    var natsCert: String?

    @Option(help: ArgumentHelp("File with the client certificate's key. Default: NATS_KEY.", valueName: "FILE"))
    var natsKey: String?

    @Option(help: "The name that the server's certificate must have, when it is not the URL's.")
    var natsTlsHostname: String?

    /// One way to log in: what the command line says, else the URL, else the environment.
    func apply(to address: inout ServerAddress) throws {
        try applyTLS(to: &address)
        let said = Ways(user: natsUser, password: natsPassword, token: natsToken, nkey: natsNkey, creds: natsCreds)
        if said.count > 0 { return try said.apply(to: &address) }
        if address.user != nil || address.token != nil { return }
        try Ways(
            user: environment("NATS_USER"), password: environment("NATS_PASSWORD"), token: environment("NATS_TOKEN"),
            nkey: environment("NATS_NKEY"), creds: environment("NATS_CREDS")
        ).apply(to: &address)
    }

    private func applyTLS(to address: inout ServerAddress) throws {
        let authority = natsCa ?? environment("NATS_CA")
        let (certificate, key) = (natsCert ?? environment("NATS_CERT"), natsKey ?? environment("NATS_KEY"))
        guard (certificate == nil) == (key == nil) else {
            throw LoadError("--nats-cert and --nats-key belong together: set both or neither")
        }
        guard authority != nil || certificate != nil || natsTlsHostname != nil || address.tls != nil else { return }
        address.tls = TLSOptions(
            authorityFile: authority, certificateFile: certificate, keyFile: key, hostname: natsTlsHostname)
    }

    private struct Ways {
        var user, password, token, nkey, creds: String?

        /// A password is no way by itself.
        var count: Int { [user ?? password, token, nkey, creds].count { $0 != nil } }

        func apply(to address: inout ServerAddress) throws {
            guard count <= 1 else {
                throw LoadError("a user, a token, an NKey and a credentials file exclude each other: set one way to log in")
            }
            guard password == nil || user != nil else { throw LoadError("a password is nothing without a user") }
            guard count == 1 else { return }
            (address.user, address.password, address.token) = (user, password, token)
            if let nkey { address.nkey = try NKeySeed(file: try readFile(nkey), at: nkey) }
            if let creds {
                let credentials = try NATSCredentials(file: try readFile(creds), at: creds)
                (address.jwt, address.nkey) = (credentials.jwt, credentials.seed)
            }
        }
    }
}
