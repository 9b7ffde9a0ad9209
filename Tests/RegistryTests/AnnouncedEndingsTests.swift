import Devices
import HubDaemon
import HubTestSupport
import Issuing
import Journal
import People
import PKI
import Reach
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

    private static func person(_ rooms: Rooms) async throws -> Person {
        let user = try await rooms.people.addUser("ann", role: .viewer, password: password, by: .hub)
        let token = try await rooms.people.logIn("ann", password: password, by: .hub)
        return Person(id: user.id, token: token, session: try #require(try rooms.people.session(userToken: token)))
    }

    /// What may happen to a person, and whether all tokens end by it, this one, or none.
    enum Change: String, CaseIterable {
        case logOut, password, role, removal
        case sameRole, name
    }

    @Test(arguments: Change.allCases)
    func changeOfAPerson_IsAnnouncedWhenItEndsTokens(change: Change) async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        let person = try await Self.person(rooms)
        let isEnded = Mutex<[Bool]>([])
        let log = EndingLog(rooms.journal.endings) { _ in
            let session = try? rooms.people.session(userToken: person.token)
            isEnded.withLock { $0.append(session == nil) }
        }
        switch change {
        case .logOut: try await rooms.people.logOut(person.session, by: .hub)
        case .password: try await rooms.people.setPassword("ann", password: "another good one", by: .hub)
        case .role: try await rooms.people.setRole("ann", .operator, by: .hub)
        case .removal: try await rooms.people.removeUser("ann", by: .hub)
        case .sameRole: try await rooms.people.setRole("ann", .viewer, by: .hub)
        case .name: try await rooms.people.changeUser(id: person.id, UserChange(name: "anna"), by: .hub)
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
        let rooms = hub.hub.rooms
        let person = try await Self.person(rooms)
        _ = try await rooms.people.addUserToken("ci", seconds: 60, ofUser: person.id, by: .hub)
        let token = try #require(try await rooms.people.userTokens(of: person.id).first)
        let log = EndingLog(rooms.journal.endings)
        try await rooms.people.removeUserToken(token.id, ofUser: person.id, by: .hub)
        await #expect(throws: UserTokenError.unknown(token.id)) {
            try await rooms.people.removeUserToken(token.id, ofUser: person.id, by: .hub)
        }
        #expect(log.heard == [.userToken(token.id)])
    }

    @Test func revokedCertificate_IsAnnouncedBeforeItsDevice_OnceEach() async throws {
        let hub = try await TestHub()
        let (issuer, rooms) = (hub.hub.issuer, hub.hub.rooms)
        try await hub.addSecret("s3cret", for: "d1")
        let answer = try await TestDevice("d1", secret: "s3cret").provision(at: hub)
        let certificate = try Certificate(pem: answer.clientCert)
        let known = Mutex<[DeviceState?]>([])
        let log = EndingLog(rooms.journal.endings) { _ in
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
        let rooms = hub.hub.rooms
        try await hub.addSecret("s3cret", for: "d1")
        _ = try await TestDevice("d1", secret: "s3cret").provision(at: hub)
        let (token, text) = try await rooms.reach.issueTunnelToken(
            for: "d1", user: "ann", scope: .client, life: 60, by: .hub)
        #expect(rooms.reach.tunnels.token(text) != nil)
        let log = EndingLog(rooms.journal.endings) { _ in #expect(rooms.reach.tunnels.token(text) == nil) }
        try await hub.hub.issuer.revokeTunnelToken(token.id, by: .hub)
        #expect(log.heard == [.tunnelToken(token.id)])
    }

    @Test func shutOutDevice_LosesItsTunnelTokensBeforeAnybodyElseHears() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        try await hub.addSecret("s3cret", for: "d1")
        _ = try await TestDevice("d1", secret: "s3cret").provision(at: hub)
        let text = try await rooms.reach.issueTunnelToken(for: "d1", user: "ann", scope: .client, life: 60, by: .hub)
            .text
        let log = EndingLog(rooms.journal.endings) { ending in
            guard ending == .device("d1") else { return }
            #expect(rooms.reach.tunnels.token(text) == nil)
        }
        try await hub.hub.issuer.reject(deviceID: "d1", by: .hub)
        #expect(log.heard.last == .device("d1"))
    }

    @Test func clockSetBack_IsAnnounced_ClockSetForwardIsNot() async throws {
        let hub = try await TestHub()
        let log = EndingLog(hub.hub.rooms.journal.endings)
        hub.clock.jump(by: 30 * 86_400)
        _ = try await hub.hub.rooms.journal.lookAtClock()
        #expect(log.heard.isEmpty)
        hub.clock.jump(by: -30 * 86_400)
        _ = try await hub.hub.rooms.journal.lookAtClock()
        #expect(log.heard == [.clockSetBack])
    }
}
