internal import COpenSSL

/// Points and numbers of P-256 for SPAKE2+ (RFC 9383): single multiplications only, which OpenSSL does in constant
/// time, and every number and point wiped when it goes.
struct P256Arithmetic: ~Copyable {
    private let group: Owned
    private let context: Owned
    private let order: Owned

    init() throws(PKIError) {
        let group = try unsafe Owned(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), .pairing) {
            unsafe EC_GROUP_free($0)
        }
        let context = try unsafe Owned(BN_CTX_secure_new(), .pairing) { unsafe BN_CTX_free($0) }
        let order = try unsafe Owned(BN_dup(EC_GROUP_get0_order(group.pointer)), .pairing) { unsafe BN_free($0) }
        self.group = group
        self.context = context
        self.order = order
    }

    /// A number below the order, big endian, 32 bytes.
    func number(_ bytes: SecretBytes) throws(PKIError) -> Owned {
        let number = unsafe bytes.withBytes { unsafe BN_bin2bn($0.baseAddress, Int32($0.count), BN_secure_new()) }
        let owned = try unsafe Owned(number, .pairing) { unsafe BN_clear_free($0) }
        unsafe BN_set_flags(owned.pointer, BN_FLG_CONSTTIME)
        guard unsafe BN_cmp(owned.pointer, order.pointer) < 0 else { throw PKIError(.badPairingParameters) }
        return owned
    }

    /// Forty bytes modulo the order (RFC 9383 section 3.2: the surplus makes the remainder even); zero is refused.
    func reduced(_ bytes: SecretBytes) throws(PKIError) -> SecretBytes {
        let wide = unsafe bytes.withBytes { unsafe BN_bin2bn($0.baseAddress, Int32($0.count), BN_secure_new()) }
        let number = try unsafe Owned(wide, .pairing) { unsafe BN_clear_free($0) }
        let result = try unsafe Owned(BN_secure_new(), .pairing) { unsafe BN_clear_free($0) }
        guard unsafe shim_bn_mod(result.pointer, number.pointer, order.pointer, context.pointer) == 1,
            unsafe BN_is_zero(result.pointer) == 0
        else { throw PKIError(.badPairingParameters) }
        return Self.bytes(result)
    }

    /// A random number from 1 to the order less 1.
    func randomScalar() throws(PKIError) -> SecretBytes {
        let number = try unsafe Owned(BN_secure_new(), .pairing) { unsafe BN_clear_free($0) }
        repeat {
            guard unsafe BN_priv_rand_range(number.pointer, order.pointer) == 1 else { throw PKIError(.pairing) }
        } while unsafe BN_is_zero(number.pointer) == 1
        return Self.bytes(number)
    }

    /// A point of a stranger: 65 bytes, uncompressed, on the curve. OpenSSL itself would take infinity, compressed and
    /// hybrid forms.
    func point(_ bytes: [UInt8]) throws(PKIError) -> Owned {
        guard bytes.count == 65, bytes[0] == 0x04 else { throw PKIError(.badShare) }
        let point = try newPoint()
        guard unsafe EC_POINT_oct2point(group.pointer, point.pointer, bytes, bytes.count, context.pointer) == 1 else {
            throw PKIError(.badShare)
        }
        return point
    }

    /// `scalar * point`, or `scalar * G` without one.
    func multiply(_ point: borrowing Owned, by scalar: SecretBytes) throws(PKIError) -> Owned {
        let number = try number(scalar)
        let result = try newPoint()
        guard
            unsafe EC_POINT_mul(group.pointer, result.pointer, nil, point.pointer, number.pointer, context.pointer) == 1
        else { throw PKIError(.pairing) }
        return result
    }

    func multiplyBase(by scalar: SecretBytes) throws(PKIError) -> Owned {
        let number = try number(scalar)
        let result = try newPoint()
        guard unsafe EC_POINT_mul(group.pointer, result.pointer, number.pointer, nil, nil, context.pointer) == 1 else {
            throw PKIError(.pairing)
        }
        return result
    }

    func add(_ one: borrowing Owned, _ other: borrowing Owned) throws(PKIError) -> Owned {
        let result = try newPoint()
        guard unsafe EC_POINT_add(group.pointer, result.pointer, one.pointer, other.pointer, context.pointer) == 1
        else { throw PKIError(.pairing) }
        return result
    }

    /// `one - other`; infinity is refused.
    func subtract(_ one: borrowing Owned, _ other: borrowing Owned) throws(PKIError) -> Owned {
        guard unsafe EC_POINT_invert(group.pointer, other.pointer, context.pointer) == 1 else {
            throw PKIError(.pairing)
        }
        let result = try add(one, other)
        guard unsafe EC_POINT_is_at_infinity(group.pointer, result.pointer) == 0 else { throw PKIError(.badShare) }
        return result
    }

    /// 65 bytes, uncompressed.
    func encode(_ point: borrowing Owned) throws(PKIError) -> SecretBytes {
        var written = 0
        let group = unsafe group.pointer
        let context = unsafe context.pointer
        let source = unsafe point.pointer
        let bytes = unsafe SecretBytes(count: 65) { output in
            unsafe written = EC_POINT_point2oct(
                group, source, POINT_CONVERSION_UNCOMPRESSED, output.baseAddress, output.count, context)
        }
        guard written == 65 else { throw PKIError(.pairing) }
        return bytes
    }

    private func newPoint() throws(PKIError) -> Owned {
        try unsafe Owned(EC_POINT_new(group.pointer), .pairing) { unsafe EC_POINT_clear_free($0) }
    }

    private static func bytes(_ number: borrowing Owned) -> SecretBytes {
        let source = unsafe number.pointer
        return unsafe SecretBytes(count: 32) { output in _ = unsafe BN_bn2binpad(source, output.baseAddress, 32) }
    }
}
