internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// BLAKE2b-256 against another implementation (Python's hashlib, digest_size 32), around the edges of its blocks.
@Suite struct BLAKE2bTests {
    @Test(arguments: [
        (0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
        (1, "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"),
        (127, "f2fe67ff342e21b8f45e8f2e0bcd1d9243245d50ee6c78042e9c491388791c72"),
        (128, "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1"),
        (129, "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9"),
        (255, "1d0850ee9bca0abc9601e9deabe1418fedec2fb6ac4150bd5302d2430f9be943"),
        (256, "39a7eb9fedc19aabc83425c6755dd90e6f9d0c804964a1f4aaeea3b9fb599835"),
        (257, "45f7f084c30bac7cbae2e1963bc6e6b0d8cb227a12927e97fb941d288fb1f9a3"),
        (1000, "c636324d47d89f2b2434dc2c994100663fbbaea880ff020fc5de89dd0f77a1ec"),
        (100000, "2876d1bbfa8e8637e8bd364c4d91006030f439ef3d9b87f66d087dd0b021c0af"),
    ])
    func digest_IsThatOfAnotherImplementation(count: Int, digest: String) {
        #expect(Hex.encode(BLAKE2bStream.hash((0..<count).map { UInt8(truncatingIfNeeded: $0) })) == digest)
    }

    @Test func abc_HasTheDigestOfAnotherImplementation() {
        #expect(
            Hex.encode(BLAKE2bStream.hash(Array("abc".utf8)))
                == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")
    }

    /// Parts of any length, empty ones among them, and slices that do not begin at 0.
    @Test(arguments: 0..<30 as Range<UInt64>)
    func stream_IsTheDigestOfTheWhole(seed: UInt64) {
        var random = SeededGenerator(seed)
        let message = random.bytes(Int.random(in: 0...2000, using: &random))
        var stream = BLAKE2bStream()
        var place = 0
        while place < message.count {
            let end = min(message.count, place + Int.random(in: 0...300, using: &random))
            stream.update(message[place..<end])
            place = end
        }
        #expect(stream.finish() == BLAKE2bStream.hash(message))
    }

    /// RFC 8032 section 7.1, test 2.
    @Test func ed25519_OfRawKeyVerifiesRFC8032() throws {
        let bytes = try #require(Hex.decode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
        let signature = try #require(
            Hex.decode(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                    + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"))
        let key = try PublicKey(ed25519: bytes)
        #expect(key.kind == .ed25519)
        #expect(key.verify(signature, of: [0x72]))
        #expect(!key.verify(signature, of: [0x73]))
        #expect(throws: PKIError(.readPublicKey)) { try PublicKey(ed25519: Array(bytes.dropLast())) }
    }
}
