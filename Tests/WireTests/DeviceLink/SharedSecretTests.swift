import BaseTestSupport
import Encoding
import Testing
import Wire

/// Headers, token and claims of a shared secret (docs/protocols/device-link.md 3.1).
@Suite struct SharedSecretTests {
    /// The vector of the specification.
    private static let vector = [
        "x-nh-alg": "NH1-HMAC-sha256-1000-32", "x-nh-key": "nhp_zM9sVtXoNWqCzNWmP6LkVh0qVgAkQm7fTQF1eX2aBcD",
        "x-nh-time": "1700000000",
        "x-nh-signature": """
        SFMyNTY.g2gDbQAAAAhzaW0tMDAwMW4GAABo5c-LAWIAAVGA.2_QHMMVfVep-TBcd-jr_DNn5h6r8OGW4eM4GgrYeCQ4
        """,
    ]
    private static let payload = "8368036d0000000873696d2d303030316e06000068e5cf8b016200015180"

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.filter { $0 != 0x20 }.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x61 + 10 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func headers(_ change: (inout [String: String]) -> Void) throws -> SharedSecretHeaders {
        var fields = vector
        change(&fields)
        return try SharedSecretHeaders { name in fields[name].map { [$0] } ?? [] }
    }

    @Test func vector_IsRead() throws {
        let headers = try Self.headers { _ in }
        #expect(headers.derivation.digest == .sha256)
        #expect(headers.derivation.iterations == 1000 && headers.derivation.keyLength == 32)
        #expect(
            headers.salt
                == Self.bytes(
                    "4e48313a6465766963652d736f636b65743a7368617265642d7365637265743a636f6e6e6563740a0a"
                        + "782d6e682d616c673d4e48312d484d41432d7368613235362d313030302d33320a"
                        + "782d6e682d6b65793d6e68705f7a4d39735674586f4e5771437a4e576d50364c6b566830715667416b516d"
                        + "376654514631655832614263440a782d6e682d74696d653d313730303030303030300a"))
        let claims = try headers.token.claims()
        #expect(claims == SharedSecretClaims(identifier: "sim-0001", signedAt: 1_700_000_000_000))
        #expect(claims.encoded() == Self.bytes(Self.payload))
        #expect(SharedSecretToken.text(claims) { _ in headers.token.mac } == Self.vector["x-nh-signature"])
    }

    /// The letters of the algorithm are part of the salt, whatever they mean.
    @Test func algorithmInCapitals_IsTheSameDigestAndAnotherSalt() throws {
        let headers = try Self.headers { $0["x-nh-alg"] = "NH1-HMAC-SHA256-1000-32" }
        #expect(headers.derivation.digest == .sha256)
        #expect(headers.salt.count == (try Self.headers { _ in }).salt.count)
        #expect(headers.salt != (try Self.headers { _ in }).salt)
    }

    @Test(arguments: [
        ("NH1-HMAC-sha384-1000-16", 1000, 16), ("NH1-HMAC-Sha512-100000-64", 100_000, 64),
        ("NH1-HMAC-sha256-01000-032", 1000, 32),
    ]) func derivationWithinBounds_IsRead(_ text: String, iterations: Int, length: Int) throws {
        let derivation = try SharedSecretDerivation(parsing: text)
        #expect(derivation.iterations == iterations && derivation.keyLength == length)
    }

    @Test(arguments: [
        "", "NH1", "NH1-HMAC-", "NH1-HMAC-sha256", "NH1-HMAC-sha256-1000", "NH1-HMAC-sha256-1000-32-1",
        "nh1-HMAC-sha256-1000-32", "NH2-HMAC-sha256-1000-32", "NH1-HMAC-sha1-1000-32", "NH1-HMAC-md5-1000-32",
        "NH1-HMAC--1000-32", "NH1-HMAC-sha256--32", "NH1-HMAC-sha256-1000-", "NH1-HMAC-sha256-999-32",
        "NH1-HMAC-sha256-100001-32", "NH1-HMAC-sha256-1000-15", "NH1-HMAC-sha256-1000-65", "NH1-HMAC-sha256-+1000-32",
        "NH1-HMAC-sha256-1e3-32", "NH1-HMAC-sha256-99999999999999999999-32", "NH1-HMAC-sha256-1000-0x20",
        "XNH1-HMAC-sha256-1000-32", " NH1-HMAC-sha256-1000-32",
    ]) func derivationOutsideItsBounds_IsRefused(_ text: String) {
        #expect(throws: MessageError.invalidMember("x-nh-alg")) { try SharedSecretDerivation(parsing: text) }
    }

    @Test(arguments: ["x-nh-alg", "x-nh-key", "x-nh-time", "x-nh-signature"])
    func headerThatIsMissingOrTwice_IsRefusedByName(_ name: String) {
        #expect(throws: MessageError.missingMember(name)) { try Self.headers { $0[name] = nil } }
        #expect(throws: MessageError.missingMember(name)) { try Self.headers { $0[name] = "" } }
        #expect(throws: MessageError.duplicateMember(name)) {
            try SharedSecretHeaders { other in
                Self.vector[other].map { other == name ? [$0, $0] : [$0] } ?? []
            }
        }
        for value in [String(repeating: "1", count: 1000), "1 2", "1\n2", "ä", "1\u{7F}"] {
            #expect(throws: MessageError.invalidMember(name), "\(value)") { try Self.headers { $0[name] = value } }
        }
    }

    @Test(arguments: ["-1700000000", "+1700000000", "1700000000.5", "0x10", "17e8", "1700000000000"])
    func timeThatIsNoShortDecimal_IsRefused(_ time: String) {
        #expect(throws: MessageError.invalidMember("x-nh-time")) { try Self.headers { $0["x-nh-time"] = time } }
    }

    @Test func keyOf64Bytes_IsTheLongest() throws {
        let longest = "nhd_" + String(repeating: "+", count: 60)
        #expect(try Self.headers { $0["x-nh-key"] = longest }.key == longest)
        #expect(throws: MessageError.invalidMember("x-nh-key")) {
            try Self.headers { $0["x-nh-key"] = longest + "/" }
        }
    }

    @Test func tokenOfAnotherForm_IsRefused() throws {
        let parts = try #require(Self.vector["x-nh-signature"]).split(separator: ".").map(String.init)
        let broken = [
            "SFMzODQ.\(parts[1]).\(parts[2])", "SFM1MTI.\(parts[1]).\(parts[2])", "sFMyNTY.\(parts[1]).\(parts[2])",
            "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1]).\(parts[2]).",
            "\(parts[0]).\(parts[1])=.\(parts[2])", "\(parts[0]).\(parts[1]).\(parts[2])=",
            "\(parts[0]).\(parts[1]).\(parts[2].dropLast())", "\(parts[0]).\(parts[1]).\(parts[2])A",
            "\(parts[0]).+\(parts[1]).\(parts[2])", "..", ".",
        ]
        for text in broken {
            #expect(throws: MessageError.invalidMember("x-nh-signature"), "\(text)") {
                try SharedSecretToken(parsing: text)
            }
        }
    }

    @Test func claimsCutOrContinued_AreRefused() {
        let whole = Self.bytes(Self.payload)
        for cut in Damage.beginnings(of: whole) {
            #expect(throws: MessageError.self) { try SharedSecretClaims(parsing: cut) }
        }
        #expect(throws: MessageError.self) { try SharedSecretClaims(parsing: whole + [0]) }
    }

    /// Every other shape of a term, lengths that lie, numbers that are negative or do not fit.
    @Test(arguments: [
        "82 6803 6d0000000161 6101 6101", "83 6802 6d0000000161 6101", "83 6804 6d0000000161 6101 6101 6101",
        "83 6900000003 6d0000000161 6101 6101", "83 6803 6b000161 6101 6101", "83 6803 64000161 6101 6101",
        "83 6803 770161 6101 6101", "83 6803 6d00000000 6101 6101", "83 6803 6dffffffff61 6101 6101",
        "83 6803 6d00000001ff 6101 6101", "83 6803 6d0000000161 62ffffffff 6101",
        "83 6803 6d0000000161 6e010101 6101", "83 6803 6d0000000161 6e0000 6101",
        "83 6803 6d0000000161 6e0800ffffffffffffffff 6101", "83 6803 6d0000000161 6e0900000000000000000001 6101",
        "83 6803 6d0000000161 6f00000001000a 6101", "83 6803 6d0000000161 463ff0000000000000 6101",
        "83 6803 6d0000000161 6101 6a", "83 50 00000001 00", "83 6c 00000001 6101 6a", "83", "",
    ]) func otherTerms_AreRefused(_ hex: String) {
        #expect(throws: MessageError.invalidMember("x-nh-signature")) {
            try SharedSecretClaims(parsing: Self.bytes(hex))
        }
    }

    @Test(arguments: [0, 1, 255, 256, 65_536, 2_147_483_647, 2_147_483_648, 1_700_000_000_000, Int64.max])
    func numbers_AreWrittenAndReadInTheirForm(_ number: Int64) throws {
        let claims = SharedSecretClaims(identifier: "ä-1", signedAt: number, maxAge: number)
        #expect(try SharedSecretClaims(parsing: claims.encoded()) == claims)
    }

    @Test func identifier_Is256BytesAtMost() throws {
        let longest = String(repeating: "i", count: 256)
        var claims = SharedSecretClaims(identifier: longest, signedAt: 1)
        #expect(try SharedSecretClaims(parsing: claims.encoded()).identifier == longest)
        #expect(SharedSecretToken.text(claims) { _ in [UInt8](repeating: 0, count: 32) }.utf8.count <= 512)
        claims.identifier += "i"
        #expect(throws: MessageError.self) { try SharedSecretClaims(parsing: claims.encoded()) }
    }

    /// Nothing that is damaged is read as something that writes differently.
    @Test func damagedClaims_MeanTheSameWhenWritten() {
        for damaged in Damage.bitFlips(of: Self.bytes(Self.payload)) {
            guard let read = try? SharedSecretClaims(parsing: damaged) else { continue }
            #expect((try? SharedSecretClaims(parsing: read.encoded())) == read)
        }
    }
}
