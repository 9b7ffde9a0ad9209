/// What became of a release at the hub.
package enum ReleaseState: String, Sendable, CaseIterable {
    /// Waits for an operator.
    case pending
    case approved
    /// No longer offered.
    case withdrawn
}

/// A release as the hub keeps it, beside its message.
package struct ReleaseRecord: Sendable, Equatable {
    package let id: String
    package let projectID: String
    package let stream: String
    package let sequence: Int64
    package let version: String
    /// Id of the publisher's message.
    package let messageID: String
    package let sha256: String
    package let size: Int64
    /// The project key that signed.
    package let projectKey: String
    /// Unix seconds after which it is no longer offered.
    package let endsAt: Int64
    package var state: ReleaseState
    package let uploadedBy: String
    /// Unix seconds.
    package let createdAt: Int64
}
