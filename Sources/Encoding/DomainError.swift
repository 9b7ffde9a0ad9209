/// Why a room of the hub refused something, in words that are right in every protocol. Each server makes its own status
/// and text of it; what an operator does next is known to the admin API alone.
///
/// It is declared here because this is the one module that every room and every server uses already: in the store's
/// module, every server would depend on the database.
package protocol DomainError: Error, Sendable {
    var kind: ErrorKind { get }
    /// What happened, one sentence without a next step; empty for a fault, whose text stays in the log.
    var message: String { get }
    /// Seconds after which the same request may succeed; `nil`, the default, when waiting changes nothing.
    var retryAfterSeconds: Int? { get }
}

extension DomainError {
    package var retryAfterSeconds: Int? { nil }
}

/// What sort of refusal an error is.
package enum ErrorKind: String, Sendable, CaseIterable {
    /// A value that was given is not acceptable.
    case invalid
    /// It is not known who asks.
    case unauthorized
    /// The caller has no right to it.
    case forbidden
    /// There is no such thing.
    case notFound
    /// It contradicts what is there.
    case conflict
    /// What the caller has seen was changed since then.
    case changed
    /// It was there, and is no more.
    case gone
    /// As many as there may be are there: one must be removed first.
    case full
    /// More bytes than the limit.
    case tooLarge
    /// It is well-formed, and can't be used here.
    case unusable
    /// Too many at this time: the same request may succeed later.
    case tooMany
    /// It can't be done at present.
    case unavailable
    /// The disk, or a share of it, has no room.
    case noRoom
    /// A fault of the hub.
    case fault
}
