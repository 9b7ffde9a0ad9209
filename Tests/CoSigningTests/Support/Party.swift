import CoSigning
import Encoding
import PKI

/// Who signs, with the keys of the shared vectors.
enum Party: String, CaseIterable, Sendable {
    case project = "proj"
    case nextProject = "proj2"
    case coSigner = "core"
    case nextCoSigner = "core2"
    case recoveryA = "recA"
    case recoveryB = "recB"
    case recoveryC = "recC"
    case recoveryD = "recD"
    case server = "srv"
    case revokedServer = "srv2"
    case stranger = "evil"
    case device = "dev"
    case otherDevice = "dev2"

    private static let keys: [Party: VerifiedSigner] = {
        do {
            let file = try Vectors.load("keys").required("keys")
            var keys: [Party: VerifiedSigner] = [:]
            for party in Party.allCases {
                let entry = try file.required(party.rawValue)
                let key = try PrivateKey(pem: try entry.requiredText("private_pem"), passphrase: nil)
                keys[party] = VerifiedSigner(try entry.requiredText("kid"), key)
            }
            return keys
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    private struct VerifiedSigner {
        let signer: SigningKey
        let key: VerificationKey

        init(_ name: String, _ key: PrivateKey) {
            guard let kid = KeyID(name), let verification = VerificationKey(kid: kid, key: key.publicKey) else {
                preconditionFailure("\(name) is not a known name, or its key has another type")
            }
            signer = SigningKey(kid: kid, key: key)
            self.key = verification
        }
    }

    private var entry: VerifiedSigner {
        guard let entry = Self.keys[self] else { preconditionFailure("\(self) has no key") }
        return entry
    }

    var signer: SigningKey { entry.signer }

    var kid: KeyID { signer.kid }

    var key: VerificationKey { entry.key }

    var jwk: JSONValue { key.jwk }

    func registered(_ state: KeyState = .active) -> RegisteredKey {
        RegisteredKey(kid: kid, key: signer.key.publicKey, state: state)
    }

    /// The same key under another name.
    func named(_ name: String) -> SigningKey { VerifiedSigner(name, signer.key).signer }
}
