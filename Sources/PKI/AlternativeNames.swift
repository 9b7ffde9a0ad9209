internal import COpenSSL
internal import Glibc

/// One subject alternative name (RFC 5280 section 4.2.1.6).
package enum SubjectAlternativeName: Sendable, Hashable {
    /// A host name.
    case dns(String)
    /// An IPv4 or IPv6 address as text.
    case address(String)
    case uri(String)

    /// The kind, for a profile's rule.
    package var kind: SubjectAlternativeNameKind {
        switch self {
        case .dns: .dns
        case .address: .address
        case .uri: .uri
        }
    }

    /// An IPv4 or IPv6 address in its shortest spelling, an IPv6 one without brackets; `nil` when the text is none.
    package static func address(in text: String) -> String? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let plain = isBracketed ? String(text.dropFirst().dropLast()) : text
        guard let bytes = AlternativeNames.bytes(ofAddress: plain), !isBracketed || bytes.count == 16 else {
            return nil
        }
        return AlternativeNames.text(ofAddress: bytes)
    }

    /// GeneralName, DER; `nil` when the text can't be encoded.
    var der: [UInt8]? {
        switch self {
        case .dns(let name): name.utf8.allSatisfy { $0 < 0x80 } ? DER.element(0x82, Array(name.utf8)) : nil
        case .uri(let uri): uri.utf8.allSatisfy { $0 < 0x80 } ? DER.element(0x86, Array(uri.utf8)) : nil
        case .address(let text): AlternativeNames.bytes(ofAddress: text).map { DER.element(0x87, $0) }
        }
    }

    /// As OpenSSL's configuration language writes it.
    var openSSLText: String {
        switch self {
        case .dns(let name): "DNS:\(name)"
        case .address(let text): "IP:\(text)"
        case .uri(let uri): "URI:\(uri)"
        }
    }
}

/// Which alternative names a profile admits.
package enum SubjectAlternativeNameKind: String, Sendable, CaseIterable {
    case dns, address, uri
}

/// Reads and encodes alternative names.
enum AlternativeNames {
    static func bytes(ofAddress text: String) -> [UInt8]? {
        // C reads up to a NUL and takes what stands before it for the whole.
        guard !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 { return unsafe withUnsafeBytes(of: &four) { unsafe Array($0) } }
        var six = in6_addr()
        if unsafe inet_pton(AF_INET6, text, &six) == 1 { return unsafe withUnsafeBytes(of: &six) { unsafe Array($0) } }
        return nil
    }

    static func text(ofAddress bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: 64)
        guard unsafe inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, 64) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func read(_ x509: OpaquePointer) -> (dns: [String], addresses: [String], uris: [String]) {
        guard let raw = unsafe X509_get_ext_d2i(x509, NID_subject_alt_name, nil, nil) else { return ([], [], []) }
        let names = OpaquePointer(raw)
        defer { unsafe shim_general_names_free(names) }
        var dns: [String] = []
        var addresses: [String] = []
        var uris: [String] = []
        for index in 0..<min(unsafe shim_general_name_count(names), 256) {
            guard let name = unsafe shim_general_name(names, index) else { continue }
            var start: UnsafePointer<UInt8>?
            let type = unsafe shim_general_name_type(name)
            guard type == GEN_DNS || type == GEN_IPADD || type == GEN_URI else { continue }
            let length = unsafe shim_general_name_text(name, &start)
            let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: Int(length)))
            if type == GEN_DNS {
                dns.append(String(decoding: bytes, as: UTF8.self))
            } else if type == GEN_URI {
                uris.append(String(decoding: bytes, as: UTF8.self))
            } else if let text = text(ofAddress: bytes) {
                addresses.append(text)
            }
        }
        return (dns, addresses, uris)
    }
}
