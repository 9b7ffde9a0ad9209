internal import COpenSSL
internal import Encoding

/// A public key, kept as the DER that goes into certificates.
package struct PublicKey: Sendable, Equatable {
    /// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), DER.
    package let spki: [UInt8]
    package let kind: KeyKind

    /// Longest SubjectPublicKeyInfo that is looked at: RSA of 8192 bits has about 1,050 bytes.
    private static let limit = 2048

    /// Checks a SubjectPublicKeyInfo.
    ///
    /// A P-256 key in uncompressed form, the common case, is checked point by point (1 µs); others by OpenSSL's decoder
    /// (some hundred µs).
    /// - Throws: ``PKIError/Step/readPublicKey``.
    package init(spki: [UInt8]) throws(PKIError) {
        if spki.count == P256Point.spkiLength, spki.starts(with: P256Point.spkiPrefix) {
            guard P256Point.isOnCurve(spki[P256Point.spkiPrefix.count...]) else { throw PKIError(.readPublicKey) }
            self.spki = spki
            kind = .p256
            return
        }
        let key = try Self.decode(spki)
        let canonical = try Self(of: key)
        // Other encodings of the same key would be other certificates' keys to software that compares bytes.
        guard canonical.spki == spki, try Self.isOfRFC5480(spki) else { throw PKIError(.readPublicKey) }
        self = canonical
    }

    /// The key of an uncompressed point of P-256, 65 bytes.
    ///
    /// - Throws: ``PKIError/Step/readPublicKey`` for a point that is not on the curve.
    package init(p256Point point: [UInt8]) throws(PKIError) {
        guard point.count == 65 else { throw PKIError(.readPublicKey) }
        try self.init(spki: P256Point.spkiPrefix + point)
    }

    /// Reads a `PUBLIC KEY` block.
    package init(pem: String) throws(PKIError) {
        guard let block = try PEM.decode(pem).first, block.label == "PUBLIC KEY" else { throw PKIError(.readPublicKey) }
        try self.init(spki: block.bytes)
    }

    /// Refused by RFC 5480 section 2: curve parameters written out in full (a SEQUENCE where the curve's name belongs),
    /// and points that are neither compressed nor uncompressed, though OpenSSL reads the hybrid form.
    private static func isOfRFC5480(_ spki: [UInt8]) throws(PKIError) -> Bool {
        var outer = DERReader(spki[...], failure: .readPublicKey)
        var fields = try outer.enter(0x30)
        var algorithm = try fields.enter(0x30)
        let isEllipticCurve = try algorithm.element(0x06).content.elementsEqual(ecPublicKey)
        guard algorithm.nextTag != 0x30 else { return false }
        let form = try fields.bitString().first ?? 0
        return !isEllipticCurve || (0x02...0x04).contains(form)
    }

    /// 1.2.840.10045.2.1.
    private static let ecPublicKey: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]

    init(of key: borrowing Owned) throws(PKIError) {
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = unsafe i2d_PUBKEY(key.pointer, &bytes)
        guard length > 0, let start = unsafe bytes else { throw PKIError(.readPublicKey) }
        defer { unsafe CRYPTO_free(start, #file, #line) }
        spki = unsafe Array(UnsafeBufferPointer(start: start, count: Int(length)))
        kind = unsafe KeyKind(of: key.pointer)
    }

    /// `PUBLIC KEY` block.
    package func pem() -> String {
        PEM.encode(label: "PUBLIC KEY", spki)
    }

    /// SHA-256 of ``spki``, lower-case hexadecimal: what people compare.
    package var fingerprint: String { Hex.encode(SHA256.hash(spki)) }

    /// Whether a signature (ECDSA in DER with the curve's digest, EdDSA, RSA PKCS#1 with SHA-256) is right.
    package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        unsafe verify(signature, of: message, digest: SignatureAlgorithm(kind).digest)
    }

    /// Whether a signature of a stated scheme is right; the scheme must fit the key.
    func verify(_ signature: [UInt8], of message: [UInt8], scheme: SignatureScheme) -> Bool {
        unsafe verify(signature, of: message, digest: scheme.digest)
    }

    private func verify(_ signature: [UInt8], of message: [UInt8], digest: OpaquePointer?) -> Bool {
        guard let key = try? openSSLKey(), let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        let done = unsafe EVP_DigestVerifyInit(context, nil, digest, nil, key.pointer) == 1
        let isRight = unsafe done && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        ERR_clear_error()
        return isRight
    }

    /// OpenSSL's form of the key. A P-256 point set into a key with the curve's parameters takes 6 µs, the decoder 250
    /// (docs/protocols/enrolment.md 5).
    private func openSSLKey() throws(PKIError) -> Owned {
        guard kind == .p256, spki.count == P256Point.spkiLength else { return try Self.decode(spki) }
        return try P256Point.key(Array(spki[P256Point.spkiPrefix.count...]))
    }

    static func decode(_ spki: [UInt8]) throws(PKIError) -> Owned {
        guard spki.count <= limit else { throw PKIError(.readPublicKey) }
        var used = 0
        let key = unsafe spki.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            let key = unsafe d2i_PUBKEY(nil, &next, bytes.count)
            unsafe used = next.map { unsafe $0 - (bytes.baseAddress ?? $0) } ?? 0
            return unsafe key
        }
        let owned = try unsafe Owned(key, .readPublicKey) { unsafe EVP_PKEY_free($0) }
        guard used == spki.count else { throw PKIError(.readPublicKey) }
        return owned
    }
}

/// The uncompressed point of a P-256 key inside its SubjectPublicKeyInfo.
enum P256Point {
    /// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 65 bytes }.
    static let spkiPrefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]
    static let spkiLength = 91

    /// Whether 65 bytes are an uncompressed point of the curve.
    static func isOnCurve(_ point: ArraySlice<UInt8>) -> Bool {
        guard point.first == 0x04, let made = unsafe EC_POINT_new(group.pointer) else { return false }
        defer { unsafe EC_POINT_free(made) }
        let isPoint = unsafe point.withUnsafeBufferPointer { bytes in
            unsafe EC_POINT_oct2point(group.pointer, made, bytes.baseAddress, bytes.count, nil) == 1
        }
        if !isPoint { ERR_clear_error() }
        return isPoint
    }

    /// A key of a point that was checked before.
    static func key(_ point: [UInt8]) throws(PKIError) -> Owned {
        let key = try unsafe Owned(EVP_PKEY_new(), .readPublicKey) { unsafe EVP_PKEY_free($0) }
        guard unsafe EVP_PKEY_copy_parameters(key.pointer, parameters.pointer) == 1,
            unsafe EVP_PKEY_set1_encoded_public_key(key.pointer, point, point.count) == 1
        else { throw PKIError(.readPublicKey) }
        return key
    }

    private static let group = Group()
    private static let parameters = Parameters()

    /// A key of the curve whose parameters are copied; made once and only read afterwards, which OpenSSL allows from
    /// every thread: hence `Sendable` although a pointer is inside.
    @safe private final class Parameters: @unchecked Sendable {
        let pointer: OpaquePointer

        init() {
            guard let key = unsafe shim_make_p256() else { preconditionFailure("this OpenSSL has no P-256") }
            unsafe pointer = key
        }
    }

    /// Made once and only read afterwards, which OpenSSL allows from every thread: hence `Sendable` although a pointer
    /// is inside.
    @safe private final class Group: @unchecked Sendable {
        let pointer: OpaquePointer

        init() {
            guard let group = unsafe EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else {
                preconditionFailure("this OpenSSL has no P-256")
            }
            unsafe pointer = group
        }
    }
}
