internal import PKI
internal import Synchronization
internal import Wire

/// Judges tunnel tokens without a look into the database: the store holds what was taken back durably, this the same in memory.
package final class TunnelAccess: Sendable {
    /// What was taken back.
    package enum Denial: Sendable, Equatable {
        /// One token, by its number.
        case token(String)
        /// Whatever is about a device.
        case device(String)
    }

    private struct State {
        /// Numbers of tokens, with their ends: until then they must be refused.
        var tokens: [String: Int64] = [:]
        /// Devices, with the time until which tokens about them were issued that no longer count.
        var devices: [DeviceID: Int64] = [:]
        var servers = ServerNames()
        var onDenial: @Sendable (Denial) -> Void = { _ in }
    }

    private let key: SealingKey
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    init(key: SealingKey, now: @escaping @Sendable () -> Int64) {
        self.key = key
        self.now = now
    }

    /// The token a text holds when it counts now; `nil` when it was forged, ended, or was taken back.
    package func token(_ text: String) -> TunnelToken? {
        guard let token = TunnelToken(text, key: key), now() < token.expiresAt else { return nil }
        let isDenied = state.withLock { state in
            state.tokens[token.id] != nil
                || (state.devices[DeviceID(token.deviceID)].map { token.issuedAt <= $0 } ?? false)
        }
        return isDenied ? nil : token
    }

    /// Whether a device may register a server under a UUID.
    ///
    /// The UUID made from a device's ID (version 8) is the device's alone. Any other belongs to the device that registered it first, until
    /// the hub restarts, forgets the device, or the device has used sixteen others since.
    package func mayServe(_ deviceID: String, uuid: [UInt8]) -> Bool {
        guard uuid.count == 16 else { return false }
        if Self.isMade(uuid) { return uuid == NameUUID.tunnel(of: deviceID) }
        return state.withLock { $0.servers.mayClaim(uuid, DeviceID(deviceID)) }
    }

    /// A device's server stands under a UUID now; ``mayServe(_:uuid:)`` was asked before.
    package func serves(_ deviceID: String, uuid: [UInt8]) {
        guard uuid.count == 16, !Self.isMade(uuid) else { return }
        state.withLock { $0.servers.claim(uuid, DeviceID(deviceID)) }
    }

    /// A device's server under a UUID is gone.
    package func servesNoMore(_ deviceID: String, uuid: [UInt8]) {
        state.withLock { $0.servers.leave(uuid, DeviceID(deviceID)) }
    }

    /// Whether it is of the kind that is made from the ID of a device.
    private static func isMade(_ uuid: [UInt8]) -> Bool {
        uuid[6] >> 4 == 8
    }

    /// Whom to tell what was just taken back, so that open tunnels end.
    package func onDenial(_ action: @escaping @Sendable (Denial) -> Void) {
        state.withLock { $0.onDenial = action }
    }

    func text(of token: TunnelToken) -> String {
        token.text(key: key)
    }

    /// Takes a token back; the store holds that already.
    package func deny(token id: String, until end: Int64) {
        let tell = state.withLock { state in
            state.tokens = state.tokens.filter { $0.value > now() }
            state.tokens[id] = end
            return state.onDenial
        }
        tell(.token(id))
    }

    /// Takes back whatever is about a device; the store holds that already.
    package func deny(device id: String) {
        let tell = state.withLock { state in
            state.devices[DeviceID(id)] = now()
            state.servers.forget(DeviceID(id))
            return state.onDenial
        }
        tell(.device(id))
    }

    /// What the store knows; called once, before any listener opens.
    func load(_ tokens: [(id: String, end: Int64)]) {
        state.withLock { state in
            for token in tokens { state.tokens[token.id] = token.end }
        }
    }
}
