internal import COpenSSL

/// SHA-256 of something that arrives in parts.
package final class SHA256Stream {
    private let context: Owned

    package init() {
        // Both fail only where memory is gone or the library has no SHA-256: nothing of this process can be trusted
        // then.
        guard let context = try? unsafe Owned(EVP_MD_CTX_new(), .makeKey, free: { unsafe EVP_MD_CTX_free($0) }),
            unsafe EVP_DigestInit_ex(context.pointer, EVP_sha256(), nil) == 1
        else { preconditionFailure("this OpenSSL has no SHA-256") }
        self.context = context
    }

    /// Takes the next part.
    package func update(_ bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBytes { part in
            let done = unsafe EVP_DigestUpdate(context.pointer, part.baseAddress, part.count)
            precondition(done == 1, "SHA-256 failed")
        }
    }

    /// The 32 bytes of all parts; nothing can follow.
    package func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, used in
            let done = unsafe EVP_DigestFinal_ex(context.pointer, buffer.baseAddress, nil)
            precondition(done == 1, "SHA-256 failed")
            used = 32
        }
    }
}
