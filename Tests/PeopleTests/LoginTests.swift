import Journal
import JournalTestSupport
internal import Store
import Testing
@testable import People

/// Who is let in by a password, and how guessing is slowed down.
@Suite struct LoginTests {
    private static let password = "correct horse battery"

    private static func rig() async throws -> (rig: PeopleRig, ann: User) {
        let rig = try await PeopleRig()
        let ann = try await rig.people.addUser("ann@desk.example", role: .viewer, password: password, by: .hub)
        return (rig, ann)
    }

    private static func logIn(
        _ rig: PeopleRig, _ name: String = "ann@desk.example", _ password: String = password,
        from address: String = "192.0.2.1"
    ) async throws -> String {
        try await rig.people.logIn(name, password: password, by: .stranger(at: address))
    }

    @Test(arguments: [
        ("ann@desk.example", password, true), ("Ann@DESK.example", password, true),
        ("ann@desk.example", "correct horse batter", false), ("ann@desk.example", "Correct horse battery", false),
        ("ann@desk.example", "", false), ("ann", password, false), ("ann@desk.example\u{0}", password, false),
        ("nobody", password, false), ("", "", false),
    ])
    func login_NeedsNameAndPassword(name: String, password: String, isGood: Bool) async throws {
        let (rig, ann) = try await Self.rig()
        guard isGood else {
            await #expect(throws: LoginError.wrong) { try await Self.logIn(rig, name, password) }
            #expect(try await rig.people.user(id: ann.id).loggedInAt == nil)
            return
        }
        let session = try #require(try await rig.people.session(userToken: try await Self.logIn(rig, name, password)))
        #expect(session.userID == ann.id && session.name == ann.name && session.role == .viewer)
        #expect(session.endsAt == rig.clock.now + People.loginSeconds)
        #expect(try await rig.people.user(id: ann.id).loggedInAt == rig.clock.now)
        #expect(try await rig.actions() == ["user.add", "user.login"])
    }

    /// How often a password is wrong, and for how many seconds even the right one does not count then.
    @Test(arguments: [(9, nil), (10, 60)] as [(Int, Int?)])
    func wrongPasswords_LockTheName_WhateverTheAddress(failures: Int, seconds: Int?) async throws {
        let (rig, _) = try await Self.rig()
        for number in 0..<failures {
            await #expect(throws: LoginError.wrong) {
                try await Self.logIn(rig, "ann@desk.example", "wrong", from: "192.0.2.\(number)")
            }
        }
        guard let seconds else {
            _ = try await Self.logIn(rig, from: "198.51.100.1")
            return
        }
        await #expect(throws: LoginError.locked(seconds: seconds)) {
            try await Self.logIn(rig, "ANN@desk.example", from: "198.51.100.1")
        }
        rig.clock.advance(by: Int64(seconds))
        _ = try await Self.logIn(rig, from: "198.51.100.1")
        #expect(try await rig.actions().filter { $0 == "user.loginFailed" }.count == failures)
    }

    /// Judged by the guard alone: each password that is really checked costs a tenth of a second.
    @Test func lock_IsTwiceAsLongEachTime_UpToItsLimit_AndStrangersShareNone() throws {
        let (logins, limits) = (LoginGuard(), LockLimits())
        var now: Int64 = 1000
        func fail(_ name: String, isKnown: Bool = true, from address: String) -> Int? {
            do {
                _ = try logins.begin(name: name, isKnown: isKnown, address: address, limits: limits, now: now)
                return nil
            } catch LoginError.locked(let seconds) {
                return seconds
            } catch {
                return -1
            }
        }
        for number in 1..<limits.wrongGuesses { #expect(fail("ann", from: "a\(number)") == nil) }
        var waits: [Int] = []
        for number in 0..<12 {
            #expect(fail("ann", from: "b\(number)") == nil)
            let wait = try #require(fail("ann", from: "c\(number)"))
            waits.append(wait)
            now += Int64(wait)
        }
        #expect(waits.prefix(3) == [60, 120, 240])
        #expect(waits.last == Int(limits.longestLockSeconds))
        #expect(fail("bob", from: "192.0.2.9") == nil, "another name is free")
        #expect(fail("ann", isKnown: false, from: "192.0.2.9") == nil, "invented names are counted apart")
    }

    @Test func addressWithManyFailures_IsLockedForEveryName_UntilOneSucceeds() throws {
        let (logins, limits) = (LoginGuard(), LockLimits())
        func begin(_ name: String) throws {
            _ = try logins.begin(name: name, isKnown: true, address: "a", limits: limits, now: 0)
        }
        for number in 0..<29 { try begin("n\(number)") }
        logins.succeeded(name: "n0", address: "a")
        for number in 29..<31 { try begin("n\(number)") }
        #expect(throws: LoginError.locked(seconds: 60)) { try begin("other") }
    }

    @Test func logins_AreHundredPerUser_AndTheOldestEnds() async throws {
        let (rig, ann) = try await Self.rig()
        let first = try await Self.logIn(rig)
        let log = EndingLog(rig.journal.endings)
        let firstID = try await #require(try rig.people.session(userToken: first)?.tokenID)
        rig.clock.advance(by: 1)
        try await rig.journal.store.write { db in
            for _ in 1..<People.loginsPerUser {
                let token = try rig.people.newToken(of: ann.id, name: nil, life: People.loginSeconds + 1) {
                    Array($0.id.utf8)
                }
                try UserTokenStore.insert(token.record, hash: token.hash, in: db)
            }
        }
        let last = try await Self.logIn(rig)
        #expect(try await rig.people.session(userToken: first) == nil)
        #expect(try await rig.people.session(userToken: last) != nil)
        #expect(log.heard == [.userToken(firstID)])
    }

    @Test func loginWithoutEnd_LastsUntilItIsTakenBack() async throws {
        let (rig, _) = try await Self.rig()
        let token = try await rig.people.logIn(
            "ann@desk.example", password: Self.password, noExpiry: true, by: .stranger(at: "192.0.2.1"))
        rig.clock.advance(by: 10 * 365 * 86_400)
        let session = try await #require(try rig.people.session(userToken: token))
        #expect(session.endsAt == nil)
        try await rig.people.logOut(session, by: .hub)
        #expect(try await rig.people.session(userToken: token) == nil)
        try await rig.people.logOut(session, by: .hub)
        #expect(try await rig.actions() == ["user.add", "user.login", "user.logout"])
    }

    @Test func passwordOfAUser_IsAskedForUnderTheSameLock() async throws {
        let (rig, ann) = try await Self.rig()
        let requester = Requester.stranger(at: "192.0.2.1")
        #expect(try await rig.people.isPassword(Self.password, ofUser: ann.id, by: requester))
        for _ in 0..<rig.people.locks.wrongGuesses {
            #expect(try await !rig.people.isPassword("wrong", ofUser: ann.id, by: requester))
        }
        await #expect(throws: LoginError.locked(seconds: 60)) {
            try await rig.people.isPassword(Self.password, ofUser: ann.id, by: requester)
        }
    }
}
