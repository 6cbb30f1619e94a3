import FoundationEssentials
import Glibc
import JOSE
import StrictJSON
import SystemPackage

/// The file that holds the private JWK Set.
///
/// Whoever reads it can issue tokens, so it has to belong to its owner alone: mode 0600 or less is demanded, and made.
struct KeyFile {
    /// A key set of a hundred RSA keys has some 200 KB.
    static let maxBytes = 1_048_576

    let path: String

    /// Nothing for anybody but the owner; with one exception: a file that is somebody else's, and that this process may
    /// read as a member of its group only. So do Kubernetes with an `fsGroup` and systemd with `LoadCredential=` hand
    /// over a secret (mode 0440, root's).
    private static func forbidden(owner: UserID) -> FilePermissions {
        owner.rawValue == geteuid()
            ? [.groupReadWriteExecute, .otherReadWriteExecute]
            : [.groupWrite, .groupExecute, .otherReadWriteExecute]
    }

    func read() throws(ConfigurationError) -> KeySet {
        var bytes: [UInt8]
        do {
            let stat = try FilePath(path).stat()
            guard stat.type == .regular else {
                throw ConfigurationError("\(path) is not a file")
            }
            guard stat.permissions.isDisjoint(with: Self.forbidden(owner: stat.userID)) else {
                throw ConfigurationError(
                    "\(path) can be used by others than its owner (mode 0\(String(stat.permissions.rawValue, radix: 8))), and it holds private keys: `chmod 600 \(path)`")
            }
            guard stat.size <= Self.maxBytes else {
                throw ConfigurationError("\(path) has \(stat.size) bytes; a key file has at most \(Self.maxBytes)")
            }
            bytes = Array(try Data(contentsOf: URL(filePath: path)))
        } catch let error as ConfigurationError {
            throw error
        } catch Errno.noSuchFileOrDirectory {
            throw ConfigurationError("\(path) does not exist; `token-service keys generate --keys \(path)` makes a key file")
        } catch {
            throw ConfigurationError("\(path) cannot be read: \(error)")
        }
        defer { bytes.wipe() }
        do throws(KeySetError) {
            return try KeySet(json: bytes.rawSpan)
        } catch {
            throw ConfigurationError("\(path): \(error)")
        }
    }

    /// Writes a new file, mode 0600 from its first moment. Never overwrites: what is lost with a key file is every
    /// token that it signed.
    func create(_ keys: KeySet) throws(ConfigurationError) {
        do {
            guard (try? FilePath(path).stat()) == nil else { throw Errno.fileExists }
            var bytes = try keys.privateJWKSet()
            defer { bytes.wipe() }
            // Whole under its name, or not there: a disk that is full must not leave half a key file.
            let temporary = "\(path).\(UInt64.random(in: 0 ... .max)).new"
            let file = try FileDescriptor.open(
                FilePath(temporary), .writeOnly, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
            defer { try? FileManager.default.removeItem(atPath: temporary) }
            try file.closeAfter { _ = try file.writeAll(bytes) }
            // Unlike a rename, a link fails when the name is taken.
            try FileManager.default.linkItem(atPath: temporary, toPath: path)
        } catch let error where error as? Errno == .fileExists || (error as? CocoaError)?.code == .fileWriteFileExists {
            throw ConfigurationError("\(path) exists, and is left as it is: keys are never overwritten")
        } catch {
            throw ConfigurationError("\(path) cannot be written: \(error)")
        }
    }
}
