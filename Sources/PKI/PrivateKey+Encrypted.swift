internal import COpenSSL

extension PrivateKey {
    /// What a guess of the passphrase costs: 16 MiB, five times over. Readers of OpenSSL take no more than 32 MiB.
    private static let scrypt: (n: UInt64, r: UInt64, p: UInt64) = (1 << 14, 8, 5)

    /// PKCS#8, encrypted with AES-256-CBC under a key that scrypt makes of the passphrase (RFC 7914 section 7).
    ///
    /// - Parameter passphrase: 1 to 1023 bytes; NUL does not count. Readers of PEM end at a NUL, and cut after 1024.
    /// - Throws: ``PKIError/Step/passphraseNeeded``; ``PKIError/Step/writeKey``, also for a key that stays in a token
    ///   or provider.
    package func pem(passphrase: [UInt8]) throws(PKIError) -> String {
        let passphrase = passphrase.filter { $0 != 0 }
        guard (1...1023).contains(passphrase.count) else { throw PKIError(.passphraseNeeded) }
        guard isInMemory else { throw PKIError(.writeKey) }
        let plain = try unsafe Owned(EVP_PKEY2PKCS8(key.pointer), .writeKey) { unsafe PKCS8_PRIV_KEY_INFO_free($0) }
        let sealed = try Self.encrypt(plain, passphrase)
        let bio = try unsafe Owned(BIO_new(BIO_s_mem()), .writeKey) { unsafe BIO_free($0) }
        guard unsafe PEM_write_bio_PKCS8(bio.pointer, sealed.pointer) == 1 else { throw PKIError(.writeKey) }
        var bytes: UnsafePointer<UInt8>?
        let length = unsafe shim_bio_bytes(bio.pointer, &bytes)
        return unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: length), as: UTF8.self)
    }

    private static func encrypt(_ plain: borrowing Owned, _ passphrase: [UInt8]) throws(PKIError) -> Owned {
        // Salt and IV are fresh random bytes where none are given.
        guard
            let algorithm = unsafe PKCS5_pbe2_set_scrypt(
                EVP_aes_256_cbc(), nil, 0, nil, scrypt.n, scrypt.r, scrypt.p)
        else { throw PKIError(.writeKey) }
        var secret = passphrase.map { CChar(bitPattern: $0) }
        defer { unsafe secret.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) } }
        guard let sealed = unsafe PKCS8_set0_pbe(secret, Int32(secret.count), plain.pointer, algorithm) else {
            // Only a success takes the algorithm over.
            unsafe X509_ALGOR_free(algorithm)
            throw PKIError(.writeKey)
        }
        return try unsafe Owned(sealed, .writeKey) { unsafe X509_SIG_free($0) }
    }
}
