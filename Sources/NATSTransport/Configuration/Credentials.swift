/// How a connection proves who it is. Files are read again at every connect, so that they can be replaced.
package enum Credentials: Sendable {
    case none
    case userPassword(user: String, password: String)
    case token(String)
    /// An NKey: the public key (`U…`) and the file that holds its seed (`SU…`).
    case nkey(publicKey: String, seedFile: String)
    /// A decorated file with a user JWT and its seed, as `nsc` writes it.
    case credentialsFile(String)
}
