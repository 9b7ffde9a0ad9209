internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// FIPS 180-4 with its own examples, and what is made from digests.
@Suite struct DigestTests {
    private static let twoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (twoBlocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func sha256_MatchesFIPS180(message: String, digest: String) {
        #expect(Hex.encode(SHA256.hash(Array(message.utf8))) == digest)
        #expect(Hex.encode(SecretHash.sha256(SecretBytes(message.utf8)).copy) == digest)
    }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (twoBlocks, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ])
    func sha1_MatchesFIPS180(message: String, digest: String) {
        #expect(Hex.encode(SHA1Name.hash(Array(message.utf8))) == digest)
    }

    @Test func sha384AndSHA512_MatchFIPS180() {
        #expect(
            Hex.encode(SHA512Family.hash384(Array("abc".utf8)))
                == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7")
        #expect(
            Hex.encode(SHA512Family.hash512(Array("abc".utf8)))
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
    }

    /// Parts of any length, empty ones among them, and slices that do not begin at 0.
    @Test(arguments: 0..<30 as Range<UInt64>)
    func stream_IsTheDigestOfTheWhole(seed: UInt64) {
        var random = SeededGenerator(seed)
        let message = random.bytes(Int.random(in: 0...5000, using: &random))
        let stream = SHA256Stream()
        var place = 0
        while place < message.count {
            let end = min(message.count, place + Int.random(in: 0...200, using: &random))
            stream.update(message[place..<end])
            place = end
        }
        #expect(stream.finish() == SHA256.hash(message))
    }

    @Test func webSocketKey_IsAcceptedAsInRFC6455() {
        #expect(WebSocketKey.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    /// Worked out with another program: both ends must find the same 16 bytes in every release.
    @Test(arguments: [
        ("d1", "b1a9469ff1138457bd1b35702c0aaf76"), ("AA:BB", "a7c3ad32df0182ebbec99e9d052e5355"),
        ("é", "4a02087e5c038001912db08a36dd931f"),
    ])
    func tunnelUUID_IsOfVersion8AndStays(deviceID: String, digits: String) {
        let uuid = NameUUID.tunnel(of: deviceID)
        #expect(Hex.encode(uuid) == digits)
        #expect(uuid[6] >> 4 == 8 && uuid[8] >> 6 == 2)
    }

    @Test func randomBytes_AreAsManyAsAskedFor_AndNeverTheSame() {
        for count in [0, 1, 31, 32, 5000] { #expect(SecureRandom.bytes(count).count == count) }
        #expect(Set((0..<1000).map { _ in SecureRandom.bytes(16) }).count == 1000)
    }

    @Test(
        arguments: [
            ([], [], true), ([1], [1], true), ([1], [2], false), ([1, 2], [1, 3], false), ([1], [1, 2], false),
            ([], [0], false), ([0x81], [0x01], false),
        ] as [([UInt8], [UInt8], Bool)])
    func comparison_SeesLengthAndEveryBit(one: [UInt8], other: [UInt8], isEqual: Bool) {
        #expect(constantTimeEqual(one, other) == isEqual && constantTimeEqual(other, one) == isEqual)
        #expect(SecretBytes(one).isEqual(to: other) == isEqual)
    }
}
