internal import PKI
internal import Wire

/// One pairing between its first message and its end.
struct PairingSession: Sendable {
    let deviceID: String
    /// Whether attempts count against the source that makes them (`OOBSecret.isGuessable`).
    let isGuessable: Bool
    let address: String
    let publicKey: PublicKey
    let record: PairingRecord
    let hubID: String
    let context: [UInt8]
    /// Seconds of the clock that nobody sets.
    let expiresAt: Int64
    /// Set once the hub has answered the device's share.
    var keys: PairingKeys?
}

/// The open pairings, bounded in number and rate. Pure: time comes in, nothing goes out.
struct PairingSessions {
    /// Open sessions of one address.
    static let limitPerAddress = 64
    /// New sessions of one address in a second.
    static let ratePerAddress = 10
    /// Open sessions in all: some 3 MB.
    static let limit = 4096
    /// Life of a session in seconds.
    static let lifeSeconds: Int64 = 60

    private var open: [String: PairingSession] = [:]
    private var byAddress: [String: Int] = [:]
    private var begun: (second: Int64, byAddress: [String: Int]) = (0, [:])

    /// Makes room for one more session of an address; false when it has too many.
    mutating func admit(_ address: String, now: Int64) -> Bool {
        if begun.second != now { begun = (now, [:]) }
        if open.count >= Self.limit { removeExpired(now: now) }
        if byAddress[address, default: 0] >= Self.limitPerAddress { removeExpired(now: now) }
        guard open.count < Self.limit, byAddress[address, default: 0] < Self.limitPerAddress,
            begun.byAddress[address, default: 0] < Self.ratePerAddress
        else { return false }
        begun.byAddress[address, default: 0] += 1
        return true
    }

    mutating func insert(_ session: PairingSession, named name: String) {
        open[name] = session
        byAddress[session.address, default: 0] += 1
    }

    /// The session of that name, when its time is not over.
    mutating func session(_ name: String, now: Int64) -> PairingSession? {
        guard let session = open[name] else { return nil }
        guard session.expiresAt >= now else {
            close(name)
            return nil
        }
        return session
    }

    /// Notes that the hub answered, and closes every other session of the device: one guess at a time. Guesses at a
    /// strong secret lead nowhere, and their source must not end the pairing of the device itself.
    ///
    /// - Returns: false when the session was answered or closed meanwhile.
    mutating func answer(_ name: String, with keys: PairingKeys) -> Bool {
        guard var session = open[name], session.keys == nil else { return false }
        session.keys = keys
        open[name] = session
        guard session.isGuessable else { return true }
        for (other, value) in open where other != name && DeviceID.isSame(value.deviceID, session.deviceID) {
            close(other)
        }
        return true
    }

    mutating func close(_ name: String) {
        guard let session = open.removeValue(forKey: name) else { return }
        let left = byAddress[session.address, default: 1] - 1
        byAddress[session.address] = left > 0 ? left : nil
    }

    private mutating func removeExpired(now: Int64) {
        for (name, session) in open where session.expiresAt < now { close(name) }
    }
}
