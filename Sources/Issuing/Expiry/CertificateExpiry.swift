internal import Devices
internal import Encoding
internal import Journal
internal import PKI
internal import Store

/// Looks after certificates that end without anybody renewing them.
package struct CertificateExpiry: Sendable {
    private let issuer: Issuer
    private var journal: Journal { issuer.journal }
    private var devices: Devices { issuer.devices }

    package init(issuer: Issuer) {
        self.issuer = issuer
    }

    /// Tells of every device whose certificate ends within a third of its life, or within a week where that is less,
    /// and was not renewed: one event for each serial, and an alarm that is active until the device has a new one or is
    /// out. Called every now and then.
    package func sweepExpiring() async throws {
        while try await tellExpiring() == Self.batch {}
        try await journal.store.write { db in
            for device in try journal.alarmSubjects(.certificateExpiring, in: db)
            where try find(untold: false, device: device, in: db).isEmpty {
                try journal.clearAlarm(.certificateExpiring, device, in: db)
                // The clock was ahead when it was told: it is told again when it is true.
                try ExpiryStore.forget(device: device, in: db)
            }
            // Serials that are no longer the newest of a device.
            for told in try ExpiryStore.told(in: db)
            where try devices.device(told.deviceID, in: db)?.serial != told.serial {
                try ExpiryStore.forget(serial: told.serial, in: db)
            }
        }
    }

    /// Raises or clears the alarms about the site's own authority: one half a year before its end, another one in its
    /// place at the end.
    ///
    /// - Returns: whether it was found to have ended just now.
    @discardableResult
    package func sweepAuthority() async throws -> Bool {
        let certificate = issuer.authority.certificate
        let left = certificate.notAfter - journal.now()
        let kind: AlarmKind? =
            left <= 0 ? .authorityEnded : left <= Self.authoritySeconds ? .authorityExpiring : nil
        return try await journal.store.write { db in
            let fingerprint = certificate.fingerprint
            for other in [AlarmKind.authorityExpiring, .authorityEnded] {
                // An authority that was exchanged meanwhile is not the one the alarm was about.
                for subject in try journal.alarmSubjects(other, in: db)
                where other != kind || subject != fingerprint {
                    try journal.clearAlarm(other, subject, in: db)
                }
            }
            guard let kind, try !journal.alarmSubjects(kind, in: db).contains(fingerprint) else {
                return false
            }
            try journal.raiseAlarm(
                kind, fingerprint,
                detail: "\(certificate.subject.commonName) \(left <= 0 ? "ended" : "ends") "
                    + RFC3339.text(certificate.notAfter), in: db)
            return kind == .authorityEnded
        }
    }

    /// A thousand at a time, so that nobody waits long for the writer; answers how many there were.
    private func tellExpiring() async throws -> Int {
        let found = try await journal.store.read { db in try find(untold: true, in: db) }
        guard !found.isEmpty else { return 0 }
        try await journal.store.write { db in
            for certificate in found where try !find(untold: true, device: certificate.deviceID, in: db).isEmpty {
                guard try ExpiryStore.note(certificate, in: db) else { continue }
                let end = RFC3339.text(certificate.notAfter)
                try journal.notify(
                    .expiring, certificate.deviceID, detail: ["serial": certificate.serial, "notAfter": end], in: db)
                try journal.holdAlarm(
                    .certificateExpiring, certificate.deviceID,
                    detail: "certificate \(certificate.serial) ends \(end)", in: db)
            }
        }
        return found.count
    }

    /// Newest certificates of devices that have less than a third of their life left, and less than a week.
    ///
    /// - Parameters:
    ///   - untold: leaves out those that were told.
    ///   - device: looks at this one only; without it at all of them, one by one.
    private func find(untold: Bool, device: String? = nil, in db: Database) throws -> [ExpiringCertificate] {
        let now = journal.now()
        var found: [ExpiringCertificate] = []
        for (deviceID, serial) in try devices.certified(endingBy: now + Self.longestSeconds, device: device, in: db) {
            guard let record = try CertificateStore.find(serial: serial, in: db), record.revokedAt == nil,
                record.notAfter - now <= (record.notAfter - record.notBefore) / 3,
                try !untold || !ExpiryStore.isTold(serial, in: db)
            else { continue }
            found.append(ExpiringCertificate(deviceID: deviceID, serial: serial, notAfter: record.notAfter))
            if found.count == Self.batch { break }
        }
        return found
    }

    private static let batch = 1000
    private static let longestSeconds: Int64 = 7 * 86_400
    private static let authoritySeconds: Int64 = 180 * 86_400
}
