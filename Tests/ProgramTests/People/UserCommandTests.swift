import AdminAPI
import Foundation
import Testing
import Transport

/// Users and their tokens: made with hubctl, used at the management API.
@Suite(.hub(), .timeLimit(.minutes(5))) struct UserCommandTests {
    private static let password = "fourteen ducks"
    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    private func add(_ name: String, role: String, password: String = Self.password) async throws -> ProgramResult {
        try await hub.hubctl("user", "add", name, "--role", role, "--password-stdin", input: password + "\n")
    }

    /// As the vendor's command-line program does it: no body, and the answer is the token alone.
    private func logIn(_ name: String, password: String = Self.password) async throws -> HTTPExchangeResponse {
        try await hub.ask(
            "/api/management/v1/useradm/auth/login", method: "POST",
            headers: [
                ("Content-Type", "application/json"),
                ("Authorization", "Basic " + Data("\(name):\(password)".utf8).base64EncodedString()),
            ])
    }

    private func manage(
        _ path: String, method: String = "GET", token: String, body: HTTPExchangeRequest.Body = .none
    ) async throws -> HTTPExchangeResponse {
        try await hub.ask(
            "/api/management/" + path, method: method,
            headers: [("Authorization", "Bearer " + token), ("Content-Type", "application/json")], body: body)
    }

    private func tokens(of user: String) async throws -> ProgramResult {
        try await hub.hubctl("user", "token", "list", user, "--json").succeeded()
    }

    @Test func newUser_IsListedWithItsRole_AndOnlyOnce() async throws {
        try await add("list@hub.local", role: "operator").succeeded()
        let users = try await hub.hubctl("user", "list", "--json").succeeded().json(as: [AdminUser].self)
        let user = try #require(users.first { $0.name == "list@hub.local" })
        #expect(user.role == "operator" && user.password == nil)
        let table = try await hub.hubctl("user", "list").succeeded()
        #expect(table.lines.contains { $0.split(separator: " ").prefix(2) == ["list@hub.local", "operator"] })
        try await add("list@hub.local", role: "viewer").expectRefusal("user list@hub.local exists")
    }

    @Test(arguments: [
        ("seven77", "a password has 8 to 1024 characters"), ("margaret1", "the password is too similar to the name"),
        ("", "standard input is empty"),
    ])
    func weakPassword_IsRefused_AndNobodyIsMade(password: String, reason: String) async throws {
        try await add("margaret", role: "viewer", password: password).expectRefusal(reason)
        #expect(try await !hub.hubctl("user", "list").succeeded().output.contains("margaret"))
    }

    @Test func login_GivesATokenWithTheRightsOfTheRole() async throws {
        try await add("login@hub.local", role: "operator").succeeded()
        let answer = try await logIn("login@hub.local")
        let token = answer.text
        #expect(answer.status == 200 && token.split(separator: ".", omittingEmptySubsequences: false).count == 3)
        let own = try await manage("v1/useradm/users/me", token: token)
        #expect(own.text.contains(#""email":"login@hub.local""#))
        #expect(try await manage("v1/useradm/users", method: "POST", token: token, body: .text("{}")).status == 403)
        #expect(try await logIn("login@hub.local", password: "wrong").status == 401)
        let chunked = HTTPExchangeRequest.Body.stream(length: nil) { writer in
            for part in ["{", "}"] { try await writer.write(Array(part.utf8)) }
        }
        let found = try await manage("v2/inventory/filters/search", method: "POST", token: token, body: chunked)
        #expect(found.status == 200)
        #expect(!hub.log.contains(token))
    }

    @Test func namedToken_IsShownOnce_AndCountsUntilItIsRemoved() async throws {
        try await add("token@hub.local", role: "operator").succeeded()
        let login = try await logIn("token@hub.local").text
        let made = try await hub.hubctl("user", "token", "add", "token@hub.local", "nightly", "--days", "1", "--json")
            .succeeded().json(as: AdminUserToken.self)
        let token = try #require(made.token)
        #expect(try await manage("v1/inventory/devices", token: token).status == 200)
        let listed = try await tokens(of: "token@hub.local")
        #expect(!listed.output.contains(token))
        let entry = try #require(try listed.json(as: [AdminUserToken].self).first)
        #expect(entry.name == "nightly")

        try await hub.hubctl("user", "token", "remove", "token@hub.local", try #require(entry.id)).succeeded()
        #expect(try await manage("v1/inventory/devices", token: token).status == 401)
        #expect(try await manage("v1/inventory/devices", token: login).status == 200, "the login is another token")
        #expect(try await tokens(of: "token@hub.local").json(as: [AdminUserToken].self).isEmpty)
    }

    @Test func otherRole_EndsTheLoginAtOnce() async throws {
        try await add("role@hub.local", role: "operator").succeeded()
        let token = try await logIn("role@hub.local").text
        try await hub.hubctl("user", "role", "role@hub.local", "king").expectRefusal(
            "role must be viewer, operator or admin")
        #expect(try await manage("v1/inventory/devices", token: token).status == 200)
        try await hub.hubctl("user", "role", "role@hub.local", "viewer").succeeded()
        #expect(try await manage("v1/inventory/devices", token: token).status == 401)
    }

    @Test func removedUser_CannotLogIn_AndIsUnknown() async throws {
        try await add("gone@hub.local", role: "viewer").succeeded()
        #expect(try await logIn("gone@hub.local").status == 200)
        try await hub.hubctl("user", "remove", "gone@hub.local").succeeded()
        #expect(try await logIn("gone@hub.local").status == 401)
        try await hub.hubctl("user", "remove", "gone@hub.local").expectRefusal("hubctl user list")
    }
}
