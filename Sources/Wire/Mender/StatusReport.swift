package import Encoding

/// How far a device is with a deployment: the body of `PUT …/{id}/status` (docs/protocols/mender.md 7.3).
package struct StatusReport: Sendable, Equatable {
    package var status: DeploymentStatus
    /// Text of the device about it; empty for none. Untrusted.
    package var substate: String

    /// Limits of the body: 64 KiB.
    package static let limits = JSONLimits(bytes: 64 * 1024)

    package init(_ status: DeploymentStatus, substate: String = "") {
        self.status = status
        self.substate = substate
    }

    /// Reads a body; unknown members are skipped, and a substate that is not text is ignored.
    ///
    /// - Throws: `invalidMember` for a status that is missing or not one of the words.
    package init(parsing bytes: [UInt8]) throws(MessageError) {
        let body = try JSONValue(parsing: bytes, limits: Self.limits)
        guard let status = body["status"]?.string.flatMap(DeploymentStatus.init) else {
            throw .invalidMember("status")
        }
        self.status = status
        substate = body["substate"]?.string ?? ""
    }

    /// The body as bytes.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            writer.member("status", status.rawValue)
            if !substate.isEmpty { writer.member("substate", substate) }
        }
        return writer.bytes
    }
}
