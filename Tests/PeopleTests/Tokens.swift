import Journal
import People

// Tokens that say nothing but their number, as no protocol gives them.

extension People {
    func logIn(
        _ name: String, password: String, noExpiry: Bool = false, by requester: Requester
    ) async throws -> String {
        try await logIn(name, password: password, noExpiry: noExpiry, by: requester) { Array($0.id.utf8) }
    }

    func addUserToken(
        _ name: String, seconds: Int64, ofUser userID: String, by requester: Requester
    ) async throws -> String {
        try await addUserToken(name, seconds: seconds, ofUser: userID, by: requester) { Array($0.id.utf8) }
    }
}
