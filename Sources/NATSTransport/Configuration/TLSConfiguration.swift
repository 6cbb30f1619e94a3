/// TLS demanded from the server, whatever the URL's scheme says. Files are PEM and are read at every connect.
package struct TLSConfiguration: Sendable {
    /// `nil`: the system's authorities.
    package var authorityFile: String?
    package var clientCertificate: ClientCertificate?
    /// The name that the server's certificate must carry; `nil` takes the host of the URL.
    package var expectedHostname: String?

    package struct ClientCertificate: Sendable {
        package var certificateFile: String
        package var keyFile: String

        package init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    package init(
        authorityFile: String? = nil,
        clientCertificate: ClientCertificate? = nil,
        expectedHostname: String? = nil
    ) {
        self.authorityFile = authorityFile
        self.clientCertificate = clientCertificate
        self.expectedHostname = expectedHostname
    }
}
