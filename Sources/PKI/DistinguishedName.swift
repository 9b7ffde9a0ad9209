internal import COpenSSL

/// The parts of a subject the product uses.
package struct DistinguishedName: Sendable, Equatable, Hashable {
    /// `O`: the site.
    package var organization: String?
    /// Every `OU`, in the order of the subject: the role.
    package var organizationalUnits: [String]
    /// `CN`: device ID, user, host; empty when there is none.
    package var commonName: String

    package init(organization: String? = nil, organizationalUnits: [String] = [], commonName: String) {
        self.organization = organization
        self.organizationalUnits = organizationalUnits
        self.commonName = commonName
    }

    /// Name (RFC 5280 section 4.1.2.4) with O, OU, CN in this order, each a UTF8String of its own RDN.
    var der: [UInt8] {
        var content: [UInt8] = []
        if let organization { content += Self.attribute(0x0A, organization) }
        for unit in organizationalUnits { content += Self.attribute(0x0B, unit) }
        if !commonName.isEmpty { content += Self.attribute(0x03, commonName) }
        return DER.element(0x30, content)
    }

    /// 2.5.4.x with a UTF8String.
    static func attribute(_ number: UInt8, _ value: String) -> [UInt8] {
        let pair = DER.sequence([0x06, 0x03, 0x55, 0x04, number], DER.element(0x0C, Array(value.utf8)))
        return DER.element(0x31, pair)
    }

    init(reading name: OpaquePointer?) {
        self.init(commonName: "")
        guard let name = unsafe name else { return }
        for index in 0..<min(unsafe X509_NAME_entry_count(name), 64) {
            guard let entry = unsafe X509_NAME_get_entry(name, index), let text = unsafe Self.text(entry) else {
                continue
            }
            switch unsafe OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) {
            case NID_organizationName: organization = organization ?? text
            case NID_organizationalUnitName: organizationalUnits.append(text)
            case NID_commonName: commonName = commonName.isEmpty ? text : commonName
            default: break
            }
        }
    }

    private static func text(_ entry: OpaquePointer) -> String? {
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = unsafe ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(entry))
        guard length >= 0, let start = unsafe bytes else { return nil }
        defer { unsafe CRYPTO_free(start, #file, #line) }
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: Int(length)), as: UTF8.self)
    }
}
