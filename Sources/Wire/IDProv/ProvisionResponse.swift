package import Encoding

/// The hub's answer to a ``ProvisionRequest`` (docs/protocols/idprov.md 6). Exactly these five members: deployed
/// clients recompute the HMAC over them and would refuse an answer with more.
package struct ProvisionResponse: Sendable, Equatable {
    /// What the hub decided.
    package enum Status: String, Sendable, Equatable {
        /// Here is the certificate.
        case approved = "Approved"
        /// Ask again: the hub does not know the secret yet.
        case waiting = "Waiting"
        /// The signature is wrong, or the operator refused the device.
        case rejected = "Rejected"
    }

    /// Seconds until the device should call again; 0 is left out on the wire.
    package var retrySec: Int
    /// What the hub decided.
    package var status: Status
    /// CA certificate, PEM; empty unless approved.
    package var caCert: String
    /// The device's certificate, PEM; empty unless approved.
    package var clientCert: String
    /// Base64 of the HMAC; empty when unsigned.
    package var signature: String

    private static let names = ["status", "caCert", "clientCert", "signature"]

    /// Makes an answer to be signed.
    package init(
        retrySec: Int = 0, status: Status, caCert: String = "", clientCert: String = "", signature: String = ""
    ) {
        self.retrySec = retrySec
        self.status = status
        self.caCert = caCert
        self.clientCert = clientCert
        self.signature = signature
    }

    /// Reads an answer. `retrySec` must be a whole number from 0 to 2^31−1, `status` one of the three.
    package init(parsing body: [UInt8]) throws(MessageError) {
        var seconds: Int64?
        let reader = try MessageReader(body, names: Self.names, limits: .message) {
            name, scanner throws(MessageError) in
            guard name.names("retrySec") else { return false }
            guard seconds == nil else { throw .duplicateMember("retrySec") }
            switch try scanner.peek() {
            case .number: seconds = try scanner.readInteger() ?? -1
            case .null: try scanner.readNull()
            default: throw .wrongType("retrySec")
            }
            return true
        }
        guard (0...Int64(Int32.max)).contains(seconds ?? 0) else { throw .invalidMember("retrySec") }
        retrySec = Int(seconds ?? 0)
        guard let status = Status(rawValue: try reader.required(0)) else { throw .invalidMember("status") }
        self.status = status
        caCert = reader.text(1)
        clientCert = reader.text(2)
        signature = reader.text(3)
    }

    /// The canonical form (docs/protocols/idprov.md 7): with `blankSignature` the message of the HMAC, without it the
    /// body.
    package func canonical(blankSignature: Bool) -> [UInt8] {
        var writer = JSONWriter(capacity: 160 + caCert.utf8.count + clientCert.utf8.count)
        writer.object { writer in
            if retrySec != 0 { writer.member("retrySec", Int64(retrySec)) }
            writer.member("status", status.rawValue)
            writer.member("caCert", caCert)
            writer.member("clientCert", clientCert)
            writer.member("signature", blankSignature ? "" : signature)
        }
        return writer.bytes
    }

    /// The received bytes with the value of `signature` removed: a device accepts this reading too.
    package static func blankingSignature(in body: [UInt8]) -> [UInt8]? {
        RawReading.blankingSignature(in: body, limits: .message)
    }
}
