internal import COpenSSL

/// A private key. Immutable once made, and OpenSSL counts its references atomically and signs with it from any thread,
/// so it may cross tasks: hence `@unchecked Sendable` over the pointer it owns.
package final class PrivateKey: @unchecked Sendable {
    let key: Owned
    package let publicKey: PublicKey

    /// Whether it can be written down; for a key elsewhere OpenSSL has a stand-in only.
    let isInMemory: Bool

    init(_ key: consuming Owned, isInMemory: Bool = true) throws(PKIError) {
        publicKey = try PublicKey(of: key)
        self.isInMemory = isInMemory
        self.key = key
    }

    /// A fresh P-256 key.
    package static func makeP256() throws(PKIError) -> PrivateKey {
        try PrivateKey(try unsafe Owned(shim_make_p256(), .makeKey) { unsafe EVP_PKEY_free($0) })
    }

    /// Reads a PEM key: PKCS#8 (plain or encrypted), SEC1 or PKCS#1.
    ///
    /// - Parameter passphrase: for an encrypted key.
    /// - Throws: ``PKIError/Step/passphraseNeeded``, ``PKIError/Step/wrongPassphrase``, ``PKIError/Step/readKey``.
    package convenience init(pem: String, passphrase: [UInt8]?) throws(PKIError) {
        guard pem.utf8.count <= PEM.textLimit else { throw PKIError(.readKey) }
        let isEncrypted = pem.contains("ENCRYPTED")
        if isEncrypted, passphrase == nil { throw PKIError(.passphraseNeeded) }
        let text = Array(pem.utf8)
        var secret = (passphrase ?? []).filter { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
        defer { unsafe secret.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) } }
        let bio = try unsafe Owned(BIO_new_mem_buf(text, Int32(text.count)), .readKey) { unsafe BIO_free($0) }
        // Without a callback OpenSSL takes the last argument for the passphrase and asks nobody.
        let key = unsafe secret.withUnsafeMutableBytes { bytes in
            unsafe PEM_read_bio_PrivateKey(bio.pointer, nil, nil, bytes.baseAddress)
        }
        try self.init(try unsafe Owned(key, isEncrypted ? .wrongPassphrase : .readKey) { unsafe EVP_PKEY_free($0) })
    }

    /// PKCS#8, not encrypted: for a file of mode 0600.
    ///
    /// - Throws: ``PKIError/Step/writeKey``, also for a key that stays in a token or provider.
    package func pem() throws(PKIError) -> String {
        guard isInMemory else { throw PKIError(.writeKey) }
        let bio = try unsafe Owned(BIO_new(BIO_s_secmem()), .writeKey) { unsafe BIO_free($0) }
        guard unsafe PEM_write_bio_PrivateKey(bio.pointer, key.pointer, nil, nil, 0, nil, nil) == 1 else {
            throw PKIError(.writeKey)
        }
        var bytes: UnsafePointer<UInt8>?
        let length = unsafe shim_bio_bytes(bio.pointer, &bytes)
        return unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: length), as: UTF8.self)
    }

    /// PKCS#8 in DER, not encrypted: for a device that lets the hub make its key.
    package func pkcs8() throws -> [UInt8] {
        guard let block = try PEM.decode(try pem()).first else { throw PKIError(.writeKey) }
        return block.bytes
    }

    /// Signs a message: ECDSA in DER with the curve's digest, EdDSA, or RSA PKCS#1 with SHA-256.
    package func sign(_ message: [UInt8]) throws(PKIError) -> [UInt8] {
        let context = try unsafe Owned(EVP_MD_CTX_new(), .sign) { unsafe EVP_MD_CTX_free($0) }
        let digest = unsafe SignatureAlgorithm(publicKey.kind).digest
        guard unsafe EVP_DigestSignInit(context.pointer, nil, digest, nil, key.pointer) == 1 else {
            throw PKIError(.sign)
        }
        return try Self.sign(message, with: context)
    }

    static func sign(_ message: [UInt8], with context: borrowing Owned) throws(PKIError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 1100)
        var length = signature.count
        guard unsafe EVP_DigestSign(context.pointer, &signature, &length, message, message.count) == 1 else {
            throw PKIError(.sign)
        }
        return Array(signature.prefix(length))
    }
}
