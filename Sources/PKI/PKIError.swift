internal import COpenSSL

/// A step of this module that did not succeed. Errors are equal when the step is: the reasons are OpenSSL's prose.
package struct PKIError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was being done.
    package enum Step: String, Sendable, CaseIterable {
        case makeKey, readKey, writeKey, passphraseNeeded, wrongPassphrase, providerKey
        /// A key in a PKCS#11 token: what its URI says, the way to the token, the token, its PIN, the key in it.
        case tokenURI, tokenUnsupported, tokenModule, tokenMissing, pinNeeded, wrongPIN, pinLocked, tokenKey
        case readPublicKey, unsupportedKey, readPEM, readCertificate
        /// A request: what can't be read, whose key is of a kind that is not taken, that is signed in a way that is not
        /// taken, or wrongly.
        case readRequest, requestKeyKind, requestAlgorithm, requestSignature
        case sign, encodeName, encodeAddress, makeCertificate, verifyChain
        case badKeyLength, open
        case pairing, badPairingParameters, badShare, confirmFailed
    }

    /// What was being done.
    package let step: Step
    /// OpenSSL's reasons, outermost last; never key material.
    package let reasons: [String]

    /// An error of ours or, with what its stack holds, of OpenSSL.
    init(_ step: Step) {
        self.step = step
        var reasons: [String] = []
        while reasons.count < 16, case let code = ERR_get_error(), code != 0 {
            if let text = unsafe ERR_reason_error_string(code) { unsafe reasons.append(String(cString: text)) }
        }
        self.reasons = reasons
    }

    init(_ step: Step, reason: String) { self.init(step, reasons: [reason]) }

    init(_ step: Step, reasons: [String]) {
        self.step = step
        self.reasons = reasons
    }

    /// Two failures of the same step are the same to a caller.
    package static func == (one: PKIError, other: PKIError) -> Bool { one.step == other.step }

    /// Step and OpenSSL's words.
    package var description: String {
        reasons.isEmpty ? step.rawValue : "\(step.rawValue): \(reasons.joined(separator: "; "))"
    }
}

/// The only owner of one OpenSSL object: freed exactly once, on every path.
@safe struct Owned: ~Copyable {
    let pointer: OpaquePointer
    private let free: (OpaquePointer?) -> Void

    init(_ pointer: OpaquePointer?, _ step: PKIError.Step, free: @escaping (OpaquePointer?) -> Void) throws(PKIError) {
        guard let pointer = unsafe pointer else { throw PKIError(step) }
        unsafe self.pointer = pointer
        unsafe self.free = free
    }

    deinit { unsafe free(pointer) }
}
