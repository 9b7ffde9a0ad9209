internal import BaseTestSupport
internal import Encoding
internal import JournalTestSupport
import PKI
import Testing
@testable import Reach

/// The text of a token: what it holds, and that nobody else can make one.
@Suite struct TunnelTokenFormTests {
    private static func key(_ byte: UInt8) throws -> SealingKey {
        try SealingKey([UInt8](repeating: byte, count: 32))
    }

    private static func token(
        id: String = "0123456789abcdef", device: String = "lamp", user: String = "ann", scope: UInt8 = 7,
        issued: Int64 = 1_900_000_000, expires: Int64 = 1_900_003_600
    ) -> TunnelToken {
        TunnelToken(
            id: id, deviceID: device, user: user, scope: TunnelScope(rawValue: scope), issuedAt: issued,
            expiresAt: expires)
    }

    /// The layout of docs/protocols/tunnel.md, byte by byte, made here a second time.
    @Test func bytes_AreThoseOfTheLayout() throws {
        let text = Self.token().text(key: try Self.key(7))
        #expect(text.hasPrefix("lkt1."))
        let bytes = try #require(Base64URL.decode(String(text.dropFirst(5))))
        let content: [UInt8] =
            [1, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF]
            + [0, 0, 0, 0, 0x71, 0x3F, 0xB3, 0x00] + [0, 0, 0, 0, 0x71, 0x3F, 0xC1, 0x10] + [7, 0, 4]
            + Array("lampann".utf8)
        #expect(Array(bytes.dropLast(32)) == content)
        #expect(Array(bytes.suffix(32)) == HMACSHA256.authenticate(content, key: [UInt8](repeating: 7, count: 32)))
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func text_IsReadAsItWasWritten_WithItsOwnKeyOnly(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        let (key, other) = (try Self.key(1), try Self.key(2))
        for _ in 0..<100 {
            let token = Self.token(
                id: Hex.encode(generator.bytes(8)), device: generator.text(1...64), user: generator.text(1...64),
                scope: UInt8.random(in: 0...255, using: &generator),
                issued: Int64.random(in: .min ... .max, using: &generator),
                expires: Int64.random(in: .min ... .max, using: &generator))
            let text = token.text(key: key)
            #expect(TunnelToken(text, key: key) == token)
            #expect(TunnelToken(text, key: key)?.deviceID.utf8.elementsEqual(token.deviceID.utf8) == true)
            #expect(TunnelToken(text, key: other) == nil)
        }
    }

    @Test func changedText_IsNoToken() throws {
        let key = try Self.key(1)
        let text = Self.token().text(key: key)
        let bytes = try #require(Base64URL.decode(String(text.dropFirst(5))))
        for changed in Damage.beginnings(of: bytes) + Damage.bitFlips(of: bytes) + [bytes + [0], [0] + bytes] {
            #expect(TunnelToken(TunnelToken.prefix + Base64URL.encode(changed), key: key) == nil)
        }
        for changed in Damage.beginnings(of: Array(text.utf8)) {
            #expect(TunnelToken(String(decoding: changed, as: UTF8.self), key: key) == nil)
        }
        for other in [
            "lkt2." + text.dropFirst(5), "LKT1." + text.dropFirst(5), " " + text, text + "\n", text + "=", "",
        ] {
            #expect(TunnelToken(other, key: key) == nil)
        }
    }

    /// What the key has signed is read within the bounds of its own lengths all the same.
    @Test func signedNonsense_IsNoToken() throws {
        let key = try Self.key(1)
        let good = try #require(Base64URL.decode(String(Self.token().text(key: key).dropFirst(5)))).dropLast(32)
        func signed(_ content: [UInt8]) -> String {
            TunnelToken.prefix + Base64URL.encode(content + HMACSHA256.authenticate(content, key: key.bytes))
        }
        #expect(TunnelToken(signed(Array(good)), key: key) != nil)
        for version in [0, 2, 255] as [UInt8] {
            #expect(TunnelToken(signed([version] + good.dropFirst()), key: key) == nil)
        }
        for length in [8, 255, 65_535] {
            var content = Array(good)
            (content[26], content[27]) = (UInt8(length >> 8), UInt8(length & 0xFF))
            #expect(TunnelToken(signed(content), key: key) == nil, "a device's ID that is longer than the token")
        }
        for count in 0..<28 { #expect(TunnelToken(signed(Array(good.prefix(count))), key: key) == nil) }
        #expect(TunnelToken(signed(Array(good) + [UInt8](repeating: 0x61, count: 1024)), key: key) == nil, "too long")
    }

    @Test func words_AreThoseOfTheScope() {
        #expect(TunnelScope([.client, .rendezvous]).words == ["rendezvous", "client"])
        #expect(TunnelScope([]).words == [])
        #expect(TunnelScope(rawValue: 0xFF).words == ["rendezvous", "server", "client"])
    }
}
