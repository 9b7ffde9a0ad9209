internal import Wire

/// Which device may register under a UUID that is not made from its ID (docs/tunnel.md): the first one, as long
/// as it is remembered.
///
/// Stock servers choose their own UUIDs, some a new one at each start; a device keeps the newest few, and those in use
/// in any case.
struct ServerNames {
    /// UUIDs of one device that are remembered or in use.
    static let limit = 16

    private struct Claim {
        let uuid: [UInt8]
        var isInUse: Bool
    }

    private var owners: [[UInt8]: DeviceID] = [:]
    /// Of each device, in the order in which they were last registered.
    private var claims: [DeviceID: [Claim]] = [:]

    /// Whether a device may register under a UUID now.
    func mayClaim(_ uuid: [UInt8], _ deviceID: DeviceID) -> Bool {
        if let owner = owners[uuid] { return owner == deviceID }  // bytes
        let own = claims[deviceID] ?? []
        return own.count < Self.limit || own.contains { !$0.isInUse }
    }

    /// The device is registered under it; what it has not used for longest is free for others again.
    mutating func claim(_ uuid: [UInt8], _ deviceID: DeviceID) {
        guard mayClaim(uuid, deviceID) else { return }
        var own = claims[deviceID] ?? []
        own.removeAll { $0.uuid == uuid }
        if own.count >= Self.limit, let oldest = own.firstIndex(where: { !$0.isInUse }) {
            owners[own.remove(at: oldest).uuid] = nil
        }
        own.append(Claim(uuid: uuid, isInUse: true))
        claims[deviceID] = own
        owners[uuid] = deviceID
    }

    /// The device's server under it is gone; the UUID stays the device's.
    mutating func leave(_ uuid: [UInt8], _ deviceID: DeviceID) {
        guard let index = claims[deviceID]?.firstIndex(where: { $0.uuid == uuid }) else { return }
        claims[deviceID]?[index].isInUse = false
    }

    /// The device is shut out: others may have what it had.
    mutating func forget(_ deviceID: DeviceID) {
        for claim in claims.removeValue(forKey: deviceID) ?? [] { owners[claim.uuid] = nil }
    }
}
