internal import Journal
internal import People
internal import RecordTestSupport
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

    private static func person(_ rooms: RecordRooms) async throws -> Person {
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
        let rig = try await RecordRig()
        let rooms = rig.rooms
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
        let rig = try await RecordRig()
        let rooms = rig.rooms
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

    @Test func clockSetBack_IsAnnounced_ClockSetForwardIsNot() async throws {
        let rig = try await RecordRig()
        let log = EndingLog(rig.rooms.journal.endings)
        rig.clock.jump(by: 30 * 86_400)
        _ = try await rig.rooms.journal.lookAtClock()
        #expect(log.heard.isEmpty)
        rig.clock.jump(by: -30 * 86_400)
        _ = try await rig.rooms.journal.lookAtClock()
        #expect(log.heard == [.clockSetBack])
    }
}
