internal import COpenSSL

/// Random bytes from OpenSSL's generator.
package enum SecureRandom {
    /// Fresh random bytes. The generator failing means no key of this process can be trusted, so that ends it.
    package static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            let done = unsafe RAND_bytes(buffer.baseAddress, Int32(count))
            precondition(done == 1, "the random generator failed")
            used = count
        }
    }
}

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// The 32-byte digest.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, used in
            _ = unsafe COpenSSL.SHA256(bytes, bytes.count, buffer.baseAddress)
            used = 32
        }
    }
}

/// SHA-1, only where a standard names keys, issuers or requests by it: never as a protection.
package enum SHA1Name {
    /// The 20-byte digest.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 20) { buffer, used in
            _ = unsafe SHA1(bytes, bytes.count, buffer.baseAddress)
            used = 20
        }
    }
}

/// Compares without telling by its time where the first difference is.
package func constantTimeEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    unsafe one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
}
