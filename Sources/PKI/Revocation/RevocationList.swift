/// One line of a CRL.
package struct RevokedEntry: Sendable, Equatable {
    /// Serial of the certificate.
    package let serial: Serial
    /// When it was revoked, Unix seconds.
    package let at: Int64
    package let reason: RevocationReason

    package init(serial: Serial, at: Int64, reason: RevocationReason) {
        self.serial = serial
        self.at = at
        self.reason = reason
    }

    /// SEQUENCE { serial, time, reasonCode unless unspecified } (RFC 5280 section 5.1.2.6).
    func append(to bytes: inout [UInt8]) {
        var content = serial.der + DER.time(at)
        if reason != .unspecified { content += Self.extensions[Int(reason.rawValue)] }
        bytes.append(0x30)
        DER.append(length: content.count, to: &bytes)
        bytes += content
    }

    /// The extensions of an entry for each reason code: encoded once, not a hundred thousand times.
    private static let extensions: [[UInt8]] = (0...9).map { code in
        DER.element(0x30, Extension.make([0x55, 0x1D, 0x15], critical: false, [0x0A, 0x01, UInt8(code)]))
    }
}

extension CertificateSigner {
    /// Signs a CRL, version 2 (RFC 5280 section 5), as DER.
    ///
    /// - Parameters:
    ///   - number: must grow with every list of this authority.
    ///   - thisUpdate: Unix seconds.
    ///   - nextUpdate: Unix seconds; until then clients may keep the list.
    package func signRevocationList(
        _ entries: some Sequence<RevokedEntry>, number: Int64, thisUpdate: Int64, nextUpdate: Int64
    ) throws(PKIError) -> [UInt8] {
        var lines: [UInt8] = []
        for entry in entries { entry.append(to: &lines) }
        let numberBytes = Serial(unsigned: UInt64(max(number, 1)))
        let extensions = DER.element(
            0x30,
            Extension.authorityKeyIdentifier(of: issuer)
                + Extension.make([0x55, 0x1D, 0x14], critical: false, numberBytes.der))
        var content: [UInt8] = [0x02, 0x01, 0x01]
        content += algorithm.identifier
        content += issuer.subjectDER
        content += DER.time(thisUpdate)
        content += DER.time(nextUpdate)
        // An empty list of entries must be left out (RFC 5280 section 5.1.2.6).
        if !lines.isEmpty { content += DER.element(0x30, lines) }
        content += DER.element(0xA0, extensions)
        return try signed(DER.element(0x30, content))
    }
}
