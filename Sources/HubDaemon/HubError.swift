internal import Files
internal import Issuing
internal import PKI
internal import Store

/// Why the hub did not start.
package enum HubError: Error, Equatable, Sendable {
    /// Another hub runs on the same state folder.
    case stateInUse(String)
    /// A profile file is wrong.
    case badProfile(file: String, reason: String)
    /// The key of a publisher can't be used.
    case badPublisherKey(file: String, reason: String)
    /// A listener can't be opened.
    case cannotListen(name: String, reason: String)
}

/// One line for the operator: what stopped the hub, and what to do.
package enum StartFailure {
    /// Describes any error that `hubd` ended with.
    package static func line(for error: any Error) -> String {
        switch error {
        case let error as HubError: line(error)
        case let error as StoreKey.Problem: line(error)
        case let error as StoreUpgradeError: line(error)
        case let error as IssuingError: line(error)
        case let error as ConfigurationError: error.description
        case let error as FileError: "\(error)"
        case let error as StoreError: "the database: \(error)"
        default: "\(error)"
        }
    }

    /// What `hubd` ends with: 1, and 78 where another try is of no use, or does harm, until a person has looked: a
    /// token counts wrong PINs and locks itself after a few. The unit does not restart the hub then.
    package static func exitCode(for error: any Error) -> Int32 {
        switch error {
        case IssuingError.token(let step, _, _, _): [.wrongPIN, .pinLocked, .tokenKey].contains(step) ? 78 : 1
        case StoreUpgradeError.newer, StoreUpgradeError.damaged, StoreKey.Problem.storeMissing: 78
        default: 1
        }
    }

    private static func line(_ error: HubError) -> String {
        switch error {
        case .stateInUse(let path): "\(path) is used by another hub; stop it or choose another --state"
        case .badProfile(let file, let reason), .badPublisherKey(let file, let reason): "\(file): \(reason)"
        case .cannotListen(let name, let reason): "listen.\(name): \(reason)"
        }
    }

    private static func line(_ problem: StoreKey.Problem) -> String {
        switch problem {
        case .bad(let file): "\(file) must hold exactly 32 bytes; restore it from a backup"
        case .foreign(let file):
            "\(file) is not the key this store was made with; restore the right one from a backup"
        case .storeMissing(let database, let sign):
            "\(database) is missing or empty but \(sign) is there; restore a backup with hubctl restore --replace, or start once with --new-store for an empty store"
        }
    }

    private static func line(_ error: StoreUpgradeError) -> String {
        switch error {
        case .newer(let file, let copy?):
            "\(file) was written by a newer hubd; install that release again, or go back to \(copy) as the manual says under Upgrades, which loses what happened since"
        case .newer(let file, nil):
            "\(file) was written by a newer hubd; install that release again, or restore a backup of this one"
        case .noRoom(let file, let needed, let free):
            "the upgrade keeps a copy of \(file), which needs \(Self.mebibytes(needed)) MiB and 16 more; there are \(free >> 20) MiB; free some space and start again"
        case .damaged(let file, let reason):
            "\(file) is damaged (\(reason)); restore a backup with hubctl restore --replace"
        }
    }

    private static func mebibytes(_ bytes: Int64) -> Int64 { (bytes + 1 << 20 - 1) >> 20 }

    private static func line(_ error: IssuingError) -> String {
        switch error {
        case .authorityKeyMismatch(let certificate, let key):
            "\(key) is not the key of \(certificate); give the pair that belongs together"
        case .notAnAuthority(let file):
            "\(file) is not a certificate authority (CA:TRUE, keyCertSign); give an issuing one"
        case .authorityExpired(let file, _): "\(file) has expired; give a valid authority"
        case .keyFileTooOpen(let file, let mode):
            "\(file) can be read by others (mode \(String(mode, radix: 8))); run: chmod 600 \(file)"
        case .passphraseNeeded(let file): "\(file) is encrypted; set ca.passphraseFile or the credential ca-passphrase"
        case .wrongPassphrase(let file): "the passphrase does not open \(file)"
        case .halfAuthority(let missing): "\(missing) is missing; certificate and key belong together"
        case .tokenWithoutCertificate(let missing):
            "\(missing) is missing; make the certificate of the token's key with make-hub-ca.sh"
        case .token(let step, let key, let module, let reason):
            TokenLine(key: key, module: module, reason: reason).text(for: step)
        case .brokenChain(let file):
            "\(file) is not a chain; it must hold the hub's certificate first, then the one that signed it, to the root"
        case .unreadable(let file, let reason): "\(file): \(reason)"
        case .authorityWithoutKey(let generation):
            "the key of authority \(generation) is missing; restore it from a backup"
        default: "\(error)"
        }
    }
}

/// What to do about a key in a token.
private struct TokenLine {
    let key: String
    let module: String?
    let reason: String

    func text(for step: PKIError.Step) -> String {
        switch step {
        case .tokenURI: "ca.key is not usable as a pkcs11: URI: \(reason)"
        case .tokenUnsupported:
            "OpenSSL has no way to PKCS#11 tokens here; install libengine-pkcs11-openssl, or a PKCS#11 provider"
        case .tokenModule:
            "the PKCS#11 library \(module ?? "of the system") can't be used (\(reason)); name another: ca.pkcs11Module"
        case .tokenMissing: "no token, or more than one, fits \(key); insert it, or correct ca.key"
        case .pinNeeded: "\(key) wants a PIN; set ca.passphraseFile or the credential ca-passphrase"
        case .wrongPIN: "the PIN does not open \(key); correct it before the token locks itself"
        case .pinLocked: "the token of \(key) is locked after wrong PINs; unlock it with its own tools"
        default: "the token holds no usable key \(key) (\(reason)); private and public key must both be in it"
        }
    }
}
