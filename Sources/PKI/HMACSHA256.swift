internal import COpenSSL

/// HMAC with SHA-256 (RFC 2104).
package enum HMACSHA256 {
    /// The 32-byte tag; an empty key is allowed.
    package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        guard let tag = prepared.tag(of: message, key: key) else { preconditionFailure("HMAC-SHA256 failed") }
        return tag
    }

    private static let prepared = PreparedHMAC()
}

/// A context with algorithm and digest looked up once: doing that for each message costs more than the message. It is
/// only read after `init`, and copying a context reads it: hence `@unchecked Sendable`.
@safe private final class PreparedHMAC: @unchecked Sendable {
    private let context: Owned

    init() {
        do {
            let algorithm = try unsafe Owned(EVP_MAC_fetch(nil, "HMAC", nil), .makeKey) { unsafe EVP_MAC_free($0) }
            context = try unsafe Owned(EVP_MAC_CTX_new(algorithm.pointer), .makeKey) { unsafe EVP_MAC_CTX_free($0) }
        } catch {
            preconditionFailure("HMAC is missing: \(error)")
        }
        // OpenSSL copies a context only once it has a key, so it gets one that is never used.
        let isReady = unsafe shim_hmac_sha256_init(context.pointer, [0], 1) == 1
        precondition(isReady, "HMAC-SHA256 is missing")
    }

    func tag(of message: [UInt8], key: [UInt8]) -> [UInt8]? {
        // OpenSSL takes a null key for "the key used before"; an empty array's pointer may be null.
        let keyBytes = key.isEmpty ? [0] : key
        guard let copy = unsafe EVP_MAC_CTX_dup(context.pointer) else { return nil }
        defer { unsafe EVP_MAC_CTX_free(copy) }
        var length = 0
        let tag = unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, used in
            let done =
                unsafe EVP_MAC_init(copy, keyBytes, key.count, nil) == 1
                && EVP_MAC_update(copy, message, message.count) == 1
                && EVP_MAC_final(copy, buffer.baseAddress, &length, buffer.count) == 1
            used = done ? length : 0
        }
        return tag.count == 32 ? tag : nil
    }
}
