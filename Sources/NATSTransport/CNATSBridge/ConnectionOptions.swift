import CNATS

/// Owns a natsOptions. cnats copies it at connect, so it lives as long as the call.
@safe struct ConnectionOptions: ~Copyable {
    let raw: OpaquePointer

    /// Options for one attempt at one server. With one server an attempt has one time-out.
    static func make(
        _ configuration: NATSConfiguration, server: String
    ) throws(TransportError) -> ConnectionOptions {
        let options = try ConnectionOptions()
        try options.apply(configuration, server: server)
        return options
    }

    private init() throws(TransportError) {
        var created: OpaquePointer?
        let status = unsafe natsOptions_Create(&created)
        guard status == NATS_OK, let created = unsafe created else {
            throw TransportError(.system, describe(status))
        }
        unsafe raw = created
    }

    deinit {
        unsafe natsOptions_Destroy(raw)
    }

    private func apply(_ configuration: NATSConfiguration, server: String) throws(TransportError) {
        let limits = configuration.limits
        try check("server", unsafe natsOptions_SetURL(raw, server))
        try check("name", unsafe natsOptions_SetName(raw, configuration.name))
        try check("timeout", unsafe natsOptions_SetTimeout(raw, Int64(limits.connectTimeoutMilliseconds)))
        // One natsConnection a TCP session: in event-loop mode cnats does not reset its parser when it reconnects, and
        // splices the next session's bytes into a message that was cut. Reconnecting is the loop's own business.
        try check("reconnect", unsafe natsOptions_SetAllowReconnect(raw, false))
        try check("discovery", unsafe natsOptions_SetIgnoreDiscoveredServers(raw, true))
        // No pings of cnats': their time-out closes the socket from a timer thread while the loop reads it.
        try check("ping", unsafe natsOptions_SetPingInterval(raw, 0))
        try check("pending", unsafe natsOptions_SetMaxPendingMsgs(raw, CInt(limits.pendingMessages)))
        try apply(configuration.credentials)
        if server.hasPrefix("tls://") { try check("tls", unsafe natsOptions_SetSecure(raw, true)) }
        if let tls = configuration.tls { try apply(tls) }
    }

    private func apply(_ credentials: Credentials) throws(TransportError) {
        switch credentials {
        case .none:
            return
        case .userPassword(let user, let password):
            try check("user", unsafe natsOptions_SetUserInfo(raw, user, password))
        case .token(let token):
            try check("token", unsafe natsOptions_SetToken(raw, token))
        case .nkey(let publicKey, let seedFile):
            try check("nkey", unsafe natsOptions_SetNKeyFromSeed(raw, publicKey, seedFile))
        case .credentialsFile(let file):
            try check("creds", unsafe natsOptions_SetUserCredentialsFromFiles(raw, file, nil))
        }
    }

    private func apply(_ tls: TLSConfiguration) throws(TransportError) {
        try check("tls", unsafe natsOptions_SetSecure(raw, true))
        if let file = tls.authorityFile {
            try check("ca file \(file)", unsafe natsOptions_LoadCATrustedCertificates(raw, file))
        }
        if let certificate = tls.clientCertificate {
            let status = unsafe natsOptions_LoadCertificatesChain(
                raw, certificate.certificateFile, certificate.keyFile)
            try check("client certificate \(certificate.certificateFile)", status)
        }
        if let name = tls.expectedHostname {
            try check("expected host name", unsafe natsOptions_SetExpectedHostname(raw, name))
        }
    }

    /// Puts the connection under a loop.
    func attach(to signals: SessionSignals, limits: TransportLimits) throws(TransportError) {
        let loop = unsafe Unmanaged.passUnretained(signals).toOpaque()
        let status = unsafe natsOptions_SetEventLoop(
            raw, loop, EventLoopCallbacks.attach, EventLoopCallbacks.read, EventLoopCallbacks.write,
            EventLoopCallbacks.detach)
        try check("event loop", status)
        // Without it cnats starts a flusher thread for each connection.
        try check("send asap", unsafe natsOptions_SetSendAsap(raw, true))
        try check("buffer", unsafe natsOptions_SetIOBufSize(raw, CInt(limits.readBufferBytes)))
    }

    private func check(_ what: String, _ status: natsStatus) throws(TransportError) {
        guard status == NATS_OK else { throw TransportError(.configuration, "\(what): \(lastError(status))") }
    }
}
