internal import Journal
internal import JournalTestSupport
internal import People
import Synchronization
import Store
import Testing

/// What is announced when a right is taken: once, after the commit, and nothing when none is taken.
@Suite struct AnnouncedEndingsTests {
    private static let password = "correct horse battery"

    /// A person with a token.
    private struct Person {
        let id: String
        let token: String
        let session: UserSession
    }

    private static func person(_ rig: PeopleRig) async throws -> Person {
        let user = try await rig.people.addUser("ann", role: .viewer, password: password, by: .hub)
        let token = try await rig.people.logIn("ann", password: password, by: .hub)
        return Person(id: user.id, token: token, session: try #require(try await rig.people.session(userToken: token)))
    }

    /// What may happen to a person, and whether all tokens end by it, this one, or none.
    enum Change: String, CaseIterable {
        case logOut, password, role, removal
        case sameRole, name
    }

    @Test(arguments: Change.allCases)
    func changeOfAPerson_IsAnnouncedWhenItEndsTokens(change: Change) async throws {
        let rig = try await PeopleRig()
        let person = try await Self.person(rig)
        let isEnded = Mutex<[Bool]>([])
        let log = EndingLog(rig.journal.endings) { _ in
            let count = try? rig.journal.store.lookUpNow { db in
                try db.value("SELECT count(*) FROM user_token WHERE id = ?", [person.session.tokenID], as: Int.self)
            }
            isEnded.withLock { $0.append(count == 0) }
        }
        switch change {
        case .logOut: try await rig.people.logOut(person.session, by: .hub)
        case .password: try await rig.people.setPassword("ann", password: "another good one", by: .hub)
        case .role: try await rig.people.setRole("ann", .operator, by: .hub)
        case .removal: try await rig.people.removeUser("ann", by: .hub)
        case .sameRole: try await rig.people.setRole("ann", .viewer, by: .hub)
        case .name: try await rig.people.changeUser(id: person.id, UserChange(name: "anna"), by: .hub)
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
        let rig = try await PeopleRig()
        let person = try await Self.person(rig)
        _ = try await rig.people.addUserToken("ci", seconds: 60, ofUser: person.id, by: .hub)
        let token = try #require(try await rig.people.userTokens(of: person.id).first)
        let log = EndingLog(rig.journal.endings)
        try await rig.people.removeUserToken(token.id, ofUser: person.id, by: .hub)
        await #expect(throws: UserTokenError.unknown(token.id)) {
            try await rig.people.removeUserToken(token.id, ofUser: person.id, by: .hub)
        }
        #expect(log.heard == [.userToken(token.id)])
    }
}
