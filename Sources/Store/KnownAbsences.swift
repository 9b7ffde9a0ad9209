internal import Synchronization

/// Negative cache: kinds of rows known to be absent (alarms, webhooks), so that writes need not look for them.
///
/// It is kept by the writer alone: a write that adds such a row forgets first that there is none, and a
/// rollback forgets everything. So what is known here is true inside every write.
package final class KnownAbsences: Sendable {
    private let names = Mutex<Set<String>>([])

    /// Whether there is nothing of a kind; looks only when that is not known.
    ///
    /// - Parameters:
    ///   - name: the kind; no two modules use the same.
    ///   - db: the connection inside a write.
    ///   - exists: looks it up.
    package func isAbsent(_ name: String, in db: Database, unless exists: () throws -> Bool) rethrows -> Bool {
        if names.withLock({ $0.contains(name) }) { return true }
        guard try !exists() else { return false }
        // A reader sees the past: what it does not find may be about to be committed.
        if db.isWriting { names.withLock { _ = $0.insert(name) } }
        return true
    }

    /// Called inside a write, before something of that kind is put into the store.
    package func forget(_ name: String) {
        names.withLock { _ = $0.remove(name) }
    }

    func forgetAll() {
        names.withLock { $0 = [] }
    }
}
