internal import Journal
internal import Secrets
package import Store
package import Wire

/// Which names devices may have: one rule for all ways in which a device comes to the hub.
extension Devices {
    /// Whether a device may be recorded, or get a certificate, under an ID. Asked before either, in the same
    /// transaction.
    ///
    /// A new ID must be one of docs/protocols/idprov.md 4; what the store knows already, as a device or by its secret,
    /// stays as it is. No device may bear the name of somebody else: servers that see the common name only would take
    /// it for them. One that has its name keeps it.
    /// - Parameter device: its record, `nil` when there is none.
    /// - Throws: ``DevicesError/invalidDeviceID(_:)``, ``DevicesError/deviceNameTaken(_:ou:)``.
    package func admit(_ id: String, _ device: Device?, in db: Database) throws {
        if device == nil, let problem = DeviceID.problem(in: id), try secrets.end(ofSecretOf: id, in: db) == nil {
            throw DevicesError.invalidDeviceID(problem)
        }
        if let device, Self.keepsItsName(device) { return }
        guard let ou = try otherNames.role(bearing: id, in: db) else { return }
        throw DevicesError.deviceNameTaken(id, ou: ou)
    }

    /// Whether a certificate of another role may bear a name: not that of a device that is in, is about to come in, or
    /// may come back.
    ///
    /// - Throws: ``DevicesError/nameOfDevice(_:isSecretOnly:)``.
    package func admitOther(_ name: String, in db: Database) throws {
        let device = try DeviceStore.find(name, in: db)
        // Who only waits must not be able to keep a name from the operator; a device that has the name then can't be
        // approved.
        let isBorne = device.map { [.approved, .revoked].contains($0.state) || $0.approvedFingerprint != nil } ?? false
        guard !isBorne else { throw DevicesError.nameOfDevice(name) }
        guard try secrets.end(ofSecretOf: name, in: db).map({ $0 < now() }) ?? true else {
            throw DevicesError.nameOfDevice(name, isSecretOnly: true)
        }
    }

    /// Whether a device has a certificate in its name that is valid or may become valid again. One that is pending,
    /// rejected or removed has lost it.
    static func keepsItsName(_ device: Device) -> Bool {
        device.serial != nil && [.approved, .revoked].contains(device.state)
    }

    /// Devices and registered secrets whose ID no new device could have, in the order of their IDs, after one.
    package func invalidIDs(after: String, limit: Int) async throws -> [InvalidID] {
        var found: [InvalidID] = []
        var after = after
        while found.count < limit {
            let ids = try await store.read { [self, after] db in try mergedIDs(after: after, limit: 1000, in: db) }
            for (id, isDevice) in ids {
                guard let problem = DeviceID.problem(in: id) else { continue }
                found.append(InvalidID(id: id, isDevice: isDevice, problem: problem))
            }
            guard ids.count == 1000, let last = ids.last else { break }
            after = last.id
        }
        return Array(found.prefix(limit))
    }

    /// IDs of devices and of registered secrets, each once, in the order of their bytes, after one; whether a device
    /// has it.
    private func mergedIDs(after: String, limit: Int, in db: Database) throws -> [(id: String, isDevice: Bool)] {
        var devices = try DeviceStore.ids(after: after, limit: limit, in: db)[...]
        var others = try secrets.ids(after: after, limit: limit, in: db)[...]
        var merged: [(id: String, isDevice: Bool)] = []
        while merged.count < limit {
            guard let device = devices.first else {
                merged += others.map { ($0, false) }
                break
            }
            if let other = others.first, !device.utf8.lexicographicallyPrecedes(other.utf8) {
                others.removeFirst()
                guard DeviceID(other) == DeviceID(device) else {
                    merged.append((other, false))
                    continue
                }
            }
            devices.removeFirst()
            merged.append((device, true))
        }
        return Array(merged.prefix(limit))
    }
}

/// An ID in the store that no new device could have.
package struct InvalidID: Sendable, Equatable {
    package let id: String
    /// Whether it is a device's; else only a secret is registered for it.
    package let isDevice: Bool
    /// What is wrong with it.
    package let problem: DeviceIDProblem
}
