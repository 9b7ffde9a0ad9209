import HubDaemon
import HubTestSupport
import Issuing
import PKI
import Registry
import Synchronization
import Testing
import Wire

/// What is announced when a right is taken: once, after the commit, and nothing when none is taken.
@Suite struct AnnouncedEndingsTests {
    private static let password = "correct horse battery"

    /// A person with a token.
    private struct Person {
        let id: String
        let token: String
        let session: UserSession
    }

    private static func person(_ registry: Registry) async throws -> Person {
        let user = try await registry.people.addUser("ann", role: .viewer, password: password, by: .hub)
        let token = try await registry.people.logIn("ann", password: password, by: .hub)
        return Person(id: user.id, token: token, session: try #require(try registry.people.session(userToken: token)))
    }

    /// What may happen to a person, and whether all tokens end by it, this one, or none.
    enum Change: String, CaseIterable {
        case logOut, password, role, removal
        case sameRole, name
    }

    @Test(arguments: Change.allCases)
    func changeOfAPerson_IsAnnouncedWhenItEndsTokens(change: Change) async throws {
        let hub = try await TestHub()
        let registry = hub.hub.registry
        let person = try await Self.person(registry)
        let isEnded = Mutex<[Bool]>([])
        let log = EndingLog(registry.journal.endings) { _ in
            let session = try? registry.people.session(userToken: person.token)
            isEnded.withLock { $0.append(session == nil) }
        }
        switch change {
        case .logOut: try await registry.people.logOut(person.session, by: .hub)
        case .password: try await registry.people.setPassword("ann", password: "another good one", by: .hub)
        case .role: try await registry.people.setRole("ann", .operator, by: .hub)
        case .removal: try await registry.people.removeUser("ann", by: .hub)
        case .sameRole: try await registry.people.setRole("ann", .viewer, by: .hub)
        case .name: try await registry.people.changeUser(id: person.id, UserChange(name: "anna"), by: .hub)
        }
        let tokenID = try #require(person.session.tokenID)
        let expected: [Ending] =
            switch change {
            case .logOut: [.userToken(tokenID)]
            case .password, .role, .removal: [.user(person.id)]
            case .sameRole, .name: []
            }
        #expect(log.heard == expected)
        #expect(isEnded.withLock { $0 } == expected.map { _ in true }, "the store held it already")
    }

    @Test func namedToken_IsAnnouncedWhenItIsRemoved() async throws {
        let hub = try await TestHub()
        let registry = hub.hub.registry
        let person = try await Self.person(registry)
        _ = try await registry.people.addUserToken("ci", seconds: 60, ofUser: person.id, by: .hub)
        let token = try #require(try await registry.people.userTokens(of: person.id).first)
        let log = EndingLog(registry.journal.endings)
        try await registry.people.removeUserToken(token.id, ofUser: person.id, by: .hub)
        await #expect(throws: UserTokenError.unknown(token.id)) {
            try await registry.people.removeUserToken(token.id, ofUser: person.id, by: .hub)
        }
        #expect(log.heard == [.userToken(token.id)])
    }

    @Test func revokedCertificate_IsAnnouncedBeforeItsDevice_OnceEach() async throws {
        let hub = try await TestHub()
        let (issuer, registry) = (hub.hub.issuer, hub.hub.registry)
        try await hub.addSecret("s3cret", for: "d1")
        let answer = try await TestDevice("d1", secret: "s3cret").provision(at: hub)
        let certificate = try Certificate(pem: answer.clientCert)
        let known = Mutex<[DeviceState?]>([])
        let log = EndingLog(registry.journal.endings) { _ in
            #expect(issuer.isRevoked(certificate) && (try? issuer.claim("d1").device?.state) == .revoked)
            known.withLock { $0.append(try? issuer.claim("d1").device?.state) }
        }
        try await issuer.revoke(serial: "\(certificate.serial)", reason: .keyCompromise, by: .hub)
        #expect(log.heard == [.certificates([certificate.serial]), .device("d1")])
        #expect(known.withLock { $0 } == [.revoked, .revoked])
        // Doing it again takes nothing from anybody's certificates.
        try await issuer.revoke(serial: "\(certificate.serial)", reason: .keyCompromise, by: .hub)
        #expect(log.heard.filter { $0 == .certificates([certificate.serial]) }.count == 1)
    }

    @Test func tunnelToken_IsRefusedBeforeItsEndIsAnnounced() async throws {
        let hub = try await TestHub()
        let registry = hub.hub.registry
        try await hub.addSecret("s3cret", for: "d1")
        _ = try await TestDevice("d1", secret: "s3cret").provision(at: hub)
        let (token, text) = try await registry.reach.issueTunnelToken(
            for: "d1", user: "ann", scope: .client, life: 60, by: .hub)
        #expect(registry.reach.tunnels.token(text) != nil)
        let log = EndingLog(registry.journal.endings) { _ in #expect(registry.reach.tunnels.token(text) == nil) }
        try await hub.hub.issuer.revokeTunnelToken(token.id, by: .hub)
        #expect(log.heard == [.tunnelToken(token.id)])
    }

    @Test func shutOutDevice_LosesItsTunnelTokensBeforeAnybodyElseHears() async throws {
        let hub = try await TestHub()
        let registry = hub.hub.registry
        try await hub.addSecret("s3cret", for: "d1")
        _ = try await TestDevice("d1", secret: "s3cret").provision(at: hub)
        let text = try await registry.reach.issueTunnelToken(for: "d1", user: "ann", scope: .client, life: 60, by: .hub)
            .text
        let log = EndingLog(registry.journal.endings) { ending in
            guard ending == .device("d1") else { return }
            #expect(registry.reach.tunnels.token(text) == nil)
        }
        try await hub.hub.issuer.reject(deviceID: "d1", by: .hub)
        #expect(log.heard.last == .device("d1"))
    }

    @Test func clockSetBack_IsAnnounced_ClockSetForwardIsNot() async throws {
        let hub = try await TestHub()
        let log = EndingLog(hub.hub.registry.journal.endings)
        hub.clock.jump(by: 30 * 86_400)
        _ = try await hub.hub.registry.journal.lookAtClock()
        #expect(log.heard.isEmpty)
        hub.clock.jump(by: -30 * 86_400)
        _ = try await hub.hub.registry.journal.lookAtClock()
        #expect(log.heard == [.clockSetBack])
    }
}
