internal import Devices
package import Journal
internal import PKI
internal import Synchronization
internal import Wire

/// Judges tunnel tokens without a look into the database, but for those made under a wrong clock or for devices that
/// were shut out: the store holds durably which were revoked, this the same in memory.
package final class TunnelAccess: Sendable {
    private struct State {
        /// Numbers of tokens, with their ends: until then they must be refused.
        var tokens: [String: Int64] = [:]
        /// Devices that were shut out since the start: of theirs those count that the store has and that were not taken
        /// back. Not by the time at which they were issued: a clock may have been wrong then, or be wrong now.
        var devices: Set<DeviceID> = []
        var servers = ServerNames()
        /// Grows with every right that is taken.
        var denials: UInt64 = 0
    }

    private let key: SealingKey
    private let now: @Sendable () -> Int64
    private let wrongUntil: @Sendable () -> Int64
    private let storedEnd: StoredEnd
    private let state = Mutex(State())

    /// Finds the end of a token by its number, and answers once: `nil` for one that was revoked.
    typealias StoredEnd = @Sendable (String, _ answer: @escaping @Sendable (Int64?) -> Void) -> Void

    /// - Parameters:
    ///   - wrongUntil: tokens issued until then, Unix seconds, or later than now, may have been made while the clock
    ///     was ahead: the store knows when they really end.
    ///   - storedEnd: asks the store.
    init(
        key: SealingKey, now: @escaping @Sendable () -> Int64, wrongUntil: @escaping @Sendable () -> Int64,
        storedEnd: @escaping StoredEnd
    ) {
        self.key = key
        self.now = now
        self.wrongUntil = wrongUntil
        self.storedEnd = storedEnd
    }

    /// A token that is valid.
    package struct Judged: Sendable {
        package let token: TunnelToken
        /// ``TunnelAccess/denials`` before the store was asked; `nil` when it was not.
        package let denials: UInt64?
    }

    /// Finds the token a text holds when it is valid now: `nil` when it was forged, has ended or was revoked.
    ///
    /// - Parameter answer: called once: at once but for tokens of which the store knows more, then from its thread.
    package func judge(_ text: String, answer: @escaping @Sendable (Judged?) -> Void) {
        let now = now()
        guard let token = TunnelToken(text, key: key), now < token.expiresAt else { return answer(nil) }
        let wrongUntil = wrongUntil()
        let (isDenied, isDoubtful, denials) = state.withLock { state in
            (
                state.tokens[token.id] != nil,
                state.devices.contains(DeviceID(token.deviceID)) || token.issuedAt > now
                    || token.issuedAt <= wrongUntil,
                state.denials
            )
        }
        guard !isDenied else { return answer(nil) }
        guard isDoubtful else { return answer(Judged(token: token, denials: nil)) }
        storedEnd(token.id) { end in
            guard let end, now < end else { return answer(nil) }
            var token = token
            token.expiresAt = min(token.expiresAt, end)
            answer(Judged(token: token, denials: denials))
        }
    }

    /// The token a text holds when it is valid now; `nil` when it was forged, has ended or was revoked.
    package func token(_ text: String) async -> TunnelToken? {
        await withCheckedContinuation { continuation in
            judge(text) { continuation.resume(returning: $0?.token) }
        }
    }

    /// Whether a device may register a server under a UUID.
    ///
    /// The UUID made from a device's ID (version 8) is the device's alone. Any other belongs to the device that
    /// registered it first, until the hub restarts, forgets the device, or the device has used sixteen others since.
    package func mayServe(_ deviceID: String, uuid: [UInt8]) -> Bool {
        guard uuid.count == 16 else { return false }
        if Self.isMade(uuid) { return uuid == NameUUID.tunnel(of: deviceID) }
        return state.withLock { $0.servers.mayClaim(uuid, DeviceID(deviceID)) }
    }

    /// A device's server is registered under a UUID now; ``mayServe(_:uuid:)`` was asked before.
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

    func text(of token: TunnelToken) -> String {
        token.text(key: key)
    }

    /// Refuses a token from now on; the store holds that already. The caller announces
    /// ``Ending/tunnelToken(_:)`` next, so that open tunnels end.
    func deny(token id: String, until end: Int64) {
        state.withLock { state in
            state.tokens[id] = end
            state.denials += 1
        }
    }

    /// Grows with every right that is taken: what was judged before, with the store's help, may be wrong now.
    package var denials: UInt64 { state.withLock(\.denials) }

    /// Refuses whatever is about a device; the store holds that already.
    private func deny(_ device: DeviceID) {
        state.withLock { state in
            state.devices.insert(device)
            state.denials += 1
            state.servers.forget(device)
        }
    }

    /// Forgets tokens that have ended by a time which no jump of the clock moves.
    func forgetEnded(at slowTime: Int64) {
        state.withLock { $0.tokens = $0.tokens.filter { $0.value > slowTime } }
    }

    /// What the store knows; called once, before any listener opens.
    func load(_ tokens: [(id: String, end: Int64)]) {
        state.withLock { state in
            for token in tokens { state.tokens[token.id] = token.end }
        }
    }
}

extension TunnelAccess: EndingSubscriber {
    package func hear(_ ending: Ending) {
        switch ending {
        case .device(let device): deny(device)
        // Tokens are refused by their numbers and ends, which no announcement carries.
        case .tunnelToken, .time, .clockSetBack: break
        case .deviceLink, .linkKey, .certificates, .userToken, .user: break
        }
    }
}
