package import Devices
package import Journal
package import PKI
package import Secrets
internal import Store

/// Why a device gets a certificate.
package enum EnrolmentReason: Sendable {
    /// It proved the secret, which is used up by this.
    case secret(OOBSecret)
    /// It proved the secret by SPAKE2+, which uses it up as well.
    case pairing(OOBSecret)
    /// It holds a certificate for its own ID.
    case renewal
    /// As ``renewal``, with a certificate that has ended but is within its grace period.
    case lateRenewal
    /// An admin or plugin asked for it.
    case request
    /// The operator approved its key by eye.
    case fingerprint

    /// Whether the attempt was counted before.
    var isPairing: Bool { if case .pairing = self { true } else { false } }

    /// Whether nothing is used up by it, so that it may be asked for again and again.
    var isRepeatable: Bool {
        switch self {
        case .renewal, .lateRenewal, .request: true
        case .secret, .pairing, .fingerprint: false
        }
    }

    /// The secret it costs.
    var secret: OOBSecret? {
        switch self {
        case .secret(let secret), .pairing(let secret): secret
        default: nil
        }
    }

    var name: String {
        switch self {
        case .secret: "secret"
        case .pairing: "pairing"
        case .renewal: "renewal"
        case .lateRenewal: "lateRenewal"
        case .request: "request"
        case .fingerprint: "fingerprint"
        }
    }
}

/// Enrolment of devices, the same for every protocol that enrols: what is issued once ``decide(_:claim:)`` said so.
extension Issuer {
    /// Issues a device's certificate for a claim looked up before; when this returns, certificate, device record and
    /// the used secret are durable.
    ///
    /// A device that asks too often, or for one that would last no longer than what it has, is given the one it has;
    /// with another key it has to wait.
    /// - Throws: ``IssuingError/keyNotAllowed``; ``IssuingError/nameNotAllowed``; ``IssuingError/secretGone`` when
    ///   another request used the secret first; ``IssuingError/deviceRefused(_:)``; `DevicesError.invalidDeviceID`,
    ///   `DevicesError.deviceNameTaken`; ``IssuingError/authorityEnded(at:)``;
    ///   ``IssuingError/tooManyCertificates(seconds:)``.
    package func enrol(
        _ deviceID: String, claim: Claim, publicKey: PublicKey, sighting: Sighting, reason: EnrolmentReason,
        names: [SubjectAlternativeName] = [], by requester: Requester
    ) async throws -> Certificate {
        try Self.allow(names)
        let secret = reason.secret
        let ou = secret?.ou ?? claim.device?.ou ?? "iotdevice"
        let authority = authority
        let profile = try authority.profile(ou)
        if reason.isRepeatable,
            let kept = try await kept(deviceID, claim.device, publicKey, names, of: profile, by: authority)
        {
            return kept
        }
        let certificate = try authority.sign(
            commonName: deviceID, publicKey: publicKey, profile: profile, names: names, now: journal.now())
        let source = secret?.isGuessable == true ? secrets.guessSource(of: requester.address) : nil
        try await journal.store.write { [self] db in
            let found = try devices.device(deviceID, in: db)
            var device = found ?? Device(id: deviceID, state: .approved, seen: journal.now())
            try devices.admit(deviceID, found, in: db)
            guard device.state.mayEnrol else { throw IssuingError.deviceRefused(deviceID) }
            if let secret,
                try !secrets.consume(
                    secret, key: publicKey.fingerprint, from: source, isPairing: reason.isPairing, in: db)
            {
                throw IssuingError.secretGone
            }
            // An approval of a key is good for one certificate, also when two requests come at once.
            if case .fingerprint = reason, device.approvedFingerprint != publicKey.fingerprint {
                throw IssuingError.secretGone
            }
            device.see(sighting, at: journal.now())
            device.state = .approved
            device.ou = ou
            device.deviceType = secret?.deviceType ?? device.deviceType
            device.approvedFingerprint = nil
            device.forgetOtherKeys()
            device.serial = certificate.serial.description
            device.notAfter = certificate.notAfter
            try devices.save(device, in: db)
            try CertificateStore.insert(
                certificate, ou: ou, authority: authority.generation, deviceID: deviceID, at: journal.now(),
                in: db)
            try journal.audit(
                "device.enrol", deviceID, by: requester,
                detail: ["reason": reason.name, "serial": certificate.serial.description], in: db)
            try tell(of: certificate, reason: reason, in: db)
        }
        noteIssued(certificate, of: profile, by: authority)
        return certificate
    }

    /// The certificate a device is given once more instead of another; `nil` when it may have another.
    ///
    /// - Throws: ``IssuingError/authorityEnded(at:)``, ``IssuingError/tooManyCertificates(seconds:)``.
    private func kept(
        _ deviceID: String, _ device: Device?, _ key: PublicKey, _ names: [SubjectAlternativeName],
        of profile: CertificateProfile, by authority: Authority
    ) async throws -> Certificate? {
        let end = authority.certificate.notAfter
        guard !authority.hasEnded(at: journal.now()) else { throw IssuingError.authorityEnded(at: end) }
        if names.isEmpty, let notAfter = device?.notAfter, notAfter >= end,
            let newest = try await newest(of: device, key, by: authority),
            newest.dnsNames.isEmpty, newest.addresses.isEmpty
        {
            return newest
        }
        guard let seconds = renewalWait(deviceID, profile) else { return nil }
        guard let newest = try await newest(of: device, key, by: authority) else {
            throw IssuingError.tooManyCertificates(seconds: seconds)
        }
        return newest
    }

    /// The certificate a device works with, when it is for the same key and of the same authority, and has begun.
    private func newest(of device: Device?, _ key: PublicKey, by authority: Authority) async throws -> Certificate? {
        guard let serial = device?.serial,
            let record = try await journal.store.lookUp({ db in try CertificateStore.find(serial: serial, in: db) }),
            record.authority == authority.generation, record.revokedAt == nil
        else { return nil }
        let certificate = try Certificate(der: record.der)
        return certificate.publicKey == key && !isOfTheFuture(certificate) ? certificate : nil
    }

    /// Whether a device may renew with a certificate that has ended, or that begins later than now: its kind's grace
    /// period decides, and, where the operator must approve, an approval of its key (which is asked for elsewhere)
    /// instead of this.
    func mayRenewLate(_ ended: Certificate, _ device: Device?) -> Bool {
        guard let device, device.serial == ended.serial.description else { return false }
        // It has not ended at all: the hub's clock was ahead when it was made.
        guard !isOfTheFuture(ended) else { return true }
        let rule = grace.rule(for: device.deviceType)
        return !rule.needsApproval && journal.now() - ended.notAfter <= rule.seconds
    }

    /// A first certificate is news for the webhooks, any certificate ends the alarms about the one before.
    private func tell(of certificate: Certificate, reason: EnrolmentReason, in db: Database) throws {
        let deviceID = certificate.subject.commonName
        try journal.clearAlarm(.certificateExpiring, deviceID, in: db)
        if case .renewal = reason { return }
        try journal.clearAlarm(.secretLocked, deviceID, in: db)
        try journal.notify(
            .approved, deviceID,
            detail: ["by": "certificate", "reason": reason.name, "serial": certificate.serial.description], in: db)
    }
}
