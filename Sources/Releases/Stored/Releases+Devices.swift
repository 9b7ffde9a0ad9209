package import CoSigning
internal import Devices
internal import Journal
internal import Store

/// What devices are told of releases.
extension Releases {
    /// A device that asks, as the hub knows it.
    package struct Asker: Sendable {
        package let id: String
        package let type: String
        package let project: ProjectSnapshot
    }

    /// A release that a device may have.
    package struct Offer: Sendable {
        package let record: ReleaseRecord
        package let asker: Asker
        /// The highest number the device was offered before.
        let floor: Int64
    }

    /// Who asks: its record must be valid, its type must belong to a project.
    ///
    /// - Parameter claimedType: what the device calls its type; counts where the hub has none.
    /// - Returns: `nil` when its type belongs to no project.
    /// - Throws: `device_revoked`.
    package func asker(_ deviceID: String, claimedType: String?) async throws -> Asker? {
        let found = try await store.lookUp { [self] db -> (String?, String?)? in
            // A certificate of this hub without a record: nothing is known against it, and nothing for it.
            guard let device = try devices.device(deviceID, in: db) else { return (nil, nil) }
            guard device.state == .approved else { return nil }
            let type = device.deviceType ?? claimedType
            return (type, try type.flatMap { try ProjectStore.project(ofType: $0, in: db) })
        }
        guard let found else { throw CoSignRefusal.deviceRevoked }
        guard let type = found.0, let projectID = found.1, let project = try await snapshot(projectID) else {
            return nil
        }
        return Asker(id: deviceID, type: type, project: project)
    }

    /// Makes sure that a device is of a project, so that its servers and administrators have a say over it: by its
    /// type; one without a type is of the only project there is.
    ///
    /// - Throws: `DevicesError.unknownDevice`.
    package func refuseForeign(_ deviceID: String, project: String) async throws {
        let isOwn = try await store.lookUp { [devices] db in
            guard let device = try devices.device(deviceID, in: db) else { return false }
            guard let type = device.deviceType else { return try ProjectStore.ids(in: db).count == 1 }
            return try ProjectStore.project(ofType: type, in: db).map { isSame($0, project) } ?? false
        }
        guard isOwn else { throw DevicesError.unknownDevice(deviceID) }
    }

    /// Releases that a device may be offered, the highest first; never a lower one than it was offered before.
    package func offers(to asker: Asker, stream: String) async throws -> [Offer] {
        let (project, moment) = (asker.project.record.id, now())
        let (records, floor) = try await store.lookUp { db in
            let floor = try ReleaseStore.offered(asker.id, project: project, stream: stream, in: db)
            let records = try ReleaseStore.offerable(
                project: project, stream: stream, type: asker.type, floor: floor, now: moment, in: db)
            return (records, floor)
        }
        return records.map { Offer(record: $0, asker: asker, floor: floor) }
    }

    /// Co-signs an offer for its device, now.
    ///
    /// - Parameters:
    ///   - nonce: the device's challenge.
    ///   - deployment: for its reports.
    /// - Throws: `CoSignRefusal`.
    package func authorize(_ offer: Offer, nonce: String?, deployment: String?) async throws -> SignedMessage {
        let asker = offer.asker
        // As it is now: what was taken away since the device asked counts.
        let project = try await known(asker.project.record.id)
        guard let coSigner = project.coSigner, !project.record.isSuspended else { throw CoSignRefusal.suspended }
        let release = try await message(of: offer.record, project)
        // Hardly any publisher names groups.
        let group = release.claims.audience == nil ? nil : try await inventory.group(of: asker.id)
        let device = DeviceDescription(id: asker.id, type: asker.type, groups: group.map { [$0] } ?? [])
        let signed = try release.authorized(
            for: device, grant: .init(audience: "device:" + asker.id, nonce: nonce, deployment: deployment),
            by: coSigner, now: now(), lifetime: project.record.lifetime)
        try await note(offer)
        return signed
    }

    /// Remembers the highest number; mostly it is the one of the last time.
    ///
    /// - Throws: `policy` when the device was given a higher one meanwhile.
    private func note(_ offer: Offer) async throws {
        let (device, stream, sequence) = (offer.asker.id, offer.record.stream, offer.record.sequence)
        let project = offer.record.projectID
        guard offer.floor < sequence else { return }
        try await store.write { [self] db in
            guard try ReleaseStore.offered(device, project: project, stream: stream, in: db) <= sequence else {
                throw CoSignRefusal.policy
            }
            guard try devices.device(device, in: db)?.state == .approved else { throw CoSignRefusal.deviceRevoked }
            guard try ReleaseStore.find(offer.record.id, in: db)?.state == .approved else {
                throw CoSignRefusal.withdrawn
            }
            try ReleaseStore.setOffered(sequence, to: device, project: project, stream: stream, in: db)
            try journal.audit(
                "cosign.release.offer", device, by: .hub,
                detail: [
                    "project": project, "stream": stream, "seq": "\(sequence)", "jti": offer.record.messageID,
                    "projectKey": offer.record.projectKey,
                ], cause: .known, in: db)
        }
    }

    /// The stored message, checked against the project's keys as they are now; in memory as long as nothing changes.
    func message(of record: ReleaseRecord, _ project: ProjectSnapshot) async throws -> StoredRelease {
        // Under the version of the keys it is checked against, not under the present one.
        let version = project.version
        if let kept = stored.value(record.id, version: version) { return kept }
        guard let bytes = try await store.lookUp({ db in try ReleaseStore.message(record.id, in: db) }) else {
            throw CoSignRefusal.withdrawn
        }
        let release = try StoredRelease(bytes, project: project.project)
        stored.keep(release, for: record.id, version: version)
        return release
    }
}
