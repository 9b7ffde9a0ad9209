internal import Journal
internal import Store

/// A lock that begins.
struct GuessLock {
    let what: String
    /// How long it lasts; `nil`: until an administrator ends it.
    var seconds: Int64?
}

/// Who is locked out from a device's secret.
struct GuessStanding: Sendable, Equatable {
    /// What holds for everybody.
    var all = GuessGate.open
    /// How many sources are locked out for what they guessed themselves.
    var addresses = 0
}

/// What operators learn of locks.
extension Secrets {
    /// Who is locked out now.
    ///
    /// - Parameter pairing: how the secret may be proved.
    func guessStanding(_ deviceID: String, _ pairing: Pairing, in db: Database) throws -> GuessStanding {
        let rule = guessRule
        func gate(_ count: GuessCount) -> GuessGate { count.gates(rule).gate(pairing) }
        return GuessStanding(
            all: gate(try GuessStore.others(deviceID, in: db)),
            addresses: try GuessStore.sources(deviceID, in: db).count { gate($0) != .open })
    }

    /// Clears the alarms of devices that are not locked any more; called every now and then.
    package func clearEndedLocks() async throws {
        try await store.write { [self] db in
            for device in try journal.alarmSubjects(.secretLocked, in: db) where try !isLocked(device, in: db) {
                try journal.clearAlarm(.secretLocked, device, in: db)
            }
        }
    }

    /// Tells of locks that begin, once all counts are in the store.
    func tell(
        of locks: [GuessLock], _ deviceID: String, isStrong: Bool = false, by requester: Requester, in db: Database
    ) throws {
        guard !locks.isEmpty else { return }
        let effect =
            isStrong ? "the secret is strong; a device that proves it is served" : try effect(on: deviceID, in: db)
        for lock in locks {
            if let seconds = lock.seconds {
                let hasLine = try journal.auditLine(
                    "secret.lock", deviceID, by: requester, detail: ["seconds": "\(seconds)"], cause: .stranger,
                    in: db)
                if hasLine {
                    try journal.notify(
                        .refused, deviceID,
                        detail: ["by": "wrong guesses", "lockedSeconds": "\(seconds)", "address": requester.address],
                        in: db)
                }
            } else {
                try journal.audit(
                    "secret.lock", deviceID, by: requester, detail: ["why": lock.what], cause: .stranger, in: db)
            }
            let hint = lock.seconds == nil ? "; oob unlock \(deviceID)" : ""
            try journal.raiseAlarm(
                .secretLocked, deviceID,
                detail: "\(lock.what), the last ones from \(requester.address); \(effect)\(hint)", in: db)
        }
    }

    /// Whom the locks of a device keep out, for people.
    private func effect(on deviceID: String, in db: Database) throws -> String {
        let standing = try guessStanding(deviceID, .any, in: db)
        switch standing.all {
        case .locked: return "locked for all until it is unlocked"
        case .backOff(let seconds) where seconds >= locks.firstLockSeconds: return "locked for all for a time"
        case .backOff, .open:
            return "\(standing.addresses) address\(standing.addresses == 1 ? "" : "es") locked out, others are heard"
        }
    }
}
