import Encoding
import Journal
import JournalTestSupport
import SecretsTestSupport
import Store
import Testing
import Wire
@testable import Devices

/// Link keys as operators make and revoke them.
@Suite struct LinkKeyTests {
    @Test func keyAndSecret_HaveTheFormThatDevicesExpect() async throws {
        let rig = try await DevicesRig()
        let keys = rig.rooms.linkKeys
        let product = try await keys.add(NewLinkKey(.product("widget"), name: "line 3"), by: .hub)
        let device = try await keys.add(NewLinkKey(.device("sim-1")), by: .hub)
        #expect(product.key.key.hasPrefix("nhp_") && device.key.key.hasPrefix("nhd_"))
        for made in [product, device] {
            let texts = [String(made.key.key.dropFirst(4)), made.secret]
            #expect(texts.allSatisfy { $0.utf8.count == 43 && Base64.decode($0 + "=")?.count == 32 })
        }
        #expect(try await keys.keys(after: "", limit: 10) == [device.key, product.key].sorted { $0.key < $1.key })
        #expect(try await keys.keys(after: "nhe", limit: 10).map(\.key) == [product.key.key])
    }

    @Test func trailAndStore_HoldNoSecret() async throws {
        let rig = try await DevicesRig()
        let made = try await rig.rooms.linkKeys.add(NewLinkKey(.product("widget")), by: .hub)
        let events = try await rig.events(of: made.key.shown)
        #expect(events.map(\.action) == ["link.key.add"])
        #expect(events.allSatisfy { !$0.detail.contains(made.secret) })
        let sealed = try await rig.base.store.read { db in
            try db.value("SELECT secret FROM link_key WHERE key = ?", [made.key.key], as: [UInt8].self)
        }
        #expect(sealed?.count == 43 + 28)
    }

    @Test func keyOfADevice_MakesItsRecordOrApprovesTheOneThatWaits() async throws {
        let rig = try await DevicesRig()
        try await rig.ask("waits")
        _ = try await rig.linkKey(.device("waits"))
        _ = try await rig.linkKey(.device("new"))
        for id in ["waits", "new"] {
            let device = try #require(try await rig.record(id))
            #expect(device.state == .approved && device.fingerprint == nil && device.serial == nil)
            #expect(try await rig.actions(of: id).suffix(2) == ["device.approve", "link.key.add"])
        }
    }

    @Test(arguments: [DeviceState.rejected, .revoked, .removed])
    func keyOfADeviceThatIsOut_IsNotMade(_ state: DeviceState) async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", state)
        await #expect(throws: LinkKeyError.deviceShutOut("lamp")) { try await rig.linkKey(.device("lamp")) }
        #expect(try await rig.record("lamp")?.state == state)
    }

    @Test(arguments: [
        NewLinkKey(.product("")), NewLinkKey(.product(" widget")), NewLinkKey(.product("a\nb")),
        NewLinkKey(.product(String(repeating: "p", count: 256))), NewLinkKey(.product("p"), name: "a\u{1B}"),
        NewLinkKey(.product("p"), name: String(repeating: "n", count: 256)),
        NewLinkKey(.device("d"), requiresApproval: true),
        NewLinkKey(.product("p"), given: .init(key: "nhd_12345", secret: String(repeating: "s", count: 16))),
        NewLinkKey(.product("p"), given: .init(key: "nhp_123", secret: String(repeating: "s", count: 16))),
        NewLinkKey(.product("p"), given: .init(key: "nhp_12 45", secret: String(repeating: "s", count: 16))),
        NewLinkKey(.device("d"), given: .init(key: "nhd_12345", secret: String(repeating: "s", count: 15))),
        NewLinkKey(.device("d"), given: .init(key: "nhd_12345", secret: String(repeating: "s", count: 257))),
    ]) func whatCannotBeAKey_IsNotMade(_ new: NewLinkKey) async throws {
        let rig = try await DevicesRig()
        await #expect { try await rig.rooms.linkKeys.add(new, by: .hub) } throws: { error in
            (error as? LinkKeyError)?.kind == .invalid
        }
        #expect(try await rig.rooms.linkKeys.keys(after: "", limit: 10).isEmpty)
        #expect(try await rig.record("d") == nil)
    }

    @Test func deviceIDThatNoDeviceMayHave_GetsNoKey() async throws {
        let rig = try await DevicesRig()
        await #expect(throws: DevicesError.self) { try await rig.linkKey(.device("a/b")) }
        #expect(try await rig.record("a/b") == nil)
    }

    @Test func sixteenValidKeys_AreTheMostOfOneProduct() async throws {
        let rig = try await DevicesRig()
        let first = try await rig.linkKey()
        for _ in 1..<16 { _ = try await rig.linkKey() }
        await #expect(throws: LinkKeyError.tooMany(limit: 16)) { try await rig.linkKey() }
        _ = try await rig.linkKey(.product("other"))
        try await rig.rooms.linkKeys.revoke(first.key, by: .hub)
        _ = try await rig.linkKey()
    }

    @Test func keyThatIsThere_IsNotTakenOverAgain() async throws {
        let rig = try await DevicesRig()
        let given = NewLinkKey.Given(key: LinkSigner.vector.key, secret: LinkSigner.vector.secret)
        let new = NewLinkKey(.product("widget"), given: given)
        let made = try await rig.rooms.linkKeys.add(new, by: .hub)
        #expect(made.key.key == given.key && made.secret == given.secret)
        await #expect(throws: LinkKeyError.exists(made.key.shown)) {
            try await rig.rooms.linkKeys.add(new, by: .hub)
        }
    }

    @Test func revoking_NamesTheKeyByItsBeginning_AndAnnouncesIt() async throws {
        let rig = try await DevicesRig()
        let log = EndingLog(rig.journal.endings)
        let keys = rig.rooms.linkKeys
        for key in ["nhp_aaaa1111", "nhp_aaaa2222", "nhp_aaaa"] {
            let given = NewLinkKey.Given(key: key, secret: String(repeating: "s", count: 43))
            _ = try await keys.add(NewLinkKey(.product("widget"), given: given), by: .hub)
        }
        try await keys.revoke("nhp_aaaa1", by: .hub)
        try await keys.revoke("nhp_aaaa2222", by: .hub)
        #expect(try await keys.revoke("nhp_aaaa", by: .hub).key == "nhp_aaaa", "the whole of a key, not a beginning")
        #expect(log.heard == [.linkKey("nhp_aaaa1111"), .linkKey("nhp_aaaa2222"), .linkKey("nhp_aaaa")])
        for text in ["nhp_bbbb", "nhp_aaa", "", "nhp_%%%%%", "nhp_aaaä1", String(repeating: "n", count: 65)] {
            await #expect(throws: LinkKeyError.unknown(text)) { try await keys.revoke(text, by: .hub) }
        }
        #expect(try await keys.keys(after: "", limit: 10).allSatisfy { $0.revokedAt == rig.clock.now })
    }

    @Test func beginningOfSeveralKeys_RevokesNone() async throws {
        let rig = try await DevicesRig()
        for key in ["nhp_aaaa1111", "nhp_aaaa2222"] {
            let given = NewLinkKey.Given(key: key, secret: String(repeating: "s", count: 43))
            _ = try await rig.rooms.linkKeys.add(NewLinkKey(.product("widget"), given: given), by: .hub)
        }
        await #expect(throws: LinkKeyError.ambiguous("nhp_aaaa")) {
            try await rig.rooms.linkKeys.revoke("nhp_aaaa", by: .hub)
        }
        #expect(try await rig.rooms.linkKeys.keys(after: "", limit: 10).allSatisfy { $0.revokedAt == nil })
    }

    /// What a clock that was ahead has written is of now (docs/time.md).
    @Test func timesOfAClockThatWasAhead_AreOfNow() async throws {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        rig.clock.jump(by: 86_400)
        _ = try await rig.journal.lookAtClock()
        let signer = try await rig.linkKey()
        #expect(try await rig.connect("sim-1", signer) == .admitted(deviceID: "sim-1", key: signer.key))
        rig.clock.jump(by: -86_400)
        _ = try await rig.journal.lookAtClock()
        let key = try #require(try await rig.rooms.linkKeys.keys(after: "", limit: 1).first)
        #expect(key.createdAt == rig.clock.now && key.lastUsedAt == rig.clock.now)
        let tie = try #require(try await rig.rooms.linkKeys.identities(ofDevices: ["sim-1"])["sim-1"])
        #expect(tie.createdAt == rig.clock.now && tie.connectedAt == rig.clock.now)
    }
}
