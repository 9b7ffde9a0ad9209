internal import COpenSSL
internal import Synchronization

/// A 256-bit key that encrypts small values at rest with AES-256-GCM.
///
/// Sealed form: 12-byte random nonce, ciphertext, 16-byte tag. The context (who the value belongs to) is authenticated
/// with it, so that values can't be exchanged between records.
package final class SealingKey: Sendable {
    /// The key; only for storing it and deriving from it.
    package let bytes: [UInt8]
    private let ciphers: Mutex<Ciphers>

    /// Two cipher contexts that hold the expanded key: setting them up anew would cost more than the encryption.
    @safe private struct Ciphers: ~Copyable {
        let encrypt: Owned
        let decrypt: Owned
        /// Random bytes for the next nonces, used from the end and never twice: asking the generator for twelve bytes
        /// at a time would cost as much as the encryption.
        var random: [UInt8] = []

        mutating func nonce() -> [UInt8] {
            if random.count < nonceLength { random = SecureRandom.bytes(100 * nonceLength) }
            let nonce = Array(random.suffix(nonceLength))
            random.removeLast(nonceLength)
            return nonce
        }
    }

    private static let nonceLength = 12
    private static let tagLength = 16

    /// Takes 32 bytes.
    package init(_ bytes: [UInt8]) throws(PKIError) {
        guard bytes.count == 32 else { throw PKIError(.badKeyLength) }
        self.bytes = bytes
        let encrypt = try unsafe Owned(EVP_CIPHER_CTX_new(), .makeKey) { unsafe EVP_CIPHER_CTX_free($0) }
        let decrypt = try unsafe Owned(EVP_CIPHER_CTX_new(), .makeKey) { unsafe EVP_CIPHER_CTX_free($0) }
        guard unsafe EVP_EncryptInit_ex(encrypt.pointer, EVP_aes_256_gcm(), nil, bytes, nil) == 1,
            unsafe EVP_DecryptInit_ex(decrypt.pointer, EVP_aes_256_gcm(), nil, bytes, nil) == 1
        else { throw PKIError(.makeKey) }
        ciphers = Mutex(Ciphers(encrypt: encrypt, decrypt: decrypt))
    }

    package static func random() -> SealingKey {
        known(SecureRandom.bytes(32))
    }

    /// A key for one purpose; different labels give unrelated keys (HMAC-SHA256 of the label, RFC 5869 expand with one
    /// block).
    package func derive(_ label: String) -> SealingKey {
        Self.known(HMACSHA256.authenticate(Array(label.utf8) + [1], key: bytes))
    }

    private static func known(_ bytes: [UInt8]) -> SealingKey {
        do {
            return try SealingKey(bytes)
        } catch {
            preconditionFailure("AES-256-GCM is missing: \(error)")
        }
    }

    /// Encrypts a value of at most 2 GiB.
    package func seal(_ plaintext: [UInt8], context: [UInt8]) -> [UInt8] {
        let total = Self.nonceLength + plaintext.count + Self.tagLength
        return ciphers.withLock { ciphers in
            let nonce = ciphers.nonce()
            return unsafe [UInt8](unsafeUninitializedCapacity: total) { buffer, used in
                var length: Int32 = 0
                let cipher = unsafe ciphers.encrypt.pointer
                guard let base = buffer.baseAddress else { return }
                for index in 0..<Self.nonceLength { unsafe base[index] = nonce[index] }
                let body = unsafe base + Self.nonceLength
                let done =
                    unsafe EVP_EncryptInit_ex(cipher, nil, nil, nil, nonce) == 1
                    && EVP_EncryptUpdate(cipher, nil, &length, context, Int32(context.count)) == 1
                    && EVP_EncryptUpdate(cipher, body, &length, plaintext, Int32(plaintext.count)) == 1
                    && EVP_EncryptFinal_ex(cipher, body + plaintext.count, &length) == 1
                    && shim_get_tag(cipher, Int32(Self.tagLength), body + plaintext.count) == 1
                precondition(done, "AES-256-GCM failed to encrypt")
                used = total
            }
        }
    }

    /// Decrypts; throws when key, context or a single bit is not what it was.
    package func open(_ sealed: [UInt8], context: [UInt8]) throws(PKIError) -> [UInt8] {
        let count = sealed.count - Self.nonceLength - Self.tagLength
        guard count >= 0 else { throw PKIError(.open) }
        var tag = Array(sealed.suffix(Self.tagLength))
        var plaintext = [UInt8](repeating: 0, count: count + 16)
        let isGenuine = ciphers.withLock { ciphers in
            var length: Int32 = 0
            let cipher = unsafe ciphers.decrypt.pointer
            return unsafe sealed.withUnsafeBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return false }
                return unsafe EVP_DecryptInit_ex(cipher, nil, nil, nil, base) == 1
                    && EVP_DecryptUpdate(cipher, nil, &length, context, Int32(context.count)) == 1
                    && EVP_DecryptUpdate(cipher, &plaintext, &length, base + Self.nonceLength, Int32(count)) == 1
                    && shim_set_iv_tag(cipher, Int32(Self.tagLength), &tag) == 1
                    && EVP_DecryptFinal_ex(cipher, &tag, &length) == 1
            }
        }
        guard isGenuine else { throw PKIError(.open) }
        return Array(plaintext.prefix(count))
    }
}
