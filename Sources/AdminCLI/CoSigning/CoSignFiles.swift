internal import CoSigning
internal import Encoding
internal import Files
internal import PKI

/// What the commands on co-signed messages share.
enum CoSignFiles {
    /// A message; all of it is read before anything is believed.
    static func message(_ path: String) throws -> SignedMessage {
        let bytes = try bytes(path)
        return try naming(path) { try SignedMessage(parsing: bytes) }
    }

    /// The bytes of a message, without the line end that editors and these commands put behind it.
    static func bytes(_ path: String) throws -> [UInt8] {
        var bytes = try SecureFile.bytes(path)
        if bytes.last == 0x0A { bytes.removeLast() }
        return bytes
    }

    /// A trust store, with its rules checked.
    static func trust(_ path: String) throws -> TrustedKeys {
        let value = try object(path)
        return try naming(path) { try TrustedKeys(value) }
    }

    /// A strict JSON object of at most 64 KiB.
    static func object(_ path: String) throws -> JSONValue {
        guard let value = StrictJSON.parse(try SecureFile.bytes(path)), value.members != nil else {
            throw CommandFailure.failed("\(path) is not a strict JSON object of at most 64 KiB")
        }
        return value
    }

    /// Does something; a rejection becomes one line that names the file.
    static func naming<Value>(_ path: String, _ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let error as CoSignError {
            throw CommandFailure.failed("\(path) is rejected: \(error)")
        }
    }

    /// Signs, reads the result back, and checks its newest signature.
    static func signed(_ message: SignedMessage?, claims: JSONValue, by key: SigningKey) throws -> SignedMessage {
        var made: SignedMessage
        do {
            if let message {
                made = message
                try made.sign(with: key)
            } else {
                made = try SignedMessage(claims: claims, signedBy: key)
            }
        } catch {
            throw CommandFailure.failed("the key of \(key.kid) can't sign; check the token it is in")
        }
        do {
            let read = try SignedMessage(parsing: made.encoded())
            guard let entry = read.entry(key.kid), read.isSigned(entry, by: key.key.publicKey) else {
                throw CoSignError(.badSignature, "what the key signed does not verify")
            }
            return read
        } catch let error as CoSignError {
            throw CommandFailure.failed("nothing was written: \(error)")
        }
    }

    /// Writes a message or a document that anybody may read.
    static func write(_ bytes: [UInt8], to path: String) throws {
        try SecureFile.write(bytes + [0x0A], to: path, mode: 0o644)
    }

    /// P-256 is all that the protocol knows.
    static func signingKey(_ source: String, kid: KeyID, _ options: SigningOptions) throws -> SigningKey {
        SigningKey(kid: kid, key: try p256(source, options))
    }

    static func p256(_ source: String, _ options: SigningOptions) throws -> PrivateKey {
        let key = try options.key(source)
        guard key.publicKey.kind == .p256 else {
            throw CommandFailure.failed("\(source) is not a P-256 key; make one with: hubctl cosign keygen")
        }
        return key
    }

    static func kid(_ text: String) throws -> KeyID {
        guard let kid = KeyID(text) else { throw CommandFailure.usage("the name of a key has 1 to 128 bytes") }
        return kid
    }
}
