import Foundation

/// A certificate authority of its own, a server certificate for 127.0.0.1 and localhost, and a client certificate, made
/// with the openssl command line at test time: no key lies in the repository, and none expires.
package struct TestCertificates: Sendable {
    package let authority: String
    package let serverCertificate: String
    package let serverKey: String
    package let clientCertificate: String
    package let clientKey: String
    private let directory: TemporaryDirectory

    package init() throws {
        directory = try TemporaryDirectory()
        let path = directory.path
        authority = path + "/ca.pem"
        serverCertificate = path + "/server.pem"
        serverKey = path + "/server.key"
        clientCertificate = path + "/client.pem"
        clientKey = path + "/client.key"
        let authorityKey = path + "/ca.key"
        try Self.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=test authority", "-keyout", authorityKey, "-out", authority)
        for (name, certificate, key) in [
            ("server", serverCertificate, serverKey), ("client", clientCertificate, clientKey),
        ] {
            let request = path + "/\(name).csr"
            let extensions = try directory.file("\(name).ext", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
            try Self.openssl(
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)",
                "-keyout", key, "-out", request)
            try Self.openssl(
                "x509", "-req", "-in", request, "-CA", authority, "-CAkey", authorityKey, "-CAcreateserial",
                "-days", "2", "-extfile", extensions, "-out", certificate)
        }
    }

    /// nats-server's `tls` block; `verify` demands a client certificate.
    package func serverBlock(verify: Bool = false) -> String {
        """
        tls { cert_file: "\(serverCertificate)", key_file: "\(serverKey)", ca_file: "\(authority)", verify: \(verify) }
        """
    }

    private static func openssl(_ arguments: String...) throws {
        guard let binary = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first(where: {
            FileManager.default.isExecutableFile(atPath: $0)
        }) else { throw NATSServer.Failure(description: "no openssl command: apt-get install openssl") }
        guard try ChildProcess.run([binary] + arguments) == 0 else {
            throw NATSServer.Failure(description: "openssl \(arguments.joined(separator: " ")) failed")
        }
    }
}
