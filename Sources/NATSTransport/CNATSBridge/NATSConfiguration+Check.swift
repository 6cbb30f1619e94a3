extension NATSConfiguration {
    /// Makes the options of every server once and throws them away: what can never work (a missing file, a URL that
    /// cannot be read) is an error at the start, and not an attempt that is made again for ever.
    package func check() throws(TransportError) {
        for server in servers { _ = try ConnectionOptions.make(self, server: server) }
    }
}
