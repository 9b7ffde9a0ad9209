internal import COpenSSL
internal import Glibc
internal import Synchronization

/// The only owner of OpenSSL's PKCS#11 engine.
///
/// OpenSSL has one engine of a name in a process, with one PKCS#11 library, so there is one of these. It is never
/// closed: libraries of tokens do not survive being closed by one thread while another ends the process, and the end of
/// the process ends the token's session as well. `@unchecked Sendable`: the engine counts its references atomically and
/// locks itself.
@safe final class TokenEngine: @unchecked Sendable {
    private static let opened = Mutex<TokenEngine?>(nil)

    private let pointer: OpaquePointer
    private let module: String?
    /// Also asked while signing, by keys that want the PIN for every signature.
    private let pin: TokenPIN

    /// The engine, opened by the first who asks; nothing is asked of the token yet.
    ///
    /// - Parameter module: PKCS#11 library; `nil`: the system's.
    /// - Throws: ``PKIError/Step/tokenUnsupported``, ``PKIError/Step/tokenModule``.
    static func open(module: String?, pin: TokenPIN) throws(PKIError) -> TokenEngine {
        try opened.withLock { opened throws(PKIError) in
            if let engine = opened {
                guard engine.module == module else {
                    throw PKIError(.tokenModule, reason: "another PKCS#11 library is in use")
                }
                return engine
            }
            let engine = try TokenEngine(module: module, pin: pin)
            opened = engine
            return engine
        }
    }

    private init(module: String?, pin: TokenPIN) throws(PKIError) {
        if let module { try Self.check(module: module) }
        guard let pointer = unsafe shim_engine_open("pkcs11") else { throw PKIError(.tokenUnsupported) }
        unsafe self.pointer = pointer
        self.module = module
        self.pin = pin
        // Or it would write its own view of things to standard error.
        _ = unsafe shim_engine_text(pointer, "QUIET", nil)
        let isSet =
            unsafe module.map { unsafe shim_engine_text(pointer, "MODULE_PATH", $0) == 1 } ?? true
            && shim_engine_pointer(pointer, "SET_USER_INTERFACE", UnsafeMutableRawPointer(pin.method)) == 1
            && shim_engine_pointer(pointer, "SET_CALLBACK_DATA", pin.user) == 1
        guard isSet else { throw PKIError(.tokenUnsupported) }
    }

    /// Logs in and takes a private key, which stays in the token.
    func key(_ uri: TokenURI, pin: TokenPIN) throws(PKIError) -> Owned {
        guard let key = unsafe shim_engine_key(pointer, uri.description, pin.method, pin.user) else {
            throw TokenFailure.judge(nil, pin: pin)
        }
        return try unsafe Owned(key, .tokenKey) { unsafe EVP_PKEY_free($0) }
    }

    /// Loads the library by ourselves first: the engine would not say what is wrong with it.
    private static func check(module: String) throws(PKIError) {
        guard let library = unsafe dlopen(module, RTLD_LAZY | RTLD_LOCAL) else {
            throw PKIError(.tokenModule, reason: unsafe dlerror().map { unsafe String(cString: $0) } ?? "unknown")
        }
        defer { unsafe dlclose(library) }
        guard unsafe dlsym(library, "C_GetFunctionList") != nil else {
            throw PKIError(.tokenModule, reason: "it is no PKCS#11 library")
        }
    }
}

/// Answers a token's question for the PIN, and remembers that it was asked. The PIN is wiped when nobody can ask any
/// more.
@safe final class TokenPIN: @unchecked Sendable {
    /// OpenSSL's user interface that knows this one answer.
    let method: OpaquePointer
    private let answer: UnsafeMutablePointer<shim_pin>

    init(_ pin: [UInt8]?) throws(PKIError) {
        guard let method = unsafe shim_pin_method() else { throw PKIError(.pinNeeded) }
        unsafe self.method = method
        unsafe answer = .allocate(capacity: 1)
        unsafe answer.initialize(to: shim_pin(pin: nil, length: 0, asked: 0))
        guard let pin else { return }
        let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(1, pin.count))
        for (index, byte) in pin.enumerated() { unsafe copy[index] = CChar(bitPattern: byte) }
        unsafe answer.pointee.pin = copy.baseAddress
        unsafe answer.pointee.length = Int32(clamping: pin.count)
    }

    deinit {
        if let pin = unsafe answer.pointee.pin {
            unsafe OPENSSL_cleanse(pin, Int(answer.pointee.length))
            unsafe pin.deallocate()
        }
        unsafe answer.deallocate()
        unsafe UI_destroy_method(method)
    }

    /// What OpenSSL hands back with the question.
    var user: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(answer) }

    /// Whether a token asked: then it was found.
    var wasAsked: Bool { unsafe shim_pin_asked(answer) != 0 }

    /// Whether there is a PIN to answer with.
    var isKnown: Bool { unsafe answer.pointee.pin != nil }
}

/// What a token's refusal means: from the codes of PKCS#11 where there are any, else from how far it got.
enum TokenFailure {
    /// - Parameter reasons: what was taken from OpenSSL's stack already; `nil`: look there.
    static func judge(_ reasons: [String]?, pin: TokenPIN) -> PKIError {
        let reasons = reasons ?? PKIError(.tokenKey).reasons
        let words = reasons.joined(separator: "; ").lowercased()
        let step: PKIError.Step =
            if words.contains("pin locked") {
                .pinLocked
            } else if words.contains("pin incorrect") || words.contains("pin invalid") || words.contains("pin length") {
                .wrongPIN
            } else if words.contains("load module") || words.contains("invalid parameter") {
                .tokenModule
            } else if pin.wasAsked {
                pin.isKnown ? .tokenKey : .pinNeeded
            } else {
                .tokenMissing
            }
        // Providers keep the token's answer to themselves.
        return PKIError(step, reasons: reasons.isEmpty ? ["there is none of that name, or the PIN is wrong"] : reasons)
    }
}
