/// Certificates alone in a PKCS#7 envelope, as EST hands them out: SignedData that signs nothing (RFC 8951 section 3,
/// RFC 5652).
package enum CertificateBundle {
    /// The DER of a bundle. The set of certificates is sorted by their DER; no CRLs element, not even an empty one,
    /// which some clients can't read; the empty set of signers is mandatory (docs/protocols/enrolment.md 1.1).
    package static func encode(_ certificates: [Certificate]) -> [UInt8] {
        let sorted = certificates.map(\.der).sorted { $0.lexicographicallyPrecedes($1) }
        let content = DER.sequence(
            [0x02, 0x01, 0x01], [0x31, 0x00], DER.sequence([0x06] + data), DER.element(0xA0, Array(sorted.joined())),
            [0x31, 0x00])
        return DER.sequence([0x06] + signedData, DER.element(0xA0, content))
    }

    /// 1.2.840.113549.1.7.2, with its length.
    private static let signedData: [UInt8] = [0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]
    /// 1.2.840.113549.1.7.1, with its length.
    private static let data: [UInt8] = [0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]
}
