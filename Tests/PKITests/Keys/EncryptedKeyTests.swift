import BaseTestSupport
import Foundation
import PKI
import Testing

/// Private keys written under a passphrase.
@Suite struct EncryptedKeyTests {
    private let key: PrivateKey

    init() throws {
        key = try PrivateKey.makeP256()
    }

    @Test(arguments: ["x", "a long passphrase", "pässword 温", "null\0byte", String(repeating: "p", count: 1023)])
    func key_OpensWithItsPassphraseOnly(passphrase: String) throws {
        let pem = try key.pem(passphrase: Array(passphrase.utf8))
        #expect(try PrivateKey(pem: pem, passphrase: Array(passphrase.utf8)).publicKey == key.publicKey)
        for wrong in [passphrase + "x", String(passphrase.dropLast()), passphrase.uppercased()] {
            #expect(throws: PKIError.self) { try PrivateKey(pem: pem, passphrase: Array(wrong.utf8)) }
        }
        #expect(throws: PKIError.self) { try PrivateKey(pem: pem, passphrase: nil) }
    }

    @Test func sameKeyAndPassphrase_HaveNoTextInCommon() throws {
        let (one, other) = (try key.pem(passphrase: [0x31]), try key.pem(passphrase: [0x31]))
        let lines = one.split(separator: "\n")
        #expect(lines.first == "-----BEGIN ENCRYPTED PRIVATE KEY-----")
        #expect(Set(lines.dropFirst(2).dropLast()).isDisjoint(with: other.split(separator: "\n")))
    }

    @Test func openssl_FindsAES256UnderScrypt() throws {
        let folder = try WorkFolder()
        let file = try folder.put("key.pem", Array(try key.pem(passphrase: Array("secret".utf8)).utf8))
        let other = try ExternalProgram.run(
            "/usr/bin/openssl", ["pkey", "-in", file, "-passin", "pass:secret", "-pubout"])
        #expect(String(decoding: other, as: UTF8.self) == key.publicKey.pem())
        let shape = try ExternalProgram.run("/usr/bin/openssl", ["asn1parse", "-in", file])
        let text = String(decoding: shape, as: UTF8.self)
        #expect(text.contains("scrypt") && text.contains("aes-256-cbc"))
    }

    @Test(arguments: [0, 1024]) func passphraseThatNoReaderTakes_IsRefused(count: Int) {
        #expect(throws: PKIError.self) { try key.pem(passphrase: [UInt8](repeating: 0x70, count: count)) }
        #expect(throws: PKIError.self) { try key.pem(passphrase: [UInt8](repeating: 0, count: count)) }
    }
}
