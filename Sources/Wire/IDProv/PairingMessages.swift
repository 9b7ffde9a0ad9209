package import Encoding

/// Messages of SPAKE2+ pairing (docs/protocols/secure-pairing.md section 5): bytes are base64url without padding,
/// opened by the callers, since this module decodes none.
package enum PairingRequest: Sendable, Equatable {
    /// Step 1: the device names itself and the key to be certified.
    case parameters(deviceID: String, suites: [String], clientNonce: String, publicKeyPEM: String)
    /// Step 2: the device's share.
    case share(session: String, shareP: String)

    /// Where pairings are posted.
    package static let path = "/idprov/pake"
    /// Name of the endpoint in the directory.
    package static let endpoint = "postPake"
    /// Longest message in bytes.
    package static let bodyLimit = 16 * 1024
    private static let names = ["step", "deviceID", "clientNonce", "publicKeyPEM", "session", "shareP"]

    /// Reads a request from the network; the device ID is valid, every other member there but not looked into.
    package init(parsing body: [UInt8]) throws(MessageError) {
        var suites: [String] = []
        let reader = try MessageReader(body, names: Self.names, limits: .message) {
            name, scanner throws(MessageError) in
            guard name.names("suites") else { return false }
            try scanner.readArray { scanner throws(MessageError) in
                guard suites.count < 16 else { throw .invalidMember("suites") }
                suites.append(try scanner.readString())
            }
            return true
        }
        switch try reader.required(0) {
        case "params":
            let deviceID = try reader.required(1)
            guard DeviceID.isValid(deviceID) else { throw .invalidMember("deviceID") }
            guard !suites.isEmpty else { throw .missingMember("suites") }
            self = .parameters(
                deviceID: deviceID, suites: suites, clientNonce: try reader.required(2),
                publicKeyPEM: try reader.required(3))
        case "share": self = .share(session: try reader.required(4), shareP: try reader.required(5))
        default: throw .invalidMember("step")
        }
    }

    /// The body to post.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            switch self {
            case .parameters(let deviceID, let suites, let clientNonce, let publicKeyPEM):
                writer.member("step", "params")
                writer.member("deviceID", deviceID)
                writer.name("suites")
                writer.array { writer in for suite in suites { writer.string(suite) } }
                writer.member("clientNonce", clientNonce)
                writer.member("publicKeyPEM", publicKeyPEM)
            case .share(let session, let shareP):
                writer.member("step", "share")
                writer.member("session", session)
                writer.member("shareP", shareP)
            }
        }
        return writer.bytes
    }
}

/// The hub's answer to step 1.
package enum PairingOffer: Sendable, Equatable {
    /// How to go on.
    case parameters(Parameters)
    /// No record yet: ask again.
    case waiting(retrySeconds: Int)

    /// What the device needs for its share.
    package struct Parameters: Sendable, Equatable {
        /// Names the pairing in every later message.
        package var session: String
        package var suite: String
        /// Derivation of the numbers from the secret.
        package var algorithm: String
        package var iterations: Int
        package var salt: String
        /// 32 random bytes of the hub.
        package var hubNonce: String
        /// Stable name of the hub.
        package var hubID: String
        /// What the pairing is bound to.
        package var binding: String
        /// How long the pairing stays open.
        package var expiresSeconds: Int

        package init(
            session: String, suite: String, algorithm: String, iterations: Int, salt: String, hubNonce: String,
            hubID: String, binding: String, expiresSeconds: Int
        ) {
            self.session = session
            self.suite = suite
            self.algorithm = algorithm
            self.iterations = iterations
            self.salt = salt
            self.hubNonce = hubNonce
            self.hubID = hubID
            self.binding = binding
            self.expiresSeconds = expiresSeconds
        }
    }

    /// PBKDF2 as the profile uses it.
    package static let algorithm = "PBKDF2-HMAC-SHA256"
    /// The only binding in use: SHA-256 of the hub's TLS certificate.
    package static let binding = "tls-server-end-point"

    /// Reads an answer from the network.
    package init(parsing body: [UInt8]) throws(MessageError) {
        let document = try JSONValue(parsing: body)
        if document["status"]?.string == "Waiting" {
            self = .waiting(retrySeconds: document["retrySec"]?.integer.map { Int(clamping: $0) } ?? 0)
            return
        }
        func text(_ value: JSONValue?, _ name: String) throws(MessageError) -> String {
            guard let text = value?.string, !text.isEmpty else { throw .missingMember(name) }
            return text
        }
        guard let iterations = document["pbkdf"]?["iterations"]?.integer,
            let expires = document["expiresSec"]?.integer
        else { throw .missingMember("pbkdf") }
        self = .parameters(
            Parameters(
                session: try text(document["session"], "session"), suite: try text(document["suite"], "suite"),
                algorithm: try text(document["pbkdf"]?["alg"], "alg"), iterations: Int(clamping: iterations),
                salt: try text(document["pbkdf"]?["salt"], "salt"),
                hubNonce: try text(document["hubNonce"], "hubNonce"), hubID: try text(document["hubID"], "hubID"),
                binding: try text(document["binding"], "binding"), expiresSeconds: Int(clamping: expires)))
    }

    /// The body to send.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            switch self {
            case .waiting(let seconds):
                writer.member("status", "Waiting")
                writer.name("retrySec")
                writer.integer(Int64(seconds))
            case .parameters(let parameters):
                writer.member("session", parameters.session)
                writer.member("suite", parameters.suite)
                writer.name("pbkdf")
                writer.object { writer in
                    writer.member("alg", parameters.algorithm)
                    writer.name("iterations")
                    writer.integer(Int64(parameters.iterations))
                    writer.member("salt", parameters.salt)
                }
                writer.member("hubNonce", parameters.hubNonce)
                writer.member("hubID", parameters.hubID)
                writer.member("binding", parameters.binding)
                writer.name("expiresSec")
                writer.integer(Int64(parameters.expiresSeconds))
            }
        }
        return writer.bytes
    }
}

/// The hub's answer to step 2.
package struct PairingProof: Sendable, Equatable {
    package var shareV: String
    /// The hub's proof that it knows the secret.
    package var confirmV: String

    package init(shareV: String, confirmV: String) {
        self.shareV = shareV
        self.confirmV = confirmV
    }

    /// Reads an answer from the network.
    package init(parsing body: [UInt8]) throws(MessageError) {
        let reader = try MessageReader(body, names: ["shareV", "confirmV"], limits: .message)
        shareV = try reader.required(0)
        confirmV = try reader.required(1)
    }

    /// The body to send.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("shareV", shareV)
            writer.member("confirmV", confirmV)
        }
        return writer.bytes
    }
}

/// What joins a provisioning request and its answer to a pairing.
package enum PairingHeader {
    package static let session = "Pake-Session"
    package static let confirm = "Pake-Confirm"
    /// HMAC of the body.
    package static let mac = "Pake-Mac"
}
