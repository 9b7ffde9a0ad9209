internal import BaseTestSupport
internal import Encoding
internal import Journal
internal import JournalTestSupport
import PKI
internal import Store
import Testing
import Wire
@testable import Devices

/// Tokens of the update protocol: whose they are, and how long they count.
@Suite struct IdentityTokenTests {
    private static let name = #"{"mac":"02:00:00:00:00:01"}"#

    @Test(arguments: [(604_799, true), (604_800, false)] as [(Int64, Bool)])
    func token_CountsForAWeek(after seconds: Int64, counts: Bool) async throws {
        let rig = try await DevicesRig()
        let (_, token) = try await rig.join(Self.name, key: try PrivateKey.makeP256())
        rig.clock.advance(by: seconds)
        #expect(try await rig.counts(token) == counts)
    }

    @Test func nextToken_EndsTheOneBefore() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        let (_, first) = try await rig.join(Self.name, key: key)
        let second = try #require(try await rig.authenticate(Self.name, key: key))
        #expect(try await !rig.counts(first))
        #expect(try await rig.counts(second))
    }

    @Test func grant_SaysWhoseTokenItIs_AndItsSignatureIsTheHubs() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        _ = try await rig.join(Self.name, key: key)
        let identity = try #require(try await rig.identity(Self.name))
        let request = AuthenticationRequest(
            identity: Self.name, publicKey: key.publicKey, tier: "standard", certifiedDeviceID: nil,
            address: "192.0.2.7")
        let token = try #require(
            try await rig.rooms.identities.authenticate(request) { grant in
                Array("\(grant.key) \(grant.identity) \(grant.issuedAt) \(grant.endsAt)".utf8)
            })
        let parts = token.split(separator: ".").map(String.init)
        let now = rig.clock.now
        #expect(
            Base64URL.decode(parts[1])
                == Array("\(identity.authSets[0].id) \(identity.id) \(now) \(now + 604_800)".utf8))
        let signer = WebTokenSigner(rig.base.store.sealingKey.derive("latchkey token"))
        #expect(try signer.sign(claims: try #require(Base64URL.decode(parts[1]))) == token)
    }

    @Test func changedToken_IsNobodys() async throws {
        let rig = try await DevicesRig()
        let (_, token) = try await rig.join(Self.name, key: try PrivateKey.makeP256())
        let bytes = Array(token.utf8)
        for changed in Damage.beginnings(of: bytes) + Array(Damage.flips(of: bytes, masks: [0x01, 0x20])) {
            #expect(try await !rig.counts(String(decoding: changed, as: UTF8.self)))
        }
        for text in [token + "x", token + "\n", " " + token, String(repeating: "x", count: 4097), "\u{0}"] {
            #expect(try await !rig.counts(text))
        }
        #expect(try await rig.counts(token))
    }

    @Test func revokedToken_EndsTheLink_ButTheDeviceMayFetchAnother() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        let (record, token) = try await rig.join(Self.name, key: key)
        let set = try #require(try await rig.identity(Self.name)?.authSets.first)
        let log = EndingLog(rig.journal.endings)
        try await rig.rooms.identities.revokeToken(ofAuthSet: set.id, by: .hub)
        #expect(try await !rig.counts(token))
        #expect(log.heard == [.deviceLink(DeviceID(record))])
        #expect(try await rig.actions(of: record).last == "identity.token")
        #expect(try await rig.authenticate(Self.name, key: key) != nil)
    }

    @Test func token_OutlivesARestart() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        let token = try await { () -> String in
            let rig = try await DevicesRig(folder: folder, clock: clock)
            return try await rig.join(Self.name, key: try PrivateKey.makeP256()).token
        }()
        clock.advance(by: 60)
        #expect(try await DevicesRig(folder: folder, clock: clock).counts(token))
    }

    /// The clock was a year ahead: the token lasts a week from now, not a year and a week.
    @Test func tokenOfAClockThatWasAhead_LastsAWeek_FromTheCorrection() async throws {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        rig.clock.jump(by: 365 * 86_400)
        _ = try await rig.journal.lookAtClock()
        let (_, token) = try await rig.join(Self.name, key: try PrivateKey.makeP256())
        rig.clock.jump(by: -365 * 86_400)
        _ = try await rig.journal.lookAtClock()
        #expect(try await rig.counts(token))
        rig.clock.advance(by: 604_799)
        #expect(try await rig.counts(token))
        rig.clock.advance(by: 1)
        #expect(try await !rig.counts(token))
    }
}
