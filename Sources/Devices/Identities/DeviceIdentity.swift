/// What a device calls itself in the update protocol (docs/protocols/mender.md 5), tied to its one record.
package struct DeviceIdentity: Sendable, Equatable {
    /// UUID, lower case: the device's name in that protocol's URLs and tokens.
    package var id: String
    package var deviceID: String
    /// Its identity data as canonical JSON: an object, keys sorted, no white space.
    package var data: String
    /// `standard`, `micro` or `system`, as the device said.
    package var tier: String
    /// First request, Unix seconds.
    package var createdAt: Int64
    /// Last change of it or its keys, Unix seconds.
    package var updatedAt: Int64
    /// Last time it got a token, Unix seconds; `nil` before the first.
    package var checkedInAt: Int64?
    /// Its keys, oldest first.
    package var authSets: [AuthSet]
    /// Whether the operator shut the device's record out (rejected or revoked it): then no key counts.
    package var isShutOut = false
    /// Whether the device's record waits for the operator: then no key gives a token, even one that was accepted before
    /// its certificate ended.
    package var isRecordWaiting = false

    /// The strongest of its keys' states (docs/protocols/mender.md 5); `nil` when it has no key and was not shut out.
    package var status: AuthSetStatus? {
        if isShutOut { return .rejected }
        let order: [AuthSetStatus] = [.accepted, .preauthorized, .pending, .rejected]
        let states = authSets.map(status(of:))
        return order.first(where: states.contains)
    }
}

extension DeviceIdentity {
    /// A key of it.
    func authSet(_ id: String) -> AuthSet? { authSets.first { $0.id == id } }

    /// Status of one of its keys, given the state of its record.
    package func status(of set: AuthSet) -> AuthSetStatus {
        if isShutOut { return .rejected }
        return isRecordWaiting && set.status == .accepted ? .pending : set.status
    }

    /// The key that gets tokens, or would if its record let it.
    var acceptedSet: AuthSet? { authSets.first { $0.status == .accepted } }
}

/// One key of a device, and whether the operator lets it in.
package struct AuthSet: Sendable, Equatable {
    /// UUID, lower case; `jti` of its tokens.
    package var id: String
    /// The key as canonical PEM.
    package var publicKey: String
    /// Whether it may get tokens.
    package var status: AuthSetStatus
    /// First request with it, Unix seconds.
    package var createdAt: Int64
}

/// Status of a key (docs/protocols/mender.md 5). The words are interface.
package enum AuthSetStatus: String, Sendable, CaseIterable {
    /// Waits for the operator.
    case pending
    case accepted
    case rejected
    /// Will be accepted at its first request.
    case preauthorized

    /// The status of a device without keys: a value of the inventory, which filters that operators
    /// keep may name.
    package static let withoutKeys = "noauth"
}

/// Who a token belongs to.
package struct DeviceSession: Sendable, Equatable {
    /// The device in the update protocol: a UUID.
    package let identityID: String
    package let deviceID: String
    /// The key it was given for.
    package let authSetID: String
}
