internal import Devices
package import Journal
package import PKI
internal import Store
internal import Synchronization

/// Certificates of the site that the store does not know: after the restoration of an older copy all those that are
/// newer than it. They are valid, since the authority signed them; once the hub knows them they can be listed, judged
/// by OCSP and revoked with their device.
extension Issuer {
    /// Most certificates that are kept because somebody showed them.
    package static let learnedLimit = 100_000
    /// Most serials that are kept although nobody knows their certificates: each is on the CRLs of all authorities.
    package static let unknownLimit = 10_000

    /// Certificates that were accepted in handshakes and that the store may not know, as they come. Taken by one task
    /// at a time.
    package var unknownCertificates: AsyncStream<Certificate> { seen.certificates }

    /// Writes a certificate down that an authority of the site signed. One that is known already stays as it is.
    ///
    /// - Parameter limit: keeps no more than so many of them.
    /// - Returns: whether it was written down.
    /// - Throws: ``IssuingError/foreignCertificate``.
    @discardableResult
    package func learn(
        _ certificate: Certificate, limit: Int = Int.max, by requester: Requester
    ) async throws -> Bool {
        do { return try await write(certificate, limit: limit, by: requester) } catch {
            // Queued again at its next handshake.
            verified.forget(certificate)
            throw error
        }
    }

    private func write(_ certificate: Certificate, limit: Int, by requester: Requester) async throws -> Bool {
        let authorities = authorities.all
        guard !authorities.contains(where: { $0.certificate.publicKey == certificate.publicKey }),
            let authority = authorities.first(where: { certificate.isSigned(by: $0.certificate) })
        else { throw IssuingError.foreignCertificate }
        // Nearly all are known: that costs no write.
        let serial = certificate.serial.description
        let known = try await journal.store.lookUp { db in try CertificateStore.find(serial: serial, in: db) }
        guard known?.der.isEmpty ?? true else { return false }
        let ou = certificate.subject.organizationalUnits.first { (try? authority.profile($0)) != nil } ?? ""
        let (isNew, revoked) = try await journal.store.write { [self] db -> (Bool, [Serial]) in
            let known = try CertificateStore.find(serial: certificate.serial.description, in: db)
            guard known?.der.isEmpty ?? true else { return (false, []) }
            guard try known != nil || CertificateStore.learnedCount(in: db) < limit else { return (false, []) }
            let device = try devices.device(certificate.subject.commonName, in: db)
            let isDevice = ou == "iotdevice" || (device != nil && device?.ou == ou)
            try CertificateStore.learn(
                certificate, ou: ou, authority: authority.generation,
                deviceID: isDevice ? certificate.subject.commonName : nil, at: journal.now(), in: db)
            try journal.audit(
                "certificate.learn", certificate.subject.commonName, by: requester,
                detail: ["serial": certificate.serial.description, "ou": ou], in: db)
            // It is what the device works with now.
            if known == nil, isDevice, var changed = device, changed.state == .approved,
                changed.notAfter ?? 0 < certificate.notAfter
            {
                changed.serial = certificate.serial.description
                changed.notAfter = certificate.notAfter
                try devices.save(changed, in: db)
            }
            // Its device was shut out while the store did not know of it.
            guard isDevice, let device, !device.state.mayEnrol,
                let record = try CertificateStore.find(serial: certificate.serial.description, in: db)
            else { return (true, []) }
            return (true, try revoke([record], reason: .cessationOfOperation, by: requester, in: db))
        }
        shutOut(revoked)
        return isNew
    }

    /// Keeps a serial that nobody knows, so that it can be revoked.
    ///
    /// - Throws: ``IssuingError/invalidSerial(_:isShort:)``, ``IssuingError/tooManyUnknownSerials(_:)``.
    func addUnknown(_ text: String, limit: Int, in db: Database) throws -> CertificateRecord {
        guard let serial = Serial(hex: text) else { throw IssuingError.invalidSerial(text, isShort: false) }
        // Written in another way, without its leading zero say, it may be known.
        if let known = try CertificateStore.find(serial: serial.description, in: db) { return known }
        guard serial.bytes.count >= 8 else { throw IssuingError.invalidSerial(text, isShort: true) }
        guard let end = authorities.all.map(\.certificate.notAfter).max() else {
            throw IssuingError.unknownCertificate(text)
        }
        guard try CertificateStore.unknownCount(in: db) < limit else {
            throw IssuingError.tooManyUnknownSerials(limit)
        }
        try CertificateStore.insertUnknown(serial, notAfter: end, at: journal.now(), in: db)
        guard let record = try CertificateStore.find(serial: serial.description, in: db) else {
            throw IssuingError.unknownCertificate(text)
        }
        return record
    }
}

/// Queue from handshakes, which can't wait for the store, to the task that writes certificates down. Bounded; a
/// certificate that does not fit is queued at its next handshake.
final class SeenCertificates: Sendable {
    private static let waitingLimit = 256

    let certificates: AsyncStream<Certificate>
    private let waiting: AsyncStream<Certificate>.Continuation

    init() {
        (certificates, waiting) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.waitingLimit))
    }

    /// Queues a certificate; `false` when the queue is full.
    func note(_ certificate: Certificate) -> Bool {
        if case .enqueued = waiting.yield(certificate) { return true }
        return false
    }
}
