package import CoSigning
internal import Devices
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

    /// Makes sure that a device is none of another project's: its administrators have no say over it.
    ///
    /// - Throws: `DevicesError.unknownDevice`.
    package func refuseForeign(_ deviceID: String, project: String) async throws {
        let owner = try await store.lookUp { [devices] db in
            try devices.device(deviceID, in: db)?.deviceType.flatMap { try ProjectStore.project(ofType: $0, in: db) }
        }
        if let owner, !isSame(owner, project) { throw DevicesError.unknownDevice(deviceID) }
    }

    /// Releases that a device may be offered, the highest first; never a lower one than it was offered before.
    package func offers(to asker: Asker, stream: String) async throws -> [Offer] {
        let project = asker.project
        let active = Set(project.keys(.project).filter { $0.state == .active }.map(\.kid))
        let moment = now()
        let (records, floor) = try await store.lookUp { db in
            (
                try ReleaseStore.offerable(
                    project: project.record.id, stream: stream, type: asker.type, now: moment, in: db),
                try ReleaseStore.offered(asker.id, stream: stream, in: db)
            )
        }
        return records.filter { record in
            record.sequence >= floor && KeyID(record.projectKey).map(active.contains) == true
        }.map { Offer(record: $0, asker: asker, floor: floor) }
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
        guard offer.floor < sequence else { return }
        try await store.write { [self] db in
            guard try ReleaseStore.offered(device, stream: stream, in: db) <= sequence else {
                throw CoSignRefusal.policy
            }
            guard try devices.device(device, in: db)?.state == .approved else { throw CoSignRefusal.deviceRevoked }
            guard try ReleaseStore.find(offer.record.id, in: db)?.state == .approved else {
                throw CoSignRefusal.withdrawn
            }
            try ReleaseStore.setOffered(sequence, to: device, stream: stream, in: db)
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
