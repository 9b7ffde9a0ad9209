internal import Devices
internal import Encoding
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Reach
internal import Rooms
internal import RouteTestSupport
internal import SecretsTestSupport
import Synchronization
import Testing
import TunnelServer
import Wire

/// Tokens and certificates: who gets in, and for how long.
@Suite struct GateTests {
    private static func approved(_ id: String, at rig: IssuingRig) async throws {
        try await rig.addSecret("secret", for: id)
        #expect(try await TestDevice(id, secret: "secret").enrol(at: rig).status == .approved)
    }

    private static func token(
        _ rig: IssuingRig, _ device: String = "d1", scope: TunnelScope = [.rendezvous, .client], life: Int64 = 1800
    ) async throws -> (token: TunnelToken, text: String) {
        try await rig.rooms.reach.issueTunnelToken(for: device, user: "ann", scope: scope, life: life, by: .hub)
    }

    private static func judge(
        _ rig: IssuingRig, _ purpose: TunnelPurpose, token: String?, peer: Peer = Peer(address: "192.0.2.1"),
        any: Bool = false
    ) async -> TunnelVerdict {
        await withCheckedContinuation { continuation in
            HubGate(access: rig.rooms.reach.tunnels, admitsAnyClient: any).judge(
                TunnelAccessRequest(purpose: purpose, token: token, peer: peer)
            ) { answer in continuation.resume(returning: answer) }
        }
    }

    private static let refused = TunnelVerdict.refused(.authenticationFailed)
    private static let uuid = TunnelUUID(bytes: [UInt8](repeating: 0x11, count: 16))

    @Test func token_CountsForItsScopeAndTime() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        let (token, text) = try await Self.token(rig)
        let pass = TunnelPass(
            realm: "token", userName: "ann", deviceID: "d1", tokenID: token.id, validUntil: token.expiresAt)
        let uuid = try #require(Self.uuid)
        await #expect(Self.judge(rig, .rendezvous, token: text) == .admitted(pass))
        await #expect(Self.judge(rig, .client(uuid, deviceID: "d1"), token: text) == .admitted(pass))
        await #expect(Self.judge(rig, .client(uuid, deviceID: "d2"), token: text) == Self.refused)
        await #expect(Self.judge(rig, .client(uuid, deviceID: nil), token: text) == Self.refused)
        await #expect(Self.judge(rig, .server(uuid), token: text) == Self.refused)
        rig.clock.advance(by: 1799)
        await #expect(Self.judge(rig, .rendezvous, token: text) == .admitted(pass))
        rig.clock.advance(by: 1)
        await #expect(Self.judge(rig, .rendezvous, token: text) == Self.refused)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("local", true), ("192.0.2.1", false),
        ("2001:db8::1", false), ("0.0.0.0", false),
    ]) func mockGate_LetsInLoopbackOnly(address: String, isAdmitted: Bool) {
        let verdict = Mutex<TunnelVerdict?>(nil)
        MockGate().judge(
            TunnelAccessRequest(purpose: .rendezvous, token: "any", peer: Peer(address: address))
        ) { answer in verdict.withLock { $0 = answer } }
        let answer = verdict.withLock { $0 }
        #expect((answer == Self.refused) == !isAdmitted && answer != nil)
    }

    @Test func whoeverIsRefused_StandsInTheJournal() async throws {
        struct Closed: TunnelGate {
            func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
                answer(.refused(.authenticationFailed))
            }
        }
        try await TestServer.run(gate: Closed()) { server in
            let device = try await server.tcp(.proxy)
            try await device.send(ProxyTests.registerServer())
            _ = try await device.rest()
            let refused = server.events.list.compactMap { event -> String? in
                guard case .refused(let record, let purpose, let reason) = event else { return nil }
                return "\(record.address) \(record.name) \(purpose) \(reason)"
            }
            #expect(refused == ["127.0.0.1 srv server AuthenticationErrorAuthenticationFailed"])
        }
    }

    @Test func alteredToken_IsRefused() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        let text = try await Self.token(rig).text
        let bytes = try #require(Base64URL.decode(String(text.dropFirst(TunnelToken.prefix.count))))
        for index in bytes.indices {
            var altered = bytes
            altered[index] ^= 1
            await #expect(
                Self.judge(rig, .rendezvous, token: TunnelToken.prefix + Base64URL.encode(altered)) == Self.refused)
        }
        for bad in ["", "lkt1.", "lkt1.AAAA", String(text.dropLast()), text + "A", "x" + text, text.uppercased()] {
            await #expect(Self.judge(rig, .rendezvous, token: bad) == Self.refused)
        }
        // Another hub's token is none here.
        let other = try await IssuingRig()
        try await Self.approved("d1", at: other)
        await #expect(Self.judge(rig, .rendezvous, token: try await Self.token(other).text) == Self.refused)
    }

    @Test func revokedToken_IsRefusedAtOnceAndAfterARestart() async throws {
        let folder = try TemporaryFolder()
        let text = try await { () -> String in
            let rig = try await IssuingRig(folder: folder)
            try await Self.approved("d1", at: rig)
            let (token, text) = try await Self.token(rig)
            let log = EndingLog(rig.rooms.journal.endings)
            try await rig.issuer.revokeTunnelToken(token.id, by: .hub)
            #expect(log.heard == [.tunnelToken(token.id)])
            await #expect(Self.judge(rig, .rendezvous, token: text) == Self.refused)
            await #expect(throws: TunnelTokenError.unknownToken(token.id)) {
                try await rig.issuer.revokeTunnelToken(token.id, by: .hub)
            }
            return text
        }()
        let rig = try await IssuingRig(folder: folder)
        await #expect(Self.judge(rig, .rendezvous, token: text) == Self.refused)
    }

    @Test func revokedDevice_LosesItsTokens() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        let text = try await Self.token(rig).text
        let log = EndingLog(rig.rooms.journal.endings)
        try await rig.issuer.revoke(deviceID: "d1", reason: .keyCompromise, by: .hub)
        #expect(log.heard.filter { $0 == .device("d1") }.count == 1)
        await #expect(Self.judge(rig, .rendezvous, token: text) == Self.refused)
        #expect(try await rig.rooms.reach.tunnelTokens(of: "d1", limit: 10).isEmpty)
        await #expect(throws: TunnelTokenError.deviceNotApproved("d1")) { _ = try await Self.token(rig) }
    }

    @Test func badTokens_AreNotMade() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        for life: Int64 in [0, 59, 30 * 86_400 + 1, Int64.max] {
            await #expect(throws: TunnelTokenError.self) { _ = try await Self.token(rig, life: life) }
        }
        await #expect(throws: TunnelTokenError.self) { _ = try await Self.token(rig, scope: []) }
        await #expect(throws: DevicesError.unknownDevice("d9")) { _ = try await Self.token(rig, "d9") }
    }

    @Test func certificates_OpenWhatTheirRoleMay() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        let device = try await rig.peer("d1", ou: "iotdevice")
        let admin = try await rig.peer("ann", ou: "admin")
        let client = try await rig.peer("app", ou: "client")
        let own = try #require(TunnelUUID(bytes: NameUUID.tunnel(of: "d1")))
        let others = try #require(TunnelUUID(bytes: NameUUID.tunnel(of: "d2")))
        func isIn(_ verdict: TunnelVerdict) -> Bool { if case .admitted = verdict { true } else { false } }
        await #expect(isIn(Self.judge(rig, .server(own), token: nil, peer: device)))
        await #expect(!isIn(Self.judge(rig, .server(others), token: nil, peer: device)))
        await #expect(!isIn(Self.judge(rig, .server(own), token: nil, peer: admin)))
        await #expect(!isIn(Self.judge(rig, .server(own), token: nil)))
        await #expect(isIn(Self.judge(rig, .client(own, deviceID: "d1"), token: nil, peer: admin)))
        for peer in [client, device, Peer(address: "127.0.0.1")] {
            await #expect(!isIn(Self.judge(rig, .client(own, deviceID: "d1"), token: nil, peer: peer)))
        }
        await #expect(isIn(Self.judge(rig, .client(own, deviceID: "d1"), token: nil, any: true)))
        let secret = "a secret of two with certificates"
        await #expect(isIn(Self.judge(rig, .rendezvous, token: secret, peer: client)))
        await #expect(!isIn(Self.judge(rig, .rendezvous, token: secret)))
        await #expect(!isIn(Self.judge(rig, .rendezvous, token: "short", peer: client)))
        await #expect(!isIn(Self.judge(rig, .rendezvous, token: "lkt1.forged-but-long-enough", peer: client)))
        // A device with a certificate can't use a token about another device.
        let other = try await rig.peer("d2", ou: "iotdevice")
        await #expect(!isIn(Self.judge(rig, .rendezvous, token: try await Self.token(rig).text, peer: other)))
    }

    /// The store's answer comes from another thread: what was revoked meanwhile must not be admitted.
    @Test func verdictFromTheStore_IsNotCurrentOnceARightWasRevoked() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        let gate = HubGate(access: rig.rooms.reach.tunnels)
        func pass(_ text: String) async throws -> TunnelPass {
            guard case .admitted(let pass) = await Self.judge(rig, .rendezvous, token: text) else {
                throw TunnelTokenError.unknownToken(text)
            }
            return pass
        }
        let (other, text) = (try await Self.token(rig).token, try await Self.token(rig).text)
        let fromMemory = try await pass(text)
        // Issued in the future: the store is asked.
        rig.clock.jump(by: -600)
        let fromStore = try await pass(text)
        #expect(gate.isCurrent(fromStore, .rendezvous) && gate.isCurrent(fromMemory, .rendezvous))
        try await rig.issuer.revokeTunnelToken(other.id, by: .hub)
        #expect(!gate.isCurrent(fromStore, .rendezvous))
        #expect(gate.isCurrent(fromMemory, .rendezvous), "its end was heard of on the event loop")
        #expect(gate.isCurrent(try await pass(text), .rendezvous), "a retry is admitted")
    }

    @Test func ownUUIDs_BelongToTheDeviceThatCameFirst() async throws {
        let rig = try await IssuingRig()
        let access = rig.rooms.reach.tunnels
        let uuid = Self.uuid(0x11)
        // Asking is not having: who was let in but could not register keeps nothing.
        #expect(access.mayServe("d1", uuid: uuid) && access.mayServe("d2", uuid: uuid))
        access.serves("d1", uuid: uuid)
        #expect(access.mayServe("d1", uuid: uuid) && !access.mayServe("d2", uuid: uuid))
        access.servesNoMore("d1", uuid: uuid)
        #expect(!access.mayServe("d2", uuid: uuid))
        rig.rooms.journal.endings.announce(.device("d1"))
        #expect(access.mayServe("d2", uuid: uuid))
    }

    @Test func serverWithANewUUIDAtEachStart_IsNeverLockedOut() async throws {
        let rig = try await IssuingRig()
        let access = rig.rooms.reach.tunnels
        access.serves("d1", uuid: Self.uuid(0))
        for number in UInt8(1)..<100 {
            #expect(access.mayServe("d1", uuid: Self.uuid(number)))
            access.serves("d1", uuid: Self.uuid(number))
            access.servesNoMore("d1", uuid: Self.uuid(number))
        }
        // The one in use and the newest are still the device's, the others are free.
        #expect(!access.mayServe("d2", uuid: Self.uuid(0)) && !access.mayServe("d2", uuid: Self.uuid(99)))
        #expect(access.mayServe("d2", uuid: Self.uuid(1)) && access.mayServe("d2", uuid: Self.uuid(84)))
    }

    @Test func serversOfOneDevice_AreBounded() async throws {
        let rig = try await IssuingRig()
        let access = rig.rooms.reach.tunnels
        for number in UInt8(0)..<16 { access.serves("d1", uuid: Self.uuid(number)) }
        #expect(!access.mayServe("d1", uuid: Self.uuid(99)))
        #expect(access.mayServe("d1", uuid: Self.uuid(5)) && access.mayServe("d2", uuid: Self.uuid(99)))
        access.servesNoMore("d1", uuid: Self.uuid(7))
        #expect(access.mayServe("d1", uuid: Self.uuid(99)))
    }

    private static func uuid(_ number: UInt8) -> [UInt8] { [number] + [UInt8](repeating: 0x11, count: 15) }

    // MARK: - Tokens of devices

    @Test func deviceThatFetchesTokens_TakesNothingFromTheOperator() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        let rooms = rig.rooms
        let (first, firstText) = try await rooms.reach.fetchTunnelToken(for: "d1", by: .hub)
        // Asked again within a minute it is the same one.
        #expect(try await rooms.reach.fetchTunnelToken(for: "d1", by: .hub).text == firstText)
        var texts = [firstText]
        for _ in 0..<300 {
            rig.clock.advance(by: 60)
            texts.append(try await rooms.reach.fetchTunnelToken(for: "d1", by: .hub).text)
        }
        #expect(try await rooms.reach.tunnelTokens(of: "d1", limit: 1000).count == Reach.fetchedTokenLimit)
        let access = rooms.reach.tunnels
        for (index, text) in texts.enumerated() {
            #expect((await access.token(text) != nil) == (index >= texts.count - 4))
        }
        await #expect(access.token(firstText) == nil && first.user == "device")
        // Those of others have their own count.
        for _ in 0..<Reach.tunnelTokenLimit { _ = try await Self.token(rig) }
        await #expect(throws: TunnelTokenError.tooManyTokens(256)) { _ = try await Self.token(rig) }
        rig.clock.advance(by: 60)
        _ = try await rooms.reach.fetchTunnelToken(for: "d1", by: .hub)
    }

    @Test func tokenThatWasTakenBack_IsNotRenewed() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        try await Self.approved("d2", at: rig)
        let first = try await Self.token(rig).token
        func renewed(_ device: String, _ former: String) async throws -> TunnelToken {
            try await rig.rooms.reach.issueTunnelToken(
                for: device, user: "ann", scope: .client, life: 60, renewing: former, by: .hub
            ).token
        }
        let second = try await renewed("d1", first.id)
        await #expect(throws: TunnelTokenError.unknownToken(first.id)) { _ = try await renewed("d2", first.id) }
        try await rig.issuer.revokeTunnelToken(first.id, by: .hub)
        await #expect(throws: TunnelTokenError.unknownToken(first.id)) { _ = try await renewed("d1", first.id) }
        rig.clock.advance(by: 60)
        await #expect(throws: TunnelTokenError.unknownToken(second.id)) { _ = try await renewed("d1", second.id) }
    }

    // MARK: - Certificates of tunnels

    @Test func certificateOfATunnel_OpensNothingAtTheHub() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        let (token, certificate) = try await Self.way(rig)
        let peer = Peer(address: "192.0.2.9", certificate: certificate)
        #expect(certificate.isForTunnel && certificate.subject.organizationalUnits == ["client"])
        #expect(certificate.notAfter == token.expiresAt)
        #expect(peer.role == .none)
        #expect(Peer(address: "192.0.2.9", endedCertificate: certificate).endedCertificate == nil)
        let own = try #require(TunnelUUID(bytes: NameUUID.tunnel(of: "d1")))
        let secret = "a secret of two with certificates"
        await #expect(Self.judge(rig, .rendezvous, token: secret, peer: peer) == Self.refused)
        await #expect(Self.judge(rig, .server(own), token: nil, peer: peer) == Self.refused)
        await #expect(Self.judge(rig, .client(own, deviceID: "d1"), token: nil, peer: peer) == Self.refused)
        // It is no client's in the sense of a broker that trusts the site.
        let roots = TrustStore(roots: [rig.issuer.authority.certificate])
        try roots.verify(certificate, purpose: .any, at: rig.clock.now)
        #expect(throws: PKIError.self) { try roots.verify(certificate, purpose: .client, at: rig.clock.now) }
    }

    @Test func nobodyElsePutsATunnelsNameIntoACertificate() async throws {
        let rig = try await IssuingRig()
        let key = try PrivateKey.makeP256().publicKey
        for uri in [TunnelName.uri(of: "d1"), "URN:Latchkey:tunnel:d1"] {
            await #expect(throws: IssuingError.nameNotAllowed) {
                _ = try await rig.issuer.issue(
                    commonName: "ann", ou: "client", publicKey: key, names: [.uri(uri)], by: .hub)
            }
        }
    }

    @Test func certificateOfATunnel_EndsWithItsToken() async throws {
        let rig = try await IssuingRig()
        try await Self.approved("d1", at: rig)
        let issuer = rig.issuer
        let (token, first) = try await Self.way(rig)
        let (_, second) = try await Self.way(rig)
        try await issuer.revokeTunnelToken(token.id, by: .hub)
        #expect(!issuer.isValid(first) && issuer.isValid(second))
        // With the device all ways into it end, and do not come back when a hold is lifted.
        try await issuer.revoke(deviceID: "d1", reason: .certificateHold, by: .hub)
        #expect(!issuer.isValid(second))
        try await issuer.unhold(deviceID: "d1", by: .hub)
        #expect(!issuer.isValid(second))
    }

    private static func way(_ rig: IssuingRig) async throws -> (TunnelToken, Certificate) {
        let token = try await token(rig, scope: .client).token
        let certificate = try await rig.issuer.issueForTunnel(
            commonName: "uid 0", token: token, publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
        return (token, certificate)
    }
}
