internal import Encoding
package import PKI

/// A message with its signatures: JWS in JSON general serialization (RFC 7515 section 7.2.1, docs/protocols/cosign.md
/// 2).
package struct SignedMessage: Sendable {
    /// One signature.
    package struct Entry: Sendable {
        /// The header as it was received: the signature covers these bytes.
        package let protected: String
        package let header: ProtectedHeader
        /// `r‖s`, 64 bytes.
        package let signature: [UInt8]
    }

    /// The claims as they stand in the message: base64url, checked where they are decoded.
    package let payload: String
    package private(set) var entries: [Entry]

    init(payload: String, entries: [Entry]) {
        self.payload = payload
        self.entries = entries
    }

    /// Reads a message: steps 1 and 2 of the verification.
    ///
    /// - Throws: `too_large`, `bad_format`, `missing_signature`, `bad_algorithm`, `bad_header`, `duplicate_kid`.
    package init(parsing bytes: [UInt8]) throws(CoSignError) {
        guard bytes.count <= CoSignLimits.message else {
            throw CoSignError(.tooLarge, "a message has at most \(CoSignLimits.message) bytes")
        }
        guard let outer = StrictJSON.object(bytes) else {
            throw CoSignError(.badFormat, "the message is not a strict JSON object")
        }
        for name in ["signature", "protected", "header"] where outer[name] != nil {
            throw CoSignError(.badFormat, "\(name) beside the payload: this is another serialization")
        }
        guard let payload = outer["payload"]?.string, !payload.isEmpty else {
            throw CoSignError(.badFormat, "payload must be text")
        }
        self.payload = payload
        entries = try Self.entries(outer["signatures"])
    }

    private static func entries(_ value: JSONValue?) throws(CoSignError) -> [Entry] {
        guard let value, value != .null, value != .array([]) else {
            throw CoSignError(.missingSignature, "the message has no signatures")
        }
        guard let list = value.array, list.count <= CoSignLimits.signatures else {
            throw CoSignError(.badFormat, "signatures must be an array of at most \(CoSignLimits.signatures)")
        }
        var kids: Set<KeyID> = []
        var entries: [Entry] = []
        for value in list {
            let entry = try Entry(value)
            guard kids.insert(entry.header.kid).inserted else {
                throw CoSignError(.duplicateKID, "two signatures name the same key")
            }
            entries.append(entry)
        }
        return entries
    }

    /// What a signature is made over.
    package func signedBytes(_ protected: String) -> [UInt8] {
        Array(protected.utf8) + [0x2E] + Array(payload.utf8)
    }

    /// Whether an entry was signed by a key.
    package func isSigned(_ entry: Entry, by key: PublicKey) -> Bool {
        key.kind == .p256 && key.verifyRaw(entry.signature, of: signedBytes(entry.protected))
    }

    /// The entry of a key.
    package func entry(_ kid: KeyID) -> Entry? { entries.first { $0.header.kid == kid } }

    /// The same message with some of its signatures.
    package func keeping(_ isKept: (Entry) -> Bool) -> SignedMessage {
        SignedMessage(payload: payload, entries: entries.filter(isKept))
    }

    mutating func append(_ entry: Entry) { entries.append(entry) }

    /// The message as it is sent. Payload and headers are those that were read, byte for byte.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("payload", payload)
            writer.name("signatures")
            writer.array { writer in
                for entry in entries {
                    writer.object { writer in
                        writer.member("protected", entry.protected)
                        writer.member("signature", Base64URL.encode(entry.signature))
                    }
                }
            }
        }
        return writer.bytes
    }
}

extension SignedMessage.Entry {
    /// Reads an element of `signatures`.
    init(_ value: JSONValue) throws(CoSignError) {
        guard value.members != nil, value["header"] == nil, let protected = value["protected"]?.string,
            let signature = value["signature"]?.string
        else { throw CoSignError(.badFormat, "a signature is an object of protected and signature") }
        guard let signature = Base64URL.decode(signature), let header = Base64URL.decode(protected) else {
            throw CoSignError(.badFormat, "a signature or its header is not canonical base64url")
        }
        guard let members = StrictJSON.object(header) else {
            throw CoSignError(.badFormat, "a protected header is not a strict JSON object")
        }
        self.header = try ProtectedHeader(members)
        guard signature.count == 64 else { throw CoSignError(.badFormat, "a signature has 64 bytes") }
        self.protected = protected
        self.signature = signature
    }
}
