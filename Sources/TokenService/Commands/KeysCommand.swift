import ArgumentParser
import JOSE
import StrictJSON

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make and look at key files.",
        discussion: """
            A key file is a private JWK Set (RFC 7517), mode 0600. It holds the key that signs access tokens and the HMAC \
            key of refresh tokens. The first key of an algorithm signs, all of them verify.
            """,
        subcommands: [Generate.self, List.self, Public.self])

    struct FileOptions: ParsableArguments {
        @Option(.keys) var keys: String?

        func file() throws -> KeyFile {
            KeyFile(path: try Settings(flags: keys.map { [Setting.keys.name: $0] } ?? [:]).text(required: .keys))
        }
    }

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key file. Never overwrites.")

        @OptionGroup var file: FileOptions
        @Option(.algorithm) var algorithm: String?

        func run() throws {
            let settings = try Settings(flags: algorithm.map { [Setting.algorithm.name: $0] } ?? [:])
            guard let algorithm = SignatureAlgorithm(rawValue: try settings.text(required: .algorithm)) else {
                throw ConfigurationError("--algorithm is not supported")
            }
            let keys = try KeySet.generate(algorithm == .hs256 ? [.hs256] : [algorithm, .hs256])
            let file = try file.file()
            try file.create(keys)
            print("\(file.path): made, mode 0600")
            printKeys(keys)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a key file's keys: algorithm, id, use. Nothing secret is printed.")

        @OptionGroup var file: FileOptions

        func run() throws {
            printKeys(try file.file().read())
        }
    }

    struct Public: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the public JWK Set, for those who verify access tokens by themselves.")

        @OptionGroup var file: FileOptions

        func run() throws {
            print(String(decoding: try file.file().read().publicJWKSet(), as: UTF8.self), terminator: "")
        }
    }
}

/// A line a key; the first private one of an algorithm is the one that signs.
private func printKeys(_ keys: KeySet) {
    for key in keys.keys {
        let signs = keys.signingKey(key.algorithm)?.kid == key.kid
        print("\(key.algorithm.rawValue)  \(key.kid)  \(signs ? "signs" : key.canSign ? "verifies" : "verifies, public only")")
    }
}
