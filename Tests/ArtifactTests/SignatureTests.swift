import Foundation
import PKI
import Testing

@testable import Artifact

/// Signatures cover everything, and only the right key accepts them.
@Suite struct SignatureTests {
    private static let recipe = ArtifactRecipe.module(
        "t", name: "n", deviceTypes: ["d"], files: [.init(name: "f", content: .bytes([1, 2, 3]))])

    /// Made for these tests: protects nothing.
    private static func rsa(_ bits: Int) throws -> PrivateKey {
        let folder = try Folder()
        let tool = Process()
        tool.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        tool.arguments = ["genrsa", "-traditional", "-out", folder.path + "/key", "\(bits)"]
        tool.standardError = FileHandle.nullDevice
        try tool.run()
        tool.waitUntilExit()
        return try PrivateKey(pem: String(decoding: folder.read("key"), as: UTF8.self), passphrase: nil)
    }

    @Test func p256_isRawAndVerified() throws {
        let key = try PrivateKey.makeP256()
        let other = try PrivateKey.makeP256()
        // Numbers with leading zeros are one in 128.
        for _ in 0..<300 {
            let signature = try #require(
                try read(ArtifactWriter.bytes(Self.recipe, signer: key)).signature)
            #expect(signature.signature.count == 64)
            #expect(signature.key(among: [other.publicKey, key.publicKey]) == key.publicKey)
            #expect(signature.key(among: [other.publicKey]) == nil)
        }
    }

    @Test func rsa_isVerified() throws {
        let key = try Self.rsa(2048)
        let signature = try #require(try read(ArtifactWriter.bytes(Self.recipe, signer: key)).signature)
        #expect(signature.signature.count == 256)
        #expect(signature.key(among: [key.publicKey]) == key.publicKey)
        #expect(signature.key(among: []) == nil)
    }

    @Test func weakKeys_doNotSign() throws {
        let key = try Self.rsa(1024)
        #expect(throws: ArtifactError.unsupportedKey) { try ArtifactWriter.bytes(Self.recipe, signer: key) }
    }

    @Test func changedManifest_isNotVerified() throws {
        let key = try PrivateKey.makeP256()
        var signature = try #require(try read(ArtifactWriter.bytes(Self.recipe, signer: key)).signature)
        signature.manifest[0] ^= 1
        #expect(signature.key(among: [key.publicKey]) == nil)
        signature.manifest[0] ^= 1
        for index in signature.signature.indices {
            signature.signature[index] ^= 0x80
            #expect(signature.key(among: [key.publicKey]) == nil)
            signature.signature[index] ^= 0x80
        }
        signature.signature.append(0)
        #expect(signature.key(among: [key.publicKey]) == nil)
        signature.signature = [UInt8](repeating: 0, count: 64)
        #expect(signature.key(among: [key.publicKey]) == nil)
    }

    @Test func existingArtifact_isSignedAndNothingElseChanges() throws {
        let folder = try Folder()
        let path = folder.path + "/a.mender"
        try ArtifactWriter.write(Self.recipe, to: path)
        let before = try ArtifactReader.check(path)
        let first = try PrivateKey.makeP256()
        let second = try PrivateKey.makeP256()
        try ArtifactSigner.sign(path, to: path, with: first)
        let signed = try ArtifactReader.check(path)
        #expect(signed.signature?.key(among: [first.publicKey]) != nil)
        #expect(throws: ArtifactError.alreadySigned) { try ArtifactSigner.sign(path, to: path, with: second) }
        #expect(try ArtifactReader.check(path) == signed)
        try ArtifactSigner.sign(path, to: path, with: second, replacing: true)
        var again = try ArtifactReader.check(path)
        #expect(again.signature?.key(among: [first.publicKey, second.publicKey]) == second.publicKey)
        again.signature = nil
        (again.size, again.sha256) = (before.size, before.sha256)
        #expect(again == before)
        #expect(folder.names == ["a.mender"])
    }

    @Test func brokenArtifact_isNotSigned() throws {
        let folder = try Folder()
        let path = try folder.write("a.mender", Fixture.with { $0.dataBytes = { $0[512] ^= 1 } }.bytes())
        let key = try PrivateKey.makeP256()
        #expect(throws: ArtifactError.checksumMismatch("data/0000/a")) {
            try ArtifactSigner.sign(path, to: folder.path + "/b", with: key)
        }
        #expect(folder.names == ["a.mender"])
    }
}
