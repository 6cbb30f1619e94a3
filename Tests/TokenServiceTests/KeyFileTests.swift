import Foundation
import JOSE
import SystemPackage
import TestSupport
import Testing

@testable import TokenService

@Suite("The key file belongs to its owner alone, and is never overwritten")
struct KeyFileTests {
    private func inTemporaryDirectory(_ body: (String) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        try body(directory.path)
    }

    @Test("What was made can be read, and only by its owner")
    func roundTrip() throws {
        try inTemporaryDirectory { directory in
            let file = KeyFile(path: "\(directory)/keys.jwks")
            let keys = try KeySet.generate([.edDSA, .hs256])
            try file.create(keys)
            #expect(try FilePath(file.path).stat().permissions == .ownerReadWrite)
            #expect(try file.read().keys.map(\.kid) == keys.keys.map(\.kid))
        }
    }

    @Test("A second creation is refused, and the first file is as it was")
    func neverOverwrites() throws {
        try inTemporaryDirectory { directory in
            let file = KeyFile(path: "\(directory)/keys.jwks")
            let keys = try KeySet.generate([.hs256])
            try file.create(keys)
            let error = #expect(throws: ConfigurationError.self) { try file.create(try KeySet.generate([.hs256])) }
            #expect(error?.description.contains("never overwritten") == true)
            #expect(try file.read().keys.map(\.kid) == keys.keys.map(\.kid))
        }
    }

    @Test("A file that others can read is refused, with the command that mends it", arguments: [0o640, 0o604, 0o666, 0o620])
    func othersCanRead(mode: Int) throws {
        try inTemporaryDirectory { directory in
            let path = "\(directory)/keys.jwks"
            try KeyFile(path: path).create(try KeySet.generate([.hs256]))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let error = #expect(throws: ConfigurationError.self) { try KeyFile(path: path).read() }
            #expect(error?.description.contains("chmod 600") == true)
        }
    }

    @Test("A missing file, a directory, and no key set are told apart, and no content is repeated")
    func refusals() throws {
        try inTemporaryDirectory { directory in
            let missing = #expect(throws: ConfigurationError.self) { try KeyFile(path: "\(directory)/none").read() }
            #expect(missing?.description.contains("keys generate") == true)
            let folder = #expect(throws: ConfigurationError.self) { try KeyFile(path: directory).read() }
            #expect(folder?.description.contains("is not a file") == true)
            let path = "\(directory)/bad.jwks"
            try #"{"keys":[{"kty":"oct","k":"secretsecret"}]}"#.write(toFile: path, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            let bad = #expect(throws: ConfigurationError.self) { try KeyFile(path: path).read() }
            #expect(bad?.description.contains(path) == true)
            #expect(bad?.description.contains("secretsecret") == false)
        }
    }
}
