internal import BaseTestSupport
internal import Encoding
import Foundation
import PKI

@testable import PKI
internal import RecordTestSupport

/// Certificate requests as clients make them: by hand where a test wants a certain encoding, by the openssl program
/// else.
enum TestRequest {
    enum Kind: String {
        case p256 = "ec:prime256v1"
        case p384 = "ec:secp384r1"
        case secp256k1 = "ec:secp256k1"
        case ed25519 = "ed25519"
        case rsa1024 = "rsa:1024"
        case rsa2048 = "rsa:2048"
        case p521 = "ec:secp521r1"
        case pss = "rsa-pss"
    }

    static func make(commonName: String?, key: PrivateKey) throws -> [UInt8] {
        let name = commonName.map { DER.element(0x30, DistinguishedName.attribute(0x03, $0)) } ?? [0x30, 0x00]
        return try make(subject: name, key: key)
    }

    static func make(subject: [UInt8], key: PrivateKey) throws -> [UInt8] {
        let information = DER.sequence([0x02, 0x01, 0x00], subject, key.publicKey.spki, [0xA0, 0x00])
        let signature = DER.element(0x03, [0] + (try key.sign(information)))
        return DER.sequence(information, SignatureAlgorithm(key.publicKey.kind).identifier, signature)
    }

    /// The same name in PrintableString, as strongSwan writes it.
    static func printable(_ name: [UInt8]) -> [UInt8] {
        name.map { $0 == 0x0C ? 0x13 : $0 }
    }

    static func make(commonName: String, kind: Kind, name: String? = nil, more: [String] = []) throws -> [UInt8] {
        let parts = kind.rawValue.split(separator: ":").map(String.init)
        var arguments = [
            "req", "-new", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=\(commonName)", "-outform", "DER",
        ]
        switch parts[0] {
        case "ec": arguments += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:\(parts[1])"]
        case "rsa": arguments += ["-newkey", kind.rawValue]
        default: arguments += ["-newkey", parts[0]]
        }
        arguments += more
        if let name { arguments += ["-addext", "subjectAltName=\(name)"] }
        return try ExternalProgram.run("/usr/bin/openssl", arguments)
    }
}

/// Reads a bundle with the openssl program: the reader must not be ours.
enum TestBundle {
    static func certificates(_ body: [UInt8]) throws -> [Certificate] {
        let der = Base64.decodeLenient(String(decoding: body, as: UTF8.self)) ?? []
        let pem = try ExternalProgram.run(
            "/usr/bin/openssl", ["pkcs7", "-inform", "DER", "-print_certs"], input: der)
        return try Certificate.all(inPEM: String(decoding: pem, as: UTF8.self))
    }
}

extension String {
    /// The bodies of the parts of a multipart text.
    func components(between mark: String) -> [String] {
        components(separatedBy: mark).dropFirst().compactMap { part in
            part.range(of: "\r\n\r\n").map { String(part[$0.upperBound...]) }
        }
    }
}
