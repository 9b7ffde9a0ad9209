/// What stands for a person after the login, or in a script of theirs.
package struct UserToken: Sendable, Equatable {
    /// UUID, lower case; `jti` of the token.
    package let id: String
    package let userID: String
    /// Name its owner gave it; `nil` for that of a login.
    package let name: String?
    /// When it was made, Unix seconds.
    package let createdAt: Int64
    /// When it ends, Unix seconds; `nil` for never.
    package let endsAt: Int64?
}

/// Why a token of a person was refused.
package enum UserTokenError: Error, Equatable, Sendable {
    /// Name or life can't be used.
    case invalid(reason: String)
    /// The user has a token of that name.
    case nameTaken(String)
    /// The user has as many named tokens as may be.
    case tooMany(limit: Int)
    /// The user has no such token.
    case unknown(String)
}

/// Why a login failed. A stranger learns no more than that.
package enum LoginError: Error, Equatable, Sendable {
    /// No such user, or another password.
    case wrong
    /// Too many failures; the right password is accepted again after so many seconds.
    case locked(seconds: Int)
    /// More logins at once than the hub takes.
    case busy
}
