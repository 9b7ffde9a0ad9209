internal import Encoding
import Testing

@testable import PKI

/// Signatures as two numbers of fixed length (IEEE P1363).
@Suite struct RawSignatureTests {
    /// RFC 6979 A.2.5: P-256, SHA-256.
    @Test(arguments: [
        (
            "sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
        ),
        (
            "test", "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
            "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"
        ),
    ])
    func signatureOfTheStandard_IsRight(message: String, r: String, s: String) throws {
        let point =
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
            + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
        let key = try PublicKey(spki: P256Point.spkiPrefix + (try #require(Hex.decode(point))))
        let signature = try #require(Hex.decode(r + s))
        #expect(key.verifyRaw(signature, of: Array(message.utf8)))
        #expect(!key.verifyRaw(signature, of: Array((message + "x").utf8)))
        for index in signature.indices {
            var altered = signature
            altered[index] ^= 0x10
            #expect(!key.verifyRaw(altered, of: Array(message.utf8)))
        }
        let swapped = Array(signature.suffix(32) + signature.prefix(32))
        #expect(!key.verifyRaw(swapped, of: Array(message.utf8)))
    }

    @Test func rsa_IsSignedAsItIs_AndFrom2048BitsOn() throws {
        let message = Array("message".utf8)
        let key = try PrivateKey(pem: try OpenSSL.makeKey("RSA", "rsa_keygen_bits:2048"), passphrase: nil)
        let signature = try key.signRaw(message)
        #expect(try signature == key.sign(message), "PKCS#1 v1.5 has one value")
        #expect(signature.count == 256 && key.publicKey.verifyRaw(signature, of: message))
        #expect(!key.publicKey.verifyRaw(signature, of: message + [0]))
        let short = try PrivateKey(pem: try OpenSSL.makeKey("RSA", "rsa_keygen_bits:1024"), passphrase: nil)
        let weak = try short.signRaw(message)
        #expect(short.publicKey.verify(weak, of: message) && !short.publicKey.verifyRaw(weak, of: message))
    }

    @Test(arguments: ["ED25519", "EC"]) func otherKinds_HaveNoRawForm(algorithm: String) throws {
        let option = algorithm == "EC" ? "ec_paramgen_curve:secp384r1" : nil
        let key = try PrivateKey(pem: try OpenSSL.makeKey(algorithm, option), passphrase: nil)
        #expect(throws: PKIError(.unsupportedKey)) { try key.signRaw([1]) }
        #expect(try !key.publicKey.verifyRaw(key.sign([1]), of: [1]))
        #expect(!key.publicKey.verifyRaw([UInt8](repeating: 1, count: 64), of: [1]))
    }
}
