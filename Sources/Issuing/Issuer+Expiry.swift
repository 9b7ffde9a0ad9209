internal import GRDB
internal import PKI
internal import Registry
internal import Store
internal import Wire

/// Looks after certificates that end without anybody renewing them.
extension Issuer {
    /// Tells of every device whose certificate ends within a third of its life, or within a week where that is less, and was not
    /// renewed: one event for each serial, and an alarm that stands until the device has a new one or is out. Called every now
    /// and then.
    package func sweepExpiring() async throws {
        while try await tellExpiring() == Self.batch {}
        try await registry.store.write { [self] db in
            for device in try registry.alarmSubjects(.certificateExpiring, in: db)
            where try find(untold: false, device: device, in: db).isEmpty {
                try registry.clearAlarm(.certificateExpiring, device, in: db)
            }
            try ExpiryStore.forgetOthers(in: db)
        }
    }

    /// Raises or clears the alarm about the site's own authority, half a year before its end.
    package func sweepAuthority() async throws {
        let certificate = authority.certificate
        let isEnding = certificate.notAfter - registry.now() <= Self.authoritySeconds
        try await registry.store.write { [self] db in
            let fingerprint = certificate.fingerprint
            // An authority that was exchanged meanwhile is not the one the alarm was about.
            for subject in try registry.alarmSubjects(.authorityExpiring, in: db)
            where !isEnding || subject != fingerprint {
                try registry.clearAlarm(.authorityExpiring, subject, in: db)
            }
            guard isEnding else { return }
            try registry.holdAlarm(
                .authorityExpiring, fingerprint,
                detail: "\(certificate.subject.commonName) ends \(RFC3339.text(certificate.notAfter))", in: db)
        }
    }

    /// A thousand at a time, so that nobody waits long for the writer; answers how many there were.
    private func tellExpiring() async throws -> Int {
        let found = try await registry.store.read { [self] db in try find(untold: true, in: db) }
        guard !found.isEmpty else { return 0 }
        try await registry.store.write { [self] db in
            for certificate in found where try !find(untold: true, device: certificate.deviceID, in: db).isEmpty {
                guard try ExpiryStore.note(certificate, in: db) else { continue }
                let end = RFC3339.text(certificate.notAfter)
                try registry.notify(
                    .expiring, certificate.deviceID, detail: ["serial": certificate.serial, "notAfter": end], in: db)
                try registry.holdAlarm(
                    .certificateExpiring, certificate.deviceID,
                    detail: "certificate \(certificate.serial) ends \(end)", in: db)
            }
        }
        return found.count
    }

    private func find(untold: Bool, device: String? = nil, in db: Database) throws -> [ExpiringCertificate] {
        try ExpiryStore.find(
            at: registry.now(), longest: Self.longestSeconds, untold: untold, device: device, limit: Self.batch, in: db)
    }

    private static let batch = 1000
    private static let longestSeconds: Int64 = 7 * 86_400
    private static let authoritySeconds: Int64 = 180 * 86_400
}
