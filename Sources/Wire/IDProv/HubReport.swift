package import Encoding

/// What a device tells its own hub about others it met, with its certificate, at ``HubReport/path``.
///
/// Beyond the protocol's text: a hub that does not know the call answers 404, and the device leaves it at that.
package struct HubReport: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A hub that pretends to be the device's own.
        case fakeHub
    }

    /// Where it is posted.
    package static let path = "/idprov/report"
    /// Largest report in bytes.
    package static let bodyLimit = 4096

    package var kind: Kind
    /// Where, and how it gave itself away; for people.
    package var detail: String

    private static let names = ["kind", "detail"]

    /// Makes a report.
    package init(kind: Kind, detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// Reads a report from the network.
    package init(parsing body: [UInt8]) throws(MessageError) {
        let reader = try MessageReader(body, names: Self.names, limits: JSONLimits(bytes: Self.bodyLimit, values: 64))
        guard let kind = Kind(rawValue: try reader.required(0)) else { throw .invalidMember("kind") }
        self.kind = kind
        detail = reader.text(1)
    }

    /// The body to post.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("kind", kind.rawValue)
            writer.member("detail", detail)
        }
        return writer.bytes
    }
}
