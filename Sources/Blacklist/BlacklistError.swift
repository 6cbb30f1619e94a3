/// Why an id could not be taken. It is then not held and must not be acknowledged; everything that was held still is.
package enum BlacklistError: Error, Equatable, CustomStringConvertible {
    /// To take it would need more memory than the blacklist may have.
    case full(limitBytes: Int)
    /// The system has no memory to give.
    case outOfMemory(bytes: Int)

    package var description: String {
        switch self {
        case .full(let limitBytes): "the blacklist is full: it may take \(limitBytes) bytes"
        case .outOfMemory(let bytes): "the blacklist cannot grow: the system did not give it \(bytes) bytes"
        }
    }
}
