internal import Journal
import JournalTestSupport
import People
import Testing

/// Named tokens of a user's scripts.
@Suite struct UserTokenTests {
    private static func rig() async throws -> (rig: PeopleRig, ann: User) {
        let rig = try await PeopleRig()
        let ann = try await rig.people.addUser("ann", role: .operator, password: "correct horse battery", by: .hub)
        return (rig, ann)
    }

    /// A name, a life in seconds, and whether there may be such a token.
    @Test(arguments: [
        ("ci", Int64(1), true), ("ci", People.longestTokenSeconds, true), ("ci", 0, false), ("ci", -1, false),
        ("ci", People.longestTokenSeconds + 1, false), ("ci", Int64.max, false), ("", 60, false),
        (String(repeating: "a", count: 255), 60, true), (String(repeating: "a", count: 256), 60, false),
        ("my scripts, ümlaut", 60, true), ("a\u{0}", 60, false), ("a\u{1B}[1m", 60, false),
    ])
    func newToken_HasANameAndALifeWithinBounds(name: String, seconds: Int64, isGood: Bool) async throws {
        let (rig, ann) = try await Self.rig()
        guard isGood else {
            await #expect {
                try await rig.people.addUserToken(name, seconds: seconds, ofUser: ann.id, by: .hub)
            } throws: { error in
                if case UserTokenError.invalid? = error as? UserTokenError { true } else { false }
            }
            #expect(try await rig.people.userTokens(of: ann.id).isEmpty)
            return
        }
        let token = try await rig.people.addUserToken(name, seconds: seconds, ofUser: ann.id, by: .hub)
        let kept = try #require(try await rig.people.userTokens(of: ann.id).first)
        #expect(kept.name == name && kept.createdAt == rig.clock.now && kept.endsAt == rig.clock.now + seconds)
        let session = try await #require(try rig.people.session(userToken: token))
        #expect(session.userID == ann.id && session.role == .operator && session.tokenID == kept.id)
        #expect(session.endsAt == kept.endsAt)
        rig.clock.advance(by: seconds)
        #expect(try await rig.people.session(userToken: token) == nil, "its first second without right")
    }

    @Test func nameOfAToken_IsTakenUntilTheTokenIsOver_PerUser() async throws {
        let (rig, ann) = try await Self.rig()
        let bob = try await rig.people.addUser("bob", role: .viewer, password: "correct horse battery", by: .hub)
        _ = try await rig.people.addUserToken("ci", seconds: 60, ofUser: ann.id, by: .hub)
        await #expect(throws: UserTokenError.nameTaken("ci")) {
            try await rig.people.addUserToken("ci", seconds: 60, ofUser: ann.id, by: .hub)
        }
        _ = try await rig.people.addUserToken("ci", seconds: 60, ofUser: bob.id, by: .hub)
        rig.clock.advance(by: 60)
        _ = try await rig.people.addUserToken("ci", seconds: 60, ofUser: ann.id, by: .hub)
        #expect(try await rig.people.userTokens(of: ann.id).count == 1)
    }

    @Test func eleventhToken_IsRefused_UntilOneGoes() async throws {
        let (rig, ann) = try await Self.rig()
        for number in 1...People.tokensPerUser {
            _ = try await rig.people.addUserToken("t\(number)", seconds: 60, ofUser: ann.id, by: .hub)
        }
        await #expect(throws: UserTokenError.tooMany(limit: People.tokensPerUser)) {
            try await rig.people.addUserToken("more", seconds: 60, ofUser: ann.id, by: .hub)
        }
        let first = try #require(try await rig.people.userTokens(of: ann.id).first)
        try await rig.people.removeUserToken(first.id, ofUser: ann.id, by: .hub)
        _ = try await rig.people.addUserToken("more", seconds: 60, ofUser: ann.id, by: .hub)
        #expect(try await rig.people.userTokens(of: ann.id).count == People.tokensPerUser)
    }

    @Test func token_IsRemovedByItsOwnerOnly() async throws {
        let (rig, ann) = try await Self.rig()
        let bob = try await rig.people.addUser("bob", role: .viewer, password: "correct horse battery", by: .hub)
        let token = try await rig.people.addUserToken("ci", seconds: 60, ofUser: ann.id, by: .hub)
        let kept = try #require(try await rig.people.userTokens(of: ann.id).first)
        await #expect(throws: UserTokenError.unknown(kept.id)) {
            try await rig.people.removeUserToken(kept.id, ofUser: bob.id, by: .hub)
        }
        #expect(try await rig.people.session(userToken: token) != nil)
        try await rig.people.removeUserToken(kept.id, ofUser: ann.id, by: .hub)
        #expect(try await rig.people.session(userToken: token) == nil)
        await #expect(throws: PeopleError.unknownUser("nobody")) {
            try await rig.people.addUserToken("ci", seconds: 60, ofUser: "nobody", by: .hub)
        }
    }

    @Test(arguments: ["", "x", "a.b.c", String(repeating: "a", count: 5000)])
    func textThatIsNoToken_OpensNoSession(text: String) async throws {
        let (rig, _) = try await Self.rig()
        #expect(try await rig.people.session(userToken: text) == nil)
    }

    @Test func tokenOfAnotherHub_OpensNoSession() async throws {
        let (here, _) = try await Self.rig()
        let (there, ann) = try await Self.rig()
        let token = try await there.people.addUserToken("ci", seconds: 60, ofUser: ann.id, by: .hub)
        #expect(try await here.people.session(userToken: token) == nil)
    }
}
