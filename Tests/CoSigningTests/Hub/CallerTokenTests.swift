import BaseTestSupport
import CoSigning
import Encoding
import Testing

/// Bearer tokens of callers (docs/protocols/cosign.md 6).
@Suite struct CallerTokenTests {
    private static func isGood(_ text: String, by party: Party = .server, now: Int64 = Exchange.now) -> Bool {
        (try? CallerToken(text, caller: party.registered(), now: now)) != nil
    }

    private static func isGood(_ asking: Asking, now: Int64 = Exchange.now) throws -> Bool {
        isGood(try asking.token(), now: now)
    }

    @Test func goodToken_SaysItsIDAndTimes() throws {
        let token = try CallerToken(try Asking().token(), caller: Party.server.registered(), now: Exchange.now)
        #expect(token.id.text == "0022027-01-15T09:00:00Ztoken0")
        #expect((token.notBefore, token.end) == (1_800_000_000, 1_800_003_600))
    }

    @Test(
        arguments: [
            ("typ", nil), ("typ", "JOSE"), ("typ", "jwt"), ("typ", 1), ("alg", nil), ("alg", "none"), ("alg", "HS256"),
            ("alg", "es256"), ("alg", ["ES256"]), ("kid", nil), ("kid", "another"), ("kid", ""), ("kid", 1),
            ("crit", []),
            ("cty", "JWT"), ("sidx", 0), ("jwk", [:]), ("b64", true),
        ] as [(String, JSONValue?)])
    func header_HasExactlyItsThreeMembers(_ name: String, _ value: JSONValue?) throws {
        var asking = Asking()
        asking.tokenHeader = asking.tokenHeader.with(name, value)
        #expect(try !Self.isGood(asking))
    }

    @Test func headerInAnotherOrder_IsGood() throws {
        var asking = Asking()
        asking.tokenHeader = .object(Array(try #require(asking.tokenHeader.members).reversed()))
        #expect(try Self.isGood(asking))
    }

    @Test(
        arguments: [
            ("iss", nil), ("iss", "another"), ("iss", .string(Party.server.kid.text + " ")), ("iss", 1), ("jti", nil),
            ("jti", "1"), ("jti", 1), ("nbf", nil), ("nbf", "1800000000"), ("nbf", -1), ("nbf", .number("1.8e9")),
            ("exp", nil), ("exp", .null), ("exp", true), ("exp", 253_402_300_800),
        ] as [(String, JSONValue?)])
    func wrongClaim_IsUnauthenticated(_ name: String, _ value: JSONValue?) throws {
        #expect(try !Self.isGood(Asking().with(token: name, value)))
    }

    @Test func moreClaims_AreIgnored() throws {
        #expect(try Self.isGood(Asking().with(token: "aud", "all")))
    }

    @Test func life_IsAnHourAndAMinuteAtMost() throws {
        let long = Asking().with(token: "jti", "0022027-01-15T10:00:00Ztoken0")
        #expect(try Self.isGood(long.with(token: "exp", 1_800_003_660)))
        #expect(try !Self.isGood(long.with(token: "exp", 1_800_003_661)))
        #expect(try Self.isGood(long.with(token: "exp", .number("1800003660.9"))))
        #expect(try !Self.isGood(long.with(token: "exp", 253_402_300_799)))
    }

    @Test(
        arguments: [
            (1_800_000_000, true), (1_799_999_880, true), (1_799_999_879, false), (1_800_003_603, true),
            (1_800_003_604, false), (0, false), (.min, false), (.max, false),
        ] as [(Int64, Bool)])
    func times_HaveTheirTolerances(_ now: Int64, _ isGood: Bool) throws {
        #expect(try Self.isGood(Asking(), now: now) == isGood)
    }

    /// The time in the id counts as well.
    @Test(
        arguments: [
            ("0022027-01-15T07:59:57Ztoken0", true), ("0022027-01-15T07:59:56Ztoken0", false),
            ("0012027-01-15T08:02:00Ztoken0", true), ("0012027-01-15T08:02:01Ztoken0", false),
        ] as [(JSONValue, Bool)])
    func timeOfTheID_HasItsTolerances(_ id: JSONValue, _ isGood: Bool) throws {
        #expect(try Self.isGood(Asking().with(token: "jti", id)) == isGood)
    }

    @Test(arguments: Party.allCases) func tokenOfAnotherKey_IsUnauthenticated(_ party: Party) throws {
        var asking = Asking()
        asking.tokenSigner = party.signer
        #expect(try Self.isGood(asking) == (party == .server))
        #expect(Self.isGood(try Asking().token(), by: party) == (party == .server))
    }

    @Test func everyFlippedBit_IsUnauthenticated() throws {
        for bytes in Damage.bitFlips(of: Array(try Asking().token().utf8)) {
            #expect(!Self.isGood(String(decoding: bytes, as: UTF8.self)))
        }
    }

    @Test func everyBeginning_IsUnauthenticated() throws {
        for bytes in Damage.beginnings(of: Array(try Asking().token().utf8)) {
            #expect(!Self.isGood(String(decoding: bytes, as: UTF8.self)))
        }
    }

    @Test func tokenInAnotherForm_IsUnauthenticated() throws {
        let token = try Asking().token()
        let parts = token.split(separator: ".").map(String.init)
        for text in [
            "", ".", "..", "...", token + ".", "." + token, token + "." + parts[2], parts[0] + "." + parts[1],
            parts[1] + "." + parts[0] + "." + parts[2], parts[0] + ".." + parts[2], "Bearer " + token, token + " ",
            token + "=", token + "\n", parts[0] + "." + parts[1] + ".", String(repeating: "A", count: 100_000),
        ] {
            #expect(!Self.isGood(text), "\(text.prefix(40))")
        }
    }

    /// A good token that is too long.
    @Test func longToken_IsNotLookedAt() throws {
        #expect(try Self.isGood(Asking().with(token: "more", .text(2000))))
        #expect(try !Self.isGood(Asking().with(token: "more", .text(3000))))
    }

    /// Whom a token names says whose key it is checked with, and nothing more.
    @Test func claimedCaller_IsReadFromTheHeader() throws {
        let token = try Asking().token()
        #expect(CallerToken.claimedCaller(token: token) == Party.server.kid.text)
        #expect(CallerToken.claimedCaller(token: String(token.prefix { $0 != "." })) == Party.server.kid.text)
        let nobodys = Base64URL.encode(Array(#"{"kid":1}"#.utf8))
        for text in ["", ".", "..", "e30.e30.AA", nobodys, "=" + token, String(repeating: "A", count: 4097)] {
            #expect(CallerToken.claimedCaller(token: text) == nil)
        }
    }

    @Test func duplicateMembers_AreUnauthenticated() throws {
        var asking = Asking()
        let members = try #require(asking.tokenClaims.members)
        asking.tokenClaims = .object(members + [members[0]])
        #expect(try !Self.isGood(asking))
        asking = Asking()
        asking.tokenHeader = .object(try #require(asking.tokenHeader.members) + [.init("alg", "ES256")])
        #expect(try !Self.isGood(asking))
    }
}
