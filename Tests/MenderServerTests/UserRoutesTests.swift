internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import Journal
internal import JournalTestSupport
internal import People
import PKI
internal import Rooms
internal import RouteTestSupport
internal import SecretsTestSupport
import Store
import Testing

/// docs/protocols/mender.md 12.1, row by row.
@Suite struct UserRoutesTests {
    private static let users = "v1/useradm/users"
    private static let settings = "v1/useradm/settings"

    private static func claims(_ token: String) throws -> JSONValue {
        let part = try #require(token.split(separator: ".").dropFirst().first)
        return try JSONValue(parsing: try #require(Base64URL.decode(String(part))))
    }

    @Test func login_GivesATokenThatProgramsUnderstand() async throws {
        let client = try await ManagementClient()
        let user = try await client.rooms.people.addUser(
            "alice@hub.local", role: .operator, password: ManagementClient.password, by: .hub)
        let answer = try await client.logIn("alice@hub.local", ManagementClient.password)
        #expect(answer.status == .ok)
        #expect(answer.headers[.contentType] == "application/jwt")
        let claims = try Self.claims(answer.text)
        #expect(claims["sub"]?.string == user.id)
        #expect(claims["iss"]?.string == "mender.useradm" && claims["scp"]?.string == "mender.*")
        #expect(claims["mender.user"]?.bool == true && claims["mender.device"] == nil)
        #expect(claims["exp"]?.integer == client.rig.clock.now + 604_800)
        #expect(claims["iat"]?.integer == client.rig.clock.now)
        #expect(UniqueID.isValid(claims["jti"]?.string ?? ""))
        let me = try await client.send(.get, Self.users + "/me", token: answer.text)
        #expect(me.json["id"]?.string == user.id && me.json["email"]?.string == "alice@hub.local")
        #expect(me.json["login_ts"]?.string == RFC3339.text(client.rig.clock.now))
    }

    @Test func addressesOfPeople_AreTheSameInEveryCase() async throws {
        let client = try await ManagementClient()
        let user = try await client.rooms.people.addUser(
            "OP@Example.com", role: .operator, password: ManagementClient.password, by: .hub)
        #expect(user.name == "op@example.com")
        for name in ["op@example.com", "OP@example.com", "Op@EXAMPLE.COM"] {
            #expect(try await client.logIn(name, ManagementClient.password).status == .ok)
            #expect(try await client.rooms.people.user(name).id == user.id)
        }
        await #expect(throws: PeopleError.userExists("op@example.com")) {
            try await client.rooms.people.addUser(
                "oP@example.com", role: .viewer, password: "another password", by: .hub)
        }
        // Other names are as they are.
        try await client.rooms.people.addUser("alice", role: .viewer, password: ManagementClient.password, by: .hub)
        #expect(try await client.logIn("Alice", ManagementClient.password).status == .unauthorized)
        try await client.rooms.people.addUser("Alice", role: .viewer, password: ManagementClient.password, by: .hub)
        // All spellings have one lock.
        for attempt in 0..<40 {
            let name = attempt.isMultiple(of: 2) ? "op@example.com" : "OP@example.com"
            _ = try await client.logIn(name, "wrong password")
        }
        #expect(try await client.logIn("Op@example.com", ManagementClient.password).status != .ok)
    }

    @Test func addressesOfOldThatDifferByCase_KeepTheirPeople() async throws {
        let client = try await ManagementClient()
        let first = try await client.rooms.people.addUser(
            "op@example.com", role: .operator, password: ManagementClient.password, by: .hub)
        let second = try await client.rooms.people.addUser(
            "old@example.com", role: .viewer, password: ManagementClient.password, by: .hub)
        let third = try await client.rooms.people.addUser(
            "third@example.com", role: .viewer, password: ManagementClient.password, by: .hub)
        // As an earlier release would have kept them.
        try await client.rooms.journal.store.write { db in
            try db.run("UPDATE person SET name = 'OP@example.com' WHERE id = ?", [second.id])
            try db.run("UPDATE person SET name = 'Third@example.com' WHERE id = ?", [third.id])
        }
        #expect(try await client.rooms.people.user("op@example.com").id == first.id)
        #expect(try await client.rooms.people.user("OP@example.com").id == second.id)
        #expect(try await client.rooms.people.user("third@EXAMPLE.com").id == third.id)
        for name in ["op@example.com", "OP@example.com", "third@example.com", "Third@example.com"] {
            #expect(try await client.logIn(name, ManagementClient.password).status == .ok, "\(name)")
        }
    }

    @Test func tokenWithoutExpiry_LastsWhenAskedFor() async throws {
        let client = try await ManagementClient()
        let weekly = try await client.person("alice", .viewer)
        let endless = try await client.logIn("alice", ManagementClient.password, body: #"{"no_expiry":true}"#).text
        #expect(try Self.claims(endless)["exp"] == nil)
        client.rig.clock.advance(by: 604_800)
        #expect(try await client.send(.get, Self.users, token: weekly).status == .unauthorized)
        #expect(try await client.send(.get, Self.users, token: endless).status == .ok)
    }

    @Test(arguments: [("alice", "wrong horse battery"), ("nobody", ManagementClient.password), ("", "")])
    func wrongNameOrPassword_LooksTheSame(name: String, password: String) async throws {
        let client = try await ManagementClient()
        try await client.person("alice", .viewer)
        let answer = try await client.logIn(name, password)
        #expect(answer.status == .unauthorized && answer.refusal == "unauthorized")
    }

    @Test func loginWithoutCredentialsOrWithBadBody_IsRefused() async throws {
        let client = try await ManagementClient()
        #expect(try await client.send(.post, "v1/useradm/auth/login").status == .unauthorized)
        try await client.person("alice", .viewer)
        #expect(try await client.logIn("alice", ManagementClient.password, body: "{").status == .badRequest)
    }

    @Test(arguments: ["alice", "nobody"]) func guessing_IsLocked(name: String) async throws {
        let client = try await ManagementClient()
        try await client.person("alice", .viewer)
        for number in 0..<10 {
            let answer = try await client.logIn(name, "guess number \(number)", address: "192.0.2.\(number)")
            #expect(answer.status == .unauthorized)
        }
        let locked = try await client.logIn(name, ManagementClient.password, address: "192.0.2.99")
        #expect(locked.status == .tooManyRequests && locked.headers[.retryAfter] == "60")
        client.rig.clock.advance(by: 61)
        let later = try await client.logIn(name, ManagementClient.password)
        #expect(later.status == (name == "alice" ? .ok : .unauthorized))
    }

    @Test func addressThatGuessesManyNames_IsLocked() async throws {
        let client = try await ManagementClient()
        for number in 0..<30 {
            #expect(try await client.logIn("u\(number)", "whatever it is").status == .unauthorized)
        }
        #expect(try await client.logIn("u31", "whatever it is").status == .tooManyRequests)
        #expect(try await client.logIn("u31", "whatever it is", address: "192.0.2.8").status == .unauthorized)
    }

    @Test func logout_EndsTheToken() async throws {
        let client = try await ManagementClient()
        let token = try await client.person("alice", .viewer)
        let other = try await client.logIn("alice", ManagementClient.password).text
        #expect(try await client.send(.post, "v1/useradm/auth/logout", token: token).status == .accepted)
        #expect(try await client.send(.get, Self.users, token: token).status == .unauthorized)
        #expect(try await client.send(.get, Self.users, token: other).status == .ok)
    }

    @Test(arguments: [nil, "", "x", "a.b.c", String(repeating: "x", count: 10_000)] as [String?])
    func badToken_IsRefusedInMendersForm(token: String?) async throws {
        let client = try await ManagementClient()
        let answer = try await client.send(.get, Self.users, token: token)
        #expect(answer.status == .unauthorized && answer.refusal != nil)
    }

    @Test func scheme_IsReadWithoutRegardToCase() async throws {
        let client = try await ManagementClient()
        let token = try await client.person("alice", .viewer)
        let answer = try await client.send(.get, Self.users, headers: [.authorization: "bEARER \(token)"])
        #expect(answer.status == .ok)
    }

    @Test func certificateOfAnAdminAndLocalSocket_NeedNoToken() async throws {
        let client = try await ManagementClient()
        let path = "/api/management/" + Self.users
        for (ou, status) in [("admin", 200), ("plugin", 401), ("iotdevice", 401)] {
            let peer = try await client.rig.peer("somebody", ou: ou)
            #expect(try await client.rig.network.send(.get, path, as: peer).status.code == status)
        }
        let local = try await client.rig.local.send(.get, path, as: Peer(address: "local", userID: 0))
        #expect(local.status == .ok)
        // A header decides alone.
        let admin = try await client.rig.peer("somebody", ou: "admin")
        let answer = try await client.rig.network.send(
            .get, path, headers: [.authorization: "Bearer x"], as: admin)
        #expect(answer.status == .unauthorized)
        #expect(try await client.rig.network.send(.get, path + "/me", as: admin).status == .notFound)
    }

    @Test func usersAreMadeListedChangedAndRemoved() async throws {
        let client = try await ManagementClient()
        let admin = try await client.person("root@hub.local", .admin)
        let made = try await client.send(
            .post, Self.users, #"{"email":"bob@hub.local","password":"fourteen ducks"}"#, token: admin)
        #expect(made.status == .created)
        let location = try #require(made.headers[.location])
        let id = String(location.split(separator: "/").last ?? "")
        let listed = try await client.send(.get, Self.users + "?email=bob@hub.local", token: admin)
        #expect(listed.json.array?.count == 1 && listed.json.array?.first?["id"]?.string == id)
        #expect(try await client.send(.get, Self.users + "?id=\(id)&id=none", token: admin).json.array?.count == 1)
        #expect(try await client.send(.get, Self.users + "?created_before=5", token: admin).json.array?.isEmpty == true)
        #expect(try await client.send(.get, Self.users + "?created_before=x", token: admin).status == .badRequest)
        let bob = try await client.logIn("bob@hub.local", "fourteen ducks").text
        let renamed = try await client.send(
            .put, "\(Self.users)/\(id)", #"{"email":"rob@hub.local","password":"fifteen geese","role":"operator"}"#,
            token: admin)
        #expect(renamed.status == .noContent)
        #expect(try await client.send(.get, Self.users, token: bob).status == .unauthorized)
        #expect(try await client.logIn("bob@hub.local", "fourteen ducks").status == .unauthorized)
        let rob = try await client.logIn("rob@hub.local", "fifteen geese").text
        #expect(try await client.send(.get, "\(Self.users)/me", token: rob).json["role"]?.string == "operator")
        #expect(try await client.send(.delete, "\(Self.users)/\(id)", token: admin).status == .noContent)
        #expect(try await client.send(.get, Self.users, token: rob).status == .unauthorized)
        #expect(try await client.send(.delete, "\(Self.users)/\(id)", token: admin).status == .notFound)
        #expect(try await client.send(.get, "\(Self.users)/\(id)", token: admin).status == .notFound)
    }

    @Test(arguments: [
        (#"{"email":"root","password":"fourteen ducks"}"#, 422), (#"{"email":"x"}"#, 400), ("[]", 400), ("", 400),
        (#"{"email":"x","password":"seven77"}"#, 400), (#"{"email":"x","password":7}"#, 400),
        (#"{"email":"margaret@hub.local","password":"margaret1"}"#, 400),
        (#"{"email":"margaret@hub.local","password":"Margaret@hub.local"}"#, 400),
        (#"{"email":"a b","password":"fourteen ducks"}"#, 400),
        (#"{"email":"x","password":"fourteen ducks","role":"king"}"#, 400),
        (#"{"email":"x","password":"eight888"}"#, 201),
    ])
    func newUser_IsChecked(body: String, status: Int) async throws {
        let client = try await ManagementClient()
        let admin = try await client.person("root", .admin)
        #expect(try await client.send(.post, Self.users, body, token: admin).status.code == status)
    }

    @Test func ownPassword_NeedsThePresentOne() async throws {
        let client = try await ManagementClient()
        let token = try await client.person("alice", .viewer)
        let me = Self.users + "/me"
        for body in [#"{"password":"fourteen ducks"}"#, #"{"password":"fourteen ducks","current_password":"no"}"#] {
            #expect(try await client.send(.put, me, body, token: token).status == .unprocessableContent)
        }
        let change = #"{"password":"fourteen ducks","current_password":"\#(ManagementClient.password)"}"#
        #expect(try await client.send(.put, me, change, token: token).status == .noContent)
        #expect(try await client.send(.get, me, token: token).status == .unauthorized)
        #expect(try await client.logIn("alice", "fourteen ducks").status == .ok)
    }

    @Test func rights_FollowTheRole() async throws {
        let client = try await ManagementClient()
        try await client.person("root", .admin)
        let id = try await client.rooms.people.user("root").id
        for role in [UserRole.viewer, .operator] {
            let token = try await client.person("u-\(role)", role)
            let own = try await client.rooms.people.user("u-\(role)").id
            let new = #"{"email":"x","password":"fourteen ducks"}"#
            #expect(try await client.send(.post, Self.users, new, token: token).status == .forbidden)
            #expect(try await client.send(.put, "\(Self.users)/\(id)", new, token: token).status == .forbidden)
            #expect(try await client.send(.delete, "\(Self.users)/\(own)", token: token).status == .forbidden)
            let king = try await client.send(.put, "\(Self.users)/me", #"{"role":"admin"}"#, token: token)
            #expect(king.status == .forbidden && king.refusal != nil)
            #expect(try await client.send(.post, Self.settings, "{}", token: token).status == .forbidden)
            #expect(try await client.send(.get, Self.users, token: token).status == .ok)
        }
    }

    @Test func changedRoleOrPassword_EndsTokensAtOnce() async throws {
        let client = try await ManagementClient()
        let first = try await client.person("alice", .admin)
        try await client.rooms.people.setRole("alice", .viewer, by: .hub)
        #expect(try await client.send(.get, Self.users, token: first).status == .unauthorized)
        let second = try await client.logIn("alice", ManagementClient.password).text
        try await client.rooms.people.setPassword("alice", password: "fourteen ducks", by: .hub)
        #expect(try await client.send(.get, Self.users, token: second).status == .unauthorized)
    }

    @Test(arguments: ["", "/me"]) func settings_AreKeptUnderATag(path: String) async throws {
        let client = try await ManagementClient()
        let admin = try await client.person("root", .admin)
        let empty = try await client.send(.get, Self.settings + path, token: admin)
        #expect(empty.text == "{}")
        let tag = try #require(empty.headers[.eTag])
        let saved = try await client.send(
            .post, Self.settings + path, #"{"a":[1,"<b>"]}"#, token: admin, headers: [.ifMatch: tag])
        #expect(saved.status == .created)
        let stale = try await client.send(
            .post, Self.settings + path, "{}", token: admin, headers: [.ifMatch: tag])
        #expect(stale.status == .preconditionFailed && stale.refusal != nil)
        let read = try await client.send(.get, Self.settings + path, token: admin)
        #expect(read.json["a"]?.array?.last?.string == "<b>" && read.headers[.eTag] != tag)
        for bad in ["[]", "{", String(repeating: "[", count: 5000)] {
            #expect(try await client.send(.post, Self.settings + path, bad, token: admin).status == .badRequest)
        }
    }

    @Test func personalTokens_WorkUntilRemoved() async throws {
        let client = try await ManagementClient()
        let token = try await client.person("alice", .viewer)
        let path = Self.settings + "/tokens"
        let script = try await client.send(.post, path, #"{"name":"ci","expires_in":60}"#, token: token)
        #expect(script.status == .ok && script.headers[.contentType] == "application/jwt")
        #expect(try await client.send(.get, Self.users, token: script.text).status == .ok)
        #expect(try await client.send(.post, path, #"{"name":"ci"}"#, token: token).status == .conflict)
        let list = try await client.send(.get, path, token: token)
        #expect(list.json.array?.first?["name"]?.string == "ci" && list.json.array?.count == 1)
        let id = try #require(list.json.array?.first?["id"]?.string)
        let other = try await client.person("bob", .admin)
        #expect(try await client.send(.delete, "\(path)/\(id)", token: other).status == .notFound)
        #expect(try await client.send(.delete, "\(path)/\(id)", token: token).status == .noContent)
        #expect(try await client.send(.delete, "\(path)/\(id)", token: token).status == .notFound)
        #expect(try await client.send(.get, Self.users, token: script.text).status == .unauthorized)
        let short = try await client.send(.post, path, #"{"name":"ci","expires_in":60}"#, token: token).text
        client.rig.clock.advance(by: 60)
        #expect(try await client.send(.get, Self.users, token: short).status == .unauthorized)
    }

    @Test func personalTokens_AreLimited() async throws {
        let client = try await ManagementClient()
        let token = try await client.person("alice", .viewer)
        let path = Self.settings + "/tokens"
        for body in [
            "{}", #"{"name":""}"#, #"{"name":"a\nb"}"#, #"{"name":"x","expires_in":0}"#,
            #"{"name":"x","expires_in":"1"}"#,
            #"{"name":"x","expires_in":31536001}"#, #"{"name":"x","expires_in":9223372036854775807}"#,
        ] {
            #expect(try await client.send(.post, path, body, token: token).status == .badRequest, "\(body)")
        }
        for number in 0..<10 {
            let body = #"{"name":"t\#(number)","expires_in":31536000}"#
            #expect(try await client.send(.post, path, body, token: token).status == .ok)
        }
        #expect(try await client.send(.post, path, #"{"name":"t10"}"#, token: token).status == .unprocessableContent)
    }

    @Test(arguments: ["plans", "plan_binding"]) func plansAreStatic(path: String) async throws {
        let client = try await ManagementClient()
        let token = try await client.person("alice", .viewer)
        #expect(try await client.send(.get, "v1/useradm/" + path, token: token).status == .ok)
    }

    @Test func everythingIsInTheAuditTrail_WithoutPasswords() async throws {
        let client = try await ManagementClient()
        let token = try await client.person("alice", .viewer)
        _ = try await client.logIn("alice", "hunter2hunter2")
        _ = try await client.logIn("hunter2hunter2", "alice")
        _ = try await client.send(.post, "v1/useradm/auth/logout", token: token)
        let events = try await client.rooms.journal.auditEvents(before: nil, subject: nil, limit: 100)
        for action in ["user.add", "user.login", "user.loginFailed", "user.logout"] {
            #expect(events.contains { $0.action == action && $0.subject == "alice" }, "\(action)")
        }
        #expect(!events.contains { "\($0)".contains("hunter2") })
        #expect(try await client.rooms.journal.verifyAudit() == .intact(events: Int64(events.count)))
    }
}
