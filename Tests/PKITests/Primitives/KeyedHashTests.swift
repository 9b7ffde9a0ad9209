internal import Encoding
import Testing

@testable import PKI

/// HMAC and HKDF, each with the examples of its standard.
@Suite struct KeyedHashTests {
    private static let large = [UInt8](repeating: 0xAA, count: 131)

    /// RFC 4231 section 4, all seven; the fifth is cut to 128 bits there.
    @Test(
        arguments: [
            (
                [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                Array(1...25), [UInt8](repeating: 0xCD, count: 50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
            ),
            (
                [UInt8](repeating: 0x0C, count: 20), Array("Test With Truncation".utf8),
                "a3b6167473100ee06e0c796c2955552b"
            ),
            (
                large, Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                large,
                Array(
                    ("This is a test using a larger than block-size key and a larger than block-size data. The key "
                        + "needs to be hashed before being used by the HMAC algorithm.").utf8),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ] as [([UInt8], [UInt8], String)])
    func hmac_MatchesRFC4231(key: [UInt8], message: [UInt8], tag: String) {
        #expect(Hex.encode(HMACSHA256.authenticate(message, key: key)).hasPrefix(tag))
        let secret = PairingKeys.authenticate(message, key: SecretBytes(key))
        #expect(Hex.encode(secret.copy).hasPrefix(tag))
    }

    @Test func emptyKey_IsAKeyOfItsOwn_AlsoAfterAnother() {
        let expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(Hex.encode(HMACSHA256.authenticate([], key: [])) == expected)
        _ = HMACSHA256.authenticate([1], key: [2])
        #expect(Hex.encode(HMACSHA256.authenticate([], key: [])) == expected)
        #expect(HMACSHA256.authenticate([], key: [1]) != HMACSHA256.authenticate([], key: []))
    }

    /// The context that all share is copied for each tag: none of them sees another's key.
    @Test func tagsOfManyTasks_AreThoseOfOne() async {
        let right = (0..<100).map { HMACSHA256.authenticate([UInt8($0)], key: [UInt8($0), 7]) }
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask { HMACSHA256.authenticate([UInt8(number)], key: [UInt8(number), 7]) == right[number] }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    /// RFC 5869 A.3: no salt, no info.
    @Test func hkdf_MatchesRFC5869() {
        let input = SecretBytes([UInt8](repeating: 0x0B, count: 22))
        let long = SecretHash.expand(input, info: "", count: 64)
        #expect(
            Hex.encode(Array(long.copy.prefix(42)))
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
        #expect(SecretHash.expand(input, info: "", count: 32).copy == Array(long.copy.prefix(32)))
        #expect(SecretHash.expand(input, info: "x", count: 32).copy != Array(long.copy.prefix(32)))
    }

    @Test func secretBytes_AreCutAndJoined() {
        let bytes = SecretBytes([1, 2, 3, 4, 5])
        #expect(bytes.count == 5 && bytes.copy == [1, 2, 3, 4, 5])
        #expect(bytes.slice(1..<4).copy == [2, 3, 4] && bytes.slice(2..<2).copy == [])
        #expect(SecretBytes.joined([bytes.slice(3..<5), SecretBytes([]), bytes.slice(0..<1)]).copy == [4, 5, 1])
        #expect(SecretBytes.joined([]).count == 0)
    }
}
