internal import Devices
package import Journal
package import PKI
internal import Store
internal import Wire

/// Revocation of certificates. What is shut out is shut out everywhere: the store first, then the index every listener
/// asks, then whatever is open (``Endings``).
extension Issuer {
    /// Revokes one certificate. Doing it again changes nothing, but a hold becomes final with another reason.
    ///
    /// A serial the store does not know is revoked as well, as long as it is one an authority makes at random (8
    /// octets or more): after the restoration of an older copy certificates are valid that are newer than it. It stays
    /// on the lists of all authorities until the last of them ends.
    ///
    /// When it is the certificate a device works with, the device is revoked too, unless the reason is `superseded`.
    /// - Parameters:
    ///   - serial: hexadecimal, as `Serial` reads it.
    ///   - unknownLimit: keeps no more than so many serials that nobody knows.
    /// - Throws: ``IssuingError/invalidSerial(_:isShort:)``, ``IssuingError/tooManyUnknownSerials(_:)``.
    @discardableResult
    package func revoke(
        serial: String, reason: RevocationReason, unknownLimit: Int = Issuer.unknownLimit, by requester: Requester
    ) async throws -> CertificateRecord {
        let wanted = Self.normalized(serial)
        let (revoked, deviceID, known) = try await journal.store.write {
            [self] db -> ([Serial], DeviceID?, String) in
            let record =
                try CertificateStore.find(serial: wanted, in: db) ?? addUnknown(serial, limit: unknownLimit, in: db)
            guard var device = try devices.device(record.commonName, in: db), device.serial == record.serial,
                device.ou == record.ou, reason != .superseded
            else { return (try revoke([record], reason: reason, by: requester, in: db), nil, record.serial) }
            if device.state == .approved { device.state = .revoked }
            try devices.end(&device, in: db)
            let ways = try revokeTunnelCertificates(of: device.id, by: requester, in: db)
            let serials = try ways + revoke([record], reason: reason, by: requester, in: db)
            return (serials, DeviceID(device.id), record.serial)
        }
        shutOut(revoked, of: deviceID)
        return try await certificate(serial: known)
    }

    /// Revokes every certificate of a device and the device's right to enrol.
    ///
    /// - Throws: `DevicesError.unknownDevice`.
    package func revoke(deviceID: String, reason: RevocationReason, by requester: Requester) async throws {
        try await end(deviceID, as: .revoked, action: "device.revoke", reason: reason, by: requester)
    }

    /// Rejects a device: its secret is deleted, its certificates are revoked.
    package func reject(deviceID: String, by requester: Requester) async throws {
        try await end(deviceID, as: .rejected, action: "device.reject", reason: .privilegeWithdrawn, by: requester)
    }

    /// Takes a device out of service; the record stays so that nobody else takes its name unseen.
    package func remove(deviceID: String, by requester: Requester) async throws {
        try await end(deviceID, as: .removed, action: "device.remove", reason: .cessationOfOperation, by: requester)
    }

    /// Lifts a hold. A serial whose certificate nobody knows is forgotten, whatever it was revoked for: it may be a
    /// mistake, and no holder is known.
    ///
    /// - Throws: ``IssuingError/notOnHold(_:)``, ``IssuingError/unknownCertificate(_:)``.
    @discardableResult
    package func unhold(serial: String, by requester: Requester) async throws -> CertificateRecord {
        let wanted = Self.normalized(serial)
        let (freed, record) = try await journal.store.write { [self] db -> ([Serial], CertificateRecord) in
            guard let record = try CertificateStore.find(serial: wanted, in: db) else {
                throw IssuingError.unknownCertificate(serial)
            }
            guard record.reason == .certificateHold || record.der.isEmpty else { throw IssuingError.notOnHold(serial) }
            if var device = try devices.device(record.commonName, in: db), device.serial == record.serial,
                device.state == .revoked
            {
                device.state = .approved
                try devices.save(device, in: db)
            }
            let serials = try release([record], by: requester, in: db)
            if record.der.isEmpty { try CertificateStore.removeUnknown(wanted, in: db) }
            return (serials, record)
        }
        revocations.remove(freed)
        return record.der.isEmpty ? record : try await certificate(serial: wanted)
    }

    /// Lifts the hold of all of a device's certificates, and lets it renew again.
    ///
    /// - Throws: ``IssuingError/notOnHold(_:)`` when none is on hold.
    package func unhold(deviceID: String, by requester: Requester) async throws {
        let freed = try await journal.store.write { [self] db -> [Serial] in
            guard var device = try devices.device(deviceID, in: db) else {
                throw DevicesError.unknownDevice(deviceID)
            }
            let held = try CertificateStore.unexpired(
                deviceID: deviceID, since: journal.now() - grace.longestSeconds, in: db
            ).filter { $0.reason == .certificateHold }
            guard !held.isEmpty else { throw IssuingError.notOnHold(deviceID) }
            if device.state == .revoked { device.state = .approved }
            try devices.save(device, in: db)
            return try release(held, by: requester, in: db)
        }
        revocations.remove(freed)
    }

    /// Reads from the store what was revoked; called once, before any listener opens.
    package func loadRevocations() async throws {
        // Whatever the clock says: it may be ahead, and be set back while the hub runs.
        let entries = try await journal.store.read { db in
            try CertificateStore.revoked(since: Int64.min, authority: nil, in: db)
        }
        revocations.insert(entries.map(\.serial))
    }

    /// Removes certificates that ended long ago, a thousand at a time.
    package func removeEndedCertificates() async throws {
        while true {
            let (slow, slowest) = (journal.slowTime, journal.slowestTime)
            let removed = try await journal.store.write { db in
                try CertificateStore.removeEnded(slow: slow, slowest: slowest, limit: 1000, in: db)
            }
            guard removed == 1000 else { return }
        }
    }

    private func end(
        _ deviceID: String, as state: DeviceState, action: String, reason: RevocationReason, by requester: Requester
    ) async throws {
        let revoked = try await journal.store.write { [self] db -> [Serial] in
            guard var device = try devices.device(deviceID, in: db) else {
                throw DevicesError.unknownDevice(deviceID)
            }
            device.state = state
            try devices.end(&device, in: db)
            try journal.audit(action, deviceID, by: requester, detail: ["reason": reason.name], in: db)
            let records = try CertificateStore.unexpired(
                deviceID: deviceID, since: journal.now() - grace.longestSeconds, in: db)
            let ways = try revokeTunnelCertificates(of: deviceID, by: requester, in: db)
            return try ways + revoke(records, reason: reason, by: requester, in: db)
        }
        shutOut(revoked, of: DeviceID(deviceID))
    }

    /// Revokes all certificates under an authority that is no longer trusted.
    func revoke(authority generation: Int64, by requester: Requester) async throws {
        let revoked = try await journal.store.write { [self] db -> [Serial] in
            let records = try CertificateStore.unexpired(authority: generation, now: journal.now(), in: db)
            return try revoke(records, reason: .superseded, by: requester, in: db)
        }
        shutOut(revoked)
    }

    /// Returns the serials that were changed.
    func revoke(
        _ records: [CertificateRecord], reason: RevocationReason, by requester: Requester, in db: Database
    ) throws -> [Serial] {
        var serials: [Serial] = []
        for record in records where record.revokedAt == nil || record.reason == .certificateHold {
            guard record.reason != reason || record.revokedAt == nil, let serial = Serial(hex: record.serial) else {
                continue
            }
            // A hold that becomes final keeps its beginning: the certificate was not valid in between.
            let at = record.revokedAt ?? journal.now()
            try CertificateStore.setRevoked(record.serial, (at, reason), in: db)
            try journal.audit(
                "certificate.revoke", record.commonName.isEmpty ? record.serial : record.commonName, by: requester,
                detail: ["serial": record.serial, "reason": reason.name], in: db)
            serials.append(serial)
        }
        return serials
    }

    private func release(
        _ records: [CertificateRecord], by requester: Requester, in db: Database
    ) throws -> [Serial] {
        for record in records {
            try CertificateStore.setRevoked(record.serial, nil, in: db)
            try journal.audit(
                "certificate.unhold", record.commonName.isEmpty ? record.serial : record.commonName, by: requester,
                detail: ["serial": record.serial], in: db)
        }
        return records.compactMap { Serial(hex: $0.serial) }
    }

    /// Refuses certificates from now on and ends what is open with them; the store holds already that they are revoked.
    ///
    /// - Parameter device: whose they are, when it was shut out with them. Its end is announced first: a link is told
    ///   why it ends before the connection below it is cut.
    func shutOut(_ serials: [Serial], of device: DeviceID? = nil) {
        if !serials.isEmpty { revocations.insert(serials) }
        if let device { journal.endings.announce(.device(device)) }
        if !serials.isEmpty { journal.endings.announce(.certificates(serials)) }
    }
}
