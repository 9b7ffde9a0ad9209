internal import Journal
import JournalTestSupport
import People
import Testing

/// Which users there may be, and what a change of one does.
@Suite struct UserTests {
    private static let password = "correct horse battery"

    /// A name and a password, and why they are refused; `nil` where they are taken.
    struct Candidate: Sendable {
        let name: String
        var password = UserTests.password
        let reason: String?
    }

    private static let badName = "a name is 1 to 64 letters, digits, '-', '_', '.', '+' or '@'"
    private static let badLength = "a password has 8 to 1024 characters"
    private static let similar = "the password is too similar to the name"

    @Test(arguments: [
        Candidate(name: "ann", reason: nil), Candidate(name: "a", reason: nil),
        Candidate(name: String(repeating: "a", count: 64), reason: nil),
        Candidate(name: "ann.b-c_d+e@desk.example", reason: nil), Candidate(name: "jürgen", reason: nil),
        Candidate(name: "", reason: badName), Candidate(name: String(repeating: "a", count: 65), reason: badName),
        Candidate(name: "ann b", reason: badName), Candidate(name: "ann/b", reason: badName),
        Candidate(name: "ann\u{0}", reason: badName), Candidate(name: "ann\u{1B}[1m", reason: badName),
        Candidate(name: "ann", password: "seven77", reason: badLength),
        Candidate(name: "ann", password: "eight888", reason: nil),
        Candidate(name: "ann", password: String(repeating: "p", count: 1025), reason: badLength),
        Candidate(name: "anneliese", password: "anneliese", reason: similar),
        Candidate(name: "anneliese", password: "ANNELIESE1", reason: similar),
        Candidate(name: "anneliese@desk.example", password: "anneliese12", reason: similar),
        Candidate(name: "anneliese-of-the-desk", password: "of-the-desk", reason: similar),
        Candidate(name: "anneliese", password: "anneliese and six more", reason: nil),
        Candidate(name: "an", password: "an an an an", reason: nil),
    ])
    func newUser_IsTakenOrRefusedWithTheReason(candidate: Candidate) async throws {
        let rig = try await PeopleRig()
        guard let reason = candidate.reason else {
            let user = try await rig.people.addUser(
                candidate.name, role: .viewer, password: candidate.password, by: .hub)
            #expect(try await rig.people.users() == [user])
            #expect(user.createdAt == rig.clock.now && user.loggedInAt == nil)
            #expect(try await rig.actions() == ["user.add"])
            return
        }
        await #expect(throws: PeopleError.invalidUser(reason: reason)) {
            try await rig.people.addUser(candidate.name, role: .viewer, password: candidate.password, by: .hub)
        }
        #expect(try await rig.people.users().isEmpty)
        #expect(try await rig.actions().isEmpty)
    }

    /// A name that is known, another one, and whether both may be.
    @Test(arguments: [
        ("ann", "ann", false), ("ann", "Ann", true), ("ann", "anna", true),
        ("ann@desk.example", "ANN@Desk.example", false), ("ann@desk.example", "ann", true),
    ])
    func secondUser_NeedsAnotherName(known: String, new: String, mayBe: Bool) async throws {
        let rig = try await PeopleRig()
        let first = try await rig.people.addUser(known, role: .viewer, password: Self.password, by: .hub)
        if mayBe {
            let second = try await rig.people.addUser(new, role: .admin, password: Self.password, by: .hub)
            #expect(second.id != first.id)
            #expect(try await rig.people.user(known) == first)
            #expect(try await rig.people.user(new) == second)
        } else {
            await #expect(throws: PeopleError.userExists(first.name)) {
                try await rig.people.addUser(new, role: .admin, password: Self.password, by: .hub)
            }
            #expect(try await rig.people.user(new) == first)
        }
    }

    /// A change, what the trail says of it, and whether tokens of before still count.
    struct Change: Sendable {
        let change: UserChange
        let actions: [String]
        let keepsTokens: Bool
    }

    @Test(arguments: [
        Change(change: UserChange(), actions: [], keepsTokens: true),
        Change(change: UserChange(name: "ann", role: .viewer), actions: [], keepsTokens: true),
        Change(change: UserChange(name: "anna"), actions: ["user.rename"], keepsTokens: true),
        Change(change: UserChange(role: .operator), actions: ["user.role"], keepsTokens: false),
        Change(change: UserChange(password: "another good one"), actions: ["user.passwd"], keepsTokens: false),
        Change(
            change: UserChange(name: "anna", role: .admin, password: "another good one"),
            actions: ["user.rename", "user.role", "user.passwd"], keepsTokens: false),
    ])
    func changeOfAUser_IsWrittenDown_AndEndsTokensWhereRightsChange(change: Change) async throws {
        let rig = try await PeopleRig()
        let user = try await rig.people.addUser("ann", role: .viewer, password: Self.password, by: .hub)
        let token = try await rig.people.addUserToken("ci", seconds: 3600, ofUser: user.id, by: .hub)
        let before = try await rig.actions()
        rig.clock.advance(by: 60)
        try await rig.people.changeUser(id: user.id, change.change, by: .hub)
        #expect(try await Array(rig.actions().dropFirst(before.count)) == change.actions)
        #expect(try await (rig.people.session(userToken: token) != nil) == change.keepsTokens)
        let changed = try await rig.people.user(id: user.id)
        #expect(changed.name == change.change.name ?? "ann" && changed.role == change.change.role ?? .viewer)
        #expect(changed.createdAt == user.createdAt && changed.updatedAt == rig.clock.now)
    }

    @Test func refusedChange_ChangesNothing() async throws {
        let rig = try await PeopleRig()
        let ann = try await rig.people.addUser("ann", role: .viewer, password: Self.password, by: .hub)
        try await rig.people.addUser("bob", role: .viewer, password: Self.password, by: .hub)
        for (change, error) in [
            (UserChange(name: "bob", role: .admin), PeopleError.userExists("bob")),
            (UserChange(name: "a b"), .invalidUser(reason: Self.badName)),
            (UserChange(password: "short"), .invalidUser(reason: Self.badLength)),
            (UserChange(name: "correct-horse", password: "correct-horse"), .invalidUser(reason: Self.similar)),
        ] {
            await #expect(throws: error) { try await rig.people.changeUser(id: ann.id, change, by: .hub) }
        }
        #expect(try await rig.people.user(id: ann.id) == ann)
        #expect(try await rig.actions() == ["user.add", "user.add"])
    }

    @Test func removedUser_IsUnknown_WithTokensAndSettings() async throws {
        let rig = try await PeopleRig()
        let ann = try await rig.people.addUser("ann", role: .admin, password: Self.password, by: .hub)
        let token = try await rig.people.addUserToken("ci", seconds: 3600, ofUser: ann.id, by: .hub)
        _ = try await rig.people.setUserSettings(#"{"a":1}"#, of: ann.id, ifMatch: nil, by: .hub)
        try await rig.people.removeUser("ann", by: .hub)
        #expect(try await rig.people.users().isEmpty)
        #expect(try await rig.people.session(userToken: token) == nil)
        #expect(try await rig.people.userSettings(of: ann.id).json == "{}")
        await #expect(throws: PeopleError.unknownUser("ann")) { try await rig.people.removeUser("ann", by: .hub) }
        await #expect(throws: PeopleError.unknownUser(ann.id)) {
            try await rig.people.removeUser(id: ann.id, by: .hub)
        }
        await #expect(throws: LoginError.wrong) {
            try await rig.people.logIn("ann", password: Self.password, by: .stranger(at: "192.0.2.1"))
        }
    }

    @Test(arguments: [
        (UserRole.viewer, [UserRole.viewer]), (.operator, [.viewer, .operator]),
        (.admin, [.viewer, .operator, .admin]),
    ])
    func role_IncludesThoseBelowIt(role: UserRole, included: [UserRole]) {
        #expect(UserRole.allCases.filter(role.includes) == included)
    }
}
