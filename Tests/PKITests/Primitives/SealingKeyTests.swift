internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// AES-256-GCM: nonce, ciphertext, tag.
@Suite struct SealingKeyTests {
    /// Test cases 13, 14 and 16 of the GCM specification (McGrew and Viega).
    @Test(arguments: [
        (
            String(repeating: "00", count: 32), String(repeating: "00", count: 12), "", "", "",
            "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        (
            String(repeating: "00", count: 32), String(repeating: "00", count: 12), "",
            String(repeating: "00", count: 16), "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
                + "b16aedf5aa0de657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
                + "c5f61e6393ba7a0abcc9f662", "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ])
    func valueOfTheStandard_IsOpened(
        key: String, nonce: String, context: String, plaintext: String, ciphertext: String, tag: String
    ) throws {
        func bytes(_ digits: String) throws -> [UInt8] { try #require(Hex.decode(digits)) }
        let opened = try SealingKey(try bytes(key)).open(
            try bytes(nonce + ciphertext + tag), context: try bytes(context))
        #expect(Hex.encode(opened) == plaintext)
    }

    @Test(arguments: [0, 1, 16, 24, 31, 33, 64])
    func keyOfAnotherLength_IsRefused(count: Int) {
        #expect(throws: PKIError(.badKeyLength)) { try SealingKey([UInt8](repeating: 1, count: count)) }
    }

    @Test(arguments: [0, 1, 15, 16, 17, 255, 4096, 70_000])
    func sealedForm_IsNonceCiphertextAndTag_OfAnyLength(count: Int) throws {
        var random = SeededGenerator(UInt64(count))
        let (plaintext, context) = (random.bytes(count), random.bytes(count % 40))
        let key = SealingKey.random()
        let sealed = key.seal(plaintext, context: context)
        #expect(sealed.count == 12 + count + 16)
        #expect(try key.open(sealed, context: context) == plaintext)
        let copy = try SealingKey(key.bytes)
        #expect(try copy.open(sealed, context: context) == plaintext, "the bytes are the key")
    }

    /// Nonces come from a stock of a hundred, which is filled again: none is used twice.
    @Test func nonces_NeverRepeat() {
        let key = SealingKey.random()
        let nonces = Set((0..<1050).map { _ in Array(key.seal([], context: []).prefix(12)) })
        #expect(nonces.count == 1050)
    }

    /// RFC 5869's expand with one block, as it has always been: stored values depend on it.
    @Test func derivedKey_IsTheTagOfItsLabel() throws {
        let key = try SealingKey(Array(0..<32))
        #expect(key.derive("secrets").bytes == HMACSHA256.authenticate(Array("secrets\u{1}".utf8), key: Array(0..<32)))
        #expect(key.derive("secrets").bytes != key.derive("secret").bytes)
        #expect(key.derive("a").derive("b").bytes != key.derive("b").derive("a").bytes)
    }

    @Test func failedOpening_LeavesTheKeyUsable() throws {
        let key = SealingKey.random()
        let sealed = key.seal([1, 2, 3], context: [9])
        for broken in Damage.beginnings(of: sealed) + [[], sealed + [0]] {
            #expect(throws: PKIError(.open)) { try key.open(broken, context: [9]) }
        }
        #expect(throws: PKIError(.open)) { try key.open(sealed, context: []) }
        #expect(try key.open(sealed, context: [9]) == [1, 2, 3])
    }
}
