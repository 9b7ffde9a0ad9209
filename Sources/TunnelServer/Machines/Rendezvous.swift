internal import Wire

/// Number of a connection within one tunnel server; never used again.
package typealias EndID = UInt64

/// Who meets whom (docs/protocols/tunnel.md A5): events go in, what to do comes out. Knows nothing of sockets.
package struct Rendezvous: Sendable {
    /// What two ends must share to be joined. A value of three parts, never glued together: token `a` with nonce `bc`
    /// is not token `ab` with nonce `c`.
    package struct Key: Hashable, Sendable {
        /// Who vouched for the token: ends of different realms never meet.
        package let realm: String
        package let token: String
        /// The nonce; empty when there is none.
        package let nonce: String

        /// Names what is shared.
        package init(realm: String, token: String, nonce: String) {
            self.realm = realm
            self.token = token
            self.nonce = nonce
        }
    }

    /// What becomes of an end whose token was accepted.
    package enum Outcome: Sendable, Equatable {
        /// Nobody is there yet.
        case waits
        /// Both are there; the one that waited comes first.
        case joined(first: EndID, second: EndID)
        /// Two others use that token and nonce already.
        case tunnelExists
        /// The end that waits has the same UUID: both must go. With a nonce the releases call it a loop.
        case sameUUID(waiting: EndID, hasNonce: Bool)
    }

    private struct Guest {
        let key: Key
        let uuid: String
        var partner: EndID?
    }

    private var guests: [EndID: Guest] = [:]
    private var waiting: [Key: EndID] = [:]
    /// Number of tunnels of a key: 0 or 1.
    private var tunnels: Set<Key> = []

    package init() {}

    /// How many tunnels there are.
    package var tunnelCount: Int { tunnels.count }

    /// How many wait for their partner.
    package var waitingCount: Int { waiting.count }

    /// An end's token was accepted.
    ///
    /// - Parameter uuid: as the end wrote it.
    package mutating func admit(_ id: EndID, key: Key, uuid: String) -> Outcome {
        precondition(guests[id] == nil, "an end was admitted twice")
        guard !tunnels.contains(key) else { return .tunnelExists }
        guard let other = waiting[key] else {
            guests[id] = Guest(key: key, uuid: uuid)
            waiting[key] = id
            return .waits
        }
        waiting[key] = nil
        if Self.isSame(guests[other]?.uuid ?? "", uuid) {
            guests[other] = nil
            return .sameUUID(waiting: other, hasNonce: !key.nonce.isEmpty)
        }
        guests[other]?.partner = id
        guests[id] = Guest(key: key, uuid: uuid, partner: other)
        tunnels.insert(key)
        return .joined(first: other, second: id)
    }

    /// An end is gone, in whatever state; answers its partner, which must go as well.
    package mutating func leave(_ id: EndID) -> EndID? {
        guard let guest = guests.removeValue(forKey: id) else { return nil }
        guard let partner = guest.partner else {
            if waiting[guest.key] == id { waiting[guest.key] = nil }
            return nil
        }
        guests[partner] = nil
        tunnels.remove(guest.key)
        return partner
    }

    /// The partner of an end in a tunnel.
    package func partner(of id: EndID) -> EndID? {
        guests[id]?.partner
    }

    /// As values when both are UUIDs, else as text.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        if let first = TunnelUUID(one), let second = TunnelUUID(other) { return first == second }
        return one.utf8.elementsEqual(other.utf8)
    }
}
