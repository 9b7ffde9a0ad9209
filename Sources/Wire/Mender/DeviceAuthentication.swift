package import Encoding

/// What a device sends to get a token (docs/protocols/mender.md 3.1). The signature beside it covers the bytes this was
/// read from.
package struct DeviceAuthentication: Sendable, Equatable {
    /// Identity data in canonical form: an object, keys sorted at every level, no white space.
    package let identity: String
    /// The public key, PEM as sent.
    package let publicKey: String
    /// `standard`, `micro` or `system`.
    package let tier: String

    /// Longest body, in bytes.
    package static let limit = 64 * 1024
    /// Longest identity data, in bytes: it is shown and stored.
    package static let identityLimit = 8192

    /// Reads a body; unknown members are passed over.
    ///
    /// - Throws: `missingMember` and `invalidMember` name the member; anything else is not JSON.
    package init(parsing body: [UInt8]) throws(MessageError) {
        let reader = try MessageReader(
            body, names: ["id_data", "pubkey", "tier", "tenant_token"], limits: JSONLimits(bytes: Self.limit))
        let data = try reader.required(0)
        guard data.utf8.count <= Self.identityLimit else { throw .invalidMember("id_data") }
        identity = try Self.canonicalIdentity(Array(data.utf8))
        publicKey = try reader.required(1)
        tier = ["micro", "system"].contains(reader.text(2)) ? reader.text(2) : "standard"
    }

    /// - Parameter identity: identity data in canonical form.
    package init(identity: String, publicKey: String, tier: String = "standard") {
        self.identity = identity
        self.publicKey = publicKey
        self.tier = tier
    }

    /// The body as bytes: what the signature beside it covers.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.object { writer in
            writer.member("id_data", identity)
            writer.member("pubkey", publicKey)
            writer.member("tier", tier)
        }
        return writer.bytes
    }

    /// The canonical form of identity data, which is what two requests of one device share. Of a name that occurs twice
    /// the last one counts, as in the original: nobody but this function decides which value it is, and the signature
    /// covers the bytes as they came.
    ///
    /// - Throws: `invalidMember` when it is not a JSON object with at least one member.
    package static func canonicalIdentity(_ text: [UInt8]) throws(MessageError) -> String {
        let value: JSONValue
        do throws(MessageError) {
            value = try JSONValue(
                parsing: text, limits: JSONLimits(bytes: identityLimit, depth: 8, values: 256), repetition: .lastCounts)
        } catch {
            throw .invalidMember("id_data")
        }
        guard let members = value.members, !members.isEmpty else { throw .invalidMember("id_data") }
        return String(decoding: value.sorted().encoded(), as: UTF8.self)
    }
}

extension JSONValue {
    /// The same value with the members of every object in the order of their names' bytes.
    package func sorted() -> JSONValue {
        switch self {
        case .array(let elements): .array(elements.map { $0.sorted() })
        case .object(let members):
            .object(
                members.map { Member($0.name, $0.value.sorted()) }
                    .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
        default: self
        }
    }
}
