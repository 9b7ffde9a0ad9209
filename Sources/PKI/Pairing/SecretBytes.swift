internal import COpenSSL

/// Bytes that are wiped when nobody holds them any more: keys, scalars, what lies between.
///
/// Immutable after `init` has filled it, so it may cross tasks: hence `@unchecked Sendable` over the memory it owns.
@safe package final class SecretBytes: @unchecked Sendable {
    private let memory: UnsafeMutableBufferPointer<UInt8>

    /// Number of bytes.
    package var count: Int { unsafe memory.count }

    init(count: Int, fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        unsafe memory = .allocate(capacity: count)
        unsafe memory.initialize(repeating: 0)
        unsafe fill(memory)
    }

    /// Takes a copy; the caller's own stays what it is.
    package convenience init(_ bytes: some Collection<UInt8>) {
        unsafe self.init(count: bytes.count) { memory in _ = unsafe memory.update(fromContentsOf: bytes) }
    }

    deinit {
        unsafe OPENSSL_cleanse(memory.baseAddress, memory.count)
        unsafe memory.deallocate()
    }

    func withBytes<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        unsafe body(UnsafeBufferPointer(memory))
    }

    /// A copy that is not wiped: for sealing and for test tools.
    package var copy: [UInt8] { unsafe withBytes { unsafe Array($0) } }

    /// Compares in constant time.
    package func isEqual(to other: some Collection<UInt8>) -> Bool {
        let given = Array(other)
        return unsafe withBytes { bytes in
            unsafe bytes.count == given.count && CRYPTO_memcmp(bytes.baseAddress, given, given.count) == 0
        }
    }

    /// Several values in one.
    static func joined(_ parts: [SecretBytes]) -> SecretBytes {
        unsafe SecretBytes(count: parts.reduce(0) { $0 + $1.count }) { memory in
            var start = 0
            for part in parts {
                unsafe part.withBytes { bytes in
                    for index in 0..<part.count { unsafe memory[start + index] = bytes[index] }
                }
                start += part.count
            }
        }
    }

    func slice(_ range: Range<Int>) -> SecretBytes {
        unsafe SecretBytes(count: range.count) { memory in
            unsafe withBytes { bytes in
                for index in range { unsafe memory[index - range.lowerBound] = bytes[index] }
            }
        }
    }
}

/// Hashes over bytes that must not be left behind.
enum SecretHash {
    static func sha256(_ message: SecretBytes) -> SecretBytes {
        unsafe SecretBytes(count: 32) { output in
            unsafe message.withBytes { bytes in
                _ = unsafe COpenSSL.SHA256(bytes.baseAddress, bytes.count, output.baseAddress)
            }
        }
    }

    static func hmac(_ message: SecretBytes, key: SecretBytes) -> SecretBytes {
        unsafe SecretBytes(count: 32) { output in
            unsafe message.withBytes { bytes in
                unsafe key.withBytes { key in
                    var length: UInt32 = 32
                    _ = unsafe HMAC(
                        EVP_sha256(), key.baseAddress, Int32(key.count), bytes.baseAddress, bytes.count,
                        output.baseAddress, &length)
                }
            }
        }
    }

    /// HKDF with SHA-256 and an empty salt (RFC 5869).
    ///
    /// - Parameter count: 32 or 64 bytes.
    static func expand(_ input: SecretBytes, info: String, count: Int) -> SecretBytes {
        let key = hmac(input, key: SecretBytes([UInt8](repeating: 0, count: 32)))
        let first = hmac(SecretBytes(Array(info.utf8) + [1]), key: key)
        guard count > 32 else { return first }
        let second = hmac(.joined([first, SecretBytes(Array(info.utf8) + [2])]), key: key)
        return .joined([first, second]).slice(0..<count)
    }
}
