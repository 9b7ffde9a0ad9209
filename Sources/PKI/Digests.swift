internal import COpenSSL
internal import Encoding

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
        digest.hash(bytes)
    }

    private static let digest = FetchedDigest("SHA256", length: 32)
}

/// SHA-384 and SHA-512 (FIPS 180-4), for requests that name an issuer by them.
enum SHA512Family {
    static func hash384(_ bytes: [UInt8]) -> [UInt8] { digest384.hash(bytes) }
    static func hash512(_ bytes: [UInt8]) -> [UInt8] { digest512.hash(bytes) }

    private static let digest384 = FetchedDigest("SHA384", length: 48)
    private static let digest512 = FetchedDigest("SHA512", length: 64)
}

/// SHA-1, only where a standard names keys, issuers or requests by it: never as a protection.
package enum SHA1Name {
    /// The 20-byte digest.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        digest.hash(bytes)
    }

    private static let digest = FetchedDigest("SHA1", length: 20)
}

/// A digest looked up once: OpenSSL's one-step functions do so for each message, under locks that all threads share. It
/// never changes after `init`, which is why it may cross threads: hence `@unchecked Sendable` over the pointer it owns.
@safe private final class FetchedDigest: @unchecked Sendable {
    private let digest: Owned
    private let length: Int

    init(_ name: String, length: Int) {
        do {
            digest = try unsafe Owned(EVP_MD_fetch(nil, name, nil), .makeKey) { unsafe EVP_MD_free($0) }
        } catch {
            preconditionFailure("\(name) is missing: \(error)")
        }
        self.length = length
    }

    func hash(_ bytes: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, used in
            let done = unsafe EVP_Digest(bytes, bytes.count, buffer.baseAddress, nil, digest.pointer, nil)
            precondition(done == 1, "hashing failed")
            used = length
        }
    }
}

/// The handshake of WebSockets (RFC 6455 section 4.2.2), which names SHA-1 where no protection is meant.
package enum WebSocketKey {
    /// What a server answers to a client's key.
    package static func accept(_ key: String) -> String {
        Base64.encode(SHA1Name.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}

/// UUIDs made from names (RFC 9562 section 5.8, version 8).
package enum NameUUID {
    /// The UUID under which a device's own server is registered at the tunnel proxy: 16 bytes that both ends work out
    /// from its ID.
    package static func tunnel(of deviceID: String) -> [UInt8] {
        var bytes = Array(SHA256.hash(Array("latchkey tunnel\u{0}\(deviceID)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return bytes
    }
}

/// Compares without telling by its time where the first difference is.
package func constantTimeEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    unsafe one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
}
