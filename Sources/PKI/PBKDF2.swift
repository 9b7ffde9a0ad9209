internal import COpenSSL

/// PBKDF2 with HMAC (RFC 8018 section 5.2).
package enum PBKDF2 {
    /// The hash inside of the HMAC.
    package enum Digest: Sendable, CaseIterable {
        case sha256, sha384, sha512
    }

    /// A key from a password.
    ///
    /// - Parameters:
    ///   - iterations: 1 or more; the caller bounds them, since they cost time.
    ///   - length: bytes of the key, 1 or more.
    package static func derive(
        _ password: [UInt8], salt: [UInt8], iterations: Int, length: Int, digest: Digest
    ) -> [UInt8] {
        let algorithm =
            switch digest {
            case .sha256: unsafe EVP_sha256()
            case .sha384: unsafe EVP_sha384()
            case .sha512: unsafe EVP_sha512()
            }
        // An empty array's pointer may be null, which OpenSSL takes for "no password" and refuses with a length.
        let secret = (password.isEmpty ? [0] : password).map { CChar(bitPattern: $0) }
        return unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, used in
            let done = unsafe PKCS5_PBKDF2_HMAC(
                secret, Int32(password.count), salt, Int32(salt.count), Int32(iterations), algorithm, Int32(length),
                buffer.baseAddress)
            precondition(done == 1, "PBKDF2 failed")
            used = length
        }
    }
}
