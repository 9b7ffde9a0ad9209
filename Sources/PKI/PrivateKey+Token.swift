internal import COpenSSL
internal import Synchronization

/// Keys that no file holds.
extension PrivateKey {
    /// Takes a key that stays in a provider other than PKCS#11, a TPM's for example.
    ///
    /// - Parameter providerURI: what the provider's store understands, `handle:0x81000001`.
    /// - Throws: ``PKIError/Step/providerKey``.
    package convenience init(providerURI: String) throws(PKIError) {
        try self.init(try ProviderStore.key(providerURI, pin: try TokenPIN(nil), .providerKey), isInMemory: false)
    }

    /// A key that stays in a PKCS#11 token: through the provider where OpenSSL's configuration loads one, else through
    /// the engine. It is opened once in a process and stays open until the process ends, see ``TokenEngine``.
    ///
    /// - Parameters:
    ///   - module: PKCS#11 library where the URI names none; `nil`: the one the provider or the engine has by itself.
    ///     One process can use one library.
    ///   - pin: the PIN; without one, a token that wants a PIN is refused.
    /// - Throws: ``PKIError/Step/tokenUnsupported``, ``PKIError/Step/tokenModule``, ``PKIError/Step/tokenMissing``,
    ///   ``PKIError/Step/pinNeeded``, ``PKIError/Step/wrongPIN``, ``PKIError/Step/pinLocked``,
    ///   ``PKIError/Step/tokenKey``.
    package static func inToken(
        _ uri: TokenURI, module: String? = nil, pin: [UInt8]?
    ) throws(PKIError) -> PrivateKey {
        try openedKeys.withLock { keys throws(PKIError) in
            if let key = keys[uri.description] { return key }
            let key = try open(uri, module: uri.modulePath ?? module, pin: try TokenPIN(pin))
            keys[uri.description] = key
            return key
        }
    }

    private static let openedKeys = Mutex<[String: PrivateKey]>([:])

    private static func open(_ uri: TokenURI, module: String?, pin: TokenPIN) throws(PKIError) -> PrivateKey {
        let key: Owned
        if ProviderStore.reads("pkcs11") {
            do {
                key = try ProviderStore.key(uri.description, pin: pin, .tokenKey)
            } catch {
                throw TokenFailure.judge(error.reasons, pin: pin)
            }
        } else {
            key = try TokenEngine.open(module: module, pin: pin).key(uri, pin: pin)
        }
        do {
            return try PrivateKey(key, isInMemory: false)
        } catch {
            throw PKIError(.tokenKey, reason: "its public key is missing from the token")
        }
    }
}

/// Keys through OpenSSL's store interface, which providers extend.
private enum ProviderStore {
    /// Things a store hands out before the key is given up: certificates, public keys.
    private static let objectLimit = 64

    /// Whether some provider reads URIs of a scheme.
    static func reads(_ scheme: String) -> Bool {
        OPENSSL_init_crypto(UInt64(OPENSSL_INIT_LOAD_CONFIG), nil)
        let loader = unsafe OSSL_STORE_LOADER_fetch(nil, scheme, nil)
        unsafe OSSL_STORE_LOADER_free(loader)
        ERR_clear_error()
        return unsafe loader != nil
    }

    static func key(_ uri: String, pin: TokenPIN, _ step: PKIError.Step) throws(PKIError) -> Owned {
        let store = try unsafe Owned(OSSL_STORE_open(uri, pin.method, pin.user, nil, nil), step) {
            unsafe OSSL_STORE_close($0)
        }
        _ = unsafe OSSL_STORE_expect(store.pointer, OSSL_STORE_INFO_PKEY)
        var found: OpaquePointer?
        for _ in 0..<objectLimit where unsafe found == nil && OSSL_STORE_eof(store.pointer) == 0 {
            guard let information = unsafe OSSL_STORE_load(store.pointer) else { continue }
            unsafe found = OSSL_STORE_INFO_get1_PKEY(information)
            unsafe OSSL_STORE_INFO_free(information)
        }
        return try unsafe Owned(found, step) { unsafe EVP_PKEY_free($0) }
    }
}
