@testable import PKI

/// Certificate requests element by element, for forms that no program writes.
struct SignedRequest {
    var version: [UInt8] = [0x02, 0x01, 0x00]
    var subject = DistinguishedName(commonName: "d1").der
    var spki: [UInt8]?
    var attributes: [UInt8] = [0xA0, 0x00]
    var algorithm: [UInt8]?
    /// Behind the signature, inside the outer sequence.
    var rest: [UInt8] = []

    func der(_ key: PrivateKey) throws -> [UInt8] {
        let information = DER.sequence(version, subject, spki ?? key.publicKey.spki, attributes)
        let signature = DER.element(0x03, [0] + (try key.sign(information)))
        return DER.sequence(
            information, algorithm ?? SignatureAlgorithm(key.publicKey.kind).identifier, signature, rest)
    }

    /// The attribute extensionRequest with alternative names.
    static func extensions(_ names: [UInt8]) -> [UInt8] {
        let one = Extension.make([0x55, 0x1D, 0x11], critical: false, DER.element(0x30, names))
        return attribute([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E], DER.element(0x30, one))
    }

    static func attribute(_ identifier: [UInt8], _ value: [UInt8]) -> [UInt8] {
        DER.element(0xA0, DER.sequence(DER.element(0x06, identifier), DER.element(0x31, value)))
    }
}
