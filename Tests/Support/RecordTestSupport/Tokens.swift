package import Devices
package import Journal
package import People
internal import PKI

// Tokens that say nothing but their number, as no protocol gives them.

extension Identities {
    package func authenticate(_ request: AuthenticationRequest) async throws -> String? {
        try await authenticate(request) { _ in SecureRandom.bytes(16) }
    }
}

extension People {
    package func logIn(
        _ name: String, password: String, noExpiry: Bool = false, by requester: Requester
    ) async throws -> String {
        try await logIn(name, password: password, noExpiry: noExpiry, by: requester) { Array($0.id.utf8) }
    }

    package func addUserToken(
        _ name: String, seconds: Int64, ofUser userID: String, by requester: Requester
    ) async throws -> String {
        try await addUserToken(name, seconds: seconds, ofUser: userID, by: requester) { Array($0.id.utf8) }
    }
}
