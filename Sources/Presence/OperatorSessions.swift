internal import Synchronization

/// A session of an operator on a device, whatever protocol it speaks.
package protocol OperatorSession: AnyObject, Sendable {
    /// Its name.
    var id: String { get }
    var right: LinkRight { get }

    /// Ends it, because its right is gone.
    func revoke()
}

/// Sessions of operators that rest on a user's token, so that they end with it.
package final class OperatorSessions: Sendable {
    private struct Open {
        let session: any OperatorSession
        let isAllowed: @Sendable () async -> Bool
    }

    /// By the session's name.
    private let table = Mutex<[String: Open]>([:])

    /// A session begins; ``remove(_:)`` must follow.
    ///
    /// - Parameter isAllowed: whether it may still be, by the store.
    package func add(_ session: any OperatorSession, _ isAllowed: @escaping @Sendable () async -> Bool) {
        guard case .token = session.right else { return }
        table.withLock { $0[session.id] = Open(session: session, isAllowed: isAllowed) }
    }

    package func remove(_ session: any OperatorSession) {
        table.withLock { $0[session.id] = nil }
    }

    /// Ends the sessions that rest on a token of that number.
    func end(token: String) {
        end { id, _, _ in id == token }
    }

    /// Ends the sessions of a user.
    func end(user: String) {
        end { _, owner, _ in owner == user }
    }

    /// Ends the sessions whose tokens have expired.
    func endExpired(at now: Int64) {
        end { _, _, end in end.map { $0 <= now } ?? false }
    }

    /// Ends the sessions that the store does not allow any more; called after the clock was set back, which moves the
    /// ends of rights.
    package func endForbidden() async {
        for open in table.withLock({ Array($0.values) }) where await !open.isAllowed() { open.session.revoke() }
    }

    private func end(where fits: (String, String, Int64?) -> Bool) {
        let ending = table.withLock { table in
            table.values.filter { open in
                guard case .token(let id, let user, let end) = open.session.right else { return false }
                return fits(id, user, end)
            }
        }
        for open in ending { open.session.revoke() }
    }
}
