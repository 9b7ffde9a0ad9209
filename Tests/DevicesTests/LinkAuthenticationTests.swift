import Journal
import JournalTestSupport
import SecretsTestSupport
import Testing
import Wire
@testable import Devices

/// Signatures with shared secrets: which are right, fresh and new (docs/protocols/device-link.md 3.1).
@Suite struct LinkAuthenticationTests {
    /// The vector of the specification, at its time.
    private static func rigOfTheVector(at seconds: Int64) async throws -> DevicesRig {
        let rig = try await DevicesRig(clock: ManualClock(at: seconds))
        let given = NewLinkKey.Given(key: LinkSigner.vector.key, secret: LinkSigner.vector.secret)
        _ = try await rig.rooms.linkKeys.add(NewLinkKey(.product("widget"), given: given), by: .hub)
        return rig
    }

    private static func vector() throws -> SharedSecretHeaders {
        let fields = [
            "x-nh-alg": "NH1-HMAC-sha256-1000-32", "x-nh-key": LinkSigner.vector.key, "x-nh-time": "1700000000",
            "x-nh-signature":
                "SFMyNTY.g2gDbQAAAAhzaW0tMDAwMW4GAABo5c-LAWIAAVGA.2_QHMMVfVep-TBcd-jr_DNn5h6r8OGW4eM4GgrYeCQ4",
        ]
        return try SharedSecretHeaders { name in fields[name].map { [$0] } ?? [] }
    }

    @Test func vectorOfTheSpecification_IsLetIn() async throws {
        let rig = try await Self.rigOfTheVector(at: 1_700_000_000)
        let admission = try await rig.rooms.linkKeys.authenticate(try Self.vector(), address: "192.0.2.1")
        #expect(admission == .admitted(deviceID: "sim-0001", key: LinkSigner.vector.key))
        let device = try #require(try await rig.record("sim-0001"))
        #expect(device.state == .approved && device.address == "192.0.2.1")
        #expect(try LinkSigner.vector.headers(of: "sim-0001", at: 1_700_000_000) == Self.vector())
    }

    /// Seconds since it was signed, against what the hub allows: 90, and 5 ahead.
    @Test(arguments: [(-6, false), (-5, true), (0, true), (90, true), (91, false), (86_400, false)])
    func age_IsTheHubsOwnLimit(_ age: Int64, isAllowed: Bool) async throws {
        let rig = try await Self.rigOfTheVector(at: 1_700_000_000 + age)
        let admission = try await rig.rooms.linkKeys.authenticate(try Self.vector(), address: "192.0.2.1")
        #expect((admission != .refused) == isAllowed)
        guard !isAllowed else { return }
        let event = try #require(try await rig.events().last)
        #expect(event.action == "link.refuse" && event.subject == "sim-0001")
        #expect(event.detail.contains(#""reason":"clock""#) && event.detail.contains(#""seconds ahead":"\#(-age)""#))
        #expect(try await rig.record("sim-0001") == nil)
    }

    @Test func ageLimit_IsASetting() async throws {
        let rig = try await DevicesRig { $0.link.signatureSeconds = 10 }
        let signer = try await rig.linkKey()
        #expect(try await rig.connect("sim-1", signer, lead: -11) == .refused)
        #expect(try await rig.connect("sim-1", signer, lead: -10) != .refused)
    }

    @Test(arguments: ["NH1-HMAC-SHA256-1000-32", "NH1-HMAC-sha384-2000-48", "NH1-HMAC-Sha512-20000-64"])
    func otherDerivations_LetIn(_ algorithm: String) async throws {
        let rig = try await DevicesRig()
        var signer = try await rig.linkKey()
        signer.algorithm = algorithm
        #expect(try await rig.connect("sim-1", signer) == .admitted(deviceID: "sim-1", key: signer.key))
    }

    @Test func whatTheDeviceSent_IsSigned() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        let other = try await rig.linkKey()
        let good = try signer.fields(of: "sim-1", at: rig.clock.now)
        let foreign = try LinkSigner(key: signer.key, secret: other.secret).fields(of: "sim-1", at: rig.clock.now)
        let changes: [(String, String)] = [
            ("x-nh-alg", "NH1-HMAC-SHA256-1000-32"), ("x-nh-alg", "NH1-HMAC-sha256-1001-32"),
            ("x-nh-alg", "NH1-HMAC-sha256-1000-31"), ("x-nh-time", "\(rig.clock.now + 1)"),
            ("x-nh-key", other.key), ("x-nh-key", signer.key + "="), ("x-nh-key", "nhp_unknown"),
            ("x-nh-signature", foreign["x-nh-signature"] ?? ""),
        ]
        for (place, (name, value)) in changes.enumerated() {
            var fields = good
            fields[name] = value
            let headers = try SharedSecretHeaders { name in fields[name].map { [$0] } ?? [] }
            let admission = try await rig.rooms.linkKeys.authenticate(headers, address: "192.0.2.\(place)")
            #expect(admission == .refused, "\(name) \(value)")
        }
        #expect(try await rig.ids().isEmpty)
        #expect(try await rig.connect("sim-1", signer) == .admitted(deviceID: "sim-1", key: signer.key))
    }

    @Test func revokedKey_IsUnknown() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        #expect(try await rig.connect("sim-1", signer) != .refused)
        #expect(try await rig.rooms.linkKeys.isAllowed("sim-1", key: signer.key))
        try await rig.rooms.linkKeys.revoke(signer.key, by: .hub)
        rig.clock.advance(by: 1)
        #expect(try await rig.connect("sim-1", signer) == .refused)
        #expect(try await !rig.rooms.linkKeys.isAllowed("sim-1", key: signer.key))
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) != .refused, "another key of the product")
    }

    /// Who still has it is for the operator to find; a key that nobody knows says nothing.
    @Test func deviceWithARevokedKey_IsInTheTrail() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        let shown = String(signer.key.prefix(12))
        try await rig.rooms.linkKeys.revoke(signer.key, by: .hub)
        let unknown = LinkSigner(key: "nhp_" + String(repeating: "A", count: 43), secret: signer.secret)
        let wrong = LinkSigner(key: signer.key, secret: "wrong")
        for (who, subject) in [(signer, "sim-1"), (wrong, shown)] {
            #expect(try await rig.connect("sim-1", who) == .refused)
            let count = try await rig.events().count
            #expect(try await rig.connect("sim-1", unknown) == .refused)
            #expect(try await rig.events().count == count)
            let event = try #require(try await rig.events().last)
            #expect(event.action == "link.refuse" && event.subject == subject)
            #expect(event.detail.contains(#""reason":"revoked key""#))
            #expect(event.requester.name == "link key \(shown)" && event.requester.address == "192.0.2.1")
        }
        for _ in 0..<10 { #expect(try await rig.connect("sim-1", wrong) == .refused) }
        #expect(try await rig.events().filter { $0.action == "link.refuse" }.count == 4)
        #expect(try await rig.record("sim-1") == nil)
    }

    @Test func switchedOff_LetsNobodyIn() async throws {
        let rig = try await DevicesRig { $0.link.isOn = false }
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) == .refused)
    }

    @Test func signatureThatCameBefore_IsRefused() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        let headers = try signer.headers(of: "sim-1", at: rig.clock.now)
        let keys = rig.rooms.linkKeys
        #expect(try await keys.authenticate(headers, address: "192.0.2.1") != .refused)
        rig.clock.advance(by: 89)
        #expect(try await keys.authenticate(headers, address: "192.0.2.2") == .refused)
        #expect(try await rig.events().last?.detail.contains("replayed") == true)
        #expect(try await rig.connect("sim-1", signer) != .refused, "a fresh one")
    }

    @Test func replayMemory_IsBoundedAndForgets() {
        let memory = ReplayMemory(capacity: 2)
        #expect(memory.isNew("a", of: "k", seconds: 10, now: 0) && !memory.isNew("a", of: "k", seconds: 10, now: 9))
        #expect(memory.isNew("a", of: "l", seconds: 10, now: 0))
        #expect(memory.isNew("b", of: "k", seconds: 10, now: 5) && memory.isNew("b", of: "k", seconds: 10, now: 5))
        #expect(memory.isNew("b", of: "k", seconds: 10, now: 10) && !memory.isNew("b", of: "k", seconds: 10, now: 10))
    }

    /// Behind one address may be many devices, and one that guesses.
    @Test func guesses_KeepNobodyOut() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        let wrong = LinkSigner(key: signer.key, secret: "wrong")
        for _ in 0..<40 { #expect(try await rig.connect("sim-1", wrong) == .refused) }
        #expect(try await rig.connect("sim-1", signer) == .admitted(deviceID: "sim-1", key: signer.key))
        #expect(try await rig.events().filter { $0.action == "link.refuse" }.count <= 5, "few lines for many guesses")
    }

    /// Whoever guesses with keys that cost more slows down those at its address that ask for such keys.
    @Test func guessesThatCostMore_MakeTheirAddressWait() async throws {
        let rig = try await DevicesRig()
        let usual = try await rig.linkKey()
        var signer = usual
        signer.algorithm = "NH1-HMAC-sha256-1001-32"
        var wrong = signer
        wrong.secret = "wrong"
        for _ in 0..<20 { #expect(try await rig.connect("sim-1", wrong, from: "192.0.2.66") == .refused) }
        #expect(try await rig.connect("sim-1", wrong, from: "192.0.2.66") == .busy)
        #expect(try await rig.connect("sim-1", signer, from: "192.0.2.66") == .busy)
        #expect(try await rig.connect("sim-1", usual, from: "192.0.2.66") != .busy)
        #expect(try await rig.connect("sim-2", signer) != .busy)
        rig.clock.advance(by: 5)
        #expect(try await rig.connect("sim-3", signer, from: "192.0.2.66") != .busy)
    }

    @Test func costlyKeys_AreDerivedSeldom() async throws {
        let rig = try await DevicesRig()
        var signer = try await rig.linkKey()
        signer.algorithm = "NH1-HMAC-sha256-10001-16"
        // Each has signed in another second.
        for number in 0..<20 {
            #expect(try await rig.connect("sim-\(number)", signer, lead: -Int64(number)) != .busy)
        }
        #expect(try await rig.connect("sim-20", signer, lead: -20) == .busy)
        #expect(try await rig.connect("sim-20", signer, lead: -1) != .busy, "derived before")
        signer.algorithm = SharedSecretDerivation.usual
        #expect(try await rig.connect("sim-21", signer) != .busy)
    }

    @Test func devicesThatComeAtOnce_AllGetIn() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        try await withThrowingTaskGroup(of: LinkAdmission.self) { group in
            for number in 0..<100 {
                group.addTask { try await rig.connect("sim-\(number)", signer, from: "192.0.2.\(number)") }
            }
            for try await admission in group { #expect(admission != .refused && admission != .busy) }
        }
        #expect(try await rig.ids(.approved).count == 100)
    }
}
